"""`AsyncClient` and its streams: the same operations, awaited."""

from __future__ import annotations

from aura_users._loops import result, running_loop
from aura_users._native import (
    AuditLogs,
    Client,
    is_at_hand,
    page_at_hand,
    row_at_hand,
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

    from aura_users._native import (
        AuditLog,
        CallOptions,
        ClientOptions,
        RateLimitState,
        User,
    )


class AsyncClient:
    """A client of one server whose calls are awaited, in tasks of asyncio, uvloop or trio.

    It is a Client in all else: the same options, connections that are kept open, and one may be
    used from many tasks, event loops and threads at once, and after a fork. Cancelling a task ends
    the call it awaits; a bad argument is an error where the call is awaited.

    >>> async with aura_users.AsyncClient(api_key="...") as client:
    ...     user = await client.get_user("ericmj")
    ...     async for log in client.stream_audit_logs():
    ...         print(log.action)
    key.generate
    owner.add
    """

    __slots__ = ("_client",)

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        self._client = Client(**options)

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Give the same client, connections and all, with other options.

        Each of the two is closed for itself; the connections end with the last.
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
        """Make an account, and give its record.

        Making an account on hex.pm means accepting its terms of service:
        https://hex.pm/policies/termsofservice

        See Client.create_user. Where the task was cancelled the account may exist.
        """
        return await result(start_create_user, self._client, username, password, emails, options)

    async def get_current_user(self, **options: Unpack[CallOptions]) -> User:
        """Give the user the credential belongs to. See Client.get_current_user."""
        return await result(start_get_current_user, self._client, options)

    async def get_user(self, username_or_email: str, **options: Unpack[CallOptions]) -> User:
        """Give a user's public record. See Client.get_user."""
        return await result(start_get_user, self._client, username_or_email, options)

    async def reset_user_password(
        self, username_or_email: str, **options: Unpack[CallOptions]
    ) -> None:
        """Ask the server to mail its user a link. See Client.reset_user_password."""
        return await result(start_reset_user_password, self._client, username_or_email, options)

    def stream_audit_logs(self, **options: Unpack[CallOptions]) -> AsyncAuditLogs:
        """Give the audit log of the credential's user, newest row first, for `async for`.

        Nothing is sent before the first row is asked for.
        """
        return AsyncAuditLogs(self._client.stream_audit_logs(**options))

    def rate_limit(self) -> RateLimitState | None:
        """Give what the server last said of its rate limit, where it did."""
        return self._client.rate_limit()

    def close(self) -> None:
        """Drop the connections; any later call raises InvalidArgumentError.

        Calls under way and streams that were begun go on.
        """
        self._client.close()

    async def aclose(self) -> None:
        """Do the same as close(), which waits for nothing."""
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

    Every row that was there when reading began comes out exactly once, in order, while other rows
    are written. Of rows written meanwhile some may come, none of them twice. Rows that the server
    deletes meanwhile can make it skip others: nobody can see that from outside.

    An error keeps the place: the next row asked for tries the same page again. Nothing is skipped,
    a failure is never taken for the end, and a task that is cancelled takes no row along. Nor does
    the exception of a signal's handler, as with AuditLogs.

    Several tasks may read one stream; each row goes to one of them. It is an asynchronous context
    manager; closing or dropping it cancels what it asked for ahead.

    >>> async with aura_users.AsyncClient().stream_audit_logs() as logs:
    ...     print((await anext(logs)).action)
    ...     print(logs.page)
    key.generate
    1
    """

    __slots__ = ("_logs",)

    def __init__(self, logs: AuditLogs) -> None:
        # It has the rows at hand and the page on its way: a task that is cancelled leaves them.
        self._logs = logs

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AuditLog:
        while not is_at_hand(self._logs):
            await self._turn_page()
        # A variable would keep the row from coming back. Another thread may have been quicker.
        return row_at_hand(self._logs) or await self.__anext__()

    async def _turn_page(self) -> None:
        """Wait for the next page and make it the one at hand, unless another task has."""
        loop = running_loop()
        call = start_next_page(self._logs)
        await loop.until_done(call)
        if not call.take():
            raise StopAsyncIteration

    async def _take_page(self) -> list[AuditLog]:
        while not is_at_hand(self._logs):
            await self._turn_page()
        return page_at_hand(self._logs) or await self._take_page()

    @property
    def page(self) -> int:
        """The page the next row is on, or after the end the last page there was.

        To go on another day, start there with the option `page`.
        """
        return self._logs.page

    def pages(self) -> AsyncAuditLogPages:
        """Give the same rows as lists, one for each page: the rest of the page at hand first."""
        return AsyncAuditLogPages(self._take_page)

    def close(self) -> None:
        """End the stream; reading on raises InvalidArgumentError, in tasks that wait too."""
        self._logs.close()

    async def aclose(self) -> None:
        """Do the same as close(), which waits for nothing."""
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

    __slots__ = ("_take",)

    def __init__(self, take: Callable[[], Awaitable[list[AuditLog]]]) -> None:
        self._take = take

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[AuditLog]:
        return await self._take()


# `inspect` and `help()` name every option, as they do for Client's methods.
for _name in (
    *("with_options", "create_user", "get_current_user", "get_user"),
    *("reset_user_password", "stream_audit_logs"),
):
    getattr(AsyncClient, _name).__wrapped__ = getattr(Client, _name)

# They are the package's, whatever file they stand in.
for _cls in (AsyncClient, AsyncAuditLogs, AsyncAuditLogPages):
    _cls.__module__ = "aura_users"
