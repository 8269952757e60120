"""The types of what a test writes into a world, and of what it reads."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Json = Any
Role = Literal["read", "write", "admin"]
Profile = Literal["hexpm", "current", "legacy"]
KeyOrder = Literal["current", "recorded", "shuffled"]
Certificate = Literal["good", "expired", "wrong-host", "unknown-issuer"]


class AtMost(TypedDict):
    """A random number of rows from 0 to ``at_most``. The seed decides."""

    at_most: int


class _AuditRowInsert(TypedDict):
    when: Literal["before", "during", "after"]
    username: str


class AuditRowInsert(_AuditRowInsert, total=False):
    """Rows that a rule writes into an audit log while it serves a request.

    ``when`` and ``username`` are required. The moments are ``before`` the endpoint reads the log,
    ``during`` the time from then to the reply's delay, and ``after`` that delay.
    """

    count: int | AtMost
    action: str
    params: Json
    user_agent: str


class _Email(TypedDict):
    email: str


class Email(_Email, total=False):
    """An address of an account. Only ``email`` is required; the rest is false by default."""

    verified: bool
    primary: bool
    public: bool


class Handles(TypedDict, total=False):
    """The names of an account on other sites."""

    twitter: str
    bluesky: str
    github: str
    elixirforum: str
    freenode: str
    slack: str
    url: str


class _AuditRow(TypedDict):
    action: str


class AuditRow(_AuditRow, total=False):
    """A row of an audit log. Only ``action`` is required."""

    params: Json
    user_agent: str
    fields: dict[str, Json]


class RateLimits(TypedDict):
    """The largest numbers of requests in a minute."""

    enabled: bool
    address: int
    user: int
    organization: int
    loopback: bool


class Clock(TypedDict):
    """The time of a world, and whether it stands still."""

    time: str
    frozen: bool


class Http2(TypedDict):
    """The settings of HTTP/2 for new connections."""

    enabled: bool
    max_concurrent_streams: int | None
    initial_window: int


def given(**fields: Json) -> dict[str, Json]:
    """Return the fields that are not ``None``."""
    return {name: value for name, value in fields.items() if value is not None}
