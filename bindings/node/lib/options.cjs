// Arguments and options: from JavaScript's values to the library's texts.
"use strict";

const { fileURLToPath } = require("node:url");
const { abi, failure } = require("./library.cjs");
const { options: table } = require("./generated.cjs");
const { invalid, take } = require("./errors.cjs");

// C would end the text at a NUL, and UTF-8 has no half of a surrogate pair.
const notText = /[\0\p{Surrogate}]/u;

/** `value` as a text that C can hold. */
function text(name, value) {
  if (typeof value !== "string") throw invalid(`${name} must be a string, got ${typeof value}`);
  if (notText.test(value)) throw invalid(`${name} contains a NUL or half of a surrogate pair`);
  return value;
}

const convert = {
  text,
  choice: text,
  url: (name, value) => text(name, value instanceof URL ? value.href : value),
  path(name, value) {
    if (!(value instanceof URL)) return text(name, value);
    if (value.protocol !== "file:") throw invalid(`${name} must be a path or a file: URL`);
    return text(name, fileURLToPath(value));
  },
  boolean(name, value) {
    if (typeof value !== "boolean") throw invalid(`${name} must be a boolean, got ${typeof value}`);
    return String(value);
  },
  whole(name, value) {
    if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
    throw invalid(`${name} must be a whole number, got ${shown(value)}`);
  },
  seconds(name, value, { minimum, maximum }) {
    const [least, most] = [minimum * 1000, maximum * 1000];
    if (typeof value === "number" && value >= least && value <= most) return String(value / 1000);
    throw invalid(`${name} must be milliseconds from ${least} to ${most}, got ${shown(value)}`);
  },
};

/** A number as it is; of anything else only the type, as it may be a secret. */
function shown(value) {
  return typeof value === "number" ? String(value) : typeof value;
}

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Has C refuse a name that is no option. C suggests one, and repeats no name that may be secret. */
function refuse(name, value) {
  if (Object.hasOwn(table, camel(name)))
    throw invalid(`unknown option "${name}". Did you mean \`${camel(name)}\`?`);
  const inC = text("an option's name", snake(name));
  const options = abi.options_new();
  try {
    const inText = typeof value === "string" ? text("an option", value) : "";
    // A newer library may know it.
    if (abi.options_set(options, inC, inText, failure) === 0)
      throw invalid(`unknown option "${name}"`);
    throw invalid(take().serverMessage.replace(/[a-z]+(_[a-z]+)+/g, camel));
  } finally {
    abi.options_free(options);
  }
}

/** The options that are set, each as [name in C, text]. */
function check(options, { isClient = false, takesSignal = false } = {}) {
  if (options === undefined || options === null) return [];
  if (typeof options !== "object")
    throw invalid(`options must be an object, got ${typeof options}`);
  const set = [];
  for (const [name, value] of Object.entries(options)) {
    if (name === "signal" && takesSignal) continue;
    const option = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!option) refuse(name, value);
    if (value === undefined || value === null) continue;
    if (option.scope === "client" && !isClient)
      throw invalid(`the option ${name} is one of a client, not of a call`);
    set.push([option.name, convert[option.type](name, value, option)]);
  }
  return set;
}

/** The signal of a call's options. */
function signalOf(options) {
  const signal = options?.signal ?? undefined;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid("signal must be an AbortSignal");
  return signal;
}

/** Runs `use` with a handle of these options, or with null if there are none. */
function withHandle(set, use) {
  if (set.length === 0) return use(null);
  const handle = abi.options_new();
  try {
    for (const [name, value] of set)
      if (abi.options_set(handle, name, value, failure) !== 0) throw take();
    return use(handle);
  } finally {
    abi.options_free(handle);
  }
}

module.exports = { check, signalOf, text, withHandle };
