"""One world of a running sandbox, and its admin API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlencode

from ._forms import (
    AuditRow,
    AuditRowInsert,
    Clock,
    Email,
    Handles,
    Json,
    KeyOrder,
    RateLimits,
    Role,
    given,
)
from ._wire import exchange


class AdminError(Exception):
    """The admin API refused a value. The message names the field."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Rule:
    """A rule of a world. As a context manager, it is removed at the end of the block."""

    world: World
    number: int

    @property
    def seen(self) -> int:
        """The number of requests that the rule has seen."""
        return int(self._read().get("seen", 0))

    @property
    def struck(self) -> int:
        """The number of requests that the rule has changed."""
        return int(self._read().get("struck", 0))

    def _read(self) -> dict[str, Json]:
        return dict(self.world.admin("GET", f"/rules/{self.number}"))

    def remove(self) -> None:
        """Remove the rule, if it still exists."""
        try:
            self.world.admin("DELETE", f"/rules/{self.number}")
        except AdminError as error:
            if error.status != 404:
                raise

    def __enter__(self) -> Rule:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()


@dataclass(frozen=True)
class World:
    """A world: its address, and its admin API.

    The methods have the names of the admin API. sandbox/ADMIN.md describes each field. A field that
    is ``None`` gets its default.
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

    def add_user(
        self,
        username: str,
        *,
        password: str | None = None,
        full_name: str | None = None,
        handles: Handles | None = None,
        emails: Iterable[Email | Sequence[str | bool]] | None = None,
        packages: Iterable[str] | None = None,
        organizations: Mapping[str, Role] | None = None,
        service: bool = False,
        deactivated: bool = False,
        otp: str | None = None,
    ) -> None:
        """Add an account without checks, audit rows and mail.

        Without ``emails`` it has one, ``USERNAME@example.com``: verified, primary and public. An
        address is an object or a list ``[address, verified, primary, public]``.
        """
        if emails is None:
            emails = [[f"{username}@example.com", True, True, True]]
        form = given(
            username=username,
            password=password,
            full_name=full_name,
            handles=handles,
            emails=list(emails),
            packages=None if packages is None else list(packages),
            organizations=None if organizations is None else dict(organizations),
            service=service,
            deactivated=deactivated,
            otp=otp,
        )
        self.admin("POST", "/users", form)

    def add_organization(
        self,
        name: str,
        *,
        account_email: str | None = None,
        account_packages: Iterable[str] | None = None,
        billing_active: bool = True,
        members: Mapping[str, Role] | None = None,
    ) -> None:
        """Add an organization and its account."""
        form = given(
            name=name,
            account_email=account_email,
            account_packages=None if account_packages is None else list(account_packages),
            billing_active=billing_active,
            members=None if members is None else dict(members),
        )
        self.admin("POST", "/organizations", form)

    def add_member(self, organization: str, username: str, role: Role) -> None:
        """Add an account to an organization, or change its role."""
        form = {"organization": organization, "username": username, "role": role}
        self.admin("POST", "/members", form)

    def add_key(
        self,
        username: str | None = None,
        *,
        organization: str | None = None,
        name: str | None = None,
        permissions: Iterable[str] | None = None,
        secret: str | None = None,
        revoked: bool = False,
        revoke_in: int | None = None,
    ) -> str:
        """Add a key of an account or of an organization, and return its secret."""
        form = given(
            username=username,
            organization=organization,
            name=name,
            permissions=None if permissions is None else list(permissions),
            secret=secret,
            revoked=revoked,
            revoke_in=revoke_in,
        )
        return str(self.admin("POST", "/keys", form)["secret"])

    def add_token(
        self,
        username: str | None = None,
        *,
        organization: str | None = None,
        scopes: Iterable[str] | None = None,
        token: str | None = None,
        expires_in: int | None = None,
    ) -> str:
        """Add an OAuth token of an account or of an organization, and return it."""
        form = given(
            username=username,
            organization=organization,
            scopes=None if scopes is None else list(scopes),
            token=token,
            expires_in=expires_in,
        )
        return str(self.admin("POST", "/tokens", form)["token"])

    def add_audit_logs(
        self,
        username: str,
        rows: Iterable[AuditRow] | None = None,
        *,
        count: int | None = None,
        first: int | None = None,
        action: str | None = None,
        params: Json = None,
        user_agent: str | None = None,
        tied: int | None = None,
    ) -> int:
        """Append ``rows``, or ``count`` similar rows, to an audit log, and return their number."""
        form = given(
            username=username,
            rows=None if rows is None else list(rows),
            count=count,
            first=first,
            action=action,
            params=params,
            user_agent=user_agent,
            tied=tied,
        )
        return int(self.admin("POST", "/audit-logs", form)["added"])

    def mailbox(self, to: str | None = None) -> list[dict[str, str]]:
        """Return the mail written so far, oldest first."""
        query = "" if to is None else "?" + urlencode({"to": to})
        return list(self.admin("GET", "/mailbox" + query))

    def clock(
        self,
        *,
        reset: bool = False,
        time: str | None = None,
        advance: float | None = None,
        frozen: bool | None = None,
    ) -> Clock:
        """Change the clock, in the order of the parameters, and return it."""
        form = given(reset=reset, time=time, advance=advance, frozen=frozen)
        answer: Clock = self.admin("POST", "/clock", form)
        return answer

    def rate_limits(
        self,
        *,
        enabled: bool | None = None,
        address: int | None = None,
        user: int | None = None,
        organization: int | None = None,
        loopback: bool | None = None,
    ) -> RateLimits:
        """Change the rate limits, and return them."""
        form = given(
            enabled=enabled,
            address=address,
            user=user,
            organization=organization,
            loopback=loopback,
        )
        answer: RateLimits = self.admin("PUT", "/rate-limits", form)
        return answer

    def key_order(self, order: KeyOrder | None = None) -> str:
        """Set the order of keys in JSON objects, if you pass one, and return it."""
        form = None if order is None else {"key_order": order}
        method = "GET" if order is None else "PUT"
        return str(self.admin(method, "/key-order", form)["key_order"])

    def add_rule(
        self,
        *,
        then: Json = None,
        name: str | None = None,
        method: str | None = None,
        path: str | None = None,
        nth: int | None = None,
        every: int | None = None,
        probability: float | None = None,
        times: int | None = None,
        delay_before_ms: int | None = None,
        delay_ms: int | None = None,
        run: bool | None = None,
        insert_audit_rows: Iterable[AuditRowInsert] = (),
    ) -> Rule:
        """Add a rule: ``add_rule(path="/api/users/*", nth=2, then={"close": {"at": "before"}})``.

        With ``insert_audit_rows`` the log grows while a page of it is served:
        ``add_rule(insert_audit_rows=[{"when": "during", "username": "eric"}])``.
        """
        form = given(
            then=then,
            name=name,
            method=method,
            path=path,
            nth=nth,
            every=every,
            probability=probability,
            times=times,
            delay_before_ms=delay_before_ms,
            delay_ms=delay_ms,
            run=run,
            insert_audit_rows=list(insert_audit_rows),
        )
        return Rule(self, int(self.admin("POST", "/rules", form)["number"]))

    def rules(self) -> list[dict[str, Json]]:
        """Return the rules, each with ``seen`` and ``struck``."""
        return list(self.admin("GET", "/rules"))

    def clear_rules(self) -> None:
        """Remove all rules."""
        self.admin("DELETE", "/rules")

    def add_audit_writer(
        self,
        username: str,
        *,
        every_ms: int,
        count: int | None = None,
        action: str | None = None,
        params: Json = None,
        user_agent: str | None = None,
    ) -> None:
        """Start a writer, which writes a row into an account's audit log at this interval.

        It goes by the world's clock. It ends after ``count`` rows if you pass that, or when
        :meth:`clear_audit_writers` stops it.
        """
        form = given(
            username=username,
            every_ms=every_ms,
            count=count,
            action=action,
            params=params,
            user_agent=user_agent,
        )
        self.admin("POST", "/audit-writers", form)

    def audit_writers(self) -> list[dict[str, Json]]:
        """Return the running writers."""
        return list(self.admin("GET", "/audit-writers"))

    def clear_audit_writers(self) -> None:
        """Stop all writers."""
        self.admin("DELETE", "/audit-writers")

    def journal(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        path_prefix: str | None = None,
        status: int | None = None,
        after: int | None = None,
        user_agent: str | None = None,
    ) -> list[dict[str, Json]]:
        """Return the requests that arrived, oldest first."""
        query = given(
            method=method,
            path=path,
            path_prefix=path_prefix,
            status=status,
            after=after,
            user_agent=user_agent,
        )
        return list(self.admin("GET", _with("/journal", query))["entries"])

    def count_requests(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        path_prefix: str | None = None,
        status: int | None = None,
        after: int | None = None,
        user_agent: str | None = None,
    ) -> int:
        """Return the number of requests that arrived."""
        query = given(
            method=method,
            path=path,
            path_prefix=path_prefix,
            status=status,
            after=after,
            user_agent=user_agent,
        )
        return int(self.admin("GET", _with("/journal/count", query))["count"])

    def clear_journal(self) -> None:
        """Clear the journal."""
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
        """Replace this world with the one in a document."""
        # As text: Python would not keep every number in an audit row as it is written.
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        url = f"{self.admin_url}/restore"
        status, raw = exchange(url, self.socket, "POST", headers, document.encode())
        if status != 204:
            raise AdminError(status, json.loads(raw)["message"])

    def reset(self) -> None:
        """Restore the world of the start."""
        self.admin("POST", "/reset")


def _with(path: str, query: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
