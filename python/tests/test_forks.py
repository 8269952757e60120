"""Forks and `multiprocessing`: the parent goes on, and the child gets a client that works."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest
from fake_server import FakeServer, Reply, Request, SilentServer, answer
from programs import Script, run

if TYPE_CHECKING:
    from pathlib import Path

# Python warns of every fork beside threads; such forks are what is tested here.
BEGIN = """
import asyncio, os, sys, threading, warnings, aura_users
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

def forked(work):
    child = os.fork()
    if child == 0:
        try:
            work()
        except Exception:
            sys.excepthook(*sys.exc_info())
            os._exit(3)
        sys.exit(0)
    return child

def ended_well(child):
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def fork(source: str, *args: str) -> str:
    return run(BEGIN + source, *args, timeout=60)


def test_fork() -> None:
    source = """
url = sys.argv[1]
client = aura_users.Client(repo_url=url)
stream = client.stream_audit_logs(prefetch=2)
seen = [next(stream).params["id"] for _ in range(150)]
aura_users.get_user("before", repo_url=url)
def work():
    global client, stream
    assert client.get_user("child").username == "child"
    assert aura_users.get_user("child", repo_url=url).username == "child"
    assert [log.params["id"] for log in stream] == list(range(150, 1000))
    del client, stream
for n in range(5):
    child = forked(work)
    assert client.get_user("parent").username == "parent"
    ended_well(child)
seen += [log.params["id"] for log in stream]
assert seen == list(range(1000))
"""
    with FakeServer(answer) as server:
        fork(source, server.url)


def test_fork_of_a_program_with_an_event_loop() -> None:
    source = """
client = aura_users.AsyncClient(repo_url=sys.argv[1])
stream = client.stream_audit_logs(prefetch=2)
async def name(of):
    return (await client.get_user(of)).username
async def rows(count):
    return [(await stream.__anext__()).params["id"] for _ in range(count)]
loop = asyncio.new_event_loop()
seen = loop.run_until_complete(rows(150))
def work():
    # In a loop of its own, as a program should; and in the parent's, as some do.
    assert asyncio.run(name("child")) == "child"
    assert loop.run_until_complete(name("child")) == "child"
    assert asyncio.run(rows(850)) == list(range(150, 1000))
for n in range(5):
    child = forked(work)
    ended_well(child)
    assert loop.run_until_complete(name("parent")) == "parent"
seen += loop.run_until_complete(rows(850))
assert seen == list(range(1000))
loop.close()
"""
    with FakeServer(answer) as server:
        fork(source, server.url)


def test_fork_inside_a_task() -> None:
    source = """
client = aura_users.AsyncClient(repo_url=sys.argv[1])
async def name(of):
    return (await client.get_user(of)).username
def work():
    assert asyncio.run(name("child")) == "child"
    os._exit(0)  # the task that forked is not the child's to end
async def main():
    others = [asyncio.create_task(name(f"u{n}")) for n in range(20)]
    for _ in range(3):
        assert await name("before") == "before"
        child = forked(work)
        assert await name("parent") == "parent"
        ended_well(child)
    assert await asyncio.gather(*others) == [f"u{n}" for n in range(20)]
asyncio.run(main())
"""
    with FakeServer(answer) as server:
        fork(source, server.url)


def test_fork_while_others_wait() -> None:
    """The stream that a thread was reading is lost to the child, which says so; all else works."""
    source = """
silent, answering = sys.argv[1:]
client = aura_users.Client(repo_url=silent, timeout=60)
awaited = aura_users.AsyncClient(repo_url=silent, timeout=60)
stream, coming = client.stream_audit_logs(), awaited.stream_audit_logs()
async def row():
    return await coming.__anext__()
for call in (lambda: next(stream), lambda: client.get_user("eric"), lambda: asyncio.run(row())):
    threading.Thread(target=call, daemon=True).start()
sys.stdin.readline()
def work():
    for use in (lambda: next(stream), lambda: asyncio.run(row()), lambda: asyncio.run(row())):
        try:
            use()
        except aura_users.AuraError as error:
            assert "fork" in str(error), error
        else:
            sys.exit(3)
    assert client.get_user("child", repo_url=answering).username == "child"
    assert asyncio.run(awaited.get_user("child", repo_url=answering)).username == "child"
ended_well(forked(work))
assert client.get_user("parent", repo_url=answering).username == "parent"
assert asyncio.run(awaited.get_user("parent", repo_url=answering)).username == "parent"
"""
    with (
        SilentServer() as silent,
        FakeServer(answer) as answering,
        Script(BEGIN + source, silent.url, answering.url) as script,
    ):
        for _ in range(3):
            silent.wait_for_request()
        script.tell("they are waiting")
        script.finish()


@pytest.mark.parametrize("what", ["call", "row", "page"])
def test_fork_in_a_signal_handler(what: str) -> None:
    """The call that the handler interrupts ends in the child and goes on in the parent."""
    source = """
import signal
url, what = sys.argv[1:]
client = aura_users.Client(repo_url=url, timeout=60)
stream = client.stream_audit_logs(page=10)
calls = {"call": lambda: client.get_user("parent").username,
         "row": lambda: next(stream).params["id"],
         "page": lambda: next(stream.pages())[0].params["id"]}
parent = os.getpid()
def handler(*_):
    child = os.fork()
    if child:
        ended_well(child)
        print("forked", flush=True)
signal.signal(signal.SIGUSR1, handler)
try:
    print(calls[what]())
except aura_users.CancelledError as error:
    assert os.getpid() != parent
    assert "fork" in str(error), error
    os._exit(0)
assert os.getpid() == parent, "the child took what was the parent's"
"""
    asked, answers = threading.Event(), threading.Event()

    def late(request: Request) -> Reply:
        asked.set()
        assert answers.wait(30)
        return answer(request)

    with FakeServer(late) as server, Script(BEGIN + source, server.url, what) as script:
        assert asked.wait(30)
        script.process.send_signal(signal.SIGUSR1)
        assert script.readline() == "forked", script.process.communicate()
        answers.set()
        assert script.finish() == ("parent\n" if what == "call" else "900\n")


