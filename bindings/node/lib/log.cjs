// Passes the library's log lines to a logger, when calls end.
"use strict";

const { Console } = require("node:console");
const { debuglog } = require("node:util");
const { abi, givenText, failure, result } = require("./library.cjs");
const { statuses } = require("./generated.cjs");
const { invalid } = require("./errors.cjs");

const MOST = 10_000;
const INTERVAL_MS = 200;
const levels = { debug: 1, info: 2, warn: 3 };

// The default: warnings of the process, and all lines with NODE_DEBUG.
const debug = debuglog("aura_users");
const standard = {
  debug: (text) => debug("%s", text),
  info: (text) => debug("%s", text),
  warn: (text) => process.emitWarning(text, "AuraUsersWarning"),
};

let logger;
let takesFormat; // whether the logger does
let timer;

/** Passes the stored lines to the logger. */
function deliver() {
  if (!logger) return;
  if (abi.log_take(result, failure) !== statuses.ok) return;
  const { dropped, lines } = JSON.parse(givenText());
  for (const facts of lines) write(facts);
  if (dropped > 0) write(droppedLine(`log lines were dropped: ${dropped}`));
}

/** An error of the logger is uncaught: it must not end the call. */
function write({ time_ms, elapsed_ms, request_id, ...facts }) {
  const line = { ...facts, time: new Date(time_ms), elapsedMs: elapsed_ms, requestId: request_id };
  try {
    logger?.[line.level](takesFormat ? line.text.replaceAll("%", "%%") : line.text, line);
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

/** Whether the first argument of the logger's methods is a format. It is for console and pino. */
function isFormatting(to) {
  return to !== null && (to instanceof Console || Symbol.for("pino.serializers") in to);
}

function droppedLine(text) {
  const request = { method: null, route: null, attempt: null, status: null, kind: null };
  const rest = { time_ms: Date.now(), elapsed_ms: null, request_id: null };
  return { level: "warn", text, message: text, ...request, ...rest };
}

function setLogger(to, level = "warn") {
  if (!Object.hasOwn(levels, level)) throw invalid("level must be debug, info or warn");
  if (to !== null && Object.keys(levels).some((name) => typeof to?.[name] !== "function"))
    throw invalid("logger must have the methods debug, info and warn, or be null");
  deliver();
  clearInterval(timer);
  logger = to;
  takesFormat = isFormatting(to);
  abi.log_keep(levels[level], to ? MOST : 0);
  // A long call has lines before its end. The timer keeps no program alive.
  if (to && to !== standard) timer = setInterval(deliver, INTERVAL_MS).unref();
}

setLogger(standard, debug.enabled ? "debug" : "warn");

module.exports = { deliver, setLogger };
