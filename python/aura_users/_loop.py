"""The state of an event loop, and of the tasks in it that wait for calls.

Calls run on the core's thread, which never touches Python. When a call is done, that thread puts
the call's token into the loop's `Completions`. The loop watches their descriptor and wakes the
task.
"""

from __future__ import annotations

from itertools import count
from os import getpid

from aura_users._native import Completions

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Any

    import trio

    from aura_users._native import Call


class Loop:
    """An event loop, and its tasks that wait for a call."""

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
        """Wait until the call is done. If the task is cancelled, the call continues."""
        token = next(self.tokens)
        self.waiting[token] = done = self.event()
        call.on_done(self.completions, token)
        try:
            await done.wait()
        finally:
            del self.waiting[token]

    def wake(self) -> None:
        """Wake the tasks whose calls are done."""
        for token in self.completions.take():
            done = self.waiting.get(token)
            if done is not None:
                done.set()
        self.completions.deliver_log()
