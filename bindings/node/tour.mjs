// A tour of the five functions, in JavaScript. examples/tour.c is the same in C.
//
//     npm install aura-users
//     TOUR_PASSWORD=... node tour.mjs REPO_URL USERNAME EMAIL
//
// It creates an account that it does not delete. Try it on a server of your own, such as aura-sandbox.

import { once } from "node:events";
import { createInterface } from "node:readline";
import { AuraError, Client, UnsupportedError, ValidationError } from "aura-users";

async function makeAccount(client, username, password, email) {
  const created = await client.createUser(username, password, [email]);
  console.log("create_user:", created.rawJson);

  const user = await client.getUser(username);
  console.log("get_user:", user.rawJson);

  // The name is taken now, so the server rejects a second account.
  try {
    await client.createUser(username, password, [email]);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    console.log("create_user again:", error.message);
  }
}

/** Reads a line. Before that, a person follows the link in the mail. */
async function askForKey(email) {
  const words = `Follow the link in the mail to ${email}, make an API key, and paste it here: `;
  process.stdout.write(words);
  const lines = createInterface({ input: process.stdin });
  const [key] = await once(lines, "line");
  lines.close();
  console.log();
  return key;
}

async function resetPassword(client, username) {
  try {
    await client.resetUserPassword(username);
    console.log("reset_user_password: a mail is on its way");
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    console.log("reset_user_password:", error.message);
  }
}

async function readAuditLog(client) {
  const actions = new Map();
  let rows = 0;
  for await (const log of client.streamAuditLogs()) {
    actions.set(log.action, (actions.get(log.action) ?? 0) + 1);
    rows++;
  }
  console.log(`stream_audit_logs: ${rows} rows`);
  const sorted = [...actions].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  for (const [action, count] of sorted) console.log(`${String(count).padStart(6)} ${action}`);
}

async function main() {
  const { TOUR_PASSWORD: password } = process.env;
  const [repoUrl, username, email] = process.argv.slice(2);
  if (!email || !password) {
    console.error("usage: TOUR_PASSWORD=... node tour.mjs REPO_URL USERNAME EMAIL");
    process.exit(1);
  }
  await makeAccount(new Client({ repoUrl }), username, password, email);

  // From here on, the client uses the key of the account.
  const client = new Client({ repoUrl, apiKey: await askForKey(email) });
  console.log("get_current_user:", (await client.getCurrentUser()).rawJson);
  await resetPassword(client, username);
  await readAuditLog(client);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof AuraError)) throw error;
  console.error(`tour: ${error.message}`);
  process.exitCode = 1;
}
