"""Writes the generated parts of every binding from include/aura_users.json: see tools/README.md.

generate.py            writes the generated parts
generate.py --check    fails if one of them is stale
"""

import importlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent
# A mark may end with the end of a block comment: OCaml has no other comments.
CLOSE = r"( \*/| \*\)| -->)?$"


def parts():
    """Each part: its file, its name in the marks there, and its text."""
    description = json.loads((ROOT / "include/aura_users.json").read_text())
    for language in sorted((ROOT / "tools/languages").glob("*.py")):
        module = importlib.import_module(f"languages.{language.stem}")
        for path, name, make in module.PARTS:
            yield path, name, make(description)


def put(text, path, name, part):
    """Returns `text` with the lines between the part's two marks replaced."""
    lines = text.split("\n")
    mark = re.compile(f"(end of )?generated: {re.escape(name)}{CLOSE}")
    marks = [(i, mark.search(line)) for i, line in enumerate(lines)]
    begin = [i for i, found in marks if found and not found[1]]
    end = [i for i, found in marks if found and found[1]]
    if len(begin) != 1 or len(end) != 1 or begin[0] > end[0]:
        sys.exit(f"{path}: it needs one line that ends with `generated: {name}`, and below it one line "
                 f"that ends with `end of generated: {name}`")  # fmt: skip
    return "\n".join(
        [*lines[: begin[0] + 1], *part.rstrip("\n").split("\n"), *lines[end[0] :]]
    )


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    stale = []
    for path, name, part in parts():
        if not (ROOT / path).exists():
            sys.exit(f"{path}: create this file, with the marks of the part `{name}`")
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
