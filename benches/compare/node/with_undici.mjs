// undici's request, the fastest client of Node.js.
import { Pool } from "undici";
import { headers, measurePeer, url } from "./bench.mjs";

const { origin, pathname } = new URL(url);
const pool = new Pool(origin);

await measurePeer(async (path) => {
  const { statusCode, body } = await pool.request({ path: pathname + path, method: "GET", headers });
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  return body.json();
});
await pool.close();
