"""Waits in trio. Imported only if a program uses trio."""

from __future__ import annotations

import trio
from trio.lowlevel import in_trio_task

from aura_users._loop import Loop

__all__ = ["in_trio_task", "running_loop"]

_here: trio.lowlevel.RunVar[Loop | None] = trio.lowlevel.RunVar("aura_users", None)


def running_loop() -> Loop:
    """Return the state of the running trio loop."""
    here = _here.get()
    if here is None or here.is_of_another_process():
        here = Loop(trio.Event)
        descriptor = here.completions.fileno()
        _here.set(here)
        trio.lowlevel.spawn_system_task(_watch, here, descriptor)
    return here


async def _watch(here: Loop, descriptor: int) -> None:
    # A system task: trio ends it with the run.
    while True:
        await trio.lowlevel.wait_readable(descriptor)
        here.wake()
