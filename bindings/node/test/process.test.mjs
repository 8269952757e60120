// Whole programs: how they end, worker threads, memory, the library's places, the log.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { run, sandbox } from "./support.mjs";

let server;
let env;

before(async () => {
  server = await sandbox();
  const key = await server.account("eric", { rows: 20_000 });
  await server.rule({ path: "/api/users/slow", delay_ms: 60_000 });
  env = { HEX_API_URL: server.url, HEX_API_KEY: key };
});

async function works(source, options = {}) {
  const ended = await run(source, { ...options, env: { ...env, ...options.env } });
  assert.equal(ended.code, 0, `${ended.signal} ${ended.stderr}`);
  return ended;
}

test("a program ends by itself once nothing is under way", async () => {
  const { stdout } = await works(`
    import { Client } from "aura-users";
    const client = new Client();
    const stream = client.streamAuditLogs();
    await stream.next();
    console.log((await client.getUser("eric")).username);
  `);
  assert.equal(stdout, "eric\n");
});

test("terminate() of a worker that is ending leaves the process alive", async () => {
  const { stdout } = await works(`
    import { Worker } from "node:worker_threads";
    const source = \`
      const { Client } = require("aura-users");
      const { parentPort } = require("node:worker_threads");
      new Client().getCurrentUser().then((user) => parentPort.postMessage(user.username));
    \`;
    for (let count = 0; count < 20; count++)
      await new Promise((resolve) => {
        const worker = new Worker(source, { eval: true, execArgv: [] });
        worker.on("message", () => worker.terminate()).on("exit", resolve);
      });
    console.log("alive");
  `);
  assert.equal(stdout, "alive\n");
});

test("a call that nobody awaits is still carried out", async () => {
  const { stdout } = await works(`
    import { getUser } from "aura-users";
    getUser("eric").then((user) => console.log(user.username));
  `);
  assert.equal(stdout, "eric\n");
});

test("an enumerable property of Object.prototype changes nothing", async () => {
  const { stdout } = await works(`
    import { Client } from "aura-users";
    Object.prototype.polluted = 1; // koffi cannot be loaded after this
    const client = new Client();
    console.log(Object.keys((await client.getUser("eric")).extra).length);
    const { value } = await client.streamAuditLogs().next();
    console.log(Object.keys(value.extra).length);
  `);
  assert.equal(stdout, "0\n0\n");
});

// In a program of its own: a fault would end it.
test("an array of emails that changes, or is a Proxy, is read once", async () => {
  const { stdout } = await works(`
    import { Client } from "aura-users";
    const client = new Client();
    const attempt = async (emails) => {
      const error = await client.createUser("a", "b", emails).catch((error) => error);
      console.log(error.kind === "invalid_argument" ? error.kind : error.attempts);
    };
    let reads = 0;
    await attempt(Object.defineProperty(["x"], 0, { get: () => (reads++ ? 5 : "a@example.com") }));
    console.log(reads);
    await attempt(new Proxy(["a@example.com"], {}));
    await attempt(Object.defineProperty(["x"], 0, { get: () => 5 }));
    await attempt(new Array(1));
    class Other extends Array {}
    await attempt(Other.of("a@example.com"));
  `);
  const lines = stdout.trim().split("\n");
  assert.deepEqual(lines, ["1", "1", "1", "invalid_argument", "invalid_argument", "1"]);
});

test("process.exit with calls under way does not wait", async () => {
  const begun = performance.now();
  await works(`
    import { Client } from "aura-users";
    const client = new Client({ timeout: 50_000 });
    for (let i = 0; i < 50; i++) client.getUser("slow");
    const stream = client.streamAuditLogs();
    await stream.next();
    stream.next();
    process.on("exit", () => client.getUser("slow").catch(() => {}));
    process.exit(0);
  `);
  assert.ok(performance.now() - begun < 40_000);
});

test("an uncaught error ends a program with calls under way", async () => {
  const { code, stderr } = await run(
    `
      import { getUser } from "aura-users";
      getUser("slow");
      await getUser("nobody");
    `,
    { env },
  );
  assert.equal(code, 1);
  assert.match(stderr, /NotFoundError: GET/);
});

// In kB.
const MOST_GROWN = 8192;

test("ten thousand calls and the rows of a long log leave nothing behind", async () => {
  const { stdout } = await works(`
    import { readFileSync } from "node:fs";
    import { Client } from "aura-users";
    const client = new Client();
    const memory = () => {
      gc();
      return Number(/VmRSS:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
    };
    async function calls() {
      for (let i = 0; i < 5_000; i++) await client.getUser("eric", { prefetch: 1 });
      for (let i = 0; i < 5_000; i++) await client.getUser("..").catch(() => {});
    }
    async function stream() {
      let rows = 0;
      for await (const row of client.streamAuditLogs()) rows += row.action === "key.generate";
      return rows;
    }
    const grown = {};
    for (const job of [calls, stream]) {
      for (let i = 0; i < 4; i++) await job();
      // V8 may enlarge its heap in any round. What is left behind grows in every round.
      grown[job.name] = Infinity;
      for (let round = 0; round < 5 && grown[job.name] >= ${MOST_GROWN}; round++) {
        const begin = memory();
        const result = await job();
        if (round === 0) console.log(job.name, result);
        grown[job.name] = Math.min(grown[job.name], memory() - begin);
      }
    }
    console.log(JSON.stringify(grown));
  `);
  const lines = stdout.trim().split("\n");
  assert.equal(lines[1], "stream 20000");
  const grown = JSON.parse(lines[2]);
  assert.ok(grown.calls < MOST_GROWN && grown.stream < MOST_GROWN, lines[2]);
});

