"""One world of a running sandbox, and its admin API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict
from urllib.parse import urlencode

from ._wire import exchange

Json = Any


class AtMost(TypedDict):
    """A random number of rows from 0 to ``at_most``, by the seed."""

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


class AdminError(Exception):
    """The admin API refused something; the message names what."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class World:
    """A world: where its API is, and what can be done to it.

    Everything here is the admin API under its own name; the sandbox's README says what each field
    means.
    """

    id: str
    url: str
    admin_token: str = field(repr=False)
    profile: str
    socket: str | None = None

    @property
    def api_url(self) -> str:
        """The base of the API, for a client's ``repo_url``."""
        return f"{self.url}/api"

    @property
    def admin_url(self) -> str:
        """The base of the admin API."""
        return f"{self.url}/_sandbox"

    def admin(self, method: str, path: str, body: Json = None) -> Json:
        """Call the admin API: ``admin("GET", "/health")``."""
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        data = None if body is None else json.dumps(body).encode()
        status, raw = exchange(self.admin_url + path, self.socket, method, headers, data)
        answer = json.loads(raw) if raw else None
        if status >= 400:
            raise AdminError(status, answer["message"] if answer else f"status {status}")
        return answer

    def add_user(self, username: str, **fields: Json) -> None:
        """Put an account into the world as it is, without checks, rows or mail."""
        self.admin("POST", "/users", {"username": username, **fields})

    def add_organization(self, name: str, **fields: Json) -> None:
        """Put an organization into the world, and the account behind it."""
        self.admin("POST", "/organizations", {"name": name, **fields})

    def add_key(self, username: str | None = None, **fields: Json) -> str:
        """Make a key and return its secret; ``organization=`` instead of a name works, too."""
        if username is not None:
            fields["username"] = username
        return str(self.admin("POST", "/keys", fields)["secret"])

    def add_token(self, username: str | None = None, **fields: Json) -> str:
        """Make an OAuth token and return it."""
        if username is not None:
            fields["username"] = username
        return str(self.admin("POST", "/tokens", fields)["token"])

    def add_audit_logs(
        self,
        username: str,
        rows: Iterable[Mapping[str, Json]] | None = None,
        **fields: Json,
    ) -> int:
        """Append rows to an account's audit log, or ``count=`` of them, and return how many."""
        if rows is not None:
            fields["rows"] = list(rows)
        return int(self.admin("POST", "/audit-logs", {"username": username, **fields})["added"])

    def mailbox(self, to: str | None = None) -> list[dict[str, str]]:
        """Return the mail written so far, oldest first."""
        query = "" if to is None else "?" + urlencode({"to": to})
        return list(self.admin("GET", "/mailbox" + query))

    def clock(self, **change: Json) -> dict[str, Json]:
        """Change the clock (``reset``, ``time``, ``advance``, ``frozen``) and return it."""
        return dict(self.admin("POST", "/clock", change))

    def rate_limits(self, **change: Json) -> dict[str, Json]:
        """Change the rate limits, and return them."""
        return dict(self.admin("PUT", "/rate-limits", change))

    def key_order(self, order: Literal["current", "recorded", "shuffled"] | None = None) -> str:
        """Change the order in which keys of JSON objects are written, if given, and return it."""
        form = None if order is None else {"key_order": order}
        method = "GET" if order is None else "PUT"
        return str(self.admin(method, "/key-order", form)["key_order"])

    def add_rule(self, *, insert_audit_rows: Iterable[AuditRowInsert] = (), **rule: Json) -> None:
        """Misbehave: ``add_rule(path="/api/users/*", nth=2, then={"close": {"at": "before"}})``.

        With ``insert_audit_rows`` the log grows while a page of it is served:
        ``add_rule(insert_audit_rows=[{"when": "during", "username": "eric"}])``.
        """
        rows = list(insert_audit_rows)
        self.admin("POST", "/rules", {"insert_audit_rows": rows, **rule} if rows else rule)

    def rules(self) -> list[dict[str, Json]]:
        """Return the rules, with how often they struck."""
        return list(self.admin("GET", "/rules"))

    def clear_rules(self) -> None:
        """Take all rules away."""
        self.admin("DELETE", "/rules")

    def add_audit_writer(self, username: str, *, every_ms: int, **fields: Json) -> None:
        """Start a program that writes a row into an account's audit log at this interval.

        It goes by the world's clock. It ends after ``count`` rows if you pass that, or when
        :meth:`clear_audit_writers` stops it.
        """
        form = {"username": username, "every_ms": every_ms, **fields}
        self.admin("POST", "/audit-writers", form)

    def audit_writers(self) -> list[dict[str, Json]]:
        """Return the programs that write rows."""
        return list(self.admin("GET", "/audit-writers"))

    def clear_audit_writers(self) -> None:
        """Stop the programs that write rows."""
        self.admin("DELETE", "/audit-writers")

    def journal(self, **query: str | int) -> list[dict[str, Json]]:
        """Return what arrived, oldest first."""
        return list(self.admin("GET", _with("/journal", query))["entries"])

    def count_requests(self, **query: str | int) -> int:
        """Return how much of that arrived."""
        return int(self.admin("GET", _with("/journal/count", query))["count"])

    def clear_journal(self) -> None:
        """Forget what arrived."""
        self.admin("DELETE", "/journal")

    def snapshot(self) -> str:
        """Return the world as a JSON document, for :meth:`restore` or ``--world``."""
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        status, raw = exchange(f"{self.admin_url}/snapshot", self.socket, "GET", headers, None)
        text = raw.decode()
        if status != 200:
            raise AdminError(status, text)
        return text

    def restore(self, document: str) -> None:
        """Put another world in this one's place."""
        # As text: Python would not keep every number in an audit row as it is written.
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        url = f"{self.admin_url}/restore"
        status, raw = exchange(url, self.socket, "POST", headers, document.encode())
        if status != 204:
            raise AdminError(status, json.loads(raw)["message"])

    def reset(self) -> None:
        """Go back to how the world started."""
        self.admin("POST", "/reset")


def _with(path: str, query: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
