"""Forks and `multiprocessing`: parent and child can both use the client."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest
from fake_server import FakeServer, Reply, Request, SilentServer, answer
from programs import Script, run

if TYPE_CHECKING:
    from pathlib import Path

# Python warns if a program with threads forks. These tests do that on purpose.
BEGIN = """
import asyncio, os, sys, threading, warnings, aura_users
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

def fork_and_run(work):
    child = os.fork()
    if child == 0:
        try:
            work()
        except Exception:
            sys.excepthook(*sys.exc_info())
            os._exit(3)
        sys.exit(0)
    return child

def wait_for_success(child):
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def run_program(source: str, *args: str) -> str:
    return run(BEGIN + source, *args, timeout=60)


def test_a_forked_child_can_use_a_client_and_a_stream() -> None:
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
    child = fork_and_run(work)
    assert client.get_user("parent").username == "parent"
    wait_for_success(child)
seen += [log.params["id"] for log in stream]
assert seen == list(range(1000))
"""
    with FakeServer(answer) as server:
        run_program(source, server.url)


def test_a_forked_child_can_run_event_loops() -> None:
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
    # In its own loop, as a program should, and in the parent's loop, as some programs do.
    assert asyncio.run(name("child")) == "child"
    assert loop.run_until_complete(name("child")) == "child"
    assert asyncio.run(rows(850)) == list(range(150, 1000))
for n in range(5):
    child = fork_and_run(work)
    wait_for_success(child)
    assert loop.run_until_complete(name("parent")) == "parent"
seen += loop.run_until_complete(rows(850))
assert seen == list(range(1000))
loop.close()
"""
    with FakeServer(answer) as server:
        run_program(source, server.url)


def test_a_task_can_fork() -> None:
    source = """
client = aura_users.AsyncClient(repo_url=sys.argv[1])
async def name(of):
    return (await client.get_user(of)).username
def work():
    assert asyncio.run(name("child")) == "child"
    os._exit(0)  # the child must not end the task, which is the parent's
async def main():
    others = [asyncio.create_task(name(f"u{n}")) for n in range(20)]
    for _ in range(3):
        assert await name("before") == "before"
        child = fork_and_run(work)
        assert await name("parent") == "parent"
        wait_for_success(child)
    assert await asyncio.gather(*others) == [f"u{n}" for n in range(20)]
asyncio.run(main())
"""
    with FakeServer(answer) as server:
        run_program(source, server.url)


def test_a_program_can_fork_while_other_threads_wait() -> None:
    """In the child, a stream that a thread was reading raises an error. All else works."""
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
wait_for_success(fork_and_run(work))
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
        script.write_line("they are waiting")
        script.finish()


@pytest.mark.parametrize("what", ["call", "row", "page"])
def test_a_signal_handler_can_fork(what: str) -> None:
    """The interrupted call fails in the child and continues in the parent."""
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
        wait_for_success(child)
        print("forked", flush=True)
signal.signal(signal.SIGUSR1, handler)
try:
    print(calls[what]())
except aura_users.CancelledError as error:
    assert os.getpid() != parent
    assert "fork" in str(error), error
    os._exit(0)
assert os.getpid() == parent, "the child got the parent's result"
"""
    asked, answers = threading.Event(), threading.Event()

    def answer_late(request: Request) -> Reply:
        asked.set()
        assert answers.wait(30)
        return answer(request)

    with FakeServer(answer_late) as server, Script(BEGIN + source, server.url, what) as script:
        assert asked.wait(30)
        script.process.send_signal(signal.SIGUSR1)
        assert script.readline() == "forked", script.process.communicate()
        answers.set()
        assert script.finish() == ("parent\n" if what == "call" else "900\n")


def test_a_timeout_works_after_a_signal_handler_forks() -> None:
    """The child does not disturb the timer of the parent."""
    source = """
import signal
client = aura_users.Client(repo_url=sys.argv[1], timeout=float(sys.argv[2]))
parent = os.getpid()
children = []
signal.signal(signal.SIGUSR1, lambda *_: children.append(os.fork()))
try:
    client.get_user("parent")
except aura_users.CancelledError:
    os._exit(3 if os.getpid() == parent else 0)
except aura_users.AuraError as error:
    assert os.getpid() == parent and error.kind == "timeout", error
if not children:
    os._exit(0)
wait_for_success(-1)
print("forked")
"""
    with SilentServer() as silent:
        # If the machine is busy, the first timeout may come before the signal.
        for timeout in ("2", "20"):
            with Script(BEGIN + source, silent.url, timeout) as script:
                silent.wait_for_request()
                script.process.send_signal(signal.SIGUSR1)
                if script.finish() == "forked\n":
                    return
    pytest.fail("each signal came after the timeout")


def test_a_program_can_fork_while_other_threads_make_calls() -> None:
    """The child works, even if another thread holds a lock at the time of the fork."""
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
    wait_for_success(fork_and_run(work))
over.set()
for thread in threads:
    thread.join()
"""
    with FakeServer(answer) as server:
        run_program(source, server.url)


def test_workers_can_use_the_client_of_a_preloading_server() -> None:
    """As with `gunicorn --preload`: the master creates the client, and each worker uses it too."""
    source = """
import signal
client = aura_users.Client(repo_url=sys.argv[1])
awaited = aura_users.AsyncClient(repo_url=sys.argv[1])
client.get_user("master")
asyncio.run(awaited.get_user("master"))
first = next(client.stream_audit_logs())  # the stream requests pages ahead
async def serve():
    users = await asyncio.gather(*(awaited.get_user(f"u{n}") for n in range(10)))
    return [user.username for user in users]
def worker():
    for _ in range(5):
        assert client.get_user("worker").username == "worker"
        assert asyncio.run(serve()) == [f"u{n}" for n in range(10)]
    assert len(list(client.stream_audit_logs())) == 1000
    wait_for_success(fork_and_run(lambda: client.get_user("of a worker")))
    os.write(1, b"served\\n")  # one write, which other workers cannot split
    signal.pause()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
workers = [fork_and_run(worker) for _ in range(4)]
assert sys.stdin.readline() == "stop\\n"
client.get_user("master")
for child in workers:
    os.kill(child, signal.SIGTERM)
    wait_for_success(child)
"""
    with FakeServer(answer) as server, Script(BEGIN + source, server.url) as script:
        assert [script.readline() for _ in range(4)] == ["served"] * 4
        script.write_line("stop")
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
        # A client holds credentials and connections. Each process must create its own.
        for one in (client, awaited):
            try:
                pool.apply(repr, (one,))
            except (TypeError, pickle.PicklingError) as error:
                assert "Client" in str(error), error
            else:
                sys.exit(4)
    client.get_user("after")
"""
    # The new processes import the program from a file.
    program = tmp_path / "program.py"
    program.write_text(source)
    with FakeServer(answer) as server:
        run(program, method, server.url, timeout=60)
