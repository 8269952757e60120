// The client, and the functions of the module.
"use strict";

const { abi } = require("./library.cjs");
const { free, own } = require("./handles.cjs");
const { invalid, take, traced } = require("./errors.cjs");
const { check, signalOf, text, withHandle } = require("./options.cjs");
const { options: table, statuses } = require("./generated.cjs");
const { User } = require("./records.cjs");
const { AuditLogs } = require("./stream.cjs");
const { start } = require("./queue.cjs");
const { version } = require("../package.json");

const name = `aura-users-node/${version} node/${process.versions.node}`;

const shared = Symbol("shares the connections of another client");

class Client {
  #handle;
  #set = []; // the options of withOptions
  #parent; // kept, as its end frees the handle

  constructor(options) {
    if (options?.[shared]) {
      this.#parent = options[shared];
      this.#handle = this.#parent.#handle;
      this.#set = [...this.#parent.#set, ...options.set];
      return;
    }
    const set = check(options, { isClient: true });
    if (!set.some(([known]) => known === "client_name")) set.push(["client_name", name]);
    const place = [null];
    const error = [null];
    withHandle(set, (handle) => {
      if (abi.client_new(handle, place, error) !== statuses.ok) throw take(error[0]);
    });
    this.#handle = own(this, place[0], abi.client_free);
  }

  /** The handle, and the options of one call. */
  #prepare(options, use) {
    const { pointer } = this.#handle;
    if (pointer === null) throw invalid("the client is closed");
    const set = check(options, { takesSignal: true });
    return withHandle(this.#set.length === 0 ? set : [...this.#set, ...set], (handle) =>
      use(pointer, handle),
    );
  }

  async #start(options, begin) {
    const signal = signalOf(options);
    try {
      return await this.#prepare(options, (client, handle) =>
        start((call, error) => begin(client, handle, call, error), signal),
      );
    } catch (error) {
      throw traced(error);
    }
  }

  async createUser(username, password, emails, options) {
    text("username", username);
    text("password", password);
    if (!Array.isArray(emails)) throw invalid(`emails must be an array, got ${typeof emails}`);
    for (const email of emails) text("each of emails", email);
    const words = [username, password, emails, emails.length];
    const json = await this.#start(options, (client, handle, call, error) =>
      abi.create_user_start(client, ...words, handle, call, error),
    );
    return new User(json);
  }

  async getCurrentUser(options) {
    return new User(await this.#start(options, abi.get_current_user_start));
  }

  async getUser(usernameOrEmail, options) {
    text("usernameOrEmail", usernameOrEmail);
    const json = await this.#start(options, (client, handle, call, error) =>
      abi.get_user_start(client, usernameOrEmail, handle, call, error),
    );
    return new User(json);
  }

  async resetUserPassword(usernameOrEmail, options) {
    text("usernameOrEmail", usernameOrEmail);
    await this.#start(options, (client, handle, call, error) =>
      abi.reset_user_password_start(client, usernameOrEmail, handle, call, error),
    );
  }

  streamAuditLogs(options) {
    const signal = signalOf(options);
    return this.#prepare(options, (client, handle) => {
      const place = [null];
      const error = [null];
      if (abi.stream_audit_logs(client, handle, place, error) !== statuses.ok) throw take(error[0]);
      return new AuditLogs(place[0], signal);
    });
  }

  withOptions(options) {
    return new Client({ [shared]: this, set: check(options) });
  }

  rateLimit(options) {
    return this.#prepare(options, (client, handle) => {
      const json = [null];
      const error = [null];
      if (abi.client_rate_limit(client, handle, json, error) !== statuses.ok) throw take(error[0]);
      const facts = JSON.parse(json[0]);
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

/** The environment that a client reads when it is made. */
const variables = [
  ...Object.values(table).flatMap((option) => option.environment),
  ...["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "CI"],
];
let common;
let made;

/** The client of the module's functions: a new one if the environment has changed. */
function commonClient() {
  const environment = variables.map((variable) => process.env[variable] ?? "\0").join("\n");
  if (made !== environment) {
    common = new Client(); // calls and streams of the client before go on
    made = environment;
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
