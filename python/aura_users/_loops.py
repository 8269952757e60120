"""Waits for calls in the running event loop: of asyncio, uvloop or trio."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar

    from aura_users._loop import Loop
    from aura_users._native import Call

    _P = ParamSpec("_P")
    _T = TypeVar("_T")


async def result(start: Callable[_P, Call[_T]], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Start a call and return its result. If the task is cancelled, the call is too."""
    loop = running_loop()  # raises before anything is sent
    call = start(*args, **kwargs)
    try:
        await loop.until_done(call)
    except BaseException:
        call.cancel()
        raise
    return call.take()


def load() -> None:
    """Import what the libraries that are loaded need.

    A client does that when it is created. If the first call did, a thread could fork at that
    moment, and the child would wait for ever for the lock of that import.
    """
    for library in ("asyncio", "trio"):
        if library in sys.modules:
            __import__(f"aura_users._{library}")


def running_loop() -> Loop:
    """Return the state of the running task's loop."""
    # A program that runs a loop has imported its library. Importing asyncio costs more than this
    # package.
    if "asyncio" in sys.modules:
        from aura_users import _asyncio

        loop = _asyncio.running_loop()
        if loop is not None:
            return loop
    if "trio" in sys.modules:
        from aura_users import _trio

        if _trio.in_trio_task():
            return _trio.running_loop()
    raise RuntimeError(
        "await a call of an AsyncClient in a task of asyncio or of trio; none is running"
    )
