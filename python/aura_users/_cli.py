"""The command line. It calls the same functions as a program.

The API key comes from HEX_API_KEY or from a prompt. The password comes from AURA_PASSWORD, from
standard input or from a prompt. Neither is an argument: every process of the machine can read
arguments.
"""

from __future__ import annotations

import getpass
import logging
import os
import sys
from contextlib import suppress
from fnmatch import fnmatchcase
from io import TextIOWrapper
from itertools import chain
from typing import TYPE_CHECKING, Any

import aura_users
from aura_users._cli_errors import (
    DONE,
    FAILED,
    INTERRUPTED,
    OUTPUT_CLOSED,
    USAGE,
    UsageError,
    error_lines,
    status_of,
)
from aura_users._cli_parser import CLIENT_OPTIONS, create_parser
from aura_users._text import FORMATS, Progress, json_line, plain, use_utf8, user_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

LONGEST_PASSWORD = 4096


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        prepare_streams()
        status = run(argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()
        return OUTPUT_CLOSED
    except OSError as error:
        discard_output()
        return fail(FAILED, str(error))
    return status


def prepare_streams() -> None:
    """Replace closed standard streams, and escape what the terminal's encoding lacks."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller closed it
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Drop what is still buffered. It would fail again when Python exits."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(argv: Sequence[str] | None) -> int:
    """Parse the command line, run its command and return the exit status."""
    try:
        arguments = create_parser(COMMANDS).parse_args(argv)
    except SystemExit as end:  # after --help, --version and usage errors
        return end.code if isinstance(end.code, int) else FAILED
    level = logging.DEBUG if arguments.verbose else logging.WARNING
    logging.basicConfig(format="aura-users: %(message)s", level=level)
    try:
        arguments.command(arguments)
    except UsageError as error:
        return fail(USAGE, str(error))
    except aura_users.AuraError as error:
        return fail(status_of(error), *error_lines(error))
    return DONE


def fail(status: int, message: str, *more: str) -> int:
    """Print why the command failed on standard error, and return its exit status."""
    warn(message)
    with suppress(OSError):
        for line in more:
            print(plain(line), file=sys.stderr)
    return status


def warn(message: str) -> None:
    """Print a message on standard error. If it is closed, only the exit status reports."""
    with suppress(OSError):
        print(f"aura-users: {plain(message)}", file=sys.stderr)


def connect(arguments: argparse.Namespace) -> aura_users.Client:
    """Return a client with the options of the command line."""
    options: dict[str, Any] = {name: getattr(arguments, name, None) for name in CLIENT_OPTIONS}
    return aura_users.Client(user_agent=f"aura-users-cli/{aura_users.__version__}", **options)


def whoami(arguments: argparse.Namespace) -> None:
    """Show the owner of the API key."""
    with connect(arguments) as client:
        show(client.get_current_user(api_key=api_key()), arguments)


def user(arguments: argparse.Namespace) -> None:
    """Show a user's public record."""
    with connect(arguments) as client:
        show(client.get_user(arguments.name), arguments)


def create(arguments: argparse.Namespace) -> None:
    """Create an account."""
    with connect(arguments) as client:
        password = read_password() if arguments.password_stdin else ask_password()
        try:
            user = client.create_user(arguments.username, password, [arguments.email])
        except KeyboardInterrupt:
            warn("interrupted; the account may exist")
            raise
    show(user, arguments)
    if arguments.format == "text":
        print("\nThe server has sent an e-mail with a link to the address. Until somebody follows")
        print("the link, the account cannot do anything.")


def reset(arguments: argparse.Namespace) -> None:
    """Request an e-mail with a link to reset the password."""
    with connect(arguments) as client:
        client.reset_user_password(arguments.name)
    if arguments.format == "json":
        print("null")
    else:
        print("If the server knows this user, it sends an e-mail with a link.")


def audit_logs(arguments: argparse.Namespace) -> None:
    """Show your audit log, newest row first."""
    with connect(arguments) as client:
        write_audit_logs(client, arguments)


def write_audit_logs(client: aura_users.Client, arguments: argparse.Namespace) -> None:
    """Write the rows that the command line selects, page by page."""
    limit: int = sys.maxsize if arguments.limit is None else arguments.limit
    patterns: list[str] = arguments.action or ["*"]
    stream = client.stream_audit_logs(
        api_key=api_key(),
        page=arguments.page,
        # The first page has enough rows, so the command would not use the next ones.
        prefetch=0 if limit <= 100 and not arguments.action else None,
    )
    progress = Progress(sys.stderr)
    read = written = 0
    next_page = stream.page
    try:
        pages = iter(stream.pages()) if limit else iter(())
        # Read first: a refused call writes no heading.
        nothing: list[aura_users.AuditLog] = []
        first = next(pages, nothing)
        writer = FORMATS[arguments.format](sys.stdout)
        for page in chain([first], pages):
            read += len(page)
            rows = [row for row in page if any(fnmatchcase(row.action, one) for one in patterns)]
            rows = rows[: limit - written]
            progress.clear()
            writer.write(rows)
            written += len(rows)
            if written >= limit:
                break
            next_page = stream.page
            progress.show(f"{read} rows read, {written} written, page {next_page} is next")
    except (aura_users.AuraError, KeyboardInterrupt):
        progress.clear()
        if next_page > arguments.page:
            warn(f"stopped; continue with --page {next_page}")
        raise
    progress.clear()
    writer.end()


def completion(arguments: argparse.Namespace) -> None:
    """Print a completion script for a shell."""
    try:
        import shtab
    except ImportError:
        raise UsageError(
            "completion needs the package shtab; install it with: pip install shtab"
        ) from None
    print(shtab.complete(create_parser(COMMANDS), arguments.shell))


COMMANDS = {
    "whoami": whoami,
    "user": user,
    "audit-logs": audit_logs,
    "create": create,
    "reset": reset,
    "completion": completion,
}


def show(record: aura_users.User, arguments: argparse.Namespace) -> None:
    """Print a record."""
    if arguments.format == "json":
        use_utf8(sys.stdout)
        print(json_line(record.raw_json))
    else:
        print(user_text(record))


def api_key() -> str | None:
    """Return the API key from a prompt, or None if the variable is set, which the library reads."""
    if os.environ.get("HEX_API_KEY"):
        return None
    return ask("API key: ", "there is no API key: set HEX_API_KEY")


def ask_password() -> str:
    """Return the password of the variable or of a prompt, which asks twice."""
    if password := os.environ.get("AURA_PASSWORD"):
        return password
    missing = "there is no password: set AURA_PASSWORD, or use --password-stdin"
    password = ask("Password: ", missing)
    if ask("Repeat the password: ", "the two passwords differ") != password:
        raise UsageError("the two passwords differ")
    return password


def read_password() -> str:
    """Return the password on standard input, without the end of its line."""
    content = sys.stdin.buffer.read(LONGEST_PASSWORD + 1)
    if len(content) > LONGEST_PASSWORD:
        raise UsageError(
            f"--password-stdin: standard input has more than {LONGEST_PASSWORD} bytes; "
            "it must have the password only"
        )
    try:
        password = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UsageError("--password-stdin: standard input is not UTF-8") from None
    if not password:
        raise UsageError("--password-stdin: standard input has no password")
    return password


def ask(prompt: str, missing: str) -> str:
    """Ask for a secret on the terminal, if there is one."""
    if not sys.stdin.isatty():
        raise UsageError(f"{missing}, or run this on a terminal, which asks for it")
    try:
        secret = getpass.getpass(prompt)
    except EOFError:
        raise UsageError(missing) from None
    except UnicodeError:
        raise UsageError("the input is not text in the terminal's encoding") from None
    if not secret:
        raise UsageError(missing)
    return secret
