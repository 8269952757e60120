"""Neither an exception of a signal's handler nor a cancelled task loses a row or doubles one."""

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
        # The first is hit before it can be through. Later ones may get all the time they need.
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
            # A library that reads raises an error of its own, and Hit comes next.
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


def hit(step: str, total: int, longest: float, to_list: str = "to_list") -> None:
    """Interrupt a step again and again until all rows have come; they must be exact."""
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
    "a mixture": """
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
    hit(STEPS[how], 20_000, 0.001)


def test_pyarrow_reads_on_after_a_handler_has_raised() -> None:
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
    hit(step, 20_000, 0.001, "to_pylist")


def test_a_table_that_is_interrupted_gives_its_rows_back() -> None:
    pytest.importorskip("pyarrow")
    step = """
import pyarrow
def step():
    frame = pyarrow.table(stream)
    frames.append(frame)
"""
    hit(step, 3_000, 0.1, "to_pylist")


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_rows_of_a_table_that_comes_to_nothing_come_back(library: str) -> None:
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
            time.sleep(0.2)  # if it is not in the library by then, this tests less
            script.process.send_signal(signal.SIGINT)
            assert script.readline() == "interrupted at page 1"
        go_on.set()
        assert script.finish() == "250\n"


def test_what_was_read_of_a_row_is_not_read_twice() -> None:
    """A row goes back only if its last holder loses it unread to an exception."""
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


def test_an_error_gives_the_rows_of_a_list_back() -> None:
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
def test_a_task_that_is_cancelled_loses_no_row(how: str, runner: str) -> None:
    """At moments before, in and after the steps of the loop, at which the page may have come."""
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
    """It raises while rows are at hand: an event loop itself does not survive exceptions."""
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
    hit(step, 20_000, 60)
