"""Ours and its peers on the same jobs, side by side: see benches/README.md.

    compare.py [--rounds N] [--part SHARE] [--only JOB,...] [--languages LANGUAGE,...] [--no-build]
        [--check] [--json FILE]

Each program does each job once a round, so a disturbance of the machine affects all of them. The
client runs on one core, the stand-in server on another. With --check the exit status is 1 if a
target is missed.
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
    """Measure the growth from 20 to 2,000 pages, and the peak, in kB: {label: [kB]} of each."""
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
    """Measure interpreters that import and create a client: {label: [(CPU in us, peak in kB)]}."""
    results, skipped = {}, {}
    for _ in range(rounds):
        tell("start")
        for label, (program, code) in jobs.START.items():
            if available[program].skipped:
                skipped[label] = available[program].skipped
                continue
            # wait4 reports the parent's peak if that was higher.
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
    parser.add_argument(
        "--languages", default="", help="only these, separated by commas"
    )
    parser.add_argument(
        "--no-build", action="store_true", help="use the existing builds"
    )
    parser.add_argument(
        "--check", action="store_true", help="fail if a target is missed"
    )
    parser.add_argument("--json", help="write every result to this file")
    given = parser.parse_args()
    names = [job.name for job in jobs.JOBS] + ["memory", "start", "size"]
    only = given.only.split(",") if given.only else names
    if unknown := set(only) - set(names):
        parser.error(f"no job {', '.join(unknown)}: the jobs are {', '.join(names)}")

    languages = given.languages.split(",") if given.languages else LANGUAGES
    if unknown := set(languages) - set(LANGUAGES):
        parser.error(
            f"no language {', '.join(unknown)}: the languages are {', '.join(LANGUAGES)}"
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
