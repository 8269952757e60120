"""What the command line writes: records as text, rows as a table, CSV or JSON lines.

What a server says reaches a terminal only here: a control character never does.
"""

from __future__ import annotations

import csv
import json
import shutil
from io import TextIOWrapper
from typing import TYPE_CHECKING

from aura_users._native import fields_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from aura_users import AuditLog, User

    _Writer = Callable[[Sequence[AuditLog]], None]


def plain(text: str) -> str:
    r"""The text with everything that is not printable escaped, as in `\x1b`."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def json_line(raw: str) -> str:
    """The same JSON on one line, with what is not printable written as JSON's own escapes."""
    if raw.isprintable():
        return raw
    # Within a string valid JSON has no line break and no tab: these stand between tokens.
    return "".join(
        char if char.isprintable() else " " if char in "\n\r\t" else json.dumps(char)[1:-1]
        for char in raw
    )


def user_text(user: User) -> str:
    """A user's record for reading."""
    lines = [
        ("username", user.username),
        ("full name", user.full_name),
        ("email", user.email),
        ("since", user.inserted_at and f"{user.inserted_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("url", user.url),
        *((f"on {name}", url) for name, url in user.handles.items()),
    ]
    for organization in user.organizations or ():
        lines.append(("organization", f"{organization.name} ({organization.role or 'no role'})"))
    for package in user.packages or ():
        lines.append(("package", f"{package.name} ({package.repository or 'no repository'})"))
    fields = fields_json(user.raw_json)
    lines += ((name, json_line(fields[name])) for name in user.extra)
    return "\n".join(f"{plain(name):<14}{plain(text)}" for name, text in lines if text)


def table(out: TextIO) -> _Writer:
    """A table: on a terminal a row is a line, elsewhere nothing is cut off."""
    width = shutil.get_terminal_size().columns if out.isatty() else None

    def line(action: str, user_agent: str, params: str) -> str:
        if width and len(user_agent) > 30:
            user_agent = f"{user_agent[:29]}…"
        text = f"{action:<26} {user_agent:<30} {params}"
        return f"{text[: width - 1]}…" if width and len(text) > width else text

    def write(rows: Sequence[AuditLog]) -> None:
        for row in rows:
            print(line(plain(row.action), plain(row.user_agent or "-"), params(row)), file=out)

    print(line("ACTION", "USER AGENT", "PARAMS"), file=out)
    return write


def comma_separated(out: TextIO) -> _Writer:
    """CSV, which is for spreadsheets: no cell of it is a formula, and none has a control character.

    Where every character counts, take JSON lines.
    """
    use_utf8(out)
    write_row = csv.writer(out, lineterminator="\n").writerow

    def write(rows: Sequence[AuditLog]) -> None:
        for row in rows:
            write_row([cell(row.action), cell(row.user_agent or ""), params(row)])

    write_row(["action", "user_agent", "params"])
    return write


def cell(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return plain(f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text)


def json_lines(out: TextIO) -> _Writer:
    """One row of the server's JSON on each line."""
    use_utf8(out)

    def write(rows: Sequence[AuditLog]) -> None:
        for row in rows:
            print(json_line(row.raw_json), file=out)

    return write


FORMATS: dict[str, Callable[[TextIO], _Writer]] = {
    "table": table,
    "csv": comma_separated,
    "jsonl": json_lines,
}


def params(row: AuditLog) -> str:
    """The details as the server's own JSON on one line, `null` where there are none."""
    return json_line(fields_json(row.raw_json).get("params", "null"))


def use_utf8(out: TextIO) -> None:
    """What other programs read is UTF-8, whatever the terminal's encoding is."""
    if isinstance(out, TextIOWrapper):
        out.reconfigure(encoding="utf-8")


class Progress:
    """One line on a terminal that is written over; nothing elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._out = out if out.isatty() else None

    def show(self, text: str) -> None:
        """Put this in place of what stood there."""
        if self._out:
            print(f"\r\x1b[K{text}", end="", file=self._out, flush=True)

    def clear(self) -> None:
        """Make room for other lines."""
        self.show("")
