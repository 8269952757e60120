// The five functions, their records and their errors.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inspect } from "node:util";
import * as aura from "aura-users";
import { sandbox } from "./support.mjs";

let server;
let key;
let client;

before(async () => {
  server = await sandbox("--profile", "legacy");
  await server.admin("organizations", { name: "zeta" });
  key = await server.account("eric", {
    full_name: "Eric Meadows",
    packages: ["ecto"],
    organizations: { zeta: "admin" },
    handles: { github: "ericmj" },
  });
  client = new aura.Client({ repoUrl: server.url, apiKey: key });
});

test("an account is created, and refused a second time", async () => {
  const user = await client.createUser("newcomer", "a long password", ["new@example.com"]);
  assert.ok(user instanceof aura.User);
  assert.equal(user.username, "newcomer");
  const again = client.createUser("newcomer", "a long password", ["new@example.com"]);
  await assert.rejects(again, (error) => {
    assert.ok(error instanceof aura.ValidationError);
    assert.ok(error instanceof aura.ApiError && error instanceof aura.AuraError);
    assert.equal(error.name, "ValidationError");
    assert.equal(error.kind, "validation");
    assert.equal(error.code, "AURA_VALIDATION");
    assert.equal(error.status, 422);
    assert.equal(error.errors.username, "has already been taken");
    assert.match(error.message, /has already been taken/);
    assert.equal(error.method, "POST");
    assert.equal(error.route, "/users");
    assert.equal(error.attempts, 1);
    assert.equal(error.outcomeUnknown, false);
    assert.equal(typeof error.requestId, "string");
    return true;
  });
});

test("the current user has all fields", async () => {
  const me = await client.getCurrentUser();
  assert.equal(me.fullName, "Eric Meadows");
  assert.equal(me.email, "eric@example.com");
  assert.ok(me.insertedAt instanceof Date);
  assert.deepEqual(me.organizations, [{ name: "zeta", role: "admin" }]);
  assert.equal(me.packages[0].name, "ecto");
  assert.match(me.packages[0].htmlUrl, /\/packages\/ecto$/);
  assert.match(me.handles.GitHub, /ericmj/);
  assert.deepEqual(JSON.parse(JSON.stringify(me)), JSON.parse(me.rawJson));
});

test("a record keeps what this version does not know, and cannot be changed", async () => {
  const body =
    '{"username":"eric","__proto__":{"x":1},"shoe_size":43,"updated_at":"2016-12-31T23:59:60Z"}';
  const headers = { "content-type": "application/json" };
  await server.rule({ path: "/api/users/shoes", then: { reply: { status: 200, headers, body } } });
  const user = await client.getUser("shoes");
  assert.deepEqual(Object.keys(user.extra), ["__proto__", "shoe_size"]);
  assert.equal(user.extra.shoe_size, 43);
  assert.equal(user.updatedAt, null);
  assert.equal(user.packages, null);
  assert.equal(user.rawJson, body);
  assert.throws(() => {
    user.username = "other";
  }, TypeError);
  assert.match(inspect(user), /username: 'eric'/);
});

test("a password reset is asked for, and told of where there is none", async () => {
  assert.equal(await client.resetUserPassword("eric"), undefined);
  const mails = await server.admin("mailbox");
  assert.ok(mails.some((mail) => mail.kind === "password-reset"));
  const current = await sandbox();
  const other = new aura.Client({ repoUrl: current.url });
  await assert.rejects(other.resetUserPassword("eric"), aura.UnsupportedError);
  await current.kill();
});

test("an error's stack leads to the program's own await", async () => {
  async function whereTheProgramAsks() {
    await client.getUser("nobody");
  }
  const error = await whereTheProgramAsks().catch((error) => error);
  assert.ok(error instanceof aura.NotFoundError);
  assert.match(error.stack, /^NotFoundError: GET .*not_found \(404\)/);
  assert.match(error.stack, /whereTheProgramAsks/);
});

test("what a getter of the program throws is passed on unchanged", async () => {
  for (const thrown of [5, new Error("of the program")]) {
    const { stack } = thrown;
    const options = {
      get timeout() {
        throw thrown;
      },
    };
    assert.equal(await client.getUser("eric", options).catch((error) => error), thrown);
    assert.equal(thrown.stack, stack);
  }
});

test("the kinds of errors that replies are", async () => {
  const kinds = [
    [401, aura.AuthenticationError, "unauthenticated"],
    [403, aura.PermissionDeniedError, "forbidden"],
    [418, aura.ApiError, "unexpected_status"],
    [500, aura.ServerError, "server"],
  ];
  for (const [status, Kind, kind] of kinds) {
    const headers = { "content-type": "application/json" };
    const body = `{"message":"no","status":${status}}`;
    await server.rule({
      path: `/api/users/u${status}`,
      then: { reply: { status, headers, body } },
    });
    const error = await client.getUser(`u${status}`, { maxRetries: 0 }).catch((error) => error);
    assert.ok(error instanceof Kind, `${status}: ${error}`);
    assert.equal(error.kind, kind);
    assert.equal(error.serverMessage, "no");
  }
  await server.rule({ path: "/api/users/limited", then: { rate_limited: { retry_after: "7" } } });
  const limited = await client.getUser("limited", { rateLimit: "error" }).catch((error) => error);
  assert.ok(limited instanceof aura.RateLimitError);
  assert.equal(limited.retryAfterMs, 7000);
  await server.rule({ path: "/api/users/eric", times: 1, then: "bad_json" });
  await assert.rejects(client.getUser("eric"), aura.DecodeError);
  const nowhere = client.getUser("eric", { repoUrl: "http://127.0.0.1:1/api", maxRetries: 0 });
  await assert.rejects(nowhere, aura.ConnectError);
});

