// What `aura-replay drive` feeds with the conformance cases, for Node.js.
//
//     aura-replay drive node --expose-gc --max-semi-space-size=1 test/driver.mjs

import { createInterface } from "node:readline";
import { AuraError, Client, setLogger } from "aura-users";

const durations = new Set(["timeout", "total_timeout", "connect_timeout"]);

function camel(name) {
  return name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}

/** A command. A page beyond what a number holds is a BigInt. */
function parsed(line) {
  const command = JSON.parse(line);
  const page = /"page": ?(\d{16,})/.exec(line);
  if (page) command.options.page = BigInt(page[1]);
  return command;
}

/** Options by their names in JavaScript, durations in milliseconds. */
function optionsOf(options = {}) {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      camel(name),
      durations.has(name) ? value * 1000 : value,
    ]),
  );
}

/** The cases name options as C does. */
function inC(message) {
  return message.replace(/^[a-z]+[A-Z]\w*/, (word) =>
    word.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
}

function of(error) {
  if (!(error instanceof AuraError)) throw error;
  const { kind, status, serverMessage, errors, requestId: request_id } = error;
  const message = kind === "invalid_argument" ? inC(serverMessage) : serverMessage;
  return { kind, status, message, errors, request_id };
}

/** What ends the call, if the command says so. */
function signalOf({ cancel_after_ms, deadline_ms }) {
  if (deadline_ms !== undefined) return AbortSignal.timeout(deadline_ms);
  if (cancel_after_ms === undefined) return undefined;
  const controller = new AbortController();
  setTimeout(() => controller.abort(), cancel_after_ms);
  return controller.signal;
}

async function rows(command, client, options) {
  const found = [];
  const errors = [];
  const stream = client.streamAuditLogs(options);
  for (;;) {
    try {
      for await (const row of stream) found.push(row.rawJson);
      return { ok_rows: found, errors };
    } catch (error) {
      if (!command.resume || errors.length === 10) {
        return { ok_rows: found, errors, error: of(error) };
      }
      errors.push(of(error));
    }
  }
}

async function once(command, client) {
  const options = { signal: signalOf(command) };
  const { username, password, emails, username_or_email } = command.args;
  const operations = {
    create_user: () => client.createUser(username, password, emails, options),
    get_current_user: () => client.getCurrentUser(options),
    get_user: () => client.getUser(username_or_email, options),
    reset_user_password: () => client.resetUserPassword(username_or_email, options),
  };
  try {
    if (command.operation === "stream_audit_logs") return await rows(command, client, options);
    const user = await operations[command.operation]();
    return user === undefined ? { ok_empty: true } : { ok: user.rawJson };
  } catch (error) {
    return { error: of(error) };
  }
}

async function many(command, client) {
  const outcomes = {};
  const count = (result) => {
    const outcome = result.error?.kind ?? "ok";
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const times = Array.from({ length: command.times });
  if (command.at_once) (await Promise.all(times.map(() => once(command, client)))).forEach(count);
  else for (const _ of times) count(await once(command, client));
  return { outcomes };
}

async function answer(command) {
  if (command.fork) return { cannot: "Node.js has no fork" };
  const log = [];
  const keep = (text) => log.push(text);
  if (command.log) setLogger({ debug: keep, info: keep, warn: keep }, "debug");
  let client;
  try {
    client = new Client(optionsOf(command.options));
    const result = await (command.times ? many : once)(command, client);
    return { ...result, log };
  } catch (error) {
    return { error: of(error), log };
  } finally {
    client?.close();
    setLogger(null);
    // The runner looks at how much memory is left in use.
    if (command.times) globalThis.gc?.();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = parsed(line);
  process.stdout.write(`${JSON.stringify({ id: command.id, ...(await answer(command)) })}\n`);
}
