"""Waiting for calls in the event loop that is running: asyncio's or uvloop's, or trio's.

Calls run on the core's thread, which never touches Python. It puts the token of a call that is
done into the loop's `Completions`; the loop watches their descriptor and wakes the task.
"""

from __future__ import annotations

import sys
from itertools import count
from os import getpid

from aura_users._native import Completions

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any, ParamSpec, TypeVar

    import trio

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


class Loop:
    """An event loop, and those in it who wait for a call."""

    def __init__(self, event: type[asyncio.Event | trio.Event]) -> None:
        self.process = getpid()
        self.event = event
        self.completions = Completions()
        self.tokens = count()
        self.waiting: dict[int, asyncio.Event | trio.Event] = {}
        self.of_parent: Loop | None = None

    def is_of_another_process(self) -> bool:
        return self.process != getpid()

    async def until_done(self, call: Call[Any]) -> None:
        """Wait until the call is done. Who is cancelled meanwhile leaves the call as it is."""
        token = next(self.tokens)
        self.waiting[token] = done = self.event()
        call.on_done(self.completions, token)
        try:
            await done.wait()
        finally:
            del self.waiting[token]

    def wake(self) -> None:
        """Wake those whose calls are done."""
        for token in self.completions.take():
            done = self.waiting.get(token)
            if done is not None:
                done.set()
        self.completions.deliver_log()


def running_loop() -> Loop:
    """Give the loop of the task in which this is called."""
    # Who runs a loop has imported it; asyncio's costs more than the rest of us.
    if "asyncio" in sys.modules:
        import asyncio

        try:
            task = asyncio.current_task()
        except RuntimeError:  # no loop of asyncio's runs in this thread
            task = None
        if task is not None:
            return asyncio_loop(task.get_loop())
    if "trio" in sys.modules:
        from aura_users import _trio

        if _trio.in_trio_task():
            return _trio.running_loop()
    raise RuntimeError(
        "a call of an AsyncClient is awaited in a task of asyncio or of trio; none is running"
    )


def asyncio_loop(loop: asyncio.AbstractEventLoop) -> Loop:
    """Give what is known of a loop of asyncio's: an attribute lives and dies with it."""
    known: Loop | None = getattr(loop, "_aura_users", None)
    if known is not None and not known.is_of_another_process():
        return known
    import asyncio

    here = Loop(asyncio.Event)
    # The parent's stays open: until it is closed, the loop may watch it here as well.
    here.of_parent = known
    loop._aura_users = here  # type: ignore[attr-defined]
    try:
        loop.add_reader(here.completions.fileno(), here.wake)
    except NotImplementedError:  # on Windows
        watch_from_a_thread(loop, here)
    return here


def watch_from_a_thread(loop: asyncio.AbstractEventLoop, here: Loop) -> None:
    """Wake from a thread that ends with the loop, which it does not keep."""
    import threading
    import weakref

    def watch() -> None:
        while completions.wait():
            if (loop := of()) is None:
                break
            try:
                loop.call_soon_threadsafe(loop._aura_users.wake)  # type: ignore[attr-defined]
            except RuntimeError:  # it is closed
                break
            del loop

    completions, of = here.completions, weakref.ref(loop)
    # At the interpreter's end the thread is left where it waits.
    weakref.finalize(loop, completions.close).atexit = False
    threading.Thread(target=watch, name="aura-users-loop", daemon=True).start()
