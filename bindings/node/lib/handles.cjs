// The library's handles. close(), the garbage collector or the end of a worker frees each one once.
"use strict";

const { isMainThread } = require("node:worker_threads");

const owned = new Set();
const collector = new FinalizationRegistry(free);

/** The collector frees `pointer` after `owner`, with `release`. Without an owner it does not. */
function own(owner, pointer, release) {
  const handle = { pointer, release };
  owned.add(handle);
  if (owner) collector.register(owner, handle, handle);
  return handle;
}

function free(handle) {
  if (!owned.delete(handle)) return;
  collector.unregister(handle);
  handle.release(handle.pointer);
  handle.pointer = null;
}

// The process continues after a worker. At the end of the process nothing has to be freed.
if (!isMainThread) {
  process.on("exit", () => {
    for (const handle of owned) free(handle);
  });
}

module.exports = { free, own };
