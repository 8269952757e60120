"""Threads, signals, forks, and the end of the interpreter."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_server import FakeServer, Reply, Request, SilentServer, audit_page
from programs import Script, run

import aura_users

ON_EXIT = 20
"""Seconds in which a process that is done has to be gone."""


def answer(request: Request) -> Reply:
    if request.path.endswith("/audit-logs"):
        return audit_page(request.page, 1000)
    return Reply({"username": request.path.rsplit("/", 1)[1]})


def test_the_gil_is_released_while_a_call_waits() -> None:
    turns = []

    def work(_: Request) -> Reply:
        # Runs in another thread of this interpreter, while the main thread waits for it.
        for turn in range(1000):
            turns.append(turn)
            time.sleep(0)
        return Reply({"username": "eric"})

    with FakeServer(work) as server:
        aura_users.get_user("eric", repo_url=server.url)
    assert len(turns) == 1000


def test_many_threads_on_one_client() -> None:
    with FakeServer(answer) as server, aura_users.Client(repo_url=server.url) as client:

        def calls(thread: int) -> list[str]:
            return [client.get_user(f"u{thread}x{n}").username for n in range(25)]

        with ThreadPoolExecutor(8) as pool:
            for thread, names in enumerate(pool.map(calls, range(8))):
                assert names == [f"u{thread}x{n}" for n in range(25)]
            logs = pool.map(lambda _: len(list(client.stream_audit_logs())), range(4))
            assert list(logs) == [1000] * 4


def test_calls_that_wait_do_not_wait_for_each_other() -> None:
    together = threading.Barrier(4, timeout=30)

    def meet(_: Request) -> Reply:
        together.wait()
        return Reply({"username": "eric"})

    with FakeServer(meet) as server, aura_users.Client(repo_url=server.url) as client:
        with ThreadPoolExecutor(4) as pool:
            users = list(pool.map(lambda _: client.get_user("eric"), range(4)))
        assert len(users) == 4


INTERRUPT = """
import sys, time, aura_users
silent, answering, what = sys.argv[1:]
client = aura_users.Client(repo_url=silent, timeout=60)
calls = {"call": lambda: client.get_user("eric"),
         "stream": lambda: next(client.stream_audit_logs()),
         "function": lambda: aura_users.get_user("eric", repo_url=silent)}
for _ in range(5):
    try:
        calls[what]()
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
print(client.get_user("eric", repo_url=answering).username)
"""


@pytest.mark.parametrize("what", ["call", "stream", "function"])
def test_ctrl_c_ends_a_call(what: str) -> None:
    with (
        SilentServer() as silent,
        FakeServer(answer) as answering,
        Script(INTERRUPT, silent.url, answering.url, what) as script,
    ):
        took = []
        for _ in range(5):
            silent.wait_for_request()
            sent = time.monotonic()
            script.process.send_signal(signal.SIGINT)
            took.append(float(script.readline()) - sent)
        assert script.finish().strip() == "eric"
    # One of five may have been late because the machine was busy.
    assert sorted(took)[3] < 0.1, took


def test_a_stream_that_was_interrupted_goes_on_with_the_same_request() -> None:
    source = """
import sys, aura_users
stream = aura_users.stream_audit_logs(repo_url=sys.argv[1])
try:
    next(stream)
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(next(stream).params["id"])
"""
    asked, go_on = threading.Event(), threading.Event()

    def wait(request: Request) -> Reply:
        asked.set()
        assert go_on.wait(30)
        return audit_page(request.page, 5)

    with FakeServer(wait) as server, Script(source, server.url) as script:
        assert asked.wait(30)
        script.process.send_signal(signal.SIGINT)
        assert script.readline() == "interrupted"
        go_on.set()
        assert script.finish().strip() == "0"
        assert len(server.requests) == 1


def test_a_handler_that_does_not_raise_does_not_end_the_call() -> None:
    source = """
import signal, sys, aura_users
signal.signal(signal.SIGUSR1, lambda *_: print("handled", flush=True))
print(aura_users.get_user("eric", repo_url=sys.argv[1]).username)
"""
    asked, go_on = threading.Event(), threading.Event()

    def wait(_: Request) -> Reply:
        asked.set()
        assert go_on.wait(30)
        return Reply({"username": "eric"})

    with FakeServer(wait) as server, Script(source, server.url) as script:
        assert asked.wait(30)
        script.process.send_signal(signal.SIGUSR1)
        assert script.readline() == "handled"
        go_on.set()
        assert script.finish().strip() == "eric"
        assert len(server.requests) == 1


def test_any_exception_of_a_handler_comes_through_and_may_use_the_client() -> None:
    source = """
import signal, sys, aura_users
silent, answering = sys.argv[1:]
client = aura_users.Client(repo_url=silent)
class Enough(Exception): pass
def handle(*_):
    raise Enough(client.get_user("inner", repo_url=answering).username)
signal.signal(signal.SIGUSR1, handle)
try:
    client.get_user("outer")
except Enough as error:
    print(error)
