"""Print the results: medians, quartiles and targets."""

import os
import statistics
import subprocess
from datetime import date
from itertools import pairwise

import jobs
import measure

# A smaller ratio is a tie, because other work on the machine changes the figures by as much.
TIE = 1.2


def quartiles(values):
    """Return the lower quartile, the median and the upper quartile."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, statistics.median(values), high


def ratios(ours, others):
    """Divide round by round, because both programs of a round ran on an equally loaded machine."""
    return [one / other for one, other in zip(ours, others, strict=False)]


def rows(header, lines):
    """Print a table in Markdown."""
    print(f"\n| {' | '.join(header)} |")
    print(f"|{'|'.join(' --- ' for _ in header)}|")
    for line in lines:
        print(f"| {' | '.join(line)} |")


def machine():
    with open("/proc/cpuinfo") as cpuinfo:
        models = [line for line in cpuinfo if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else "an unknown processor"
    kernel = subprocess.check_output(["uname", "-sr"], text=True).strip()
    client, server = measure.CLIENT, measure.SERVER
    print(f"{date.today()}, {model}, {len(measure.CORES)} cores, {kernel}.")
    if client == server:
        print("There is only one core, which the client and the stand-in share.")
    else:
        print(f"Client on core {client}, stand-in on core {server}.")
    print(f"Load before the first round: {os.getloadavg()[0]:.1f}.")


def job(job, results, skipped):
    print(f"\n## {job.title}")
    if not results:
        print("\nno program could do it")
    else:
        base = [r[job.by] for r in next(iter(results.values()))]
        counts_rows = any(r["rows"] for runs in results.values() for r in runs)
        lines = []
        for label, runs in results.items():
            low, ratio, high = quartiles(ratios([r[job.by] for r in runs], base))
            middle = {
                field: statistics.median(r[field] for r in runs)
                for field in [
                    "cpu_us",
                    "wall_us",
                    "p50_us",
                    "p99_us",
                    "rows",
                    "peak_kb",
                ]
            }
            cpu = middle["cpu_us"]
            lines.append(
                [
                    label,
                    time(cpu),
                    f"**{ratio:.2f}** ({low:.2f} to {high:.2f})",
                    time(middle["wall_us"]),
                    time(middle["p50_us"]),
                    time(middle["p99_us"]),
                    rate(label, middle["rows"], cpu, counts_rows),
                    f"{middle['peak_kb'] / 1024:.1f}",
                ]
            )
        unit = "rows" if counts_rows else "calls"
        by = "CPU" if job.by == "cpu_us" else "wall"
        header = [
            "client",
            "CPU",
            f"times the first's {by} (quartiles)",
            "wall",
            "p50",
            "p99",
        ]
        rows([*header, f"{unit} a CPU second", "peak MB"], lines)
        busiest = max(
            (statistics.median(r["busy"] for r in runs), label)
            for label, runs in results.items()
        )
        print(
            f"\nThe stand-in was busy at most {busiest[0]:.0%} of the time: {busiest[1]}."
        )
        print(ties(job, results))
        unequal(results)
    for label, why in skipped.items():
        print(f"Skipped: {label}: {why}")


def rate(label, rows, cpu, counts_rows):
    """Return the rows, or calls, of a CPU second; an empty text if the program counts no rows."""
    if counts_rows and not rows:
        return ""
    return f"{(rows or 1) / cpu * 1e6:,.0f}"


def time(us):
    return f"{us / 1000:.1f} ms" if us >= 1000 else f"{us:.1f} us"


def ties(job, results):
    """Name the neighbours in the order of medians whose difference is below TIE."""
    order = sorted(
        (statistics.median(r[job.by] for r in runs), label)
        for label, runs in results.items()
    )
    tied = [
        f"{one} and {other}" for (a, one), (b, other) in pairwise(order) if b / a < TIE
    ]
    return f"Ties (under 20%): {'; '.join(tied)}." if tied else "No ties."


def unequal(results):
    """Report programs that read different values. The limits and the JSON jobs read none."""
    seen = {
        (r["rows"], r["checksum"]): label
        for label, runs in results.items()
        for r in runs
        if r["checksum"] and "limit" not in label
    }
    if len(seen) > 1:
        print(f"NOT THE SAME WORK: {seen}")


def handshakes(counted):
    lines = [
        [
            label,
            str(stats["connections"] - 1),
            # The request for the statistics has a connection and a handshake too.
            str(stats["full_handshakes"] - 1),
            str(stats["resumed_handshakes"]),
        ]
        for label, stats in counted.items()
    ]
    rows(["50 calls", "connections", "full handshakes", "resumed"], lines)


def memory(growth, peaks, skipped):
    print("\n## Peak memory, from 20 to 2,000 pages")
    lines = [
        [
            label,
            f"{statistics.median(peaks[label]) / 1024:.1f} MB",
            f"{statistics.median(kb):.0f} kB",
        ]
        for label, kb in growth.items()
    ]
    rows(["client", "peak at 2,000 pages", "more than at 20"], lines)
    for label, why in skipped.items():
        print(f"\nSkipped: {label}: {why}")


def start(results, skipped):
    print("\n## Start: import and create a client")
    bare = statistics.median(cpu for cpu, _ in next(iter(results.values())))
    lines = []
    for label, runs in results.items():
        cpu = statistics.median(cpu for cpu, _ in runs)
        peak = statistics.median(peak for _, peak in runs)
        lines.append([label, time(cpu), time(max(0, cpu - bare)), f"{peak / 1024:.1f}"])
    rows(["", "CPU", "beyond bare Python", "peak MB"], lines)
    for label, why in skipped.items():
        print(f"\nSkipped: {label}: {why}")


def sizes(found):
    print("\n## Size")
    rows(
        ["", "MB"],
        [[label, f"{size / (1 << 20):.2f}"] for label, (size,) in found.items()],
    )


def targets(found):
    """Print the targets and whether they are met, and return the number of missed ones."""
    missed, lines = 0, []
    for target in jobs.TARGETS:
        results = found.get(target.job)
        if results is None:
            continue
        by = next((job.by for job in jobs.JOBS if job.name == target.job), None)
        ours, against = results.get(target.ours), target.peer
        others = results.get(against) if isinstance(against, str) else None
        name = f"{target.job}: {target.ours}"
        if isinstance(against, str):
            name += f" by {against}"
        if not ours or (isinstance(against, str) and not others):
            lines.append([name, f"{target.most:g}", "skipped", ""])
            continue
        values = [run[by] if by else run for run in ours]
        others = [run[by] for run in others] if others else [against] * len(values)
        low, middle, high = quartiles(ratios(values, others))
        verdict = "met" if middle <= target.most else "MISSED"
        missed += middle > target.most
        if low <= target.most < high:
            verdict += ", within the noise"
        lines.append([name, f"{target.most:g}", f"{middle:.4g}", verdict])
    if lines:
        print("\n## Targets")
        rows(["", "at most", "measured", ""], lines)
    return missed
