// Converts the server's JSON to records with JavaScript's names and times.
"use strict";

const none = Object.freeze({});

/** Returns a Date, or null if there is no time, or a time that Date does not support. */
function time(value) {
  if (typeof value !== "string") return null;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Returns the members of `data` that are not in `known`. */
function others(data, known) {
  let found = none;
  for (const name of Object.keys(data)) {
    if (known.has(name)) continue;
    if (found === none) found = {};
    // An assignment to `__proto__` would set the prototype.
    Object.defineProperty(found, name, { value: data[name], enumerable: true });
  }
  return found === none ? none : Object.freeze(found);
}

const userFields = new Set([
  "username",
  "full_name",
  "email",
  "handles",
  "url",
  "inserted_at",
  "updated_at",
  "packages",
  "owned_packages",
  "organizations",
]);

class User {
  #json;

  constructor(json) {
    const data = JSON.parse(json);
    this.#json = json;
    this.username = data.username;
    this.fullName = data.full_name ?? null;
    this.email = data.email ?? null;
    this.handles = data.handles ?? none;
    this.url = data.url ?? null;
    this.insertedAt = time(data.inserted_at);
    this.updatedAt = time(data.updated_at);
    this.packages = data.packages?.map(packageOf) ?? null;
    this.ownedPackages = data.owned_packages ?? none;
    this.organizations = data.organizations?.map(({ name, role }) => ({ name, role })) ?? null;
    this.extra = others(data, userFields);
    Object.freeze(this);
  }

  get rawJson() {
    return this.#json;
  }

  toJSON() {
    return JSON.parse(this.#json);
  }
}

function packageOf({ name, repository, url, html_url }) {
  return { name, repository, url, htmlUrl: html_url };
}

const auditLogFields = new Set(["action", "user_agent", "params", "inserted_at"]);

class AuditLog {
  #page;
  #index;

  constructor(data, page, index) {
    this.#page = page;
    this.#index = index;
    this.action = data.action;
    this.userAgent = data.user_agent ?? null;
    this.params = data.params ?? null;
    this.insertedAt = time(data.inserted_at);
    this.extra = others(data, auditLogFields);
    Object.freeze(this);
  }

  get rawJson() {
    return this.#page.text(this.#index);
  }

  toJSON() {
    return JSON.parse(this.rawJson);
  }
}

/** A page of the audit log. It splits its JSON into rows when the first `rawJson` is read. */
class Page {
  #json;
  #texts;

  constructor(json) {
    this.#json = json;
    this.rows = JSON.parse(json).map((data, index) => new AuditLog(data, this, index));
  }

  text(index) {
    this.#texts ??= elements(this.#json);
    return this.#texts[index];
  }
}

/** Returns the text of each element of a JSON array of objects. */
function elements(json) {
  const found = [];
  const next = /["{}[\]]/g;
  let depth = 0;
  let begin = 0;
  for (let match = next.exec(json); match; match = next.exec(json)) {
    const at = match.index;
    if (match[0] === '"') {
      next.lastIndex = stringEnd(json, at);
    } else if (match[0] === "{" || match[0] === "[") {
      if (++depth === 2) begin = at;
    } else if (--depth === 1) {
      found.push(json.slice(begin, at + 1));
    }
  }
  return found;
}

/** Returns the end of the string that starts at `at`. */
function stringEnd(json, at) {
  for (let quote = json.indexOf('"', at + 1); ; quote = json.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (json[quote - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
}

module.exports = { AuditLog, Page, User };
