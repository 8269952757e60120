"""Count the instructions of the main paths, and fail if a count has changed.

    instructions.py [--bless] [--no-build]

Other work on the machine does not change the counts, so this check can guard every change. It runs
c/ours.c under callgrind, once with few operations and once with more. The difference is the cost of
the operations. `--bless` writes the new counts; give the reason in the commit.
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

# The job of c/ours.c, few and more operations, and the number of such paths in one operation.
PATHS = {
    "get_user": ("user_text", 50, 550, 1),
    "a row of the stream": ("stream", 1, 5, PAGES * 100),
    "a page of the stream": ("pages_text", 1, 5, PAGES),
}


def instructions(job, count, url):
    """Return the instructions of the whole process, all threads included."""
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
    """Return {path: instructions}."""
    counted = {}
    stand_in = jobs.Job("", "", [], 0, 0, server=["--pages", str(PAGES)])
    with measure.stand_in(stand_in) as (url, _):
        for path, (job, few, more, parts) in PATHS.items():
            extra = instructions(job, more, url) - instructions(job, few, url)
            counted[path] = round(extra / (more - few) / parts)
    return counted


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bless", action="store_true", help="write the new counts")
    parser.add_argument(
        "--no-build", action="store_true", help="use the existing builds"
    )
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
        print(f"wrote {FIGURES.name}")
        return 0
    known = json.loads(FIGURES.read_text())
    if is_another := known["rustc"] != rustc:
        print(
            f"counted with Rust {rustc}, recorded with {known['rustc']}: no count fails"
        )
    changed = False
    for path, number in counted.items():
        before = known["paths"].get(path)
        if before is None:
            print(f"{path}: {number:,}, not recorded yet")
            changed = True
            continue
        change = number / before - 1
        verdict = "unchanged" if abs(change) <= TOLERANCE else "CHANGED"
        changed |= abs(change) > TOLERANCE
        print(
            f"{path}: {number:,} instructions, recorded {before:,} ({change:+.1%}): {verdict}"
        )
    if changed:
        print(
            "if you want this change, run: make instructions BLESS=1, and give the reason in the commit"
        )
    return 1 if changed and not is_another else 0


if __name__ == "__main__":
    sys.exit(main())
