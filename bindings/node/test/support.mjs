// What the tests share: a server on this machine, and programs of Node.js.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Starts aura-sandbox. It ends with this process. */
export async function sandbox(...options) {
  const program = process.env.AURA_SANDBOX_BIN ?? "aura-sandbox";
  const child = spawn(program, options, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, "line");
  return new Sandbox(child, JSON.parse(line));
}

class Sandbox {
  constructor(child, ready) {
    this.child = child;
    this.url = ready.api_url;
    this.ready = ready;
    // It keeps no test running.
    for (const part of [child, child.stdin, child.stdout]) part.unref();
  }

  async admin(path, body) {
    const reply = await fetch(`${this.ready.admin_url}/${path}`, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${this.ready.admin_token}` },
      body: body && JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
    return reply.json();
  }

  /** An account with rows in its audit log. Gives its key. */
  async account(username, { rows = 0, ...facts } = {}) {
    await this.admin("users", {
      username,
      emails: [[`${username}@example.com`, true, true, true]],
      ...facts,
    });
    if (rows > 0) await this.admin("audit-logs", { username, count: rows, action: "key.generate" });
    return (await this.admin("keys", { username })).secret;
  }

  /** What happens to requests, say `{ path: "/api/users/me", times: 1, then: {…} }`. */
  rule(rule) {
    return this.admin("rules", rule);
  }

  /** Ends the server at once. */
  async kill() {
    this.child.ref();
    this.child.kill("SIGKILL");
    if (this.child.exitCode === null && this.child.signalCode === null)
      await once(this.child, "exit");
  }
}

/** Runs a program that is a module's text. Gives how it ended and what it printed. */
export async function run(source, { env = {}, flags = [], args = [] } = {}) {
  const child = spawn(
    process.execPath,
    ["--expose-gc", ...flags, "--input-type=module", "--eval", source, "--", ...args],
    { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"])
    child[name].setEncoding("utf8").on("data", (text) => {
      output[name] += text;
    });
  const patience = setTimeout(() => child.kill("SIGKILL"), 600_000);
  const [code, signal] = await once(child, "close");
  clearTimeout(patience);
  return { code, signal, ...output };
}
