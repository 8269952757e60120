"""The command line, on the same functions that a program calls.

An API key comes from HEX_API_KEY or is asked for, a password from AURA_PASSWORD or is asked for.
Neither is ever an argument, which every process of the machine could read.
"""

from __future__ import annotations

import argparse
import getpass
import logging
import os
import sys
from contextlib import suppress
from fnmatch import fnmatchcase
from io import TextIOWrapper
from itertools import chain
from typing import TYPE_CHECKING

import aura_users
from aura_users._text import FORMATS, Progress, json_line, plain, use_utf8, user_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    _Run = Callable[[aura_users.Client, argparse.Namespace], None]

DONE, FAILED, USAGE, INTERRUPTED, NOBODY_READS = 0, 1, 2, 130, 141
EPILOG = """\
environment:
  HEX_API_KEY    the API key; asked for on a terminal where a command needs one
  AURA_PASSWORD  the password for `create`; asked for likewise
  and the library's other variables, such as HEX_API_URL, HEX_OTP and https_proxy

exit status:
  0    done
  1    it failed; standard error says why, and what to do next
  2    something is wrong with the command line or its surroundings; nothing was sent
  130  ended by Ctrl-C
  141  nobody reads the output any longer, as with `| head`
"""
TERMS = (
    "Make an account. On hex.pm that means accepting its terms of service: "
    "https://hex.pm/policies/termsofservice"
)


class UsageError(Exception):
    """What is missing around the command line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit status."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller closed it
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A letter that the terminal's encoding has not is escaped, and ends no table.
            stream.reconfigure(errors="backslashreplace")
    arguments = parser().parse_args(argv)
    level = logging.DEBUG if arguments.verbose else logging.WARNING
    logging.basicConfig(format="aura-users: %(message)s", level=level)
    try:
        run(arguments)
        sys.stdout.flush()
    except UsageError as error:
        return complain(error, USAGE)
    except aura_users.InvalidArgumentError as error:
        return complain(error.message, USAGE)
    except aura_users.AuraError as error:
        return complain(error, FAILED)
    except BrokenPipeError:
        # What is still buffered would fail once more when Python ends.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except OSError as error:
        return complain(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE


def complain(why: object, status: int) -> int:
    """Say on standard error why it ends."""
    print(f"aura-users: {plain(str(why))}", file=sys.stderr)
    return status


def run(arguments: argparse.Namespace) -> None:
    """Run the command with a client of its own."""
    with aura_users.Client(
        repo_url=arguments.repo_url,
        timeout=arguments.timeout,
        user_agent=f"aura-users-cli/{aura_users.__version__}",
    ) as client:
        command: _Run = arguments.command
        command(client, arguments)


def whoami(client: aura_users.Client, arguments: argparse.Namespace) -> None:
    """Whom the API key belongs to."""
    show(client.get_current_user(api_key=api_key()), arguments)


def user(client: aura_users.Client, arguments: argparse.Namespace) -> None:
    """A user's public record."""
    show(client.get_user(arguments.name), arguments)


def create(client: aura_users.Client, arguments: argparse.Namespace) -> None:
    """Make an account."""
    password = os.environ.get("AURA_PASSWORD") or new_password()
    try:
        made = client.create_user(arguments.username, password, [arguments.email])
    except KeyboardInterrupt:
        print("aura-users: stopped; the account may have been made", file=sys.stderr)
        raise
    show(made, arguments)
    if not arguments.json:
        print("\nThe server has mailed a link to the address: until someone follows it, the")
        print("account may do nothing.")


def reset(client: aura_users.Client, arguments: argparse.Namespace) -> None:
    """Have a link for a new password mailed."""
    client.reset_user_password(arguments.name)
    print("The server mails a link for a new password, if it knows this user.")


