// node's own http, over one kept-alive connection. Called as the C programs are.
import http from "node:http";

const [job, url, count, warmUp] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const headers = { Accept: "application/json", Authorization: "key" };

function get(path) {
  return new Promise((resolve, reject) => {
    const request = http.get(url + path, { agent, headers }, (reply) => {
      if (reply.statusCode !== 200) reject(new Error(`status ${reply.statusCode}`));
      const chunks = [];
      reply.on("data", (chunk) => chunks.push(chunk));
      reply.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    request.on("error", reject);
  });
}

const seen = { rows: 0, checksum: 0 };
const jobs = {
  async user() {
    seen.checksum += (await get("/users/orguser")).username.length;
  },
  async stream() {
    for (let page = 1; ; page++) {
      const rows = await get(`/users/me/audit-logs?page=${page}`);
      if (rows.length === 0) return;
      for (const row of rows) seen.checksum += row.action.length;
      seen.rows += rows.length;
    }
  },
};

for (let i = 0; i < warmUp; i++) await jobs[job]();
seen.rows = seen.checksum = 0;
const latencies = [];
const cpu = process.cpuUsage();
const start = performance.now();
let last = start;
for (let i = 0; i < count; i++) {
  await jobs[job]();
  const now = performance.now();
  latencies.push(now - last);
  last = now;
}
const used = process.cpuUsage(cpu);
latencies.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    count: Number(count),
    rows: seen.rows,
    checksum: seen.checksum,
    cpu_us: used.user + used.system,
    wall_us: (last - start) * 1000,
    p50_us: latencies[Math.floor(count / 2)] * 1000,
    p99_us: latencies[Math.floor((count * 99) / 100)] * 1000,
    rss_kb: Math.round(process.memoryUsage().rss / 1024),
    peak_kb: process.resourceUsage().maxRSS,
  }),
);
agent.destroy();
