"""Waits in asyncio, with its own loop or uvloop's. Imported only if a program uses asyncio."""

from __future__ import annotations

import asyncio

from aura_users._loop import Loop


def running_loop() -> Loop | None:
    """Return the state of the running task's loop, or None without a task."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no asyncio loop runs in this thread
        return None
    return None if task is None else of_loop(task.get_loop())


def of_loop(loop: asyncio.AbstractEventLoop) -> Loop:
    """Return the state of a loop. It is an attribute of the loop, so that it ends with it."""
    known: Loop | None = getattr(loop, "_aura_users", None)
    if known is not None and not known.is_of_another_process():
        return known
    here = Loop(asyncio.Event)
    # Keep the parent's queue open: the loop may also watch it in this process.
    here.of_parent = known
    loop._aura_users = here  # type: ignore[attr-defined]
    try:
        loop.add_reader(here.completions.fileno(), here.wake)
    except NotImplementedError:  # on Windows
        watch_from_a_thread(loop, here)
    return here


def watch_from_a_thread(loop: asyncio.AbstractEventLoop, here: Loop) -> None:
    """Wake the loop from a thread that ends with the loop and does not keep it alive."""
    import threading
    import weakref

    def watch() -> None:
        while completions.wait():
            if (loop := of()) is None:
                break
            try:
                loop.call_soon_threadsafe(loop._aura_users.wake)  # type: ignore[attr-defined]
            except RuntimeError:  # the loop is closed
                break
            del loop

    completions, of = here.completions, weakref.ref(loop)
    # When the interpreter exits, the thread is left waiting.
    weakref.finalize(loop, completions.close).atexit = False
    threading.Thread(target=watch, name="aura-users-loop", daemon=True).start()
