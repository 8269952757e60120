// Finds the native library, declares its functions, and checks its version.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const koffi = require("koffi");
const { functions, library } = require("./generated.cjs");
const { version: packageVersion } = require("../package.json");

const system = { linux: "linux", darwin: "macos" }[process.platform] ?? process.platform;
const file = system === "macos" ? "libaura_users.dylib" : "libaura_users.so";
const platform = `${system}-${process.arch}`;

/** The paths to try, in order. The system's loader searches the last one. */
function candidates() {
  const own = [path.join(__dirname, "..", "native", platform, file)];
  try {
    own.push(require.resolve(`aura-users-${platform}/${file}`));
  } catch {
    own.push(`the package aura-users-${platform}`);
  }
  return { own, soname: library.soname[system] ?? file };
}

function open() {
  const { AURA_USERS_LIBRARY: chosen } = process.env;
  if (chosen) return load(chosen, "AURA_USERS_LIBRARY names a file that cannot be loaded");
  const { own, soname } = candidates();
  const found = own.find((file) => fs.existsSync(file));
  if (found) return load(found, "the package's library cannot be loaded");
  const tried = [`AURA_USERS_LIBRARY (not set)`, ...own, `${soname} in the system's folders`];
  return load(soname, `no native library was found. Tried: ${tried.join(", ")}`);
}

function load(path, problem) {
  try {
    return { native: koffi.load(path), path };
  } catch (error) {
    throw libraryError(`${problem} (${path}: ${error.message})`, { cause: error });
  }
}

function libraryError(message, options) {
  return Object.assign(new Error(`aura-users: ${message}`, options), { code: "AURA_LIBRARY" });
}

const opened = open();

/** Declares a function. Another library than that of aura-users does not have it. */
function declare(name, type, parameters) {
  try {
    return opened.native.func(name, type, parameters);
  } catch (error) {
    throw libraryError(`${opened.path} has no function ${name}`, { cause: error });
  }
}

// Types without names: two copies of this package may be in one process.
const pointer = koffi.pointer("void");
const types = {
  aura_status: "int",
  aura_log_level: "int",
  handle: pointer,
  text: "str",
  texts: koffi.pointer("str"),
  // An address in `given`.
  "out handle": "uintptr_t",
  "out text": "uintptr_t",
};

/**
 * The out-parameters of all functions: a handle or a text at `result`, an error at `failure`. No
 * JavaScript runs between a call and the reading of its result, so one of each is enough. With koffi,
 * a new one for each call takes several times the time of the call.
 */
const given = new BigUint64Array(new ArrayBuffer(16));
const result = Number(koffi.address(given));
const failure = result + 8;

/** Returns the handle from the last function. */
function givenHandle() {
  return given[0];
}

/** Returns the text from the last function, and frees it. */
function givenText() {
  const [address] = given;
  const text = koffi.decode(address, "char", -1);
  abi.string_free(address);
  return text;
}

/** Returns the handle of the error from the last function. */
function givenError() {
  return given[1];
}

/** The functions of the C ABI, without `aura_`. */
const abi = {};
for (const [name, [result, ...parameters]] of Object.entries(functions)) {
  const [type, ...rest] = [result, ...parameters].map((word) => types[word] ?? word);
  const short = name.slice("aura_".length);
  // Declared at its first call: a program uses few of them.
  abi[short] = (...values) => {
    abi[short] = declare(name, type, rest);
    return abi[short](...values);
  };
}

/** Whether the version `found` has this `abi`, and is not older than `wanted`. */
function isCompatible(found, wanted, abi = library.abi) {
  if (!found.startsWith(`${abi}.`)) return false;
  const numbers = (version) => version.split(/[.-]/).slice(0, 3).map(Number);
  const [has, needs] = [numbers(found), numbers(wanted)];
  const differing = has.findIndex((number, i) => number !== needs[i]);
  return differing < 0 || has[differing] > needs[differing];
}

const version = abi.version();
if (!isCompatible(version, packageVersion))
  throw libraryError(
    `version ${packageVersion} or later of ${library.abi} is needed, but ${opened.path} is ${version}`,
  );

// A worker that ends frees handles, and cannot declare a function any more: koffi would abort the process.
for (const short of Object.keys(abi).filter((name) => name.endsWith("_free"))) abi[short](null);

module.exports = {
  abi,
  failure,
  givenError,
  givenHandle,
  givenText,
  isCompatible,
  path: opened.path,
  result,
  version,
};
