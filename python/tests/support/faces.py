"""The sync and the async client with the same interface, so that one test covers both."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, cast

import trio
import uvloop

import aura_users

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from typing_extensions import Self

    Run = Callable[[Callable[[], Awaitable[Any]]], Any]
    MakeClient = Callable[..., aura_users.Client]

AWAITED = (aura_users.AsyncClient, aura_users.AsyncAuditLogs, aura_users.AsyncAuditLogPages)


class Awaited:
    """An async object with the interface of its sync twin. It runs every coroutine to its end."""

    def __init__(self, run: Run, thing: Any) -> None:  # noqa: ANN401
        self._run, self._thing = run, thing

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self._thing, name)
        if not inspect.ismethod(found):
            return found

        def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401
            if inspect.iscoroutinefunction(found):
                return self._run(lambda: found(*args, **options))
            given = found(*args, **options)
            return Awaited(self._run, given) if isinstance(given, AWAITED) else given

        return call

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:  # noqa: ANN401
        # An async function may not raise StopIteration.
        try:
            return self._run(self._thing.__anext__)
        except StopAsyncIteration:
            raise StopIteration from None

    def __enter__(self) -> Self:
        self._run(self._thing.__aenter__)
        return self

    def __exit__(self, *exception: object) -> None:
        self._run(lambda: self._thing.__aexit__(*exception))

    def __repr__(self) -> str:
        return repr(self._thing).replace("Async", "", 1)


def run_in_loop(loop: asyncio.AbstractEventLoop) -> Run:
    """Return a function that runs coroutines in this loop, which stays open between calls."""

    async def call(start: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401
        return await start()

    return lambda start: loop.run_until_complete(call(start))


def run_in_trio(start: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401
    """Run a coroutine in a new trio loop. A stream of an earlier loop continues in it."""
    return trio.run(start)


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """A loop that cannot watch descriptors, such as the default one on Windows."""

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> None:  # type: ignore[override] # noqa: ANN401
        raise NotImplementedError


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
    "without readers": LoopWithoutReaders,
}
NAMES = ("sync", "asyncio", "uvloop", "trio")


def wrap_async_client(run: Run) -> MakeClient:
    """Return a function that creates async clients with the interface of `Client`."""
    return cast("MakeClient", lambda **options: Awaited(run, aura_users.AsyncClient(**options)))
