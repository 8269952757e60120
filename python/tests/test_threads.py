"""Threads, other interpreters, and the cost of the import."""

from __future__ import annotations

import asyncio
import sys
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_server import FakeServer, Reply, Request, answer
from programs import run

import aura_users


def test_the_gil_is_released_while_a_call_waits() -> None:
    turns = []

    def work(_: Request) -> Reply:
        # This runs in another thread of this interpreter while the main thread waits for it.
        for turn in range(1000):
            turns.append(turn)
            time.sleep(0)
        return Reply({"username": "eric"})

    with FakeServer(work) as server:
        aura_users.get_user("eric", repo_url=server.url)
    assert len(turns) == 1000


def test_many_threads_can_share_a_client() -> None:
    with FakeServer(answer) as server, aura_users.Client(repo_url=server.url) as client:

        def calls(thread: int) -> list[str]:
            return [client.get_user(f"u{thread}x{n}").username for n in range(25)]

        with ThreadPoolExecutor(8) as pool:
            for thread, names in enumerate(pool.map(calls, range(8))):
                assert names == [f"u{thread}x{n}" for n in range(25)]
            logs = pool.map(lambda _: len(list(client.stream_audit_logs())), range(4))
            assert list(logs) == [1000] * 4


def test_many_event_loops_can_share_a_client() -> None:
    with FakeServer(answer) as server:
        client = aura_users.AsyncClient(repo_url=server.url)

        async def calls(thread: int) -> list[str]:
            users = await asyncio.gather(*(client.get_user(f"u{thread}x{n}") for n in range(25)))
            return [user.username for user in users]

        async def count() -> int:
            return len([log async for log in client.stream_audit_logs()])

        with ThreadPoolExecutor(8) as pool:
            for thread, names in enumerate(pool.map(lambda n: asyncio.run(calls(n)), range(8))):
                assert names == [f"u{thread}x{n}" for n in range(25)]
            logs = pool.map(lambda _: asyncio.run(count()), range(4))
            assert list(logs) == [1000] * 4


def test_waiting_calls_do_not_block_each_other() -> None:
    together = threading.Barrier(4, timeout=30)

    def meet(_: Request) -> Reply:
        together.wait()
        return Reply({"username": "eric"})

    with FakeServer(meet) as server, aura_users.Client(repo_url=server.url) as client:
        with ThreadPoolExecutor(4) as pool:
            users = list(pool.map(lambda _: client.get_user("eric"), range(4)))
        assert len(users) == 4


def test_closing_a_client_in_another_thread_ends_no_call() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def wait(_: Request) -> Reply:
        asked.set()
        assert go_on.wait(30)
        return Reply({"username": "eric"})

    with FakeServer(wait) as server, ThreadPoolExecutor(1) as pool:
        client = aura_users.Client(repo_url=server.url)
        call = pool.submit(client.get_user, "eric")
        assert asked.wait(30)
        client.close()
        go_on.set()
        assert call.result(30).username == "eric"


def test_another_thread_can_drop_a_stream() -> None:
    with FakeServer(answer) as server:
        held: list[aura_users.AuditLogs] = [aura_users.stream_audit_logs(repo_url=server.url)]
        next(held[0])
        dropper = threading.Thread(target=held.clear)
        dropper.start()
        dropper.join(30)
        assert not dropper.is_alive()


def test_the_background_thread_never_runs_python() -> None:
    # If it ran Python, the log handler would see a thread other than the main thread.
    source = """
import asyncio, logging, sys, threading, aura_users
seen = set()
class Handler(logging.Handler):
    def emit(self, record):
        seen.add((record.threadName, threading.get_ident()))
logging.getLogger("aura_users").addHandler(Handler())
logging.getLogger("aura_users").setLevel(logging.DEBUG)
async def main():
    async with aura_users.AsyncClient(repo_url=sys.argv[1]) as client:
        await asyncio.gather(*(client.get_user("eric") for _ in range(20)))
        assert len([log async for log in client.stream_audit_logs()]) == 1000
asyncio.run(main())
assert len(list(aura_users.stream_audit_logs(repo_url=sys.argv[1]))) == 1000
assert seen == {("MainThread", threading.get_ident())}, seen
"""
    with FakeServer(answer) as server:
        run(source, server.url)


def test_another_interpreter_of_the_process_is_refused() -> None:
    source = """
import sys, aura_users
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
    made = [interpreters.create("legacy"), interpreters.create("isolated")]
else:
    import _xxsubinterpreters as interpreters
    made = [interpreters.create()]
for one in made:
    interpreters.run_string(one, '''
try:
    import aura_users
except ImportError as error:
    print(error)
''')
    interpreters.destroy(one)
assert aura_users.Client(env=False)
"""
    told = run(source).splitlines()
    assert told
    for why in told:
        assert "another interpreter" in why or "does not support loading in subinterpreters" in why


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python always has a GIL"
)
def test_the_import_leaves_the_gil_off() -> None:
    assert not sys._is_gil_enabled()  # type: ignore[attr-defined]


def test_the_import_and_a_client_load_few_modules() -> None:
    source = """
import sys
before = set(sys.modules)
import aura_users
aura_users.Client(env=False)
print(*sorted(set(sys.modules) - before))
"""
    added = set(run(source).split())
    ours = {name for name in added if name.startswith("aura_users")}
    assert added - ours <= {"__future__", "_datetime", "_json", "itertools"}
    private = ("_decode", "_errors", "_native")
    assert ours == {"aura_users", *(f"aura_users.{name}" for name in private)}
