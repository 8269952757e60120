"""Ctrl-C and other signals: a handler that raises ends a call within a tenth of a second."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest
from fake_server import (
    FakeServer,
    FullServer,
    Reply,
    Request,
    SilentServer,
    answer,
    audit_page,
)
from programs import Script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIMES = 5


def interrupt(script: Script, waits: Callable[[], None]) -> None:
    """Interrupt a program several times. It prints the time of each interruption."""
    took = []
    for _ in range(TIMES):
        waits()
        sent = time.monotonic()
        script.process.send_signal(signal.SIGINT)
        said = script.readline()
        assert said, script.process.communicate()
        took.append(float(said) - sent)
    # One of them may be late because the machine is busy.
    assert sorted(took)[-2] < 0.1, took


INTERRUPTED = f"""
import asyncio, sys, time, aura_users
silent, answering, what = sys.argv[1:]
client = aura_users.Client(repo_url=silent, timeout=60)
awaited = aura_users.AsyncClient(repo_url=silent, timeout=60)

async def get(): await awaited.get_user("eric")
async def row(): await awaited.stream_audit_logs().__anext__()
async def many(): await asyncio.gather(get(), *(asyncio.sleep(60) for _ in range(99)))
def uvloop_run(main): import uvloop; uvloop.run(main())
def trio_run(main): import trio; trio.run(main)

calls = {{"call": lambda: client.get_user("eric"),
         "stream": lambda: next(client.stream_audit_logs()),
         "function": lambda: aura_users.get_user("eric", repo_url=silent),
         "asyncio call": lambda: asyncio.run(get()),
         "asyncio stream": lambda: asyncio.run(row()),
         "asyncio gather": lambda: asyncio.run(many()),
         "uvloop call": lambda: uvloop_run(get),
         "uvloop stream": lambda: uvloop_run(row),
         "trio call": lambda: trio_run(get),
         "trio stream": lambda: trio_run(row)}}
for _ in range({TIMES}):
    try:
        calls[what]()
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
print(client.get_user("eric", repo_url=answering).username)
print(asyncio.run(awaited.get_user("eric", repo_url=answering)).username)
"""


@pytest.mark.parametrize(
    "what",
    [
        *("call", "stream", "function", "asyncio call", "asyncio stream", "asyncio gather"),
        *("uvloop call", "uvloop stream", "trio call", "trio stream"),
    ],
)
def test_ctrl_c_ends_a_call(what: str) -> None:
    with (
        SilentServer() as silent,
        FakeServer(answer) as answering,
        Script(INTERRUPTED, silent.url, answering.url, what) as script,
    ):
        interrupt(script, silent.wait_for_request)
        assert script.finish().split() == ["eric", "eric"]


WAITING = f"""
import asyncio, sys, time, aura_users
url, face, *words = sys.argv[1:]
options = dict(repo_url=url, connect_timeout=60, timeout=60, total_timeout=600)
def call():
    if face == "sync":
        aura_users.Client(**options).get_user("eric")
    else:
        asyncio.run(aura_users.AsyncClient(**options).get_user("eric"))
for _ in range({TIMES}):
    try:
        for word in words:
            print(word, flush=True)
        call()
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
"""


@pytest.mark.parametrize("face", ["sync", "async"])
def test_ctrl_c_ends_connecting(face: str) -> None:
    with FullServer() as server, Script(WAITING, server.url, face) as script:
        interrupt(script, server.wait_for_connect)
        script.finish()


@pytest.mark.parametrize("face", ["sync", "async"])
def test_ctrl_c_ends_waiting_for_the_rate_limit(face: str) -> None:
    asked = threading.Semaphore(0)

    def refuse(_: Request) -> Reply:
        asked.release()
        return Reply({"message": "later"}, status=429, headers={"retry-after": "300"})

    with FakeServer(refuse) as server, Script(WAITING, server.url, face) as script:
        interrupt(script, lambda: wait_for(asked))
        script.finish()


def wait_for(event: threading.Semaphore) -> None:
    assert event.acquire(timeout=30)


HANGING_RESOLVER = """
#include <unistd.h>
struct addrinfo;
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    static const char said[] = "asked\\n";
    (void)node, (void)service, (void)hints, (void)found;
    (void)!write(1, said, sizeof said - 1);
    for (;;) pause();
}
"""


@pytest.mark.parametrize("face", ["sync", "async"])
def test_ctrl_c_and_exit_end_a_name_look_up(face: str, tmp_path: Path) -> None:
    source, library = tmp_path / "hang.c", tmp_path / "hang.so"
    source.write_text(HANGING_RESOLVER)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    with Script(
        WAITING,
        "https://nowhere.invalid/api",
        face,
        "calling",
        env={"LD_PRELOAD": str(library)},
    ) as script:
        look_ups = iter(range(TIMES))

        def wait_for_look_up() -> None:
            assert script.readline() == "calling"
            # The first look-up never ends, and the other calls share it.
            if next(look_ups) == 0:
                assert script.readline() == "asked"
            else:
                time.sleep(0.2)  # if the call has not started by then, this tests less

        interrupt(script, wait_for_look_up)
        script.finish()


def test_an_interrupted_stream_continues_with_the_same_request() -> None:
    source = """
