"""Counts what the main paths cost in instructions, and fails where one is no more what it was.

    instructions.py [--bless] [--no-build]

Instructions do not depend on what else the machine does, so this may guard every change. What is
counted is the client's own: the process of c/ours.c under callgrind, once with few operations and
once with more; their difference is what the operations cost. `--bless` writes the figures anew:
on purpose, with the reason in the commit.
"""

import argparse
import json
import re
import subprocess
import sys

import jobs
import measure
import programs

FIGURES = programs.HERE / "instructions.json"
TOLERANCE = 0.05
PAGES = 50

# What is counted: the job of c/ours.c, few and more operations, and how many of it are in one.
PATHS = {
    "get_user": ("user_text", 50, 550, 1),
    "a row of the stream": ("stream", 1, 5, PAGES * 100),
    "a page of the stream": ("pages_text", 1, 5, PAGES),
}


def instructions(job, count, url):
    """What the whole process takes, all threads of it."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [str(programs.BUILD / "c"), job, url, str(count), "0"]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=measure.environment()
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise SystemExit(f"{' '.join(command)}: {done.stderr[-500:]}")
    return int(found[1])


def count():
    """{path: instructions of one}."""
    counted = {}
    stand_in = jobs.Job("", "", [], 0, 0, server=["--pages", str(PAGES)])
    with measure.stand_in(stand_in) as (url, _):
        for path, (job, few, more, parts) in PATHS.items():
            extra = instructions(job, more, url) - instructions(job, few, url)
            counted[path] = round(extra / (more - few) / parts)
    return counted


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bless", action="store_true", help="write the figures anew")
    parser.add_argument("--no-build", action="store_true", help="use what is built")
    given = parser.parse_args()
    if not programs.need("valgrind"):
        return 1
    if not given.no_build:
        programs.BUILD.mkdir(parents=True, exist_ok=True)
        programs.library()
        programs.rust(clients=False)
        programs.c(build=True, only="c")
    counted = count()
    rustc = subprocess.check_output(["rustc", "--version"], text=True).split()[1]
    if given.bless:
        FIGURES.write_text(
            json.dumps({"rustc": rustc, "paths": counted}, indent=4) + "\n"
        )
        print(f"{FIGURES.name} is written")
        return 0
    known = json.loads(FIGURES.read_text())
    if is_another := known["rustc"] != rustc:
        print(
            f"counted with Rust {rustc}, known from {known['rustc']}: told, and not judged"
        )
    changed = False
    for path, number in counted.items():
        before = known["paths"].get(path)
        if before is None:
            print(f"{path}: {number:,}, not known yet")
            changed = True
            continue
        change = number / before - 1
        verdict = "as it was" if abs(change) <= TOLERANCE else "CHANGED"
        changed |= abs(change) > TOLERANCE
        print(
            f"{path}: {number:,} instructions, known {before:,} ({change:+.1%}): {verdict}"
        )
    if changed:
        print(
            "if that is on purpose: make instructions BLESS=1, and say why in the commit"
        )
    return 1 if changed and not is_another else 0


if __name__ == "__main__":
    sys.exit(main())