test("handles that are dropped are freed by the collector, and only once", async () => {
  const { stdout } = await works(`
    import { readdirSync } from "node:fs";
    import { setImmediate, setTimeout } from "node:timers/promises";
    import { Client } from "aura-users";
    const descriptors = () => readdirSync("/proc/self/fd").length;
    await new Client().getUser("eric");
    const begin = descriptors();
    for (let i = 0; i < 200; i++) {
      const client = new Client();
      const call = client.getUser("eric");
      const stream = client.streamAuditLogs({ prefetch: 2 });
      await Promise.all([call, stream.next()]);
      if (i % 3 === 0) stream.close();
      if (i % 2 === 0) client.close();
      gc();
      await setImmediate();
    }
    for (let i = 0; i < 20; i++) gc(), await setImmediate();
    // Connections close a moment after their clients.
    for (let i = 0; i < 100 && descriptors() - begin >= 20; i++) gc(), await setTimeout(100);
    console.log(descriptors() - begin);
  `);
  assert.ok(Number(stdout) < 20, stdout);
});

test("worker threads have their own calls, and end at any time", async () => {
  const { stdout } = await works(`
    import { readdirSync } from "node:fs";
    import { setTimeout } from "node:timers/promises";
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    import { getUser } from "aura-users";
    const descriptors = () => readdirSync("/proc/self/fd").length;
    const source = \`
      const { getUser, streamAuditLogs } = require("aura-users");
      const { parentPort, workerData } = require("node:worker_threads");
      async function main() {
        const users = await Promise.all(Array.from({ length: 20 }, () => getUser("eric")));
        let rows = 0;
        for await (const row of streamAuditLogs()) if (++rows === 500) break;
        getUser("slow").catch(() => {});
        parentPort.postMessage(users.length + rows);
        if (workerData === "exit") process.exit(0);
      }
      main();
    \`;
    let total = 0;
    async function work(workerData) {
      const worker = new Worker(source, { eval: true, execArgv: [], workerData });
      const exit = once(worker, "exit");
      const [count] = await once(worker, "message");
      total += count;
      if (workerData === "exit") await exit;
      else await worker.terminate();
    }
    await Promise.all([work("exit"), getUser("eric")]);
    const begin = descriptors();
    for (let i = 0; i < 5; i++) await Promise.all([work("exit"), work("exit"), getUser("eric")]);
    // Connections close a moment after their clients.
    for (let i = 0; i < 100 && descriptors() - begin > 4; i++) await setTimeout(100);
    console.log(total, descriptors() - begin <= 4);
    await Promise.all([work("terminate"), work("terminate")]);
    console.log((await getUser("eric")).username);
    process.exit(0);
  `);
  assert.equal(stdout, "5720 true\neric\n");
});

test("a library that is another one is an error that names it and what is missing", async () => {
  const other = process.platform === "darwin" ? "libz.dylib" : "libm.so.6";
  const source =
    'import("aura-users").catch((error) => console.log(error.code, error.message, error.cause))';
  const { stdout } = await works(source, { env: { AURA_USERS_LIBRARY: other } });
  assert.ok(stdout.startsWith(`AURA_LIBRARY aura-users: ${other} `), stdout);
  assert.match(stdout, /has no function aura_version/);
});

test("a call without a free descriptor is a connect error, and later calls work", async () => {
  const { stdout } = await works(
    `
      import { closeSync, openSync } from "node:fs";
      import { Client } from "aura-users";
      const client = new Client();
      const opened = [];
      try {
        for (;;) opened.push(openSync("/dev/null"));
      } catch {}
      const error = await client.getUser("eric").catch((error) => error);
      for (const one of opened) closeSync(one);
      console.log(JSON.stringify({ ...error, message: error.message }));
      console.log((await client.getUser("eric")).username);
    `,
  );
  const [line, username] = stdout.trim().split("\n");
  const { message, serverMessage, hint, ...facts } = JSON.parse(line);
  assert.match(hint, /ulimit -n/);
  assert.equal(message, `connect: ${serverMessage}; ${hint}`);
  assert.deepEqual(facts, {
    kind: "connect",
    code: "AURA_CONNECT",
    reason: null,
    status: null,
    errors: null,
    requestId: null,
    retryAfterMs: null,
    attempts: 0,
    method: null,
    route: null,
    outcomeUnknown: false,
    retryable: false,
  });
  assert.equal(username, "eric");
});

