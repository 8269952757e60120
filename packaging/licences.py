"""Prints the licence texts of every crate that a package links.

    python3 licences.py PACKAGE TARGET [FEATURE...]

A crate without a text of its own gets this project's Apache-2.0 text if its licence allows that.
Any other crate without a text is an error.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
CODE = {".rs", ".toml", ".json", ".html", ".py", ".sh"}
RULE = "-" * 100


def cargo(*arguments):
    command = ["cargo", *arguments, "--locked"]
    result = subprocess.run(
        command, check=False, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    if result.returncode:
        sys.exit(f"licences.py: failed: {' '.join(command)}")
    return result.stdout


def linked(package, target, features):
    """Returns the (name, version) of each foreign crate that cargo links for the target."""
    tree = cargo(
        *["tree", "--package", package, "--features", ",".join(features)],
        *["--edges", "normal", "--target", target],
        *["--prefix", "none", "--format", "{p}"],
    )
    crates = set()
    for line in tree.splitlines():
        words = line.split()
        # The project's own crates have a path after the version.
        if words and not any(word.startswith("(/") for word in words):
            crates.add((words[0], words[1].removeprefix("v")))
    return sorted(crates)


def texts(crate):
    """Returns the licence texts beside a crate's manifest, or in a folder of licences there."""
    folder = Path(crate["manifest_path"]).parent
    found = [path for path in sorted(folder.iterdir()) if TEXTS.match(path.name)]
    found += [
        inner for path in found if path.is_dir() for inner in sorted(path.iterdir())
    ]
    named = crate["license_file"]
    if named and folder / named not in found:
        found.append(folder / named)
    return [
        path.read_text(encoding="utf-8").strip("\n")
        for path in found
        if path.is_file() and path.suffix not in CODE
    ]


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: licences.py PACKAGE TARGET [FEATURE...]")
    package, target, *features = sys.argv[1:]
    metadata = json.loads(cargo("metadata", "--format-version", "1"))
    crates = {
        (crate["name"], crate["version"]): crate for crate in metadata["packages"]
    }
    apache = (ROOT / "LICENSE").read_text(encoding="utf-8").strip("\n")

    keys = linked(package, target, features)

    print(f"{package} for {target} contains these crates:\n")
    users = {}  # text with normalized spaces: the text, and the crates that have it
    for key in keys:
        crate = crates[key]
        name = " ".join(key)
        print(f"{name}: {crate['license'] or 'see below'}, {crate['repository']}")
        own = texts(crate)
        if not own and "Apache-2.0" in (crate["license"] or ""):
            own = [apache]
        if not own:
            sys.exit(f"licences.py: {name} has no licence text ({crate['license']})")
        for text in own:
            users.setdefault(" ".join(text.split()), (text, []))[1].append(name)
    for text, names in users.values():
        print(f"\n{RULE}\n{', '.join(names)}\n{RULE}\n\n{text}")


if __name__ == "__main__":
    main()
