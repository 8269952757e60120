// The audit log: rows, pages, errors that it outlives, and its place.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { AuditLog, AuditLogs, Client, InvalidArgumentError, ServerError } from "aura-users";
import { sandbox } from "./support.mjs";

const LOG = "/api/users/me/audit-logs";
const failing = { reply: { status: 503, body: "{}" } };
let server;
let client;

before(async () => {
  server = await sandbox();
  const apiKey = await server.account("eric", { rows: 249 });
  client = new Client({ repoUrl: server.url, apiKey });
});

/** The numbers in the rows' params, as the sandbox counts them. */
const numbers = (rows) => rows.map((row) => JSON.stringify(row.params));

async function all(iterable) {
  const found = [];
  for await (const one of iterable) found.push(one);
  return found;
}

test("rows come newest first, each once, with all fields", async () => {
  const rows = await all(client.streamAuditLogs());
  assert.equal(rows.length, 249);
  assert.equal(new Set(numbers(rows)).size, 249);
  const [row] = rows;
  assert.ok(row instanceof AuditLog);
  assert.equal(row.action, "key.generate");
  assert.equal(row.insertedAt, null);
  assert.deepEqual(row.toJSON(), JSON.parse(row.rawJson));
  assert.deepEqual(row.toJSON().params, row.params);
});

test("pages have the same rows, and what was read before is not in them", async () => {
  const rows = await all(client.streamAuditLogs());
  const pages = await all(client.streamAuditLogs().pages());
  assert.deepEqual(numbers(pages.flat()), numbers(rows));
  assert.ok(pages.length >= 3);
  const stream = client.streamAuditLogs();
  const first = await stream.next();
  const rest = await all(stream.pages());
  assert.deepEqual(numbers([first.value, ...rest.flat()]), numbers(rows));
});

test("page is that of the next row while a page is fetched", async () => {
  const stream = client.streamAuditLogs({ prefetch: 0 });
  const first = stream.next();
  // The reply arrives while this thread cannot take it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  assert.equal(stream.page, 1);
  await first;
  assert.equal(stream.page, 1);
  const closed = client.streamAuditLogs({ prefetch: 0 });
  const read = closed.next().catch((error) => error);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  closed.close();
  await read;
  assert.equal(closed.page, 1);
});

test("a break keeps the place", async () => {
  const stream = client.streamAuditLogs();
  assert.ok(stream instanceof AuditLogs);
  const found = [];
  for await (const row of stream) if (found.push(row) === 120) break;
  found.push(...(await all(stream)));
  assert.deepEqual(numbers(found), numbers(await all(client.streamAuditLogs())));
  assert.deepEqual(await stream.next(), { value: undefined, done: true });
});

test("page is the page of the next row", async () => {
  const stream = client.streamAuditLogs();
  assert.equal(stream.page, 1);
  for (let i = 0; i < 150; i++) await stream.next();
  assert.equal(stream.page, 2);
  const { value } = await stream.next();
  const [again] = await all(client.streamAuditLogs({ page: 2 }).pages());
  assert.ok(numbers(again).includes(JSON.stringify(value.params)));
  stream.close();
  assert.equal(stream.page, 2);
  await assert.rejects(stream.next(), { kind: "cancelled" });
  stream.close();
});

test("an error keeps the place", async () => {
  const expected = numbers(await all(client.streamAuditLogs()));
  const stream = client.streamAuditLogs({ maxRetries: 0, prefetch: 0 });
  await server.rule({ path: LOG, nth: 2, times: 1, then: failing });
  const found = [];
  const loop = async () => {
    for await (const row of stream) found.push(row);
  };
  await assert.rejects(loop(), ServerError);
  assert.ok(found.length > 0 && found.length < 249);
  await loop();
  assert.deepEqual(numbers(found), expected);
});

test("rows that are asked for all at once come in order, each once", async () => {
  const expected = numbers(await all(client.streamAuditLogs()));
  const stream = client.streamAuditLogs();
  const results = await Promise.all(Array.from({ length: 260 }, () => stream.next()));
  const found = results.filter(({ done }) => !done).map(({ value }) => value);
  assert.deepEqual(numbers(found), expected);
  assert.equal(results.filter(({ done }) => done).length, 11);
});

test("the server's text of a row is exact, whatever is in it", async () => {
  const rows = [
    '{"action":"a","params":{"s":"}{][\\"\\\\"},"user_agent":null}',
    '{ "params" : [1, [2, {"x": "\\\\"}]],  "action":"b" , "n": 12345678901234567890.0}',
    '{"action":"\\u0000\\ud83d\\ude00","params":null,"inserted_at":"2026-01-02T03:04:05.678901Z"}',
  ];
  const body = `[${rows.join(" ,\n")}]`;
  const headers = { "content-type": "application/json" };
  const own = await sandbox();
  // Only the first page: the account's own log is empty.
  const apiKey = await own.account("eric");
  await own.rule({ path: LOG, times: 1, then: { reply: { status: 200, headers, body } } });
  const stream = new Client({ repoUrl: own.url, apiKey, prefetch: 0 }).streamAuditLogs();
  const found = (await stream.pages().next()).value;
  assert.deepEqual(
    found.map((row) => row.rawJson),
    rows,
  );
  assert.deepEqual(found[1].extra, { n: Number("12345678901234567890") });
  assert.equal(found[2].action, "\0😀");
  assert.equal(found[2].insertedAt.toISOString(), "2026-01-02T03:04:05.678Z");
  await own.kill();
});

test("a bad option is refused when the stream is opened", () => {
  assert.throws(() => client.streamAuditLogs({ page: 0 }), InvalidArgumentError);
  assert.throws(() => client.streamAuditLogs({ pages: 2 }), /Did you mean `page`\?/);
});
