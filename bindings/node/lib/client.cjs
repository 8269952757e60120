// The client, and the functions of the module.
"use strict";

const { isMainThread } = require("node:worker_threads");
const { abi, failure, givenHandle, givenText, result } = require("./library.cjs");
const { free, own } = require("./handles.cjs");
const { invalid, take, traced } = require("./errors.cjs");
const { check, signalOf, text, withHandle } = require("./options.cjs");
const { statuses, variables } = require("./generated.cjs");
const { User } = require("./records.cjs");
const { AuditLogs } = require("./stream.cjs");
const { start } = require("./queue.cjs");
const { version } = require("../package.json");

const name = `aura-users-node/${version} node/${process.versions.node}`;

const shared = Symbol("shares the connections of another client");

/** Gives a client the variables of a worker, whose `process.env` may differ from the process's own. */
function setEnvironment(options) {
  const set = variables.filter((name) => process.env[name] !== undefined);
  const texts = set.map((name) => `${name}=${text(name, process.env[name])}`);
  if (abi.options_set_environment(options, texts, texts.length, failure) !== statuses.ok)
    throw take();
}

const userOf = (json) => new User(json);
const nothing = () => undefined;

class Client {
  #handle;
  #set = []; // the options of withOptions
  #parent; // keeps the parent alive: the collector frees the handle with it

  constructor(options) {
    if (options?.[shared]) {
      this.#parent = options[shared];
      this.#handle = this.#parent.#handle;
      this.#set = [...this.#parent.#set, ...options.set];
      return;
    }
    const given = check(options, { isClient: true });
    if (!given.some(([known]) => known === "client_name")) given.push(["client_name", name]);
    const pointer = withHandle(given, (handle) => {
      if (!isMainThread) setEnvironment(handle);
      if (abi.client_new(handle, result, failure) !== statuses.ok) throw take();
      return givenHandle();
    });
    this.#handle = own(this, pointer, abi.client_free);
  }

  /** Calls `use` with the client and the options of one call. */
  #prepare(options, use) {
    const { pointer } = this.#handle;
    if (pointer === null) throw invalid("the client is closed");
    const given = check(options, { takesSignal: true });
    const all = this.#set.length === 0 ? given : [...this.#set, ...given];
    return withHandle(all, (handle) => use(pointer, handle));
  }

  /** Awaits a call, once. `begin` starts it, and `read` converts its JSON to the result. */
  async #call(options, texts, begin, read) {
    try {
      for (const [name, value] of Object.entries(texts)) text(name, value);
      const signal = signalOf(options);
      const json = await this.#prepare(options, (client, handle) =>
        start(() => begin(client, handle), signal),
      );
      return read(json);
    } catch (error) {
      throw traced(error);
    }
  }

  createUser(username, password, emails, options) {
    const begin = (client, handle) => {
      if (!Array.isArray(emails)) throw invalid(`emails must be an array, got ${typeof emails}`);
      // A copy: the program's array may be a Proxy, or give another value at the next read.
      const copy = Array.from(emails, (email) => text("each of emails", email));
      const words = [username, password, copy, copy.length];
      return abi.create_user_start(client, ...words, handle, result, failure);
    };
    return this.#call(options, { username, password }, begin, userOf);
  }

  getCurrentUser(options) {
    const begin = (client, handle) => abi.get_current_user_start(client, handle, result, failure);
    return this.#call(options, {}, begin, userOf);
  }

  getUser(usernameOrEmail, options) {
    const begin = (client, handle) =>
      abi.get_user_start(client, usernameOrEmail, handle, result, failure);
    return this.#call(options, { usernameOrEmail }, begin, userOf);
  }

  resetUserPassword(usernameOrEmail, options) {
    const begin = (client, handle) =>
      abi.reset_user_password_start(client, usernameOrEmail, handle, result, failure);
    return this.#call(options, { usernameOrEmail }, begin, nothing);
  }

  streamAuditLogs(options) {
    const signal = signalOf(options);
    return this.#prepare(options, (client, handle) => {
      if (abi.stream_audit_logs(client, handle, result, failure) !== statuses.ok) throw take();
      return new AuditLogs(givenHandle(), signal);
    });
  }

  withOptions(options) {
    return new Client({ [shared]: this, set: check(options) });
  }

  rateLimit(options) {
    return this.#prepare(options, (client, handle) => {
      if (abi.client_rate_limit(client, handle, result, failure) !== statuses.ok) throw take();
      const facts = JSON.parse(givenText());
      return (
        facts && { limit: facts.limit, remaining: facts.remaining, resetsInMs: facts.resets_in_ms }
      );
    });
  }

  close() {
    free(this.#handle);
  }

  [Symbol.dispose ?? Symbol.for("nodejs.dispose")]() {
    this.close();
  }
}

let common;
let variablesOfCommon;

/** Returns the client of the module's functions. It is a new one if the environment has changed. */
function commonClient() {
  const environment = variables.map((variable) => process.env[variable] ?? "\0").join("\n");
  if (variablesOfCommon !== environment) {
    common = new Client(); // calls and streams of the old client continue
    variablesOfCommon = environment;
  }
  return common;
}

const functions = {
  createUser: async (...values) => commonClient().createUser(...values),
  getCurrentUser: async (options) => commonClient().getCurrentUser(options),
  getUser: async (...values) => commonClient().getUser(...values),
  resetUserPassword: async (...values) => commonClient().resetUserPassword(...values),
  streamAuditLogs: (options) => commonClient().streamAuditLogs(options),
};

module.exports = { Client, functions };
