// The environment variables: those of the process in the main thread, those of `process.env` in a worker.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import * as aura from "aura-users";
import { run } from "./support.mjs";

const root = dirname(createRequire(import.meta.url).resolve("aura-users/package.json"));

// A server and a proxy. Its reply has the URL and the headers of the request.
let server;
let url;

before(async () => {
  server = createServer((request, response) => {
    const { authorization = "none", "user-agent": agent } = request.headers;
    const username = `${request.url} by ${agent} with ${authorization}`;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ username }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

/** What each case gives in the main thread and in a worker, as [[main, worker], …]. */
async function inBothThreads(cases) {
  const { code, stdout, stderr } = await run(
    `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      const { PATH, AURA_USERS_LIBRARY = "" } = process.env;
      for (const name of Object.keys(process.env))
        if (/^(HEX_.*|.*_proxy|CI|REQUEST_METHOD)$/i.test(name)) delete process.env[name];
      const source = \`
        const { Client } = require("aura-users");
        const { parentPort, workerData } = require("node:worker_threads");
        async function result({ client, child, call }) {
          try {
            const own = new Client(client);
            const user = await (child ? own.withOptions(child) : own).getCurrentUser(call);
            return user.username;
          } catch (error) {
            return error.message;
          }
        }
        globalThis.result = result;
        if (workerData) result(workerData).then((text) => parentPort.postMessage(text));
      \`;
      const { createRequire } = await import("node:module");
      new Function("require", source)(createRequire(import.meta.url));
      const results = [];
      for (const one of JSON.parse(process.argv.at(-1))) {
        Object.assign(process.env, one.env);
        const main = await result(one);
        for (const name in one.env) delete process.env[name];
        // A worker must use none of these.
        const decoys = { HEX_API_KEY: "decoy", HEX_OTP: "decoy", HEX_HTTP_TIMEOUT: "decoy", CI: "1" };
        Object.assign(process.env, decoys, { all_proxy: "http://127.0.0.1:1" });
        const env = { PATH, AURA_USERS_LIBRARY, ...one.env };
        const worker = new Worker(source, { eval: true, execArgv: [], env, workerData: one });
        results.push([main, (await once(worker, "message"))[0]]);
        for (const name of [...Object.keys(decoys), "all_proxy"]) delete process.env[name];
      }
      console.log(JSON.stringify(results));
    `,
    { args: [JSON.stringify(cases)] },
  );
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

test("a worker uses its own variables, as the main thread uses those of the process", async () => {
  const http = "http://hex.test/api";
  const options = { apiKey: "key", allowInsecureHttp: true, maxRetries: 0 };
  const routed = (env, more) => ({ env, client: { ...options, repoUrl: http, ...more } });
  const elsewhere = "http://127.0.0.1:1";
  const cases = [
    [{ env: { HEX_API_URL: url, HEX_API_KEY: "mine" } }, /^\/users\/me by .* with mine$/],
    [
      { env: { HEX_API_URL: url, HEX_API_KEY: "mine" }, client: { apiKey: "other" } },
      /with other$/,
    ],
    [{ env: { HEX_API_URL: url, HEX_API_KEY: "mine" }, client: { apiKey: null } }, /with mine$/],
    [{ env: { HEX_API_URL: url, HEX_API_KEY: "" } }, /with none$/],
    [{ env: { HEX_API_URL: "", HEX_API: `${url}/second` } }, /^\/second\/users\/me/],
    [{ env: { HEX_API_URL: url, HEX_API: elsewhere } }, /^\/users\/me/],
    [{ env: { HEX_API_KEY: "mine" }, client: { repoUrl: url, env: false } }, /with none$/],
    [
      { env: { HEX_HTTP_TIMEOUT: "x" }, client: { timeout: 9 } },
      /: HEX_HTTP_TIMEOUT: timeout is "x"/,
    ],
    [{ env: { CI: "1" }, client: { repoUrl: url } }, /\(aura-users-node\S* node\/[\d.]+; CI\)/],
    [{ env: { CI: "1" }, client: { repoUrl: url, clientName: "mine/1" } }, /\(mine\/1; CI\)/],
    [{ env: { CI: "" }, client: { repoUrl: url } }, /node\/[\d.]+\)/],
    [routed({ http_proxy: url }), /^http:\/\/hex\.test\/api\/users\/me/],
    [routed({ http_proxy: "", HTTP_PROXY: url }), /^http:\/\/hex\.test/],
    [routed({ all_proxy: url.replace("http://", "") }), /^http:\/\/hex\.test/],
    [routed({ http_proxy: url, all_proxy: elsewhere }), /^http:\/\/hex\.test/],
    [routed({ https_proxy: elsewhere, ALL_PROXY: url }), /^http:\/\/hex\.test/],
    [
      routed({ HTTP_PROXY: elsewhere, ALL_PROXY: url, REQUEST_METHOD: "GET" }),
      /^http:\/\/hex\.test/,
    ],
    [routed({ http_proxy: elsewhere }, { proxy: url }), /^http:\/\/hex\.test/],
    // The loopback needs no proxy. Not every machine reaches all of these.
    ...["127.0.0.1", "localhost", "a.localhost.", "[::ffff:127.0.0.1]"].map((host) => [
      routed({ http_proxy: elsewhere }, { repoUrl: url.replace("127.0.0.1", host) }),
      /^\/users\/me|^GET \/users\/me: connect: (?!.*the proxy of)/,
    ]),
    [routed({ http_proxy: elsewhere }), /connect: .*the proxy of http_proxy/],
    [routed({ http_proxy: "ftp://secret" }), /invalid_argument: http_proxy (?!.*secret)/],
    [{ ...routed({ http_proxy: elsewhere }), call: { repoUrl: url } }, /^\/users\/me/],
    [{ ...routed({ http_proxy: elsewhere }), child: { repoUrl: url } }, /^\/users\/me/],
    [
      { ...routed({ http_proxy: url }, { repoUrl: url }), call: { repoUrl: http } },
      /^http:\/\/hex/,
    ],
    [
      { ...routed({ http_proxy: url }, { repoUrl: url }), child: { repoUrl: http } },
      /^http:\/\/hex/,
    ],
    [{ ...routed({ http_proxy: elsewhere }), call: { proxy: url } }, /^http:\/\/hex/],
    [
      { ...routed({ all_proxy: elsewhere }, { proxy: url }), call: { repoUrl: http } },
      /^http:\/\/hex/,
    ],
    [
      { ...routed({ all_proxy: elsewhere }), child: { proxy: url }, call: { repoUrl: http } },
      /^http:\/\/hex/,
    ],
    [
      routed({ http_proxy: elsewhere, no_proxy: "127.0.0.2" }, { repoUrl: `${url}/`, env: false }),
      /^\/users\/me/,
    ],
  ];
  const results = await inBothThreads(cases.map(([one]) => one));
  for (const [i, [one, expected]] of cases.entries()) {
    const [main, worker] = results[i];
    assert.match(main, expected, JSON.stringify(one));
    assert.equal(worker, main, JSON.stringify(one));
  }
});

test("each variable gives the module's functions a new client", async () => {
  const saved = { ...process.env };
  // Invalid values: the error names the variable that the new client read.
  try {
    process.env.HEX_API_URL = "http://hex.test/api";
    for (const name of ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]) {
      process.env[name] = "ftp://proxy";
      await assert.rejects(aura.getUser("eric"), (error) => error.message.includes(name));
      delete process.env[name];
    }
    process.env.HEX_API_URL = "";
    for (const name of ["HEX_API", "HEX_HTTP_TIMEOUT", "HEX_HTTP_CONCURRENCY"]) {
      process.env[name] = "nonsense";
      await assert.rejects(aura.getUser("eric"), (error) => error.message.includes(`${name}: `));
      delete process.env[name];
    }
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
    Object.assign(process.env, saved);
  }
});

const file = process.env.AURA_USERS_DESCRIPTION ?? join(root, "../../include/aura_users.json");
const skip = existsSync(file) ? false : "AURA_USERS_DESCRIPTION does not name aura_users.json";

test("the README has every variable", { skip }, () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const rows = Object.fromEntries(
    [...readme.matchAll(/^\| `(\w+)` \|.*\|([^|]*)\|$/gm)].map(([, name, last]) => [name, last]),
  );
  for (const { name, environment } of JSON.parse(readFileSync(file, "utf8")).options) {
    const option = name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
    for (const variable of environment)
      assert.ok(rows[option].includes(`\`${variable}\``), variable);
  }
  for (const variable of ["http_proxy", "https_proxy", "all_proxy"])
    assert.ok(rows.proxy.includes(`\`${variable}\``), variable);
});
