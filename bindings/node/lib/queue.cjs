// Calls under way: promises that one completion queue settles, which one descriptor watches.
"use strict";

const net = require("node:net");
const { isMainThread } = require("node:worker_threads");
const koffi = require("koffi");
const { abi, failure, givenHandle, givenText, result } = require("./library.cjs");
const { aborted, isTimeout, make, take } = require("./errors.cjs");
const { statuses } = require("./generated.cjs");
const { own } = require("./handles.cjs");
const log = require("./log.cjs");

const CAPACITY = 64;
const tokens = new BigUint64Array(CAPACITY);
const pending = new Map();
let newest = 0;
let queue; // one for each thread of JavaScript, from the first call on
let watcher;

/** Makes the queue, and a socket of Node.js that reads a duplicate of its descriptor. */
function open() {
  queue = own(null, abi.completions_new(), abi.completions_free).pointer;
  const descriptor = abi.completions_fd(queue);
  const fd = descriptor < 0 ? -1 : koffi.load(null).func("dup", "int", ["int"])(descriptor);
  if (fd < 0) {
    queue = undefined;
    throw make({ kind: "internal", message: "no file descriptor is left for the calls" });
  }
  const onread = { buffer: Buffer.alloc(64), callback: settle };
  watcher = new net.Socket({ fd, readable: true, writable: false, onread });
  watcher.unref();
  if (!isMainThread) process.on("exit", abandon);
}

/** Frees what a worker leaves: the process goes on after it. */
function abandon() {
  for (const { handle } of pending.values()) abi.call_free(handle);
  pending.clear();
}

/** Settles every call that has ended. Also node:net's answer: true to read on. */
function settle() {
  let count;
  do {
    count = abi.completions_wait(queue, 0, tokens, CAPACITY);
    for (let i = 0; i < count; i++) end(Number(tokens[i]));
  } while (count === CAPACITY);
  log.deliver();
  return true;
}

function end(token) {
  const call = pending.get(token);
  const status = abi.call_wait(call.handle, 0, result, failure);
  // A token can come a moment before its call says that it has ended.
  if (status === statuses.pending) {
    setImmediate(end, token);
    return;
  }
  const json = status === statuses.ok ? givenText() : undefined;
  const error = status === statuses.ok || status === statuses.end ? undefined : take(call.cause);
  abi.call_free(call.handle);
  pending.delete(token);
  // Node.js ends by itself once nothing is under way.
  if (pending.size === 0) watcher.unref();
  call.signal?.removeEventListener("abort", call.abort);
  if (error) call.reject(error);
  else call.resolve(json);
}

/** Asks a call to end, if it is under way. */
function cancel(token) {
  const call = pending.get(token);
  if (call) abi.call_cancel(call.handle);
}

/**
 * Starts a call, and gives a promise of its JSON, or of undefined at the end of a stream.
 * `begin` calls one of the library's functions that end in _start. `told` gets the token.
 */
function start(begin, signal, told) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw aborted(signal.reason);
    if (queue === undefined) open();
    if (begin() !== statuses.ok) throw take();
    const handle = givenHandle();
    const token = ++newest;
    const call = { handle, resolve, reject, signal, abort: undefined, cause: undefined };
    if (signal) {
      call.abort = () => {
        call.cause = signal.reason;
        if (isTimeout(signal.reason)) abi.call_expire(handle);
        else abi.call_cancel(handle);
      };
      signal.addEventListener("abort", call.abort, { once: true });
    }
    pending.set(token, call);
    if (pending.size === 1) watcher.ref();
    told?.(token);
    abi.call_complete(handle, queue, token, failure);
  });
}

module.exports = { cancel, start };
