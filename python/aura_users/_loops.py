"""Waiting for calls in the event loop that is running: asyncio's or uvloop's, or trio's."""

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
    """Begin a call and give its result; cancelling the task cancels the call."""
    loop = running_loop()  # without one, nothing is sent
    call = start(*args, **kwargs)
    try:
        await loop.until_done(call)
    except BaseException:
        call.cancel()
        raise
    return call.take()


def running_loop() -> Loop:
    """Return the loop of the task that calls this."""
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
        "a call of an AsyncClient is awaited in a task of asyncio or of trio; none is running"
    )
