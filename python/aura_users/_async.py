"""`AsyncClient` and its streams: the operations for event loops."""

from __future__ import annotations

from aura_users._loops import load, result, running_loop
from aura_users._native import (
    AuditLogs,
    Client,
    is_loaded,
    loaded_page,
    loaded_row,
    start_create_user,
    start_get_current_user,
    start_get_user,
    start_next_page,
    start_reset_user_password,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from aura_users._native import AuditLog, RateLimitState, User
    from aura_users._options import CallOptions, ClientOptions


class AsyncClient:
    """A client of one server for tasks of asyncio, uvloop or trio.

    It has the options of a Client and keeps connections open. You can use it from many tasks, event
    loops and threads at once, and after a fork. If you cancel a task, its call ends. A bad argument
    raises when you await the call.

    >>> async with aura_users.AsyncClient(api_key="...") as client:
    ...     user = await client.get_user("ericmj")
    ...     async for log in client.stream_audit_logs():
    ...         print(log.action)
    key.generate
    owner.add
    """

    __slots__ = ("__weakref__", "_client")

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        load()
        self._client = Client(**options)

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return a client that shares the connections of this one and has other options.

        Close both clients. The connections end with the last one.
        """
        other = object.__new__(type(self))
        other._client = self._client.with_options(**options)
        return other

    async def create_user(
        self,
        username: str,
        password: str,
        emails: Sequence[str],
        **options: Unpack[CallOptions],
    ) -> User:
        """Create an account and return its record.

        If you create an account on hex.pm, you accept its terms of service:
        https://hex.pm/policies/termsofservice

        See Client.create_user. If the task was cancelled, the account may exist.
        """
        return await result(start_create_user, self._client, username, password, emails, options)

    async def get_current_user(self, **options: Unpack[CallOptions]) -> User:
        """Return the owner of the credential. See Client.get_current_user."""
        return await result(start_get_current_user, self._client, options)

    async def get_user(self, username_or_email: str, **options: Unpack[CallOptions]) -> User:
        """Return a user's public record. See Client.get_user."""
        return await result(start_get_user, self._client, username_or_email, options)

    async def reset_user_password(
        self, username_or_email: str, **options: Unpack[CallOptions]
    ) -> None:
        """Request an e-mail with a link to reset the password. See Client.reset_user_password."""
        return await result(start_reset_user_password, self._client, username_or_email, options)

    def stream_audit_logs(self, **options: Unpack[CallOptions]) -> AsyncAuditLogs:
        """Return the audit log of the credential's owner, newest row first, for `async for`.

        The first row sends the first request.
        """
        return AsyncAuditLogs(self._client.stream_audit_logs(**options))

    def rate_limit(self) -> RateLimitState | None:
        """Return the rate limit of this server and credential, if it is known."""
        return self._client.rate_limit()

    def close(self) -> None:
        """Close the connections. Any later call raises InvalidArgumentError.

        Running calls and open streams continue.
        """
        self._client.close()

    async def aclose(self) -> None:
        """Do the same as close(), which never waits."""
        self.close()

    async def __aenter__(self) -> Self:
        self._client.__enter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._client).replace("Client", "AsyncClient", 1)


class AsyncAuditLogs:
    """The caller's own audit log, newest row first, for `async for`.

    It returns every row that existed at its start exactly once and in order, even if other rows are
    written meanwhile. It may return rows that are written meanwhile, but never twice. If the server
    deletes rows meanwhile, it can skip others: no client can see that.

    After an error the stream keeps its position: the next row requests the same page again. It
    skips nothing, and an error never ends the log. A cancelled task and a signal handler that
    raises lose no row, as with AuditLogs.

    Several tasks may read one stream; each row goes to one of them. It is an asynchronous context
    manager. If you close or drop it, it cancels its requests.

    >>> async with aura_users.AsyncClient().stream_audit_logs() as logs:
    ...     print((await anext(logs)).action)
    ...     print(logs.page)
    key.generate
    1
    """

    __slots__ = ("__weakref__", "_logs")

    def __init__(self, logs: AuditLogs) -> None:
        # It holds the loaded rows and the next page, so a cancelled task loses none.
        self._logs = logs

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AuditLog:
        while not is_loaded(self._logs):
            await self._turn_page()
        # No variable holds the row, as the row could then not return to the stream. If another
        # thread has taken it, this reads the next one.
        return loaded_row(self._logs) or await self.__anext__()

    async def _turn_page(self) -> None:
        """Wait for the next page and load it, unless another task has."""
        loop = running_loop()
        call = start_next_page(self._logs)
        await loop.until_done(call)
        if not call.take():
            raise StopAsyncIteration

    async def _take_page(self) -> list[AuditLog]:
        while not is_loaded(self._logs):
            await self._turn_page()
        return loaded_page(self._logs) or await self._take_page()

    @property
    def page(self) -> int:
        """The page of the next row, or after the end the last page.

        Pass it as the option `page` to continue another day.
        """
        return self._logs.page

    def pages(self) -> AsyncAuditLogPages:
        """Return an iterator over the same rows as lists, one list a page.

        The first list is the rest of the current page.
        """
        return AsyncAuditLogPages(self, self._take_page)

    def close(self) -> None:
        """End the stream. Reading it then raises InvalidArgumentError, also in waiting tasks."""
        self._logs.close()

    async def aclose(self) -> None:
        """Do the same as close(), which never waits."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._logs).replace("AuditLogs", "AsyncAuditLogs", 1)


class AsyncAuditLogPages:
    """The pages of an AsyncAuditLogs: lists of AuditLog, for `async for`.

    >>> logs = aura_users.AsyncClient().stream_audit_logs()
    >>> async for page in logs.pages():
    ...     print(len(page))
    2
    """

    __slots__ = ("__weakref__", "_stream", "_take")

    def __init__(
        self, stream: AsyncAuditLogs, take: Callable[[], Awaitable[list[AuditLog]]]
    ) -> None:
        self._stream, self._take = stream, take

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[AuditLog]:
        return await self._take()

    def __repr__(self) -> str:
        return repr(self._stream).replace("AuditLogs", "AuditLogPages", 1)


# `inspect` and `help()` name every option, as they do for Client's methods.
for _name in (
    *("with_options", "create_user", "get_current_user", "get_user"),
    *("reset_user_password", "stream_audit_logs"),
):
    getattr(AsyncClient, _name).__wrapped__ = getattr(Client, _name)

# The public module is the package.
for _cls in (AsyncClient, AsyncAuditLogs, AsyncAuditLogPages):
    _cls.__module__ = "aura_users"
