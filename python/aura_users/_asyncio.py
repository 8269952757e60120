"""Waiting under asyncio, with its own loop or uvloop's. Imported only if a program uses asyncio."""

from __future__ import annotations

import asyncio

from aura_users._loop import Loop


def running_loop() -> Loop | None:
    """Return what is known of the loop of the task that calls this, or None without a task."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop of asyncio's runs in this thread
        return None
    return None if task is None else of_loop(task.get_loop())


def of_loop(loop: asyncio.AbstractEventLoop) -> Loop:
    """Return what is known of a loop: an attribute lives and dies with it."""
    known: Loop | None = getattr(loop, "_aura_users", None)
    if known is not None and not known.is_of_another_process():
        return known
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
