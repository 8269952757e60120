"""Measures a job and prints the figures as a line of JSON, for every Python program.

Usage: PROGRAM JOB URL COUNT WARM_UP [OPTION VALUE]... A program runs the job's operation WARM_UP
times, then measures COUNT runs.
"""

import asyncio
import json
import resource
import sys
import threading
import time

THREADS = 64
TASKS = 1000


class Seen:
    """Counts what was read. compare.py checks that all programs read the same rows."""

    def __init__(self):
        self.rows = 0
        self.checksum = 0


class Clock:
    """CPU and wall time since it was created."""

    def __init__(self):
        self.start, self.cpu_start = time.perf_counter(), self.cpu()

    @staticmethod
    def cpu():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    def print(self, latencies, seen):
        cpu, wall = self.cpu() - self.cpu_start, time.perf_counter() - self.start
        latencies = sorted(latencies)
        count = len(latencies)
        print(
            json.dumps(
                {
                    "count": count,
                    "rows": seen.rows,
                    "checksum": seen.checksum,
                    "cpu_us": cpu * 1e6,
                    "wall_us": wall * 1e6,
                    "p50_us": latencies[count // 2] * 1e6,
                    "p99_us": latencies[count * 99 // 100] * 1e6,
                    "rss_kb": memory_kb("VmRSS:"),
                    "peak_kb": memory_kb("VmHWM:"),
                }
            )
        )


def memory_kb(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field))


def one_by_one(operation, count, warm_up):
    for _ in range(warm_up):
        operation(Seen())
    seen, latencies, clock = Seen(), [], Clock()
    last = clock.start
    for _ in range(count):
        operation(seen)
        now = time.perf_counter()
        latencies.append(now - last)
        last = now
    clock.print(latencies, seen)


def in_threads(operation, count, warm_up):
    """The same in THREADS threads at once."""
    each = count // THREADS
    ready, go = threading.Barrier(THREADS + 1), threading.Barrier(THREADS + 1)
    results = [(Seen(), []) for _ in range(THREADS)]

    def run(seen, latencies):
        for _ in range(warm_up // THREADS + 1):
            operation(Seen())
        ready.wait()
        go.wait()
        for _ in range(each):
            start = time.perf_counter()
            operation(seen)
            latencies.append(time.perf_counter() - start)

    threads = [threading.Thread(target=run, args=result) for result in results]
    for thread in threads:
        thread.start()
    ready.wait()
    clock = Clock()
    go.wait()
    for thread in threads:
        thread.join()
    total = Seen()
    for seen, _ in results:
        total.rows += seen.rows
        total.checksum += seen.checksum
    clock.print([latency for _, latencies in results for latency in latencies], total)


async def awaited(operation, count, warm_up):
    for _ in range(warm_up):
        await operation(Seen())
    seen, latencies, clock = Seen(), [], Clock()
    for _ in range(count):
        start = time.perf_counter()
        await operation(seen)
        latencies.append(time.perf_counter() - start)
    clock.print(latencies, seen)


async def in_tasks(operation, count, warm_up):
    """The same in TASKS tasks at once."""
    await asyncio.gather(*(operation(Seen()) for _ in range(min(warm_up, TASKS))))
    seen, latencies, clock = Seen(), [], Clock()

    async def run():
        for _ in range(count // TASKS):
            start = time.perf_counter()
            await operation(seen)
            latencies.append(time.perf_counter() - start)

    await asyncio.gather(*(run() for _ in range(TASKS)))
    clock.print(latencies, seen)


def arguments():
    """Return the job, the URL, the count, the warm-up, and the options as a dict."""
    job, url, count, warm_up, *rest = sys.argv[1:]
    return (
        job,
        url,
        int(count),
        int(warm_up),
        dict(zip(rest[::2], rest[1::2], strict=True)),
    )
