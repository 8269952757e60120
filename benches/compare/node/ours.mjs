// Ours in Node.js.
import { Client } from "aura-users";
import { measure, options, url } from "./bench.mjs";

const client = new Client({ repoUrl: url, apiKey: "key", env: false, ...options });

await measure({
  async user(seen) {
    seen.checksum += (await client.getUser("orguser")).username.length;
  },
  async stream(seen) {
    for await (const row of client.streamAuditLogs()) {
      seen.checksum += row.action.length;
      seen.rows++;
    }
  },
  async pages(seen) {
    for await (const rows of client.streamAuditLogs().pages()) {
      for (const row of rows) seen.checksum += row.action.length;
      seen.rows += rows.length;
    }
  },
});
client.close();
