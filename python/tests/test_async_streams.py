"""Tasks that read the audit log: cancelled, timed out, several at once, in several loops."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from typing import TYPE_CHECKING

import pytest
import trio
from faces import LOOPS
from fake_server import FakeServer, Reply, Request, SilentServer, answer, audit_page

import aura_users
from aura_users import AsyncClient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aura_users import AsyncAuditLogs, AuditLog


def numbers(rows: Sequence[AuditLog]) -> list[int]:
    return [row.params["id"] for row in rows]


async def read_rows(stream: AsyncAuditLogs, count: int) -> list[AuditLog]:
    return [await stream.__anext__() for _ in range(count)]


async def read_rest(stream: AsyncAuditLogs) -> list[AuditLog]:
    return [row async for row in stream]


def test_a_loaded_row_needs_no_event_loop() -> None:
    with FakeServer(answer) as server:
        stream = AsyncClient(repo_url=server.url).stream_audit_logs()
        asyncio.run(read_rows(stream, 1))
        for number in range(1, 100):
            with pytest.raises(StopIteration) as given:
                stream.__anext__().send(None)
            assert given.value.value.params == {"id": number}
        with pytest.raises(RuntimeError, match="a task of asyncio or of trio"):
            stream.__anext__().send(None)
        assert len(asyncio.run(read_rest(stream))) == 900


def test_reading_a_stream_lets_other_tasks_run() -> None:
    async def main() -> None:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.create_task(turn())
        stream = AsyncClient(repo_url=server.url).stream_audit_logs()
        assert len(await read_rest(stream)) == 1000
        other.cancel()
        assert turns >= 10

    with FakeServer(answer) as server:
        asyncio.run(main())


def test_a_cancelled_task_keeps_no_row() -> None:
    asked, go_on = threading.Semaphore(0), threading.Semaphore(0)
    known: set[int] = set()

    def wait(request: Request) -> Reply:
        # The client reads a page again to see if rows were written. That reply comes at once.
        if request.page not in known:
            known.add(request.page)
            asked.release()
            assert go_on.acquire(timeout=30)
        return audit_page(request.page, 250)

    async def main() -> None:
        stream = AsyncClient(repo_url=server.url).stream_audit_logs(prefetch=0)
        rows: list[AuditLog] = []
        for page, length in ((1, 100), (2, 100), (3, 50)):
            reading = asyncio.create_task(stream.__anext__())
            assert await asyncio.to_thread(asked.acquire, timeout=30)
            for _ in range(3):
                reading.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await reading
                assert stream.page == page
                # The stream still waits for the same reply. It does not request the page again.
                reading = asyncio.create_task(stream.__anext__())
                await asyncio.sleep(0)
            go_on.release()
            rows.append(await reading)
            rows += await read_rows(stream, length - 1)
        assert await read_rest(stream) == []
        assert numbers(rows) == list(range(250))
        assert known == {1, 2, 3}
        assert len(server.requests) <= 4

    with FakeServer(wait) as server:
        asyncio.run(main())


@pytest.mark.parametrize("prefetch", [0, 4])
def test_readers_with_short_timeouts_lose_no_row(prefetch: int) -> None:
    def answer_slowly(request: Request) -> Reply:
        time.sleep(0.005)
        return answer(request)

    async def main() -> None:
        stream = AsyncClient(repo_url=server.url).stream_audit_logs(prefetch=prefetch)
        rows: list[AuditLog] = []
        hurried = 0
        while len(rows) < 1000:
            try:
                rows.append(await asyncio.wait_for(stream.__anext__(), 0.001))
            except asyncio.TimeoutError:
                hurried += 1
        assert hurried
        assert numbers(rows) == list(range(1000))

    with FakeServer(answer_slowly) as server:
        asyncio.run(main())


def test_several_tasks_can_share_a_stream() -> None:
    failing = {3}

    def serve(request: Request) -> Reply:
        if request.page in failing:
            return Reply({"message": "out of order"}, status=500)
        return answer(request)

    async def main() -> None:
        stream = AsyncClient(repo_url=server.url).stream_audit_logs()
        rows: list[AuditLog] = []

        async def read() -> None:
            async for row in stream:
                rows.append(row)
                await asyncio.sleep(0)

        ends = await asyncio.gather(*(read() for _ in range(8)), return_exceptions=True)
        assert {type(end) for end in ends} == {aura_users.ServerError}
        assert numbers(rows) == list(range(200))
        failing.clear()
        assert await asyncio.gather(*(read() for _ in range(8))) == [None] * 8
        assert sorted(numbers(rows)) == list(range(1000))

    with FakeServer(serve) as server:
        asyncio.run(main())


def test_a_program_can_mix_pages_and_rows() -> None:
    async def main() -> None:
        stream = AsyncClient(repo_url=server.url).stream_audit_logs()
        pages = stream.pages()
        assert pages.__aiter__() is pages
        first, second = await asyncio.gather(pages.__anext__(), stream.__anext__())
        # The list is the whole first page, or the rest of it after the row.
        assert (len(first), numbers([second])) in ((100, [100]), (99, [0]))
        assert len([row async for page in pages for row in page]) == 899

    with FakeServer(answer) as server:
        asyncio.run(main())


def test_closing_a_stream_ends_waiting_tasks() -> None:
    async def main() -> None:
        stream = AsyncClient(repo_url=server.url).stream_audit_logs(page=7)
        readers = [asyncio.create_task(stream.__anext__()) for _ in range(3)]
        await asyncio.to_thread(server.wait_for_request)
        await stream.aclose()
        for end in await asyncio.gather(*readers, return_exceptions=True):
            assert isinstance(end, aura_users.InvalidArgumentError)
            assert "the stream is closed" in str(end)
        assert repr(stream) == "<aura_users.AsyncAuditLogs at page 7 (closed)>"
        await asyncio.to_thread(server.wait_for_end)

    with SilentServer() as server:
        asyncio.run(main())


def test_dropping_a_stream_cancels_its_request() -> None:
    async def main() -> None:
        stream = AsyncClient(repo_url=server.url).stream_audit_logs()
        reader = asyncio.create_task(stream.__anext__())
        await asyncio.to_thread(server.wait_for_request)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader

    with SilentServer() as server:
        asyncio.run(main())
        gc.collect()
        server.wait_for_end()


def test_a_stream_continues_in_another_loop() -> None:
    with FakeServer(answer) as server:
        stream = AsyncClient(repo_url=server.url).stream_audit_logs()
        rows = []
        for make in LOOPS.values():
            loop = make()
            rows += loop.run_until_complete(read_rows(stream, 250))
            loop.close()
        rows += trio.run(read_rows, stream, 250)
        rows += asyncio.run(read_rest(stream))
        assert numbers(rows) == list(range(1000))