import sys, aura_users
stream = aura_users.stream_audit_logs(repo_url=sys.argv[1])
try:
    next(stream)
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(next(stream).params["id"])
"""
    check_the_same_request_continues(source)


def test_an_interrupted_async_stream_continues_with_the_same_request() -> None:
    source = """
import asyncio, sys, aura_users
stream = aura_users.AsyncClient(repo_url=sys.argv[1]).stream_audit_logs()
async def row():
    return (await stream.__anext__()).params["id"]
try:
    asyncio.run(row())
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(asyncio.run(row()))
"""
    check_the_same_request_continues(source)


def check_the_same_request_continues(source: str) -> None:
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


def test_a_handler_can_use_the_client_and_raise_any_exception() -> None:
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


def test_many_signals_fail_no_call() -> None:
    source = """
import asyncio, signal, sys, aura_users
caught = 0
def handle(*_):
    global caught
    caught += 1
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
client = aura_users.Client(repo_url=sys.argv[1])
awaited = aura_users.AsyncClient(repo_url=sys.argv[1])
async def calls():
    await asyncio.gather(*(awaited.get_user("eric") for _ in range(50)))
while caught < 200:
    assert client.get_user("eric").username == "eric"
    assert len(list(client.stream_audit_logs(page=9))) == 200
    asyncio.run(calls())
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    with FakeServer(answer) as server, Script(source, server.url) as script:
        script.finish(60)


def test_ctrl_c_of_a_terminal_ends_the_program_as_usual() -> None:
    # A terminal sends the signal to the whole process group. The program does not catch it.
    source = """
import sys, aura_users
aura_users.get_user("eric", repo_url=sys.argv[1])
"""
    with SilentServer() as server, Script(source, server.url) as script:
        server.wait_for_request()
        os.killpg(script.process.pid, signal.SIGINT)
        _, err = script.process.communicate(timeout=30)
        assert script.process.returncode == -signal.SIGINT
        assert err.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("reads", ["list(stream)", "deque(stream.pages(), 0)"])
@pytest.mark.parametrize("prefetch", [0, 4])
def test_ctrl_c_ends_a_loop_that_runs_no_python(reads: str, prefetch: int) -> None:
    source = f"""
import sys, time, aura_users
from collections import deque
stream = aura_users.stream_audit_logs(repo_url=sys.argv[1], prefetch={prefetch})
next(stream)
try:
    print("reading", flush=True)
    {reads}
except KeyboardInterrupt:
    print(time.monotonic())
"""
    took = []
    with FakeServer(lambda request: audit_page(request.page, 10**9)) as server:
        for _ in range(3):
            with Script(source, server.url) as script:
                assert script.readline() == "reading"
                time.sleep(0.2)  # if it has not started by then, this tests less
                sent = time.monotonic()
                script.process.send_signal(signal.SIGINT)
                took.append(float(script.finish()) - sent)
    # One of them may be late because the machine is busy.
    assert sorted(took)[-2] < 0.1, took


def test_a_signal_ends_a_call_of_a_handler_too() -> None:
    source = """
import signal, sys, aura_users
client = aura_users.Client(repo_url=sys.argv[1], timeout=60)
def handle(*_):
    signal.signal(signal.SIGUSR1, signal.default_int_handler)
    print("handling", flush=True)
    client.get_user("inner")
signal.signal(signal.SIGUSR1, handle)
try:
    client.get_user("outer")
except KeyboardInterrupt:
    print("ended")
"""
    with SilentServer() as server, Script(source, server.url) as script:
        server.wait_for_request()
        script.process.send_signal(signal.SIGUSR1)
        assert script.readline() == "handling"
        server.wait_for_request()
        script.process.send_signal(signal.SIGUSR1)
        assert script.finish() == "ended\n"
