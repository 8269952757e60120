"""The exit statuses of the command line, and its error messages."""

from __future__ import annotations

import re

import aura_users

DONE, FAILED, USAGE, NOT_FOUND, CREDENTIAL, REFUSED, NETWORK, RATE_LIMIT, SERVER = range(9)
INTERRUPTED, OUTPUT_CLOSED = 130, 141

STATUSES = {
    DONE: "done",
    FAILED: "any other failure",
    USAGE: "the command line or the environment is wrong or incomplete; nothing was sent",
    NOT_FOUND: "there is no such user",
    CREDENTIAL: "the server refused the API key or one-time password, needs one, or forbids this",
    REFUSED: "the server refused the name, the address or the password",
    NETWORK: "no connection, no valid certificate, or no reply in time",
    RATE_LIMIT: "the server's rate limit is reached",
    SERVER: "the server failed, or does not offer this",
    INTERRUPTED: "Ctrl-C",
    OUTPUT_CLOSED: "the reader of the output ended, as with `| head`",
}
CAUSES: list[tuple[type[aura_users.AuraError], int]] = [
    (aura_users.InvalidArgumentError, USAGE),
    (aura_users.NotFoundError, NOT_FOUND),
    (aura_users.AuthenticationError, CREDENTIAL),
    (aura_users.PermissionDeniedError, CREDENTIAL),
    (aura_users.ValidationError, REFUSED),
    (aura_users.ConnectError, NETWORK),
    (aura_users.TlsError, NETWORK),
    (aura_users.TimeoutError, NETWORK),
    (aura_users.RateLimitError, RATE_LIMIT),
    (aura_users.ServerError, SERVER),
    (aura_users.UnsupportedError, SERVER),
]

# The command line's names for the options and arguments of the library.
NAMES = {
    "repo_url": "--repo-url",
    "api_key": "HEX_API_KEY",
    "otp": "HEX_OTP",
    "timeout": "--timeout",
    "total_timeout": "--total-timeout",
    "connect_timeout": "--connect-timeout",
    "max_retries": "--max-retries",
    "rate_limit": "--rate-limit",
    "page": "--page",
    "proxy": "https_proxy",
    "no_proxy": "no_proxy",
    "ca_file": "--ca-file",
    "allow_insecure_http": "--allow-insecure-http",
    "username_or_email": "NAME",
    "username": "USERNAME",
    "emails": "EMAIL",
}
# The variables that set an option.
VARIABLES = {variable: spec.name for spec in aura_users.OPTIONS for variable in spec.env}
# These are also common words. They are names after "the option" and "within", and at the start.
WORDS = ("timeout", "page", "proxy", "username", "emails", "otp")


class UsageError(Exception):
    """Something is missing or wrong on the command line. Nothing was sent."""


def status_of(error: aura_users.AuraError) -> int:
    """Return the exit status for an error."""
    return next((status for cls, status in CAUSES if isinstance(error, cls)), FAILED)


def error_lines(error: aura_users.AuraError) -> list[str]:
    """Return an error's text and its hint, with the names of the command line."""
    is_usage = isinstance(error, aura_users.InvalidArgumentError)
    text = error.message if is_usage else str(error)
    if error.hint:
        text = "".join(text.rsplit(f"; {error.hint}", 1))
    if error.status is None:  # the text is the library's, not the server's
        text = rename(text)
    return [text, f"hint: {rename(error.hint)}"] if error.hint else [text]


def rename(text: str) -> str:
    """Replace the library's names of options and functions with those of the command line."""
    variable, _, rest = text.partition(": ")
    if name := VARIABLES.get(variable):
        text = f"{variable} {rest.removeprefix(name).lstrip()}"
    text = text.replace("use get_current_user ", "use the command whoami ")
    for name, new in NAMES.items():
        is_variable = "_" in new
        full_name = f"the variable {new}" if is_variable else new
        text = re.sub(rf"\bthe option {name}\b", full_name, text)
        before = "(?:^|(?<=within ))" if name in WORDS else r"(?<![\w{-])"
        text = re.sub(rf"{before}{name}\b(?!-)", new, text)
    # If the library names an option and its variable, one name is enough.
    return re.sub(r"(HEX_\w+) (.*?), or the variable \1", r"\1 \2", text)
