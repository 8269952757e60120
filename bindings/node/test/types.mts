// What TypeScript has to take, and to refuse: `tsc` compiles it, nobody runs it.

import {
  type AuditLog,
  AuraError,
  Client,
  type ErrorKind,
  getUser,
  setLogger,
  type User,
  ValidationError,
} from "aura-users";

const client = new Client({ apiKey: "key", timeout: 5000, rateLimit: "error", env: false });
const user: User = await client.getUser("eric", { signal: AbortSignal.timeout(10) });
const name: string = (await getUser("eric")).username;
const when: Date | null = user.insertedAt;
const nothing: undefined = (await client.resetUserPassword("eric")) as undefined;
for await (const log of client.streamAuditLogs({ page: 2n })) {
  const one: AuditLog = log;
  console.log(one.action, one.params.package?.name, name, when, nothing);
}
for await (const page of client.withOptions({ otp: "1" }).streamAuditLogs().pages())
  console.log(page.length, page[0]?.userAgent);
try {
  await client.createUser("a", "b", ["c@example.com"]);
} catch (error) {
  if (error instanceof ValidationError) console.log(error.errors?.username);
  if (error instanceof AuraError) {
    const kind: ErrorKind = error.kind;
    console.log(kind, error.retryAfterMs);
  }
}
setLogger(console, "debug");

class Own extends Client {
  override async getUser(name: string) {
    return super.getUser(name.toLowerCase());
  }
  override streamAuditLogs() {
    return super.streamAuditLogs({ prefetch: 1 });
  }
}
const rows: AsyncIterable<AuditLog> = new Own().streamAuditLogs();
const iterator: AsyncIterableIterator<AuditLog> = client.streamAuditLogs();
const dispose: () => void = client[Symbol.dispose];
console.log(rows, iterator, dispose);

// @ts-expect-error: not an option
new Client({ api_key: "key" });
// @ts-expect-error: milliseconds are a number
new Client({ timeout: "5" });
// @ts-expect-error: an option of a client
await client.getUser("eric", { env: false });
// @ts-expect-error: neither wait nor error
new Client({ rateLimit: "maybe" });
// @ts-expect-error: a record cannot be changed
user.username = "other";
// @ts-expect-error: a list
await client.createUser("a", "b", "c@example.com");
// @ts-expect-error: not a kind
if (user && new Error() instanceof AuraError && ({} as AuraError).kind === "nope") console.log();
