"""`AsyncClient`: the tests that do not apply to `Client`."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import pickle
import sys
import threading
import time
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import trio
from faces import LOOPS, run_in_loop
from fake_server import FakeServer, Reply, Request, SilentServer, answer
from programs import run

import aura_users
from aura_users import AsyncClient

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    Main = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(params=LOOPS)
def run_in(request: pytest.FixtureRequest) -> Iterator[Callable[[Main], None]]:
    """Run an async function in each kind of loop, with the debug checks of asyncio."""
    loop = LOOPS[request.param]()
    loop.set_debug(True)
    yield run_in_loop(loop)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def test_the_async_classes_match_the_sync_classes() -> None:
    awaited = {"create_user", "get_current_user", "get_user", "reset_user_password"}
    twins = [
        (aura_users.Client, AsyncClient),
        (aura_users.AuditLogs, aura_users.AsyncAuditLogs),
        (aura_users.AuditLogPages, aura_users.AsyncAuditLogPages),
    ]
    for sync, twin in twins:
        names = {name for name in vars(sync) if not name.startswith("_")}
        assert {name for name in vars(twin) if not name.startswith("_")} - names <= {"aclose"}
        for name in names:
            ours, theirs = getattr(twin, name), getattr(sync, name)
            assert inspect.iscoroutinefunction(ours) == (name in awaited), name
            if callable(ours):
                assert list_parameters(ours) == list_parameters(theirs), name
        assert twin.__module__ == "aura_users"


def list_parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_a_call_does_nothing_before_you_await_it() -> None:
    with FakeServer(answer) as server:
        client = AsyncClient(repo_url=server.url)
        bad: Any = 5
        call = client.get_user(bad)
        with pytest.warns(RuntimeWarning, match=r"'AsyncClient.get_user' was never awaited"):
            del call
        with pytest.raises(aura_users.InvalidArgumentError, match="must be a str, not int"):
            asyncio.run(client.get_user(bad))
        with pytest.raises(TypeError, match=r"'timeot'\. Did you mean 'timeout'"):
            asyncio.run(client.get_user("eric", timeot=5))  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="env is an option of a client"):
            asyncio.run(client.get_user("eric", env=False))  # type: ignore[call-arg]
        assert server.requests == []


def test_without_an_event_loop_nothing_is_sent() -> None:
    with FakeServer(answer) as server:
        client = AsyncClient(repo_url=server.url)
        for call in (client.get_user("eric"), client.stream_audit_logs().__anext__()):
            with pytest.raises(RuntimeError, match="a task of asyncio or of trio"):
                call.send(None)
        assert server.requests == []


def test_calls_run_at_once_and_do_not_block_the_loop(run_in: Callable[[Main], None]) -> None:
    together = threading.Barrier(50, timeout=30)

    def meet(request: Request) -> Reply:
        together.wait()
        return answer(request)

    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        calls = asyncio.gather(*(client.get_user(f"u{n}") for n in range(50)))
        turns = 0
        while not calls.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 1
        assert [user.username for user in await calls] == [f"u{n}" for n in range(50)]

    with FakeServer(meet) as server:
        run_in(main)


def test_gather_returns_the_error_of_one_failed_call(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        first, bad, last = await asyncio.gather(
            *(client.get_user(name) for name in ("eric", "me", "jose")), return_exceptions=True
        )
        assert isinstance(bad, aura_users.InvalidArgumentError)
        assert [user.username for user in (first, last)] == ["eric", "jose"]  # type: ignore[union-attr]

    with FakeServer(answer) as server:
        run_in(main)


async def start_call(call: Coroutine[Any, Any, Any], server: SilentServer) -> asyncio.Task[Any]:
    task = asyncio.ensure_future(call)
    await asyncio.to_thread(server.wait_for_request)
    return task


def test_cancelling_a_task_ends_its_call(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        for call in (client.get_user("eric"), client.create_user("eric", "p", ["e@x"])):
            task = await start_call(call, server)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(server.wait_for_end)
        assert (await client.get_user("eric", repo_url=answering.url)).username == "eric"

    with SilentServer() as server, FakeServer(answer) as answering:
        run_in(main)


def test_asyncio_timeouts_cancel_a_call(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url, timeout=60)
        for seconds in (0.05, 5):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.get_user("eric"), seconds)
            if server.heard.acquire(blocking=False):
                break  # else the machine was too busy to send the request in time
        await asyncio.to_thread(server.wait_for_end)
        if sys.version_info >= (3, 11):
            for seconds in (0.05, 5):
                with pytest.raises(TimeoutError) as caught:
                    async with asyncio.timeout(seconds):
                        await client.get_user("eric")
                assert not isinstance(caught.value, aura_users.TimeoutError)
                if server.heard.acquire(blocking=False):
                    break
            await asyncio.to_thread(server.wait_for_end)
        with pytest.raises(aura_users.TimeoutError):
            await asyncio.wait_for(client.get_user("eric", timeout=0.05, max_retries=0), 30)

    with SilentServer() as server:
        run_in(main)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="TaskGroup came with Python 3.11")
def test_a_failed_task_group_cancels_its_calls(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url)

        async def fail() -> None:
            await asyncio.to_thread(server.wait_for_request)
            await client.get_user("me")

        try:
            async with asyncio.TaskGroup() as group:  # type: ignore[attr-defined,unused-ignore]
                group.create_task(client.get_user("eric"))
                group.create_task(fail())
        except Exception as raised:
            [error] = raised.exceptions  # type: ignore[attr-defined]
            assert isinstance(error, aura_users.InvalidArgumentError)
        else:
            raise AssertionError
        await asyncio.to_thread(server.wait_for_end)

    with SilentServer() as server:
        run_in(main)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks_can_make_calls() -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        client = AsyncClient(repo_url=server.url)
        tasks = [asyncio.create_task(client.get_user(f"u{n}")) for n in range(5)]
        assert [(await task).username for task in tasks] == [f"u{n}" for n in range(5)]

    with FakeServer(answer) as server:
        asyncio.run(main())


def test_a_thousand_tasks_can_make_calls(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        users = await asyncio.gather(*(client.get_user(f"u{n}") for n in range(1000)))
        assert [user.username for user in users] == [f"u{n}" for n in range(1000)]

    with FakeServer(answer) as server:
        run_in(main)


def test_event_loops_share_the_connections_of_a_client() -> None:
    with FakeServer(answer) as server:
        client = AsyncClient(repo_url=server.url)
        for make in (*LOOPS.values(), asyncio.new_event_loop):
            loop = make()
            for _ in range(2):
                assert loop.run_until_complete(client.get_user("eric")).username == "eric"
            loop.close()
        assert trio.run(client.get_user, "eric").username == "eric"
        assert server.accepted == 1


def count_pipe_ends() -> int:
    """Return the number of open pipe ends. The core wakes a loop through a pipe."""
    gc.collect()
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the directory itself was open while it was listed
            count += os.readlink(f"/proc/self/fd/{name}").startswith("pipe:")
    return count


@pytest.mark.parametrize("make", LOOPS.values(), ids=LOOPS)
def test_a_closed_loop_leaves_no_pipe_open(make: Callable[[], Any]) -> None:
    """This includes a loop with a call that has not ended."""

    def use(url: str) -> None:
        loop = make()
        loop.set_exception_handler(lambda *_: None)  # asyncio reports a pending task
        task = loop.create_task(client.get_user("eric", repo_url=url))
        loop.run_until_complete(asyncio.wait([task], timeout=0.01))
        if url == silent.url:
            silent.wait_for_request()
        loop.close()

    with SilentServer() as silent, FakeServer(answer) as server:
        client = AsyncClient()
        use(server.url)  # the first loop of uvloop opens a pipe for all
        before = count_pipe_ends()
        for _ in range(20):
            use(server.url)
            use(silent.url)
        # The core's thread frees a cancelled call a little later.
        deadline = time.monotonic() + 30
        while count_pipe_ends() > before:
            assert time.monotonic() < deadline, "a pipe is still open"
            time.sleep(0.01)


def test_a_closed_client_and_a_closed_stream_raise() -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        async with aclosing(client) as same:
            assert same is client
            stream = client.stream_audit_logs()
        with pytest.raises(aura_users.InvalidArgumentError, match="the client is closed"):
            await client.get_user("eric")
        async with aclosing(stream):
            assert (await stream.__anext__()).params == {"id": 0}
        with pytest.raises(aura_users.InvalidArgumentError, match="the stream is closed"):
            await stream.__anext__()

    with FakeServer(answer) as server:
        asyncio.run(main())


def test_a_client_shows_no_secret_and_cannot_be_pickled() -> None:
    client = AsyncClient(repo_url="http://localhost:4000/api", api_key="0123456789abcdef")
    assert repr(client) == "<aura_users.AsyncClient http://localhost:4000/api api_key=***>"
    pages = client.stream_audit_logs().pages()
    assert repr(pages) == "<aura_users.AsyncAuditLogPages at page 1>"
    client = client.with_options(api_key="fedcba")
    client.close()
    assert repr(client) == "<aura_users.AsyncClient http://localhost:4000/api api_key=*** (closed)>"
    with pytest.raises(TypeError):
        pickle.dumps(client)


def test_with_options_keeps_a_subclass() -> None:
    class Ours(AsyncClient):
        __slots__ = ()

    assert type(Ours().with_options(page=2)) is Ours


def test_a_call_can_be_cancelled_repeatedly(run_in: Callable[[Main], None]) -> None:
    """Libraries such as anyio do this until the task has ended."""

    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        task = await start_call(client.get_user("eric"), server)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
        assert task.cancelled()

    with SilentServer() as server:
        run_in(main)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio_runs_and_cancels_calls(backend: str) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=silent.url)
        with anyio.move_on_after(0.05) as scope:
            await client.get_user("eric")
        assert scope.cancelled_caught
        async with anyio.create_task_group() as group:
            group.start_soon(client.get_user, "eric")
            await anyio.to_thread.run_sync(silent.wait_for_request)
            group.cancel_scope.cancel()
        silent.wait_for_end()
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(count)

    async def count() -> None:
        stream = AsyncClient(repo_url=answering.url).stream_audit_logs()
        assert len([log async for log in stream]) == 1000

    with SilentServer() as silent, FakeServer(answer) as answering:
        anyio.run(main, backend=backend)


def test_trio_cancels_calls() -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=silent.url)

        async def expire(scope: trio.CancelScope) -> None:
            await trio.to_thread.run_sync(silent.wait_for_request)
            scope.deadline = trio.current_time()

        async with trio.open_nursery() as nursery:
            with trio.move_on_after(60) as scope:
                nursery.start_soon(expire, scope)
                await client.get_user("eric")
            assert scope.cancelled_caught
            failing = trio.CancelScope()
            nursery.start_soon(expire, failing)
            with failing:
                await client.stream_audit_logs().__anext__()
            assert failing.cancelled_caught
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(client.get_user, "eric")
            for _ in range(10):
                await trio.to_thread.run_sync(silent.wait_for_request)
            nursery.cancel_scope.cancel()
        for _ in range(12):
            silent.wait_for_end()
        assert (await client.get_user("eric", repo_url=answering.url)).username == "eric"

    with SilentServer() as silent, FakeServer(answer) as answering:
        trio.run(main)


def test_trio_can_be_a_guest_of_asyncio() -> None:
    """Each task uses its own library, although both libraries run in one thread."""

    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        loop = asyncio.get_running_loop()
        over: asyncio.Future[Any] = loop.create_future()
        trio.lowlevel.start_guest_run(
            client.get_user,
            "guest",
            run_sync_soon_threadsafe=loop.call_soon_threadsafe,
            done_callback=over.set_result,
        )
        host = await client.get_user("host")
        guest = (await over).unwrap()
        assert (host.username, guest.username) == ("host", "guest")

    with FakeServer(answer) as server:
        asyncio.run(main())


def test_the_package_imports_no_event_loop() -> None:
    source = """
import sys, aura_users
try:
    aura_users.AsyncClient().get_user("eric").send(None)
except RuntimeError:
    pass
assert not {"asyncio", "trio", "anyio", "sniffio"} & set(sys.modules)
"""
    run(source)


def test_a_traceback_starts_at_the_line_that_awaits(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url="http://127.0.0.1:1/api", max_retries=0)
        with pytest.raises(aura_users.ConnectError) as caught:
            await client.get_user("eric")
        assert caught.traceback[0].name == "main"

    run_in(main)
