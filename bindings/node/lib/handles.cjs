// The library's handles: each is freed once, by hand, by the collector, or when a worker ends.
"use strict";

const { isMainThread } = require("node:worker_threads");

const owned = new Set();
const collector = new FinalizationRegistry(free);

/** Has `pointer` freed with `release` once `owner` is collected, if not before. null owns for good. */
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

// The process goes on after a worker. At the end of the process nothing has to be freed.
if (!isMainThread) {
  process.on("exit", () => {
    for (const handle of owned) free(handle);
  });
}

module.exports = { free, own };
