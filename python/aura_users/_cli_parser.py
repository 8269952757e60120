"""The parser of the command line."""

from __future__ import annotations

import argparse
import re
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import aura_users
from aura_users._cli_errors import STATUSES, USAGE
from aura_users._text import FORMATS, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import NoReturn

    from _typeshed import SupportsWrite

    _Command = Callable[[argparse.Namespace], None]

CLIENT_OPTIONS = (
    *("repo_url", "timeout", "total_timeout", "connect_timeout", "max_retries"),
    *("rate_limit", "ca_file", "allow_insecure_http"),
)
EPILOG = """\
environment:
  HEX_API_KEY    the API key; without it, the command asks on a terminal
  HEX_OTP        the one-time password, if the account requires one
  AURA_PASSWORD  the password for `create`; without it, the command asks on a terminal
  The library's other variables apply too, such as HEX_API_URL and https_proxy.

exit status:
""" + "".join(f"  {status:<4} {meaning}\n" for status, meaning in STATUSES.items())
TERMS = (
    "Create an account. hex.pm itself creates accounts only on its website since September 2026. "
    "If you create one there, you accept its terms of service: "
    "https://hex.pm/policies/termsofservice"
)


class Parser(argparse.ArgumentParser):
    """A parser that escapes control characters in its errors, and reports a closed pipe."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help. An error of the output passes through."""
        print(self.format_help(), end="", file=file)

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error, and exit."""
        self.exit(USAGE, f"{self.format_usage()}{self.prog}: {plain(message)}\n")


def create_parser(commands: Mapping[str, _Command]) -> argparse.ArgumentParser:
    """Return the parser of the command line. `commands` has the function of each command."""
    parser = Parser(
        prog="aura-users",
        description="The users API of Hex.pm and of every Hex-compatible server.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=aura_users.__version__)
    add_common_options(parser)
    parser.set_defaults(verbose=False)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, description: str | None = None) -> argparse.ArgumentParser:
        command = commands[name]
        summary = command.__doc__ or ""
        subparser = subparsers.add_parser(
            name, help=summary.rstrip("."), description=description or summary
        )
        subparser.set_defaults(command=command)
        add_common_options(subparser)
        return subparser

    add_format(add("whoami"))

    user = add("user")
    user.add_argument(
        "name", metavar="NAME", help="a name, or an address that is verified and public"
    )
    add_format(user)

    audit_logs = add("audit-logs")
    add_format(audit_logs, *FORMATS)
    audit_logs.add_argument(
        "--action",
        action="append",
        type=pattern,
        metavar="PATTERN",
        help="only these actions, such as key.generate or 'owner.*'; you can repeat this",
    )
    audit_logs.add_argument(
        "--page", type=number, default=1, metavar="N", help="first page to read (1)"
    )
    audit_logs.add_argument("--limit", type=number, metavar="N", help="largest number of rows")

    create = add("create", TERMS)
    create.add_argument("username", metavar="USERNAME")
    create.add_argument("email", metavar="EMAIL")
    create.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    add_format(create)

    reset = add("reset")
    reset.add_argument("name", metavar="NAME", help="a name or an address")
    add_format(reset)

    completion = add("completion")
    completion.add_argument(
        "shell", metavar="SHELL", choices=["bash", "zsh", "fish"], help="bash, zsh or fish"
    )
    return parser


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that may stand before and after the command."""
    # Without a default, the second parser does not overwrite what the first one has set.
    unset = argparse.SUPPRESS
    parser.add_argument("-v", "--verbose", action="store_true", default=unset, help="log requests")
    group = parser.add_argument_group("connection")
    group.add_argument(
        "--repo-url", metavar="URL", default=unset, help="base URL of the API (https://hex.pm/api)"
    )
    for name, help_text in (
        ("--timeout", "seconds for one attempt (15)"),
        ("--total-timeout", "seconds for a whole call, with its retries (120)"),
        ("--connect-timeout", "seconds to connect (10)"),
    ):
        group.add_argument(name, type=seconds, metavar="S", default=unset, help=help_text)
    group.add_argument(
        "--max-retries",
        type=number,
        metavar="N",
        default=unset,
        help="retries after a failure (2)",
    )
    group.add_argument(
        "--rate-limit",
        choices=["wait", "error"],
        default=unset,
        help="at the server's rate limit, wait for the next window or fail (wait)",
    )
    group.add_argument(
        "--ca-file", metavar="FILE", default=unset, help="PEM file of more certificates to trust"
    )
    group.add_argument(
        "--allow-insecure-http",
        action="store_true",
        default=unset,
        help="send the API key and the password over plain http too",
    )


def add_format(parser: argparse.ArgumentParser, *formats: str) -> None:
    """Add the options for the format of the output."""
    parser.add_argument(
        "--format",
        choices=formats or ("text", "json"),
        default="text",
        help="text by default; json is the server's own JSON"
        if not formats
        else "text, a table, by default; json is an array and jsonl one row a line, both the "
        "server's own JSON; csv is for spreadsheets",
    )
    parser.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="format",
        help="short for --format json",
    )


def number(text: str) -> int:
    """Read a whole number, at least 0."""
    with reject_unreadable(text, "a whole number, at least 0"):
        if not (text.isascii() and text.isdecimal()):
            raise ValueError
        return int(text)


def seconds(text: str) -> float:
    """Read a number of seconds."""
    with reject_unreadable(text, "a number of seconds"):
        return float(text)


def pattern(text: str) -> str:
    """Read a pattern for actions."""
    with reject_unreadable(text, "a name or a pattern"):
        if not text:
            raise ValueError
        fnmatchcase("", text)
        return text


@contextmanager
def reject_unreadable(text: str, allowed: str) -> Generator[None]:
    """Refuse the argument with a message if the block cannot read it."""
    try:
        yield
    except (ValueError, re.error, OverflowError, RecursionError):
        message = f"{text!r} is not valid; allowed: {allowed}"
        raise argparse.ArgumentTypeError(message) from None
