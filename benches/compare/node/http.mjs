// node:http, over one kept-alive connection.
import http from "node:http";
import { headers, measurePeer, url } from "./bench.mjs";

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

await measurePeer(
  (path) =>
    new Promise((resolve, reject) => {
      const request = http.get(url + path, { agent, headers }, (reply) => {
        if (reply.statusCode !== 200) reject(new Error(`status ${reply.statusCode}`));
        const chunks = [];
        reply.on("data", (chunk) => chunks.push(chunk));
        reply.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
      });
      request.on("error", reject);
    }),
);
agent.destroy();