def audit_logs(client: aura_users.Client, arguments: argparse.Namespace) -> None:
    """Your audit log, newest row first."""
    limit: int = sys.maxsize if arguments.limit is None else arguments.limit
    patterns: list[str] = arguments.action or ["*"]
    stream = client.stream_audit_logs(
        api_key=api_key(),
        page=arguments.page,
        # A few rows are on the first page: what is asked for ahead would go to waste.
        prefetch=0 if limit <= 100 and not arguments.action else None,
    )
    progress = Progress(sys.stderr)
    read = written = 0
    at = stream.page
    try:
        pages = iter(stream.pages()) if limit else iter(())
        # Read before anything is written: a refusal is no table.
        nothing: list[aura_users.AuditLog] = []
        first = next(pages, nothing)
        write = FORMATS[arguments.format](sys.stdout)
        for page in chain([first], pages):
            read += len(page)
            wanted = [row for row in page if any(fnmatchcase(row.action, one) for one in patterns)]
            progress.clear()
            write(wanted[: limit - written])
            written += len(wanted)
            if written >= limit:
                break
            at = stream.page
            progress.show(f"{read} rows read, {written} written, page {at} is next")
    except (aura_users.AuraError, KeyboardInterrupt):
        progress.clear()
        if at > arguments.page:
            print(f"aura-users: stopped; `--page {at}` goes on from here", file=sys.stderr)
        raise
    progress.clear()


def show(record: aura_users.User, arguments: argparse.Namespace) -> None:
    """Print a record."""
    if arguments.json:
        use_utf8(sys.stdout)
        print(json_line(record.raw_json))
    else:
        print(user_text(record))


def api_key() -> str | None:
    """What was typed, or None to let the library read the variable."""
    if os.environ.get("HEX_API_KEY"):
        return None
    return ask("API key: ", "there is no API key: set HEX_API_KEY")


def new_password() -> str:
    """Ask twice, because it cannot be seen."""
    missing = "there is no password: set AURA_PASSWORD"
    password = ask("Password: ", missing)
    if ask("The same again: ", missing) != password:
        msg = "the two passwords differ"
        raise UsageError(msg)
    return password


def ask(prompt: str, missing: str) -> str:
    """Have a secret typed, where somebody sits at a terminal."""
    if sys.stdin.isatty():
        with suppress(EOFError):
            return getpass.getpass(prompt)
    msg = f"{missing}, or run this on a terminal to be asked for it"
    raise UsageError(msg)


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    whole = argparse.ArgumentParser(
        prog="aura-users",
        description="The users API of Hex.pm and of every Hex-compatible server.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=aura_users.__version__)
    add_common(whole)
    whole.set_defaults(repo_url=None, timeout=None, verbose=False)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: _Run, description: str | None = None) -> argparse.ArgumentParser:
        said = command.__doc__ or ""
        made = commands.add_parser(name, help=said.rstrip("."), description=description or said)
        made.set_defaults(command=command)
        add_common(made)
        return made

    def add_json(made: argparse.ArgumentParser) -> None:
        made.add_argument("--json", action="store_true", help="the server's own JSON, on one line")

    add_json(add("whoami", whoami))

    made = add("user", user)
    made.add_argument("name", help="a name, or an address that is verified and public")
    add_json(made)

    made = add("audit-logs", audit_logs)
    made.add_argument(
        "--format",
        choices=FORMATS,
        default="table",
        help="a table to read; CSV for spreadsheets; JSON lines, where nothing is altered",
    )
    made.add_argument(
        "--action",
        action="append",
        metavar="PATTERN",
        help="only these rows: key.generate, 'owner.*'; may be given more than once",
    )
    made.add_argument("--page", type=int, default=1, metavar="N", help="first page to read (1)")
    made.add_argument("--limit", type=number, metavar="N", help="end after so many rows")

    made = add("create", create, TERMS)
    made.add_argument("username")
    made.add_argument("email")
    add_json(made)

    made = add("reset", reset)
    made.add_argument("name", help="a name or an address")
    return whole


def add_common(made: argparse.ArgumentParser) -> None:
    """Add what may stand before the command and after it: without it, nothing is set."""
    unset = argparse.SUPPRESS
    made.add_argument(
        "--repo-url", metavar="URL", default=unset, help="base of the API (https://hex.pm/api)"
    )
    made.add_argument(
        "--timeout", type=float, metavar="S", default=unset, help="seconds for one attempt (15)"
    )
    made.add_argument(
        "-v", "--verbose", action="store_true", default=unset, help="tell of every request"
    )


def number(text: str) -> int:
    """Read a number of rows."""
    if not text.isdecimal():
        raise ValueError
    return int(text)