"""
    with (
        SilentServer() as silent,
        FakeServer(answer) as answering,
        Script(source, silent.url, answering.url) as script,
    ):
        silent.wait_for_request()
        script.process.send_signal(signal.SIGUSR1)
        assert script.finish().strip() == "inner"


FORK = """
import os, sys, warnings, threading, aura_users
warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads: that is the test
url = sys.argv[1]
client = aura_users.Client(repo_url=url)
stream = client.stream_audit_logs(prefetch=2)
seen = [next(stream).params["id"] for _ in range(150)]
aura_users.get_user("before", repo_url=url)
for n in range(5):
    child = os.fork()
    if child == 0:
        assert client.get_user("child").username == "child"
        assert aura_users.get_user("child", repo_url=url).username == "child"
        assert [log.params["id"] for log in stream] == list(range(150, 1000))
        del client, stream
        sys.exit(0)
    assert client.get_user("parent").username == "parent"
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
seen += [log.params["id"] for log in stream]
assert seen == list(range(1000))
"""


def test_fork() -> None:
    with FakeServer(answer) as server:
        run(FORK, server.url, timeout=60)


def test_fork_while_another_thread_reads_the_stream() -> None:
    source = """
import os, sys, threading, warnings, aura_users
warnings.simplefilter("ignore", DeprecationWarning)
silent, answering = sys.argv[1:]
client = aura_users.Client(repo_url=silent, timeout=60)
stream = client.stream_audit_logs()
threading.Thread(target=lambda: next(stream), daemon=True).start()
threading.Thread(target=lambda: client.get_user("eric"), daemon=True).start()
sys.stdin.readline()
child = os.fork()
if child == 0:
    try:
        next(stream)
    except aura_users.InvalidArgumentError as error:
        assert "forked" in str(error), error
    else:
        sys.exit(3)
    assert client.get_user("child", repo_url=answering).username == "child"
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert client.get_user("parent", repo_url=answering).username == "parent"
"""
    with (
        SilentServer() as silent,
        FakeServer(answer) as answering,
        Script(source, silent.url, answering.url) as script,
    ):
        silent.wait_for_request()
        silent.wait_for_request()
        script.tell("both are waiting")
        script.finish(ON_EXIT)


def test_multiprocessing() -> None:
    source = """
import multiprocessing, sys, warnings, aura_users
warnings.simplefilter("ignore", DeprecationWarning)
url = sys.argv[1]
client = aura_users.Client(repo_url=url)
def user(n):
    return client.get_user(f"u{n}"), next(client.stream_audit_logs())
if __name__ == "__main__":
    client.get_user("before")
    with multiprocessing.get_context("fork").Pool(3) as pool:
        for n, (user, log) in enumerate(pool.map(user, range(12))):
            assert user.username == f"u{n}" and log.params == {"id": 0}
        try:
            pool.apply(aura_users.get_user, ("",))
        except aura_users.InvalidArgumentError as error:
            assert error.kind == "invalid_argument"
        else:
            sys.exit(3)
    client.get_user("after")
"""
    with FakeServer(answer) as server:
        run(source, server.url, timeout=60)


@pytest.mark.parametrize("at_exit", ["pass", "sys.exit(0)", "del stream, client", "gc.freeze()"])
def test_the_interpreter_ends_with_a_stream_in_flight(at_exit: str) -> None:
    source = f"""
import gc, sys, aura_users
client = aura_users.Client(repo_url=sys.argv[1])
stream = client.stream_audit_logs(prefetch=8)
next(stream)
print("reading", flush=True)
{at_exit}
"""

    def slow(request: Request) -> Reply:
        if request.page > 1:
            done.wait()
        return audit_page(request.page, 1000)

    done = threading.Event()
    with FakeServer(slow) as server:
        try:
            assert run(source, server.url, timeout=ON_EXIT) == "reading\n"
        finally:
            done.set()


def test_the_interpreter_ends_while_daemon_threads_wait() -> None:
    source = """
import sys, threading, aura_users
client = aura_users.Client(repo_url=sys.argv[1], timeout=60)
for call in (lambda: client.get_user("eric"), lambda: next(client.stream_audit_logs())):
    threading.Thread(target=call, daemon=True).start()
sys.stdin.readline()
"""
    with SilentServer() as server, Script(source, server.url) as script:
        server.wait_for_request()
        server.wait_for_request()
        script.tell("both are waiting")
        script.finish(ON_EXIT)


def test_a_stream_dropped_by_the_collector_in_another_thread() -> None:
    with FakeServer(answer) as server:
        held: list[aura_users.AuditLogs] = [aura_users.stream_audit_logs(repo_url=server.url)]
        next(held[0])
        dropper = threading.Thread(target=held.clear)
        dropper.start()
        dropper.join(30)
        assert not dropper.is_alive()


def test_import_is_light() -> None:
    source = """
import sys
before = set(sys.modules)
import aura_users
print(*sorted(set(sys.modules) - before))
"""
    loaded = run(source).split()
    assert set(loaded) <= {"__future__", "aura_users", "aura_users._errors", "aura_users._native"}
