#!/usr/bin/env python3
"""Writes the generated parts of every binding from include/aura_users.json: see tools/README.md.

    generate.py            writes the generated parts
    generate.py --check    fails if one of them is stale
"""

import importlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent
LANGUAGES = ["c", "go", "java", "lua", "node", "perl", "php", "python", "ruby"]


def parts():
    """Each part: its file, its name in the marks there, and its text."""
    description = json.loads((ROOT / "include/aura_users.json").read_text())
    for language in LANGUAGES:
        module = importlib.import_module(f"languages.{language}")
        for path, name, make in module.PARTS:
            yield path, name, make(description)


def put(text, path, name, part):
    """Returns `text` with the lines between the part's two marks replaced."""
    lines = text.split("\n")
    begin = [i for i, line in enumerate(lines) if line.endswith(f"generated: {name}")]
    end = [i for i, line in enumerate(lines) if line.endswith(f"end of generated: {name}")]
    begin = [i for i in begin if i not in end]
    if len(begin) != 1 or len(end) != 1 or begin[0] > end[0]:
        sys.exit(f"{path}: lines that end in `generated: {name}` and `end of generated: {name}` "
                 "have to mark one part")  # fmt: skip
    return "\n".join([*lines[: begin[0] + 1], *part.rstrip("\n").split("\n"), *lines[end[0] :]])


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    stale = []
    for path, name, part in parts():
        old = (ROOT / path).read_text()
        new = put(old, path, name, part)
        if new == old:
            continue
        stale.append(f"{path}: {name} is stale: run `make header`")
        if not check:
            (ROOT / path).write_text(new)
    if check and stale:
        sys.exit("\n".join(stale))


if __name__ == "__main__":
    main()
