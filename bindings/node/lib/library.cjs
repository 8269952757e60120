// Finds the native library, declares its functions, and checks its version.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const koffi = require("koffi");
const { functions, library } = require("./generated.cjs");

const system = { linux: "linux", darwin: "macos" }[process.platform] ?? process.platform;
const file = system === "macos" ? "libaura_users.dylib" : "libaura_users.so";
const platform = `${system}-${process.arch}`;

/** Where the library may be, best first. The last is a name that the system's loader looks up. */
function places() {
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
  const { own, soname } = places();
  const found = own.find((place) => fs.existsSync(place));
  if (found) return load(found, "the package's library cannot be loaded");
  const looked = [`AURA_USERS_LIBRARY (not set)`, ...own, `${soname} in the system's folders`];
  return load(soname, `there is no native library. Places: ${looked.join(", ")}`);
}

function load(place, complaint) {
  try {
    return { native: koffi.load(place), path: place };
  } catch (error) {
    const failure = new Error(`aura-users: ${complaint} (${place}: ${error.message})`, {
      cause: error,
    });
    throw Object.assign(failure, { code: "AURA_LIBRARY" });
  }
}

const opened = open();

// Types without names: two copies of this package may be in one process.
const pointer = koffi.pointer("void");
const free = opened.native.func("aura_string_free", "void", [pointer]);
const types = {
  aura_status: "int",
  aura_log_level: "int",
  handle: pointer,
  text: "str",
  texts: koffi.pointer("str"),
  // The address of a place, below.
  "out handle": "uintptr_t",
  "out text": "uintptr_t",
};

/**
 * Where the functions put what they give: a handle or a text in `result`, an error in `failure`. One
 * place each is enough, as no JavaScript runs between a call and the look at it. A place for each
 * call would cost koffi a few times what the call takes.
 */
const given = new BigUint64Array(new ArrayBuffer(16));
const result = Number(koffi.address(given));
const failure = result + 8;

/** The handle that the last function gave. */
function givenHandle() {
  return given[0];
}

/** The text that the last function gave, which is freed. */
function givenText() {
  const [address] = given;
  const text = koffi.decode(address, "char", -1);
  free(address);
  return text;
}

/** The handle of the last function's error. */
function givenError() {
  return given[1];
}

/** The functions of the C ABI, without `aura_`. */
const abi = {};
for (const [name, [result, ...parameters]] of Object.entries(functions)) {
  const [type, ...rest] = [result, ...parameters].map((word) => types[word] ?? word);
  // Looked up when it is first called: a program uses few of them.
  abi[name.slice("aura_".length)] = (...values) => {
    const call = opened.native.func(name, type, rest);
    abi[name.slice("aura_".length)] = call;
    return call(...values);
  };
}

const version = abi.version();
if (!`${version}.`.startsWith(`${library.abi}.`))
  throw Object.assign(
    new Error(
      `aura-users needs version ${library.abi} of the library; ${opened.path} is ${version}`,
    ),
    { code: "AURA_LIBRARY" },
  );

module.exports = {
  abi,
  failure,
  givenError,
  givenHandle,
  givenText,
  path: opened.path,
  result,
  version,
};
