// Options, kinds and statuses: what the description of the C ABI says.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import * as aura from "aura-users";

const root = dirname(createRequire(import.meta.url).resolve("aura-users/package.json"));
const internal = (name) => createRequire(import.meta.url)(join(root, "lib", name));
const tables = internal("generated.cjs");
const { kinds } = internal("errors.cjs");
const file = process.env.AURA_USERS_DESCRIPTION ?? join(root, "../../include/aura_users.json");
const skip = existsSync(file) ? false : "AURA_USERS_DESCRIPTION does not name aura_users.json";
const description = skip || JSON.parse(readFileSync(file, "utf8"));

test("every option is known, with its type", { skip }, () => {
  const known = Object.values(tables.options).map(({ name, type, scope }) => ({
    name,
    type,
    scope,
  }));
  const said = description.options.map(({ name, type, scope }) => ({ name, type, scope }));
  assert.deepEqual(known, said);
});

test("every kind of error has a class, and every status its number", { skip }, () => {
  assert.deepEqual(
    Object.keys(kinds),
    description.error_kinds.map((kind) => kind.name),
  );
  for (const kind of description.error_kinds) assert.equal(tables.statuses[kind.name], kind.number);
});

test("every field of an error is there, and of a record", { skip }, () => {
  const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  const error = new aura.InternalError({});
  const renamed = { text: "message", message: "serverMessage" };
  for (const { name } of description.records.error)
    assert.ok((renamed[name] ?? camel(name)) in error, name);
  const { Page, User } = internal("records.cjs");
  const user = new User('{"username":"eric"}');
  for (const { name } of description.records.user) assert.ok(camel(name) in user, name);
  const [row] = new Page('[{"action":"a"}]').rows;
  for (const { name } of description.records.audit_log) assert.ok(camel(name) in row, name);
});

test("the README has every option", { skip }, () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const rows = [...readme.matchAll(/^\| `(\w+)` \|[^|]*\|[^|]*\|[^|]*\|$/gm)];
  assert.deepEqual(
    rows.map(([, name]) => name),
    Object.keys(tables.options),
  );
});

test("a library of another version is refused", () => {
  const { isCompatible } = internal("library.cjs");
  const cases = [
    ["0.1.0", "0.1.0", true],
    ["0.1.1", "0.1.0", true],
    ["0.1.10", "0.1.9", true],
    ["0.1.1-rc1", "0.1.1", true],
    ["0.1.0", "0.1.1", false],
    ["0.10.0", "0.1.0", false],
    ["1.1.0", "0.1.0", false],
    ["", "0.1.0", false],
  ];
  for (const [found, own, expected] of cases)
    assert.equal(isCompatible(found, own, "0.1"), expected, `${found} for ${own}`);
});

test("an option of every type is taken", () => {
  const client = new aura.Client({
    repoUrl: new URL("http://127.0.0.1:1/api"),
    apiKey: null,
    otp: undefined,
    timeout: 1500.5,
    maxRetries: 0n,
    page: 2 ** 53 - 1,
    rateLimit: "error",
    allowInsecureHttp: true,
    env: false,
  });
  client.close();
});

test("a bad option is refused with words that name it", () => {
  const bad = [
    [{ api_key: "x" }, /unknown option "api_key". Did you mean `apiKey`\?/],
    [{ tiemout: 1 }, /unknown option "tiemout". Did you mean `timeout`\?/],
    [{ colour: 1 }, /unknown option "colour". The options are repoUrl, /],
    [{ maxretries: 1 }, /unknown option "maxretries". Did you mean `maxRetries`\?/],
    [{ API_KEY: "x" }, /unknown option "API_KEY". Did you mean `apiKey`\?/],
    [{ OTP: "x" }, /unknown option "OTP". Did you mean `otp`\?/],
    [{ repoURL: "x" }, /unknown option "repoURL". Did you mean `repoUrl`\?/],
    [{ timeOutt: 1 }, /unknown option "timeOutt". Did you mean `timeout`\?/],
    [{ shoe_size: 1 }, /unknown option "shoe_size". The options are repoUrl, /],
    [{ shoeSize: 1 }, /unknown option "shoeSize". The options are repoUrl, /],
    [{ options: 1 }, /unknown option "options". The options are repoUrl, /],
    [{ AKIAIOSFODNN: 1 }, /^invalid_argument: unknown option\. The options are repoUrl, /],
    [{ "0123456789abcdef": "apiKey" }, /^invalid_argument: unknown option\. [^0]*$/],
    [{ timeout: 0 }, /timeout must be milliseconds from 1 to 31536000000, got 0/],
    [{ timeout: "5" }, /timeout must be milliseconds/],
    [{ timeout: Number.NaN }, /timeout must be milliseconds/],
    [{ maxRetries: 1.5 }, /maxRetries must be a whole number, got 1.5/],
    [{ maxRetries: -1 }, /maxRetries is "-1"/],
    [{ apiKey: 5 }, /apiKey must be a string, got number/],
    [{ apiKey: "a\0b" }, /apiKey contains a NUL/],
    [{ env: "no" }, /env must be a boolean/],
    [{ rateLimit: "maybe" }, /rateLimit is "maybe"/],
    [{ caFile: new URL("http://e.com/") }, /caFile must be a path or a file: URL/],
    [{ caFile: new URL("file://host/a.pem") }, /caFile must be a path or a file: URL of this host/],
    [{ caFile: new URL("file:///a%2Fb") }, /caFile must be a path or a file: URL of this host/],
    ["text", /options must be an object, got string/],
    [() => {}, /options must be an object, got function/],
    [[], /options must be an object, got Array/],
    [new Map([["timeout", 1]]), /options must be an object, got Map/],
    [AbortSignal.abort(), /options must be an object, got AbortSignal/],
  ];
  for (const [options, words] of bad)
    assert.throws(
      () => new aura.Client(options),
      (error) => error instanceof aura.InvalidArgumentError && words.test(error.message),
      JSON.stringify(options),
    );
  const client = new aura.Client({ env: false });
  assert.throws(() => client.withOptions({ env: false }), /env is an option of a client/);
});

test("a file of certificates is read when it is needed, from a URL too", async () => {
  const caFile = pathToFileURL("/no where.pem");
  const client = new aura.Client({ env: false, repoUrl: "https://127.0.0.1:1", caFile });
  await assert.rejects(client.getUser("eric", { maxRetries: 0 }), /caFile \/no where\.pem/);
});

test("a secret of a wrong type is not shown", () => {
  assert.throws(
    () => new aura.Client({ apiKey: ["secret"] }),
    (error) => !error.message.includes("secret"),
  );
});
