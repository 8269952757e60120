// The library's log lines: fetched when calls end, and given to a logger.
"use strict";

const { debuglog } = require("node:util");
const { abi, givenText, failure, result } = require("./library.cjs");
const { statuses } = require("./generated.cjs");
const { invalid } = require("./errors.cjs");

const MOST = 10_000;
const INTERVAL_MS = 200;
const levels = { debug: 1, info: 2, warn: 3 };

// At first: warnings of the process, and all lines if NODE_DEBUG asks for them.
const debug = debuglog("aura_users");
const standard = {
  debug: (text) => debug("%s", text),
  info: (text) => debug("%s", text),
  warn: (text) => process.emitWarning(text, "AuraUsersWarning"),
};

let logger;
let timer;

/** Gives what was kept since the last time to the logger. */
function deliver() {
  if (!logger) return;
  if (abi.log_take(result, failure) !== statuses.ok) return;
  const { dropped, lines } = JSON.parse(givenText());
  for (const facts of lines) give(line(facts));
  if (dropped > 0) logger.warn(`${dropped} log lines were dropped`);
}

/** An error of the logger is the program's, not the call's. */
function give(one) {
  try {
    logger[one.level]?.(one.text, one);
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

function line({ time_ms, elapsed_ms, request_id, ...facts }) {
  return { ...facts, time: new Date(time_ms), elapsedMs: elapsed_ms, requestId: request_id };
}

function setLogger(to, level = "warn") {
  if (!Object.hasOwn(levels, level)) throw invalid("level must be debug, info or warn");
  if (to !== null && typeof to?.warn !== "function")
    throw invalid("logger must have the methods debug, info and warn, or be null");
  deliver();
  clearInterval(timer);
  logger = to;
  abi.log_keep(levels[level], to ? MOST : 0);
  // A long call has lines before its end. What only a timer would fetch keeps no program alive.
  if (to && to !== standard) timer = setInterval(deliver, INTERVAL_MS).unref();
}

setLogger(standard, debug.enabled ? "debug" : "warn");

module.exports = { deliver, setLogger };
