// The audit log as an async iterator.
"use strict";

const { abi } = require("./library.cjs");
const { free, own } = require("./handles.cjs");
const { aborted, make, traced } = require("./errors.cjs");
const { Page } = require("./records.cjs");
const { start } = require("./queue.cjs");

class AuditLogs {
  #handle;
  #signal;
  #rows = [];
  #at = 0;
  #page;
  #fetching = null;

  constructor(pointer, signal) {
    this.#handle = own(this, pointer, abi.audit_logs_free);
    this.#signal = signal;
    this.#page = Number(abi.audit_logs_page(pointer));
  }

  /** True once there are rows at hand; false at the end of the log. */
  async #fill() {
    while (this.#at === this.#rows.length) {
      // Many may wait at once: one asks, and whoever finds nothing left asks again.
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = null;
      });
      if (!(await this.#fetching)) return false;
    }
    return true;
  }

  async #fetch() {
    this.#check();
    const { pointer } = this.#handle;
    const page = Number(abi.audit_logs_page(pointer));
    const begin = (call, error) => abi.audit_logs_next_page_start(pointer, call, error);
    const json = await start(begin, this.#signal);
    if (json === undefined) return false;
    this.#rows = new Page(json).rows;
    this.#at = 0;
    this.#page = page;
    return true;
  }

  #check() {
    if (this.#handle.pointer === null) {
      const message = "the stream is closed";
      throw make({ kind: "cancelled", message, text: `cancelled: ${message}` });
    }
    if (this.#signal?.aborted) throw aborted(this.#signal.reason);
  }

  async next() {
    this.#check();
    try {
      if (this.#at === this.#rows.length && !(await this.#fill())) return end();
    } catch (error) {
      throw traced(error);
    }
    return { value: this.#rows[this.#at++], done: false };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  pages() {
    const next = async () => {
      this.#check();
      if (!(await this.#fill())) return end();
      const value = this.#at === 0 ? this.#rows : this.#rows.slice(this.#at);
      this.#rows = [];
      this.#at = 0;
      return { value, done: false };
    };
    return {
      next,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  get page() {
    if (this.#at < this.#rows.length || this.#handle.pointer === null) return this.#page;
    return Number(abi.audit_logs_page(this.#handle.pointer));
  }

  close() {
    this.#page = this.page;
    free(this.#handle);
  }

  async [Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")]() {
    this.close();
  }
}

function end() {
  return { value: undefined, done: true };
}

module.exports = { AuditLogs };
