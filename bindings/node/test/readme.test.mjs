// The examples of README.md, run as they stand there, and the tour.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { sandbox } from "./support.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = process.env.AURA_NODE_FOLDER ?? join(here, "..");
const examples = readFileSync(join(root, "README.md"), "utf8")
  .split("```js\n")
  .slice(1)
  .map((text) => text.split("```")[0]);

// Beside this file, so that they find the package that it finds.
const folder = mkdtempSync(join(here, "example-"));
after(() => rmSync(folder, { recursive: true }));
let server;
let key;

before(async () => {
  server = await sandbox("--profile", "legacy", "--key-order", "shuffled");
  key = await server.account("ericmj", { full_name: "Eric Meadows", packages: ["ecto"], rows: 3 });
});

/** Runs a program's text; `person` answers its question. */
async function program(text, { args = [], env = {}, person } = {}) {
  const file = join(folder, text.includes("require(") ? "example.cjs" : "example.mjs");
  writeFileSync(file, text);
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, HEX_API_URL: server.url, HEX_API_KEY: key, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", async (words) => {
    output += words;
    if (person && output.endsWith("paste it here: ")) child.stdin.end(`${await person()}\n`);
  });
  const [code] = await once(child, "close");
  assert.equal(code, 0, output);
  return output;
}

test("a public record is read", async () => {
  assert.match(await program(examples[0]), /^ericmj Eric Meadows \d{4}-/);
});

test("the current user and the audit log are read", async () => {
  const lines = (await program(examples[1])).trim().split("\n");
  assert.match(lines[0], /^ericmj \[ 'ecto' \]$/);
  assert.ok(lines.filter((line) => line.startsWith("key.generate")).length >= 3);
});

test("an account is created, and rejected the second time", async () => {
  assert.equal(await program(examples[2]), "created newcomer\n");
  assert.match(await program(examples[2]), /rejected: \{.*username/s);
  assert.equal(examples.length, 3);
});

test("the tour", async () => {
  const output = await program(readFileSync(join(root, "tour.mjs"), "utf8"), {
    args: [server.url, "nora", "nora@example.com"],
    env: { TOUR_PASSWORD: "a password for the tour" },
    async person() {
      const mails = await server.admin("mailbox");
      const mail = mails.find((one) => one.to === "nora@example.com");
      await fetch(mail.link);
      return (await server.admin("keys", { username: "nora" })).secret;
    },
  });
  for (const words of [
    '"username":"nora"',
    "username has already been taken",
    "get_current_user: {",
    "reset_user_password: a mail is on its way",
    "stream_audit_logs: ",
  ])
    assert.ok(output.includes(words), `${words} is not in ${output}`);
});