test("a text that C cannot hold is refused before anything is sent", async () => {
  const bad = [
    () => client.getUser("eric\0x"),
    () => client.getUser("eric\ud800"),
    () => client.getUser(undefined),
    () => client.getUser(""),
    () => client.createUser("a", "b\0", ["c@example.com"]),
    () => client.createUser("a", "b", ["c@example.com\0"]),
    () => client.createUser("a", "b", "c@example.com"),
    () => client.createUser("a", "b", [null]),
    () => client.resetUserPassword("\0"),
    () => client.getUser("eric", "no options"),
  ];
  for (const call of bad)
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof aura.InvalidArgumentError, `${call}: ${error}`);
      assert.equal(error.attempts, 0);
      return true;
    });
});

test("text of all kinds arrives as it is", async () => {
  await assert.rejects(client.getUser("żółć 😀 %/?"), aura.NotFoundError);
  const journal = await server.admin("journal");
  const path = decodeURIComponent(JSON.stringify(journal).match(/\/api\/users\/[^"]*%F0[^"]*/)[0]);
  assert.equal(path, "/api/users/żółć 😀 %/?");
});

test("messages and hints have the names of JavaScript, and the server's text is unchanged", async () => {
  await assert.rejects(client.getUser(""), (error) => {
    assert.match(error.serverMessage, /^usernameOrEmail is empty/);
    assert.equal(
      error.message,
      `GET /users/{username_or_email}: invalid_argument: ${error.serverMessage}`,
    );
    return true;
  });
  await assert.rejects(client.getUser("me"), /usernameOrEmail is "me".* use getCurrentUser/);
  const insecure = { repoUrl: "http://hex.test", apiKey: "key" };
  await assert.rejects(
    client.getUser("eric", insecure),
    /repoUrl is plain http.* allowInsecureHttp/,
  );
  const file = { repoUrl: "https://hex.test", caFile: "/no/ca_file/max_body.pem", noProxy: "*" };
  await assert.rejects(client.getUser("eric", file), /^.*caFile \/no\/ca_file\/max_body\.pem /);
  // The server's message has the hint's words.
  const words = "api_key; check repo_url, which is rate_limit";
  const headers = { "content-type": "application/json" };
  const reply = { status: 418, headers, body: JSON.stringify({ message: words, status: 418 }) };
  await server.rule({ path: "/api/users/words", then: { reply } });
  const error = await client.getUser("words").catch((error) => error);
  assert.equal(error.serverMessage, words);
  assert.ok(error.message.includes(words), error.message);
  const page = { status: 404, headers: { "content-type": "text/html" }, body: "<p>repo_url</p>" };
  await server.rule({ path: "/api/users/page", then: { reply: page } });
  const other = await client.getUser("page").catch((error) => error);
  assert.match(other.hint, /check repoUrl/);
  assert.ok(other.message.includes(`; ${other.hint}`), other.message);
});

test("the user agent names the package, its version and the runtime", async () => {
  await server.account("agent");
  await client.getUser("agent", { userAgent: "my-tool/2" }).catch(() => {});
  const journal = JSON.stringify(await server.admin("journal"));
  const runtime = `node/${process.versions.node}`;
  assert.match(
    journal,
    new RegExp(`my-tool/2 [^"]*\\(aura-users-node/${aura.version} ${runtime}\\)`),
  );
});

test("a client of other options shares the connections and the end", async () => {
  const own = new aura.Client({ repoUrl: server.url });
  const other = own.withOptions({ apiKey: key }).withOptions({ otp: "123456" });
  assert.equal((await other.getCurrentUser()).username, "eric");
  await assert.rejects(own.getCurrentUser(), aura.AuthenticationError);
  own.close();
  own.close();
  await assert.rejects(other.getCurrentUser(), /the client is closed/);
  assert.throws(() => own.streamAuditLogs(), aura.InvalidArgumentError);
});

test("the rate limit is what the server said last", async () => {
  const limits = await sandbox("--rate-limit-loopback");
  const own = new aura.Client({ repoUrl: limits.url });
  assert.equal(own.rateLimit(), null);
  await own.getUser("nobody").catch(() => {});
  // The loopback is exempt, so nothing is known here either.
  const limit = own.rateLimit();
  if (limit) assert.deepEqual(Object.keys(limit), ["limit", "remaining", "resetsInMs"]);
  await limits.kill();
});

test("require and import give the same objects", async () => {
  const { createRequire } = await import("node:module");
  const required = createRequire(import.meta.url)("aura-users");
  assert.deepEqual(
    Object.keys(aura)
      .filter((name) => name !== "default")
      .sort(),
    Object.keys(required).sort(),
  );
  for (const [name, value] of Object.entries(aura)) assert.equal(value, required[name]);
});

test("the module's functions have a client that follows the environment", async () => {
  const { HEX_API_URL, HEX_API_KEY } = process.env;
  try {
    process.env.HEX_API_URL = server.url;
    process.env.HEX_API_KEY = key;
    assert.equal((await aura.getCurrentUser()).username, "eric");
    process.env.HEX_API_KEY = "wrong";
    await assert.rejects(aura.getCurrentUser(), aura.AuthenticationError);
  } finally {
    for (const [name, value] of Object.entries({ HEX_API_URL, HEX_API_KEY }))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
});
