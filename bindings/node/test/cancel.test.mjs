// Signals, deadlines, and a server that ends.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { CancelledError, Client, ConnectError, TimeoutError } from "aura-users";
import { sandbox } from "./support.mjs";

let server;
let client;

before(async () => {
  server = await sandbox();
  const apiKey = await server.account("eric", { rows: 250 });
  client = new Client({ repoUrl: server.url, apiKey });
  await server.rule({ path: "/api/users/slow", delay_ms: 60_000 });
});

test("a signal ends a call, and its reason is the cause", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const call = client.getUser("slow", { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 50);
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof CancelledError);
    assert.equal(error.name, "AbortError");
    assert.equal(error.code, "ABORT_ERR");
    assert.equal(error.kind, "cancelled");
    assert.equal(error.cause, reason);
    return true;
  });
});

test("a signal that was aborted before sends nothing", async () => {
  const { length } = await server.admin("journal");
  const signal = AbortSignal.abort();
  await assert.rejects(client.getUser("eric", { signal }), CancelledError);
  await assert.rejects(client.streamAuditLogs({ signal }).next(), CancelledError);
  assert.equal((await server.admin("journal")).length, length);
});

test("AbortSignal.timeout is a timeout, and so is the option", async () => {
  for (const options of [{ signal: AbortSignal.timeout(50) }, { totalTimeout: 50 }]) {
    const error = await client.getUser("slow", options).catch((error) => error);
    assert.ok(error instanceof TimeoutError, String(error));
    assert.equal(error.name, "TimeoutError");
    assert.equal(error.kind, "timeout");
  }
});

test("a signal's listener goes with its call", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...values) => {
    listeners++;
    addEventListener.apply(signal, values);
  };
  signal.removeEventListener = (...values) => {
    listeners--;
    removeEventListener.apply(signal, values);
  };
  await client.getUser("eric", { signal });
  await client.getUser("nobody", { signal }).catch(() => {});
  for await (const _ of client.streamAuditLogs({ signal }));
  assert.equal(listeners, 0);
});

test("one signal ends many calls, without a warning of too many listeners", async () => {
  const warnings = [];
  const keep = (warning) => warnings.push(warning);
  process.on("warning", keep);
  const controller = new AbortController();
  const { signal } = controller;
  const calls = Array.from({ length: 30 }, () => client.getUser("slow", { signal }));
  assert.equal((await client.getUser("eric", { signal })).username, "eric");
  controller.abort();
  for (const { reason } of await Promise.allSettled(calls))
    assert.ok(reason instanceof CancelledError, String(reason));
  await new Promise(setImmediate);
  process.off("warning", keep);
  assert.deepEqual(warnings, []);
});

test("a signal ends a stream, also between its pages", async () => {
  const controller = new AbortController();
  const stream = client.streamAuditLogs({ signal: controller.signal, prefetch: 0 });
  await stream.next();
  controller.abort();
  await assert.rejects(stream.next(), CancelledError);
  await server.rule({ path: "/api/users/me/audit-logs", times: 1, delay_ms: 60_000 });
  const second = new AbortController();
  const waiting = client.streamAuditLogs({ signal: second.signal }).next();
  setTimeout(() => second.abort(), 50);
  await assert.rejects(waiting, CancelledError);
});

test("a stream that is closed ends the row that is awaited", async () => {
  await server.rule({ path: "/api/users/me/audit-logs", times: 1, delay_ms: 60_000 });
  const stream = client.streamAuditLogs();
  const waiting = stream.next();
  setTimeout(() => stream.close(), 50);
  await assert.rejects(waiting, CancelledError);
});

test("a signal that is none is refused", async () => {
  await assert.rejects(client.getUser("eric", { signal: 5 }), /signal must be an AbortSignal/);
  assert.throws(() => new Client({ signal: AbortSignal.abort() }), /signal is an option of a call/);
});

test("a server that is killed in the middle is a connect error", async () => {
  const own = await sandbox();
  await own.rule({ path: "/api/users/slow", delay_ms: 60_000 });
  await own.rule({ path: "/api/users", delay_ms: 60_000 });
  const other = new Client({ repoUrl: own.url, maxRetries: 0 });
  const calls = [other.getUser("slow"), other.createUser("slow", "a long password", ["s@e.com"])];
  setTimeout(() => own.kill(), 200);
  for (const { reason } of await Promise.allSettled(calls)) {
    assert.ok(reason instanceof ConnectError, String(reason));
  }
});

test("a stream outlives a server that is killed, once there is one again", async () => {
  const own = await sandbox();
  const apiKey = await own.account("eric", { rows: 250 });
  const stream = new Client({
    repoUrl: own.url,
    apiKey,
    maxRetries: 0,
    prefetch: 0,
  }).streamAuditLogs();
  for (let i = 0; i < 100; i++) await stream.next();
  await own.kill();
  await assert.rejects(stream.next(), ConnectError);
  const again = await sandbox("--port", String(own.ready.port));
  const world = await again.account("eric", { rows: 250 });
  assert.ok(world);
  await assert.rejects(stream.next(), { kind: "unauthenticated" });
  await again.kill();
});
