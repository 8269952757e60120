// Converts arguments and options to the texts that C takes.
"use strict";

const { fileURLToPath } = require("node:url");
const { abi, failure } = require("./library.cjs");
const { options: table, statuses } = require("./generated.cjs");
const { invalid, take } = require("./errors.cjs");

// C would cut text at a NUL, and UTF-8 has no half of a surrogate pair.
const notText = /[\0\p{Surrogate}]/u;

/** Returns `value` if it is text that C can take. */
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
    let path;
    try {
      path = fileURLToPath(value);
    } catch {
      throw invalid(`${name} must be a path or a file: URL of this host`);
    }
    return text(name, path);
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

/** A number as text. Other values may be secrets: only their type. */
function shown(value) {
  return typeof value === "number" ? String(value) : typeof value;
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const letters = (name) => name.replace(/[_-]/g, "").toLowerCase();

/** Throws the error of a name that is no option. */
function refuse(name, value) {
  const meant = Object.keys(table).find((known) => letters(known) === letters(name));
  if (meant) throw invalid(`unknown option "${name}". Did you mean \`${meant}\`?`);
  // C suggests a name, and repeats no name that may be a secret. So only camel case is converted.
  const inC = text(
    "the name of an option",
    /^[a-z]+([A-Z][a-z]+)*$/.test(name) ? snake(name) : name,
  );
  const options = abi.options_new();
  try {
    const valueInC = typeof value === "string" ? text("the value of an option", value) : "";
    // A newer library may have this option.
    if (abi.options_set(options, inC, valueInC, failure) === statuses.ok)
      throw invalid(`unknown option "${name}"`);
    const message = take().serverMessage.replace(`"${inC}"`, () => `"${name}"`);
    throw invalid(message);
  } finally {
    abi.options_free(options);
  }
}

/** Checks options. Returns those that are set, each as [name in C, text]. */
function check(options, { isClient = false, takesSignal = false } = {}) {
  if (options === undefined || options === null) return [];
  // "Object" for objects of classes and of other realms too, except the built-in ones.
  const type = Object.prototype.toString.call(options).slice("[object ".length, -1);
  if (type !== "Object") {
    const got = typeof options === "object" ? type : typeof options;
    throw invalid(`options must be an object, got ${got}`);
  }
  const set = [];
  for (const [name, value] of Object.entries(options)) {
    if (name === "signal") {
      if (takesSignal) continue;
      throw invalid("signal is an option of a call, not of a client");
    }
    const option = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!option) refuse(name, value);
    if (value === undefined || value === null) continue;
    if (option.scope === "client" && !isClient)
      throw invalid(`${name} is an option of a client, not of a call`);
    set.push([option.name, convert[option.type](name, value, option)]);
  }
  return set;
}

/** Returns the signal of a call's options. */
function signalOf(options) {
  const signal = options?.signal ?? undefined;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid("signal must be an AbortSignal");
  return signal;
}

/** Calls `use` with a handle of these options, or with null if there are none. */
function withHandle(set, use) {
  if (set.length === 0) return use(null);
  const handle = abi.options_new();
  try {
    for (const [name, value] of set)
      if (abi.options_set(handle, name, value, failure) !== statuses.ok) throw take();
    return use(handle);
  } finally {
    abi.options_free(handle);
  }
}

module.exports = { check, signalOf, text, withHandle };