def test_a_deadline_after_a_fork_in_a_signal_handler() -> None:
    """The child takes no tick of the clock that the parent waits for."""
    source = """
import signal
client = aura_users.Client(repo_url=sys.argv[1], timeout=2)
parent = os.getpid()
signal.signal(signal.SIGUSR1, lambda *_: os.fork())
try:
    client.get_user("parent")
except aura_users.CancelledError:
    os._exit(3 if os.getpid() == parent else 0)
except aura_users.AuraError as error:
    assert os.getpid() == parent and error.kind == "timeout", error
ended_well(-1)
"""
    with SilentServer() as silent, Script(BEGIN + source, silent.url) as script:
        silent.wait_for_request()
        script.process.send_signal(signal.SIGUSR1)
        script.finish()


def test_fork_again_and_again_in_traffic() -> None:
    """Whatever the other threads are in the middle of, a lock among it, the child is well."""
    source = """
import logging
logging.getLogger("aura_users").setLevel(logging.DEBUG)
logging.getLogger("aura_users").addHandler(logging.NullHandler())
client = aura_users.Client(repo_url=sys.argv[1])
awaited = aura_users.AsyncClient(repo_url=sys.argv[1])
over = threading.Event()
async def many():
    await asyncio.gather(*(awaited.get_user("many") for _ in range(20)))
def traffic(call):
    while not over.is_set():
        call()
calls = [lambda: client.get_user("busy"), lambda: list(client.stream_audit_logs(page=9)),
         lambda: asyncio.run(many())]
threads = [threading.Thread(target=traffic, args=[call]) for call in calls]
for thread in threads:
    thread.start()
def work():
    assert client.get_user("child").username == "child"
    assert asyncio.run(awaited.get_user("child")).username == "child"
    os._exit(0)
for _ in range(40):
    ended_well(forked(work))
over.set()
for thread in threads:
    thread.join()
"""
    with FakeServer(answer) as server:
        fork(source, server.url)


def test_a_server_that_loads_the_program_before_it_forks() -> None:
    """As with `gunicorn --preload`: the master makes and uses the client, then each worker does."""
    source = """
import signal
client = aura_users.Client(repo_url=sys.argv[1])
awaited = aura_users.AsyncClient(repo_url=sys.argv[1])
client.get_user("master")
asyncio.run(awaited.get_user("master"))
first = next(client.stream_audit_logs())  # and its pages asked for ahead
async def serve():
    users = await asyncio.gather(*(awaited.get_user(f"u{n}") for n in range(10)))
    return [user.username for user in users]
def worker():
    for _ in range(5):
        assert client.get_user("worker").username == "worker"
        assert asyncio.run(serve()) == [f"u{n}" for n in range(10)]
    assert len(list(client.stream_audit_logs())) == 1000
    ended_well(forked(lambda: client.get_user("of a worker")))
    os.write(1, b"served\\n")  # whole, whoever else writes
    signal.pause()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
workers = [forked(worker) for _ in range(4)]
assert sys.stdin.readline() == "stop\\n"
client.get_user("master")
for child in workers:
    os.kill(child, signal.SIGTERM)
    ended_well(child)
"""
    with FakeServer(answer) as server, Script(BEGIN + source, server.url) as script:
        assert [script.readline() for _ in range(4)] == ["served"] * 4
        script.tell("stop")
        script.finish()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(method: str, tmp_path: Path) -> None:
    source = """
import asyncio, multiprocessing, pickle, sys, warnings, aura_users
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
method, url = sys.argv[1:]
client = aura_users.Client(repo_url=url)
awaited = aura_users.AsyncClient(repo_url=url)
def user(n):
    both = asyncio.run(awaited.get_user(f"u{n}")), client.get_user(f"u{n}")
    assert both[0] == both[1]
    return both[0], next(client.stream_audit_logs())
if __name__ == "__main__":
    client.get_user("before")
    asyncio.run(awaited.get_user("before"))
    with multiprocessing.get_context(method).Pool(3) as pool:
        for n, (user, log) in enumerate(pool.map(user, range(12))):
            assert user.username == f"u{n}" and log.params == {"id": 0}
        try:
            pool.apply(aura_users.get_user, ("",))
        except aura_users.InvalidArgumentError as error:
            assert error.kind == "invalid_argument"
        else:
            sys.exit(3)
        # It holds credentials and connections: each process makes its own.
        for one in (client, awaited):
            try:
                pool.apply(repr, (one,))
            except (TypeError, pickle.PicklingError) as error:
                assert "Client" in str(error), error
            else:
                sys.exit(4)
    client.get_user("after")
"""
    # Its processes read the program anew, from a file.
    program = tmp_path / "program.py"
    program.write_text(source)
    with FakeServer(answer) as server:
        run(program, method, server.url, timeout=60)
