// The audit log as an async iterator.
"use strict";

const { abi, failure, result } = require("./library.cjs");
const { free, own } = require("./handles.cjs");
const { aborted, failed, traced } = require("./errors.cjs");
const { Page } = require("./records.cjs");
const { cancel, start } = require("./queue.cjs");

class AuditLogs {
  #handle;
  #signal;
  #rows = [];
  #at = 0;
  #page;
  #fetching = null;
  #token; // of the last request

  constructor(pointer, signal) {
    this.#handle = own(this, pointer, abi.audit_logs_free);
    this.#signal = signal;
    this.#page = Number(abi.audit_logs_page(pointer));
  }

  /** Requests a page, once for all callers that wait. Resolves to false at the end of the log. */
  #more() {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetch() {
    const { pointer } = this.#handle;
    this.#page = Number(abi.audit_logs_page(pointer));
    const begin = () => abi.audit_logs_next_page_start(pointer, result, failure);
    const json = await start(begin, this.#signal, (token) => {
      this.#token = token;
    });
    if (json === undefined) return false;
    this.#rows = new Page(json).rows;
    this.#at = 0;
    return true;
  }

  /** Waits until there are rows, and returns what `take` takes of them. */
  async #next(take) {
    try {
      for (;;) {
        this.#check();
        // No await between this check and take(): several callers may be here.
        if (this.#at < this.#rows.length) return { value: take(), done: false };
        if (!(await this.#more())) return { value: undefined, done: true };
      }
    } catch (error) {
      throw traced(error);
    }
  }

  #check() {
    if (this.#handle.pointer === null) throw failed("cancelled", "the stream is closed");
    if (this.#signal?.aborted) throw aborted(this.#signal.reason);
  }

  next() {
    return this.#next(() => this.#rows[this.#at++]);
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  pages() {
    const take = () => {
      const rows = this.#rows.slice(this.#at);
      this.#at = this.#rows.length;
      return rows;
    };
    return {
      next: () => this.#next(take),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  get page() {
    // While a page is fetched, its rows may have arrived already.
    const isKnown = this.#at < this.#rows.length || this.#fetching || this.#handle.pointer === null;
    if (isKnown) return this.#page;
    return Number(abi.audit_logs_page(this.#handle.pointer));
  }

  close() {
    this.#page = this.page;
    cancel(this.#token);
    free(this.#handle);
  }

  async [Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")]() {
    this.close();
  }
}

module.exports = { AuditLogs };
