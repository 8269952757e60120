"""`AsyncClient`: what is true of it beyond what is true of both clients."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import pickle
import sys
import threading
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import trio
from faces import LOOPS, in_loop
from fake_server import FakeServer, Reply, Request, SilentServer, answer
from programs import run

import aura_users
from aura_users import AsyncClient

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    Main = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(params=LOOPS)
def run_in(request: pytest.FixtureRequest) -> Iterator[Callable[[Main], None]]:
    """Run an async function in a loop of asyncio's own and in uvloop's, with its debug checks."""
    loop = LOOPS[request.param]()
    loop.set_debug(True)
    yield in_loop(loop)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def test_it_has_what_a_client_has() -> None:
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
                assert parameters(ours) == parameters(theirs), name
        assert twin.__module__ == "aura_users"


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_nothing_happens_before_it_is_awaited() -> None:
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


def test_calls_run_side_by_side_and_the_loop_goes_on(run_in: Callable[[Main], None]) -> None:
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


def test_one_failure_among_many_is_a_result_like_any(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        first, bad, last = await asyncio.gather(
            *(client.get_user(name) for name in ("eric", "me", "jose")), return_exceptions=True
        )
        assert isinstance(bad, aura_users.InvalidArgumentError)
        assert [user.username for user in (first, last)] == ["eric", "jose"]  # type: ignore[union-attr]

    with FakeServer(answer) as server:
        run_in(main)


async def under_way(call: Coroutine[Any, Any, Any], server: SilentServer) -> asyncio.Task[Any]:
    task = asyncio.ensure_future(call)
    await asyncio.to_thread(server.wait_for_request)
    return task


def test_cancelling_a_task_ends_its_call(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        for call in (client.get_user("eric"), client.create_user("eric", "p", ["e@x"])):
            task = await under_way(call, server)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(server.wait_for_end)
        assert (await client.get_user("eric", repo_url=answering.url)).username == "eric"

    with SilentServer() as server, FakeServer(answer) as answering:
        run_in(main)


def test_timeouts_of_asyncio(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.get_user("eric"), 0.05)
        await asyncio.to_thread(server.wait_for_end)
        if sys.version_info >= (3, 11):
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.05):
                    await client.get_user("eric")
            assert not isinstance(caught.value, aura_users.TimeoutError)
            await asyncio.to_thread(server.wait_for_end)
        with pytest.raises(aura_users.TimeoutError):
            await asyncio.wait_for(client.get_user("eric", timeout=0.05, max_retries=0), 30)

    with SilentServer() as server:
        run_in(main)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="TaskGroup came with Python 3.11")
def test_a_task_group_ends_what_its_other_tasks_await(run_in: Callable[[Main], None]) -> None:
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
def test_eager_tasks() -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        client = AsyncClient(repo_url=server.url)
        tasks = [asyncio.create_task(client.get_user(f"u{n}")) for n in range(5)]
        assert [(await task).username for task in tasks] == [f"u{n}" for n in range(5)]

    with FakeServer(answer) as server:
        asyncio.run(main())


def test_a_thousand_tasks(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        users = await asyncio.gather(*(client.get_user(f"u{n}") for n in range(1000)))
        assert [user.username for user in users] == [f"u{n}" for n in range(1000)]

    with FakeServer(answer) as server:
        run_in(main)


def test_loop_after_loop_on_the_same_connections() -> None:
    with FakeServer(answer) as server:
        client = AsyncClient(repo_url=server.url)
        for make in (*LOOPS.values(), asyncio.new_event_loop):
            loop = make()
            for _ in range(2):
                assert loop.run_until_complete(client.get_user("eric")).username == "eric"
            loop.close()
        assert trio.run(client.get_user, "eric").username == "eric"
        assert server.accepted == 1


def pipes() -> int:
    """How many ends of pipes are open: what a loop is woken through is one."""
    gc.collect()
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the directory itself was open while it was listed
            count += os.readlink(f"/proc/self/fd/{name}").startswith("pipe:")
    return count


@pytest.mark.parametrize("make", LOOPS.values(), ids=LOOPS)
def test_loops_that_are_closed_leave_nothing(make: Callable[[], Any]) -> None:
    """Also where a call was under way, and comes back to nobody."""

    def use(url: str) -> None:
        loop = make()
        loop.set_exception_handler(lambda *_: None)  # it says that a task was pending
        task = loop.create_task(client.get_user("eric", repo_url=url))
        loop.run_until_complete(asyncio.wait([task], timeout=0.01))
        loop.close()

    with SilentServer() as silent, FakeServer(answer) as server:
        client = AsyncClient()
        use(server.url)  # uvloop's first loop makes a pipe for all
        before = pipes()
        for _ in range(20):
            use(server.url)
            use(silent.url)
            silent.wait_for_request()
        # The core's thread lets go of a call that was cancelled in its own time.
        while pipes() > before:
            silent.wait_for_end()


def test_closing() -> None:
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


def test_no_repr_shows_a_secret_and_none_is_pickled() -> None:
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


def test_a_call_that_is_cancelled_again_and_again(run_in: Callable[[Main], None]) -> None:
    """As anyio does until the task is gone."""

    async def main() -> None:
        client = AsyncClient(repo_url=server.url)
        task = await under_way(client.get_user("eric"), server)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
        assert task.cancelled()

    with SilentServer() as server:
        run_in(main)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio(backend: str) -> None:
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


def test_trio_cancels_as_it_does() -> None:
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


def test_trio_as_a_guest_of_asyncio() -> None:
    """Each task awaits in the way of its own library, though both run in one thread."""

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


def test_asyncio_is_not_imported_for_trio() -> None:
    source = """
import sys, aura_users
try:
    aura_users.AsyncClient().get_user("eric").send(None)
except RuntimeError:
    pass
assert not {"asyncio", "trio", "anyio", "sniffio"} & set(sys.modules)
"""
    run(source)


def test_errors_come_with_the_line_that_awaited(run_in: Callable[[Main], None]) -> None:
    async def main() -> None:
        client = AsyncClient(repo_url="http://127.0.0.1:1/api", max_retries=0)
        with pytest.raises(aura_users.ConnectError) as caught:
            await client.get_user("eric")
        assert caught.traceback[0].name == "main"

    run_in(main)
