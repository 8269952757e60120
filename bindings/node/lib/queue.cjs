// The calls that run: one completion queue settles their promises, and one descriptor watches it.
"use strict";

const net = require("node:net");
const { isMainThread } = require("node:worker_threads");
const koffi = require("koffi");
const { abi, failure, givenHandle, givenText, result } = require("./library.cjs");
const { aborted, failed, isTimeout, take } = require("./errors.cjs");
const { statuses } = require("./generated.cjs");
const { free, own } = require("./handles.cjs");
const log = require("./log.cjs");

const CAPACITY = 64;
const tokens = new BigUint64Array(CAPACITY);
const pending = new Map();
let newest = 0;
let queue; // one for each thread of JavaScript
let watcher;

/** Opens the queue, and what watches it. */
function open() {
  const handle = own(null, abi.completions_new(), abi.completions_free);
  try {
    watcher = process.versions.bun ? timer() : socket(handle.pointer);
  } catch (error) {
    free(handle);
    throw error;
  }
  queue = handle.pointer;
  watcher.unref();
  if (!isMainThread) process.on("exit", abandon);
}

/** A socket of Node.js that reads a duplicate of the descriptor of `queue`. */
function socket(queue) {
  const descriptor = abi.completions_fd(queue);
  const fd = descriptor < 0 ? -1 : koffi.load(null).func("dup", "int", ["int"])(descriptor);
  if (fd < 0) {
    const hint = "close files, or raise the limit of the process (ulimit -n)";
    throw failed("connect", "the process has no free file descriptor", { hint });
  }
  const onread = { buffer: Buffer.alloc(64), callback: settle };
  return new net.Socket({ fd, readable: true, writable: false, onread });
}

/** Bun cannot watch a descriptor. While calls run, it looks at the queue every two milliseconds. */
function timer() {
  let id;
  return {
    ref() {
      id ??= setInterval(settle, 2);
    },
    unref() {
      clearInterval(id);
      id = undefined;
    },
  };
}

/** Frees the calls of a worker that ends: the process continues. */
function abandon() {
  for (const { handle } of pending.values()) abi.call_free(handle);
  pending.clear();
}

/** Settles every call that has ended. Returns true, so that node:net continues to read. */
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
  // A token can arrive just before the status of its call changes.
  if (status === statuses.pending) {
    setImmediate(end, token);
    return;
  }
  const json = status === statuses.ok ? givenText() : undefined;
  const error = status === statuses.ok || status === statuses.end ? undefined : take(call.cause);
  abi.call_free(call.handle);
  pending.delete(token);
  // Node.js exits when no call runs.
  if (pending.size === 0) watcher.unref();
  if (call.signal) unlisten(call);
  if (error) call.reject(error);
  else call.resolve(json);
}

/** Cancels a call if it runs. */
function cancel(token) {
  const call = pending.get(token);
  if (call) abi.call_cancel(call.handle);
}

// Each signal has one listener for all of its calls: with more than ten, Node.js prints a warning.
const listeners = new WeakMap();

function listen(call) {
  let listener = listeners.get(call.signal);
  if (!listener) {
    listener = { calls: new Set(), abort: () => abort(call.signal, listener.calls) };
    listeners.set(call.signal, listener);
    call.signal.addEventListener("abort", listener.abort, { once: true });
  }
  listener.calls.add(call);
}

function unlisten(call) {
  const listener = listeners.get(call.signal);
  listener.calls.delete(call);
  if (listener.calls.size > 0) return;
  listeners.delete(call.signal);
  call.signal.removeEventListener("abort", listener.abort);
}

function abort({ reason }, calls) {
  for (const call of calls) {
    call.cause = reason;
    if (isTimeout(reason)) abi.call_expire(call.handle);
    else abi.call_cancel(call.handle);
  }
}

/**
 * Starts a call. Returns a promise of its JSON, or of undefined at the end of a stream.
 * `begin` calls a function of the library that ends in _start. `onToken` gets the call's token.
 */
function start(begin, signal, onToken) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw aborted(signal.reason);
    if (queue === undefined) open();
    if (begin() !== statuses.ok) throw take();
    const handle = givenHandle();
    const token = ++newest;
    const call = { handle, resolve, reject, signal, cause: undefined };
    if (signal) listen(call);
    pending.set(token, call);
    if (pending.size === 1) watcher.ref();
    onToken?.(token);
    abi.call_complete(handle, queue, token, failure);
  });
}

module.exports = { cancel, start };
