"""An exception of a signal handler or a cancelled task neither loses nor repeats a row."""

from __future__ import annotations

import signal
import threading
import time

import pytest
from fake_server import FakeServer, Reply, Request, audit_page
from programs import Script, run

import aura_users

PROGRAM = """
import itertools, json, random, signal, sys, aura_users
url, total, longest = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])

class Hit(Exception):
    pass

is_armed, hits = False, 0

def handle(*_):
    global is_armed, hits
    if is_armed:
        is_armed = False
        hits += 1
        raise Hit

signal.signal(signal.SIGALRM, handle)
client = aura_users.Client(repo_url=url)
stream = client.stream_audit_logs(prefetch=4)
rows, frames = [], []
{step}
while True:
    try:
        # The first step cannot end before its signal. Later, some steps get enough time to end.
        wait = random.uniform(2e-5, longest if hits else 0.002)
        if hits > 10 and random.random() < 0.05:
            wait = 60
        try:
            is_armed = True
            signal.setitimer(signal.ITIMER_REAL, wait)
            step()
            is_armed = False
            break
        except Hit:
            raise
        except Exception as error:
            # A library that reads raises its own error, and then Python raises Hit.
            assert "Hit" in str(error), error
            while True:
                pass
    except Hit:
        pass
signal.setitimer(signal.ITIMER_REAL, 0)
numbers = [row.params["id"] for row in rows]
for frame in frames:
    numbers += [json.loads(text)["id"] for text in frame["params"].{to_list}()]
assert numbers == list(range(total)), (
    f"{{hits}} hits: {{len(set(numbers))}} rows, {{len(numbers) - len(set(numbers))}} twice")
print(hits)
"""


def read_with_interruptions(
    step: str, total: int, longest: float, to_list: str = "to_list"
) -> None:
    """Interrupt a step repeatedly until it has read all rows. Each row must come exactly once."""
    program = PROGRAM.format(step=step, to_list=to_list)
    with FakeServer(lambda request: audit_page(request.page, total)) as server:
        assert int(run(program, server.url, str(total), str(longest), timeout=60)) > 0


STEPS = {
    "next": """
def step():
    while True:
        try:
            row = next(stream)
        except StopIteration:
            return
        rows.append(row)
""",
    "for": """
def step():
    for row in stream:
        rows.append(row)
""",
    "extend": """
def step():
    rows.extend(stream)
""",
    "list": """
def step():
    more = list(stream)
    rows[:] = rows + more
""",
    "for in pages": """
def step():
    for page in stream.pages():
        rows.extend(page)
""",
    "next of pages": """
pages = stream.pages()
def step():
    while True:
        try:
            page = next(pages)
        except StopIteration:
            return
        rows.extend(page)
""",
    "rows and pages": """
def step():
    while True:
        try:
            if random.random() < 0.5:
                page = list(itertools.islice(stream, 30))
                if not page:
                    return
            else:
                page = next(stream.pages())
        except StopIteration:
            rows.extend(stream)
            return
        rows.extend(page)
""",
}


@pytest.mark.parametrize("how", STEPS)
def test_a_handler_that_raises_loses_no_row(how: str) -> None:
    read_with_interruptions(STEPS[how], 20_000, 0.001)


def test_pyarrow_continues_after_a_handler_has_raised() -> None:
    pytest.importorskip("pyarrow")
    step = """
import pyarrow
reader = pyarrow.RecordBatchReader.from_stream(stream)
def step():
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        frames.append(batch)
"""
    read_with_interruptions(step, 20_000, 0.001, "to_pylist")


def test_an_interrupted_table_loses_no_row() -> None:
    pytest.importorskip("pyarrow")
    step = """
import pyarrow
def step():
    frame = pyarrow.table(stream)
    frames.append(frame)
"""
    read_with_interruptions(step, 3_000, 0.1, "to_pylist")


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_an_interrupted_library_returns_its_rows_to_the_stream(library: str) -> None:
    pytest.importorskip(library)
    source = f"""
import signal, sys, {library}, aura_users
read = {"pyarrow.table" if library == "pyarrow" else "polars.DataFrame"}
stream = aura_users.stream_audit_logs(repo_url=sys.argv[1])
for _ in range(3):
    try:
        try:
            print("reading", flush=True)
            read(stream)
        except Exception as error:
            assert "KeyboardInterrupt" in str(error), error
            while True:
                pass
    except KeyboardInterrupt:
        print("interrupted at page", stream.page, flush=True)
print(len(read(stream)))
"""
    asked, go_on = threading.Semaphore(0), threading.Event()

    def slowly(request: Request) -> Reply:
        if request.page == 3:
            asked.release()
            assert go_on.wait(30)
        return audit_page(request.page, 250)

    with FakeServer(slowly) as server, Script(source, server.url) as script:
        assert asked.acquire(timeout=30)
        for _ in range(3):
            assert script.readline() == "reading"
            time.sleep(0.2)  # if the library has not started by then, this tests less
            script.process.send_signal(signal.SIGINT)
            assert script.readline() == "interrupted at page 1"
        go_on.set()
        assert script.finish() == "250\n"


