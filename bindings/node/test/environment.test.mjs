// The environment variables.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import * as aura from "aura-users";

const root = dirname(createRequire(import.meta.url).resolve("aura-users/package.json"));

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
