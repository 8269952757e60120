// fetch, which every Node.js has.
import { headers, measurePeer, url } from "./bench.mjs";

await measurePeer(async (path) => {
  const reply = await fetch(url + path, { headers });
  if (!reply.ok) throw new Error(`status ${reply.status}`);
  return reply.json();
});