def test_a_row_that_was_read_does_not_return_to_the_stream() -> None:
    """A row returns to the stream only if an exception destroys it unread."""
    with FakeServer(lambda request: audit_page(request.page, 250)) as server:
        stream = aura_users.stream_audit_logs(repo_url=server.url)

        def number(row: aura_users.AuditLog) -> int:
            if row.params["id"] == 3:
                raise RuntimeError
            return int(row.params["id"])

        def discard(count: int) -> None:
            for _ in range(count):
                next(stream)

        with pytest.raises(RuntimeError):
            [number(row) for row in stream]
        assert next(stream).params["id"] == 4
        with pytest.raises(TypeError):
            int(next(stream).params)
        assert next(stream).params["id"] == 6
        discard(3)
        assert next(stream).params["id"] == 10
        with pytest.raises(ZeroDivisionError):
            _ = [next(stream), next(stream), 1 // 0]
        assert stream.page == 1
        assert [row.params["id"] for row in next(stream.pages())] == list(range(11, 100))
        with pytest.raises(ZeroDivisionError):
            _ = [list(stream), 1 // 0]
        assert stream.page == 2
        assert [len(page) for page in stream.pages()] == [100, 50]


def test_an_error_returns_the_rows_of_a_list_to_the_stream() -> None:
    failing = {3}

    def answer(request: Request) -> Reply:
        return Reply({}, status=404) if request.page in failing else audit_page(request.page, 250)

    with FakeServer(answer) as server:
        stream = aura_users.stream_audit_logs(repo_url=server.url)
        for _ in range(2):
            with pytest.raises(aura_users.AuraError):
                list(stream)
            assert stream.page == 1
        failing.clear()
        assert [row.params["id"] for row in list(stream)] == list(range(250))


ASYNC = {
    "rows": """
async def step():
    async for row in stream:
        rows.append(row)
""",
    "pages": """
async def step():
    async for page in stream.pages():
        rows.extend(page)
""",
}


@pytest.mark.parametrize("runner", ["asyncio", "uvloop", "trio"])
@pytest.mark.parametrize("how", ASYNC)
def test_a_cancelled_task_loses_no_row(how: str, runner: str) -> None:
    """The task is cancelled at random moments, before and after the page arrives."""
    source = f"""
import asyncio, random, sys, aura_users, {runner}
stream = aura_users.AsyncClient(repo_url=sys.argv[1]).stream_audit_logs(prefetch=4)
rows, cancelled = [], 0
{ASYNC[how]}
async def asyncio_main():
    global cancelled
    while True:
        task = asyncio.create_task(step())
        for _ in range(random.randrange(5)):
            await asyncio.sleep(0 if random.random() < 0.5 else random.uniform(0, 0.003))
        task.cancel()
        try:
            await task
            return
        except asyncio.CancelledError:
            cancelled += 1
async def trio_main():
    global cancelled
    while True:
        with trio.move_on_after(random.choice([0, random.uniform(0, 0.005)])) as scope:
            await step()
        if not scope.cancelled_caught:
            return
        cancelled += 1
{runner}.run({"trio_main" if runner == "trio" else "asyncio_main()"})
assert [row.params["id"] for row in rows] == list(range(10_000)), len(rows)
print(cancelled)
"""
    with FakeServer(lambda request: audit_page(request.page, 10_000)) as server:
        assert int(run(source, server.url, timeout=60)) > 0


@pytest.mark.parametrize("how", ["row", "page"])
def test_a_handler_that_raises_in_a_task_loses_no_row(how: str) -> None:
    """It raises only while rows are loaded, as an event loop does not survive the exception."""
    step = f"""
import asyncio
stream = aura_users.AsyncClient(repo_url=url).stream_audit_logs(prefetch=4)
pages = stream.pages()
async def main():
    global is_armed
    while len(rows) < total:
        row = await stream.__anext__()
        rows.append(row)
        while len(rows) % 100:
            try:
                is_armed = True
                signal.setitimer(signal.ITIMER_REAL, random.uniform(2e-5, 2e-4))
                while len(rows) % 100:
                    if {how == "row"}:
                        row = await stream.__anext__()
                        rows.append(row)
                    else:
                        page = await pages.__anext__()
                        rows.extend(page)
                is_armed = False
            except Hit:
                pass
def step():
    global is_armed
    is_armed = False
    asyncio.run(main())
"""
    read_with_interruptions(step, 20_000, 60)
