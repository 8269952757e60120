// The variables that a client reads. C reads those of the process. In a worker, `process.env` may be a
// copy that differs from them. So there this file reads it, and passes its values as options.
"use strict";

const { isMainThread } = require("node:worker_threads");
const { options: table } = require("./generated.cjs");
const { text } = require("./options.cjs");

const HTTP_PROXY = ["http_proxy", "HTTP_PROXY"];
const HTTPS_PROXY = ["https_proxy", "HTTPS_PROXY"];
const ALL_PROXY = ["all_proxy", "ALL_PROXY"];
const CGI = "REQUEST_METHOD";
const CI = "CI";

/** All variables that a new client reads. */
const variables = [
  ...Object.values(table).flatMap((option) => option.environment),
  ...[...HTTP_PROXY, ...HTTPS_PROXY, ...ALL_PROXY, CGI, CI, "HEX_UNSAFE_HTTPS"],
];

/** Returns the first of these variables that is not empty, as an option: [name, value, variable]. */
function first(option, names) {
  for (const name of names) {
    const value = process.env[name];
    if (value) return [option, text(name, value), name];
  }
  return undefined;
}

function proxy(names) {
  const found = first("proxy", names);
  if (!found) return undefined;
  const [option, value, variable] = found;
  return [option, value.includes("://") ? value : `http://${value}`, variable];
}

const last = (set, name) => set.findLast(([known]) => known === name);

/**
 * Returns the options of a new client, and the environment for `complete`. In the main thread there is
 * none: C reads the variables.
 */
function withEnvironment(set) {
  if (isMainThread || last(set, "env")?.[1] === "false") return { set };
  const options = Object.values(table).map((option) => first(option.name, option.environment));
  const all = proxy(ALL_PROXY);
  const environment = {
    isCi: first("", [CI]) !== undefined,
    // A CGI server copies the header `Proxy` of a request to HTTP_PROXY.
    http: proxy(CGI in process.env ? HTTP_PROXY.slice(0, 1) : HTTP_PROXY) ?? all,
    https: proxy(HTTPS_PROXY) ?? all,
  };
  const url = ["repo_url", "https://hex.pm/api"];
  return complete([url, ...options.filter(Boolean), ...set, ["env", "false"]], environment);
}

/**
 * Adds the environment to options of a client or of a call. Returns them, and the environment that
 * applies with them. Its `proxy` is the option that each call needs.
 */
function complete(set, environment) {
  if (!environment) return { set };
  const agent = last(set, "client_name");
  const added = agent && environment.isCi ? [["client_name", `${agent[1]}; CI`]] : [];
  const url = last(set, "repo_url");
  let next = environment;
  if (last(set, "proxy")) next = { isCi: environment.isCi };
  else if (url) next = { ...environment, proxy: proxyFor(url[1], environment) };
  return { set: [...set, ...added], environment: next };
}

const loopback = /^((.*\.)?localhost\.?|127\.\d+\.\d+\.\d+|\[::(1|ffff:7f..:.*)\])$/;

function proxyFor(text, { http, https }) {
  try {
    const { protocol, hostname } = new URL(text);
    return loopback.test(hostname) ? undefined : protocol === "https:" ? https : http;
  } catch {
    return undefined; // C refuses the URL
  }
}

module.exports = { complete, variables, withEnvironment };
