// Measures a job and prints the figures as a line of JSON, for every Node.js program.
//
// Usage: PROGRAM JOB URL COUNT WARM_UP [OPTION VALUE]... A program runs the job's operation WARM_UP times,
// then measures COUNT runs. CPU is that of all threads of the process.
const [job, url, count, warmUp, ...rest] = process.argv.slice(2);
const AHEAD = 8;

export { url };
export const headers = { accept: "application/json", authorization: "key" };
export const options = Object.fromEntries(
  Array.from({ length: rest.length / 2 }, (_, i) => [rest[2 * i], Number(rest[2 * i + 1])]),
);

/** Measures the job that the command line names. Each gets `seen`, to say what it has read. */
export async function measure(jobs) {
  const operation = jobs[job];
  if (!operation) throw new Error(`no job ${job}`);
  for (let i = 0; i < warmUp; i++) await operation({ rows: 0, checksum: 0 });
  const seen = { rows: 0, checksum: 0 };
  const latencies = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  let last = start;
  for (let i = 0; i < count; i++) {
    await operation(seen);
    const now = performance.now();
    latencies.push(now - last);
    last = now;
  }
  const used = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  console.log(
    JSON.stringify({
      count: Number(count),
      ...seen,
      cpu_us: used.user + used.system,
      wall_us: (last - start) * 1000,
      p50_us: latencies[Math.floor(count / 2)] * 1000,
      p99_us: latencies[Math.floor((count * 99) / 100)] * 1000,
      rss_kb: Math.round(process.memoryUsage().rss / 1024),
      peak_kb: process.resourceUsage().maxRSS,
    }),
  );
}

/** Measures a peer, of which `get` gives the JSON of a path as a value. */
export async function measurePeer(get) {
  const page = async (seen, number) => {
    const rows = await get(`/users/me/audit-logs?page=${number}`);
    for (const row of rows) seen.checksum += row.action.length;
    seen.rows += rows.length;
    return rows.length > 0;
  };
  await measure({
    async user(seen) {
      seen.checksum += (await get("/users/orguser")).username.length;
    },
    async stream(seen) {
      for (let number = 1; await page(seen, number); number++);
    },
    async ahead(seen) {
      let newest = 0;
      const worker = async () => {
        while (await page(seen, ++newest));
      };
      await Promise.all(Array.from({ length: AHEAD }, worker));
    },
  });
}
