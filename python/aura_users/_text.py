"""The output of the command line: records as text, rows as a table, CSV or JSON.

The server's text reaches a terminal only through this module, which escapes control characters.
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


def plain(text: str) -> str:
    r"""Return the text with an escape, such as `\x1b`, for everything that is not printable."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def json_line(raw: str) -> str:
    """Return the JSON on one line, with JSON's escapes for what is not printable."""
    if raw.isprintable():
        return raw
    # Valid JSON has line breaks and tabs only between tokens.
    return "".join(
        char if char.isprintable() else " " if char in "\n\r\t" else json.dumps(char)[1:-1]
        for char in raw
    )


def user_text(user: User) -> str:
    """Return a user's record as text."""
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


class Table:
    """A table. On a terminal each row is cut to one line. Elsewhere no text is cut."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._width = shutil.get_terminal_size().columns if out.isatty() else None
        self._print("ACTION", "USER AGENT", "PARAMS")

    def write(self, rows: Sequence[AuditLog]) -> None:
        """Write rows."""
        for row in rows:
            self._print(plain(row.action), plain(row.user_agent or "-"), params(row))

    def end(self) -> None:
        """Do nothing."""

    def _print(self, action: str, user_agent: str, params: str) -> None:
        width = self._width
        if width and len(user_agent) > 30:
            user_agent = f"{user_agent[:29]}…"
        text = f"{action:<26} {user_agent:<30} {params}"
        print(f"{text[: width - 1]}…" if width and len(text) > width else text, file=self._out)


class CommaSeparated:
    """CSV for spreadsheets: no cell is a formula, and none has a control character.

    If every character counts, use JSON.
    """

    def __init__(self, out: TextIO) -> None:
        use_utf8(out)
        self._write_row = csv.writer(out, lineterminator="\n").writerow
        self._write_row(["action", "user_agent", "params"])

    def write(self, rows: Sequence[AuditLog]) -> None:
        """Write rows."""
        for row in rows:
            self._write_row([cell(row.action), cell(row.user_agent or ""), params(row)])

    def end(self) -> None:
        """Do nothing."""


# The last four are fullwidth forms of the first four. Some spreadsheets read them, too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(text: str) -> str:
    """Return the text, with an apostrophe before a formula of a spreadsheet."""
    return plain(f"'{text}" if text.startswith(FORMULA_STARTS) else text)


class JsonLines:
    """The server's JSON of one row on each line."""

    def __init__(self, out: TextIO) -> None:
        use_utf8(out)
        self._out = out

    def write(self, rows: Sequence[AuditLog]) -> None:
        """Write rows."""
        for row in rows:
            print(json_line(row.raw_json), file=self._out)

    def end(self) -> None:
        """Do nothing."""


class JsonArray:
    """The server's JSON of all rows as an array, with one row on each line."""

    def __init__(self, out: TextIO) -> None:
        use_utf8(out)
        self._out = out
        self._separator = "["

    def write(self, rows: Sequence[AuditLog]) -> None:
        """Write rows."""
        for row in rows:
            print(self._separator, json_line(row.raw_json), sep="", end="", file=self._out)
            self._separator = ",\n"

    def end(self) -> None:
        """Close the array. After a failure it stays open, so that no reader takes it for whole."""
        print("]" if self._separator != "[" else "[]", file=self._out)


FORMATS: dict[str, Callable[[TextIO], Table | CommaSeparated | JsonLines | JsonArray]] = {
    "text": Table,
    "json": JsonArray,
    "jsonl": JsonLines,
    "csv": CommaSeparated,
}


def params(row: AuditLog) -> str:
    """Return the details as the server's own JSON on one line, `null` if there are none."""
    return json_line(fields_json(row.raw_json).get("params", "null"))


def use_utf8(out: TextIO) -> None:
    """Write UTF-8, even if the terminal has another encoding. Other programs read UTF-8."""
    if isinstance(out, TextIOWrapper):
        out.reconfigure(encoding="utf-8")


class Progress:
    """A line on a terminal that the next one replaces. Elsewhere it prints nothing."""

    def __init__(self, out: TextIO) -> None:
        self._out = out if out.isatty() else None

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._out:
            print(f"\r\x1b[K{text}", end="", file=self._out, flush=True)

    def clear(self) -> None:
        """Remove the line."""
        self.show("")
