"""Ours and its peers on the same jobs, side by side: see benches/README.md.

    compare.py [--rounds N] [--part SHARE] [--only JOB,...] [--languages LANGUAGE,...] [--no-build]
        [--check] [--json FILE]

Every job is done in rounds, each entrant once a round, so that what disturbs the machine disturbs
all. The client runs on one core, the stand-in on another. With --check a target that is missed
ends the program with 1.
"""

import argparse
import json
import sys

import jobs
import measure
import packages
import programs
import report

LANGUAGES = ["c", "rust", "python", *packages.ALL]


def tell(what):
    if sys.stderr.isatty():
        print(f"\r{what:<60}", end="", file=sys.stderr, flush=True)


def memory(available, rounds):
    """{label: [bytes more at 2,000 pages than at 20]} and {label: [peak in kB]}."""
    growth, peaks, skipped = {}, {}, {}
    for entrant in jobs.MEMORY:
        program = available[entrant.program]
        if program.skipped:
            skipped[entrant.label] = program.skipped
            continue
        for _ in range(rounds):
            tell(f"memory: {entrant.label}")
            at = {}
            for pages in [20, 2000]:
                job = jobs.Job("memory", "", [], 1, 0, server=["--pages", str(pages)])
                with measure.stand_in(job) as (url, _):
                    at[pages] = measure.once(program, entrant, url, 1, 0)["peak_kb"]
            growth.setdefault(entrant.label, []).append(at[2000] - at[20])
            peaks.setdefault(entrant.label, []).append(at[2000])
    return growth, peaks, skipped


def start(available, rounds):
    """{label: [(CPU in microseconds, peak in kB)]} of an interpreter that imports, makes a
    client, and ends."""
    results, skipped = {}, {}
    for _ in range(rounds):
        tell("start")
        for label, (program, code) in jobs.START.items():
            if available[program].skipped:
                skipped[label] = available[program].skipped
                continue
            # What the kernel tells of a child's peak is its parent's, where that was higher.
            code += "; print(open('/proc/self/status').read())"
            python = programs.Program([str(programs.PYTHON), "-c", code])
            status, cpu = measure.run(python, [])
            peak = status.partition("VmHWM:")[2].split()[0]
            results.setdefault(label, []).append((cpu, int(peak)))
    return results, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--part", type=float, default=1.0, help="share of the operations"
    )
    parser.add_argument("--only", default="", help="jobs by name, separated by commas")
    parser.add_argument("--languages", default="", help="of these, separated by commas")
    parser.add_argument("--no-build", action="store_true", help="use what is built")
    parser.add_argument(
        "--check", action="store_true", help="fail where a target is missed"
    )
    parser.add_argument("--json", help="write every single result here")
    given = parser.parse_args()
    names = [job.name for job in jobs.JOBS] + ["memory", "start", "size"]
    only = given.only.split(",") if given.only else names
    if unknown := set(only) - set(names):
        parser.error(f"no job {', '.join(unknown)}: the jobs are {', '.join(names)}")

    languages = given.languages.split(",") if given.languages else LANGUAGES
    if unknown := set(languages) - set(LANGUAGES):
        parser.error(
            f"no language {', '.join(unknown)}: they are {', '.join(LANGUAGES)}"
        )
    jobs.keep(languages)

    available = programs.prepare(languages, build=not given.no_build)
    available |= packages.prepare(languages, build=not given.no_build)
    found = {}
    report.machine()
    for job in jobs.JOBS:
        if job.name not in only:
            continue
        rounds = min(job.rounds or given.rounds, given.rounds)
        results, skipped = measure.job_rounds(job, available, rounds, given.part, tell)
        found[job.name] = results
        tell("")
        report.job(job, results, skipped)
        if job.name == "tls-anew":
            report.handshakes(measure.handshakes(job, available))
    few = min(given.rounds, 3)
    if "memory" in only and jobs.MEMORY:
        growth, peaks, skipped = memory(available, few)
        found["memory"] = growth
        report.memory(growth, peaks, skipped)
    if "start" in only and jobs.START:
        results, skipped = start(available, given.rounds * 2)
        bare = next(iter(results.values()))
        found["start"] = {
            label: [cpu - base for (cpu, _), (base, _) in zip(runs, bare, strict=False)]
            for label, runs in results.items()
        }
        report.start(results, skipped)
    if "size" in only:
        found["size"] = {label: [size] for label, size in programs.sizes().items()}
        report.sizes(found["size"])
    if given.json:
        with open(given.json, "w") as file:
            json.dump(found, file, indent=1)
    missed = report.targets(found)
    return 1 if given.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