test("a library that is not there is an error that names every place", async () => {
  const source = 'import("aura-users").catch((error) => console.log(error.code, error.message))';
  const missing = await works(source, { env: { AURA_USERS_LIBRARY: "/nowhere/aura.so" } });
  assert.match(missing.stdout, /^AURA_LIBRARY .*AURA_USERS_LIBRARY names a file/);
  assert.match(missing.stdout, /\/nowhere\/aura\.so/);
});

test("the server's warnings are warnings of the process", async () => {
  const then = {
    reply: { status: 200, headers: { "x-hex-message": '"old client";level=warn' }, body: "{}" },
  };
  const own = await sandbox();
  await own.rule({ path: "/api/users/warn", then });
  const source = 'import { getUser } from "aura-users"; await getUser("warn").catch(() => {})';
  const { stderr } = await works(source, { env: { HEX_API_URL: own.url } });
  assert.match(stderr, /AuraUsersWarning: .*old client/);
  await own.kill();
});

test("a percent sign in a line reaches every logger unchanged", async () => {
  const header = '"50%d off %s for %o, 100%% %c%";level=warn';
  const own = await sandbox();
  const then = { reply: { status: 200, headers: { "x-hex-message": header }, body: "{}" } };
  await own.rule({ path: "/api/users/warn", then });
  const { stdout } = await works(
    `
      import { Console } from "node:console";
      import { Writable } from "node:stream";
      import { format } from "node:util";
      import { getUser, setLogger } from "aura-users";
      console.warn = (...values) => console.log("console:", format(...values).replaceAll("\\n", ""));
      const write = (text, encoding, done) => {
        console.log("Console:", String(text).replaceAll("\\n", ""));
        done();
      };
      const stream = new Writable({ write });
      const pino = { [Symbol.for("pino.serializers")]: {} };
      const other = {};
      for (const level of ["debug", "info", "warn"]) {
        pino[level] = (...values) => console.log("pino:", format(...values).replaceAll("\\n", ""));
        other[level] = (text, line) => console.log("other:", text, line.text === text);
      }
      for (const logger of [console, new Console(stream, stream), pino, other]) {
        setLogger(logger);
        await getUser("warn").catch(() => {});
      }
    `,
    { env: { HEX_API_URL: own.url } },
  );
  await own.kill();
  const lines = stdout.trim().split("\n");
  const names = ["console", "Console", "pino", "other"];
  assert.equal(lines.length, names.length, stdout);
  for (const [i, name] of names.entries()) {
    assert.ok(lines[i].startsWith(`${name}: `), stdout);
    assert.ok(lines[i].includes("50%d off %s for %o, 100%% %c%"), lines[i]);
    assert.match(lines[i], name === "other" ? / true$/ : /\{.* level: 'warn'/);
  }
});

test("a logger gets a whole line for lines that were dropped, and its errors end no call", async () => {
  const { stdout } = await works(`
    import { createRequire } from "node:module";
    import { Client, setLogger } from "aura-users";
    const require = createRequire(import.meta.url);
    const { abi } = require(require.resolve("aura-users/package.json").replace("package.json", "lib/library.cjs"));
    let errors = 0;
    let isDropped = false;
    process.on("uncaughtException", () => errors++);
    const client = new Client();
    await client.getUser("eric");
    const log = (text, line) => {
      console.log(text, JSON.stringify(Object.keys(line).sort()));
      isDropped ||= /dropped/.test(text);
      throw new Error("the logger fails");
    };
    setLogger({ debug: log, info: log, warn: log }, "debug");
    abi.log_keep(1, 1); // room for one line
    let username;
    // Calls end while the event loop is blocked, unless the server takes too long.
    for (let i = 0; i < 5 && !isDropped; i++) {
      const calls = Array.from({ length: 10 }, () => client.getUser("eric"));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
      [{ username }] = await Promise.all(calls);
    }
    setLogger(null);
    await new Promise(setImmediate);
    console.log(username, errors > 0);
  `);
  const lines = stdout.trim().split("\n");
  assert.equal(lines.at(-1), "eric true");
  const dropped = lines.find((line) => /dropped/.test(line));
  assert.match(dropped ?? stdout, /^log lines were dropped: \d+ \["attempt",.*"time"/);
  const names = new Set(lines.slice(0, -1).map((line) => line.slice(line.indexOf("["))));
  assert.equal(names.size, 1, stdout);
});

test("NODE_DEBUG shows requests, and a logger gets them", async () => {
  const source = 'import { getUser } from "aura-users"; await getUser("eric")';
  const { stderr } = await works(source, { env: { NODE_DEBUG: "aura_users" } });
  assert.match(stderr, /AURA_USERS \d+: GET \/users\/\{username_or_email\}: request/);
  const { stdout } = await works(`
    import { getUser, setLogger } from "aura-users";
    const keep = (text, line) => console.log(JSON.stringify(line));
    setLogger({ debug: keep, info: keep, warn: keep }, "debug");
    await getUser("eric");
    setLogger(null);
    await getUser("eric");
  `);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, 1);
  assert.equal(lines[0].level, "debug");
  assert.equal(lines[0].route, "/users/{username_or_email}");
  assert.equal(lines[0].status, 200);
  assert.ok(lines[0].elapsedMs > 0);
});
