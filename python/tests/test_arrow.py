"""The audit log through Arrow: the C interface itself, and the libraries that read it."""

from __future__ import annotations

import gc
import json
import signal
import sys
import threading
from typing import Any

import arrow_abi
import pytest
from fake_server import FakeServer, Reply, Request, SilentServer, audit_page
from programs import Script, run

import aura_users

COLUMNS = ["action", "user_agent", "params", "extra"]
ROWS: list[dict[str, Any]] = [
    {
        "action": "key.remove",
        "params": {"a": "\u00fc"},
        "user_agent": None,
        "extra": [1],
        "inserted_at": "2026-11-23T11:50:45.977004Z",
    },
    {"action": "old", "params": None},
    {"action": "\U0001f600", "params": {"big": 12345678901234567890}, "user_agent": ""},
]
TEXT = (
    json.dumps(ROWS[:1]).replace("}]", "},")
    + '{"action":"old", "params" : null },\n'
    + (json.dumps(ROWS[2], ensure_ascii=False) + "]")
)
EXPECTED = [
    {
        "action": "key.remove",
        "user_agent": None,
        "params": '{"a": "\\u00fc"}',
        "extra": '{"extra":[1],"inserted_at":"2026-11-23T11:50:45.977004Z"}',
    },
    {"action": "old", "user_agent": None, "params": None, "extra": None},
    {
        "action": "\U0001f600",
        "user_agent": "",
        "params": '{"big": 12345678901234567890}',
        "extra": None,
    },
]


def logs(server: FakeServer | SilentServer, **options: Any) -> aura_users.AuditLogs:  # noqa: ANN401
    return aura_users.stream_audit_logs(repo_url=server.url, max_retries=0, **options)


def ids(table: Any) -> list[int]:  # noqa: ANN401
    return [json.loads(params)["id"] for params in table.column("params").to_pylist()]


def test_the_schema_has_a_field_for_each_column() -> None:
    with FakeServer(lambda _: Reply([])) as server:
        capsule = logs(server).__arrow_c_stream__()
        schema = arrow_abi.read_schema(arrow_abi.open_capsule(capsule))
    assert (schema.format, schema.n_children, schema.flags) == (b"+s", 4, 0)
    columns = [schema.children[n].contents for n in range(4)]
    assert [column.name.decode() for column in columns] == COLUMNS
    assert [column.format for column in columns] == [b"u"] * 4
    assert [column.flags for column in columns] == [0, 2, 2, 2]
    arrow_abi.release(schema)
    assert server.requests == []


def test_a_batch_has_the_rows_of_a_page() -> None:
    with FakeServer(lambda _: Reply(TEXT.encode())) as server:
        capsule = logs(server).__arrow_c_stream__(None)
        stream = arrow_abi.open_capsule(capsule)
        batch = arrow_abi.read_batch(stream)
        assert batch is not None
        assert (batch.length, batch.null_count, batch.offset, batch.n_buffers) == (3, 0, 0, 1)
        columns = [arrow_abi.read_texts(batch.children[n].contents) for n in range(4)]
        assert [dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)] == (
            EXPECTED
        )
        # A column that was moved out outlives the batch, and the batch outlives the stream.
        taken = arrow_abi.move(batch.children[2].contents)
        assert arrow_abi.read_batch(stream) is None
        arrow_abi.release(stream)
        arrow_abi.release(batch)
        assert arrow_abi.read_texts(taken) == columns[2]
        arrow_abi.release(taken)


def test_an_error_keeps_the_position() -> None:
    failing = {2}

    def answer(request: Request) -> Reply:
        if request.page in failing:
            return Reply({"message": "out of order"}, status=500)
        return audit_page(request.page, 250)

    with FakeServer(answer) as server:
        rows = logs(server)
        capsule = rows.__arrow_c_stream__()
        stream = arrow_abi.open_capsule(capsule)
        first = arrow_abi.read_batch(stream)
        assert first is not None
        arrow_abi.release(first)
        assert stream.get_last_error(stream) is None
        for _ in range(2):
            with pytest.raises(OSError, match=r"ServerError: .*out of order.*audit log, page 2"):
                arrow_abi.read_batch(stream)
        assert rows.page == 2
        with pytest.raises(aura_users.ServerError):
            next(rows)
        failing.clear()
        # Both read the same stream, so the batch does not have this row.
        assert next(rows).params == {"id": 100}
        batch = arrow_abi.read_batch(stream)
        assert batch is not None
        assert batch.length == 99
        arrow_abi.release(batch)
        rows.close()
        with pytest.raises(OSError, match="the stream is closed") as caught:
            arrow_abi.read_batch(stream)
        assert caught.value.errno == 22


def test_a_released_stream_does_not_keep_its_rows_alive() -> None:
    with FakeServer(lambda request: audit_page(request.page, 250)) as server:
        rows = logs(server)
        alone = sys.getrefcount(rows)
        for how in ("unread", "read in part", "read to the end", "released", "in a thread"):
            capsule = logs(server).__arrow_c_stream__()
            del capsule
            capsule = rows.__arrow_c_stream__()
            assert sys.getrefcount(rows) > alone
            stream = arrow_abi.open_capsule(capsule)
            if how == "read in part":
                batch = arrow_abi.read_batch(stream)
                assert batch is not None
                arrow_abi.release(batch)
            elif how == "read to the end":
                while batch := arrow_abi.read_batch(stream):
                    arrow_abi.release(batch)
            elif how == "released":
                arrow_abi.release(stream)
            elif how == "in a thread":
                thread = threading.Thread(target=arrow_abi.release, args=(stream,))
                thread.start()
                thread.join()
            del capsule
            gc.collect()
            # If the thread may not have the GIL, the next call drops the released object.
            assert rows.page
            assert sys.getrefcount(rows) == alone, how


def test_reading_does_not_leak_memory() -> None:
    """Memory does not grow while a megabyte is read sixty times, in every way."""
    source = """
import resource, sys, arrow_abi, aura_users
def read(how):
    capsule = aura_users.stream_audit_logs(repo_url=sys.argv[1]).__arrow_c_stream__()
    stream = arrow_abi.open_capsule(capsule)
    arrow_abi.release(arrow_abi.read_schema(stream))
    batch = arrow_abi.read_batch(stream)
    assert batch.length == 10
    if how == 1:
        arrow_abi.release(arrow_abi.move(batch.children[2].contents))
    arrow_abi.release(batch)
    if how == 2:
        arrow_abi.release(stream)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for n in range(15):
    read(n % 3)
before = peak()
for n in range(60):
    read(n % 3)
print(peak() - before)
"""
    page = Reply([{"action": "a", "params": "p" * 100_000} for _ in range(10)])
    page.body = page.encoded()
    with FakeServer(lambda _: page) as server:
        path = f"import sys; sys.path.insert(0, {str(arrow_abi.__file__)[:-13]!r})\n"
        grown = int(run(path + source, server.url))
    assert grown < 20_000, f"{grown} kB"


def test_the_stream_releases_the_gil_of_its_reader() -> None:
    """`PYFUNCTYPE` keeps the GIL during the call, and `logging` needs it for the request."""
    source = """
import ctypes, logging, sys, arrow_abi, aura_users
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(name)s")
capsule = aura_users.stream_audit_logs(repo_url=sys.argv[1]).__arrow_c_stream__()
stream = arrow_abi.open_capsule(capsule)
out = arrow_abi.Array()
address = ctypes.cast(stream.get_next, ctypes.c_void_p).value
get_next = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(address)
assert get_next(ctypes.addressof(stream), ctypes.addressof(out)) == 0
print(out.length)
arrow_abi.release(out)
"""
    with FakeServer(lambda request: audit_page(request.page, 7)) as server:
        path = f"import sys; sys.path.insert(0, {str(arrow_abi.__file__)[:-13]!r})\n"
        shown = run(path + source, server.url).split()
    assert shown[-1] == "7"
    assert "aura_users" in shown


def test_pyarrow_reads_a_stream() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    with FakeServer(lambda _: Reply(TEXT.encode())) as server:
        table = pyarrow.table(logs(server))
    table.validate(full=True)
    assert table.to_pylist() == EXPECTED
    failing = {3}

    def answer(request: Request) -> Reply:
        if request.page in failing:
            return Reply(None)
        return audit_page(request.page, 250)

    with FakeServer(answer) as server:
        rows = logs(server)
        reader = pyarrow.RecordBatchReader.from_stream(rows)
        done = [reader.read_next_batch() for _ in range(2)]
        with pytest.raises(OSError, match=r"ConnectError: .*page 3"):
            reader.read_next_batch()
        failing.clear()
        done += list(reader)
    table = pyarrow.Table.from_batches(done)
    assert ids(table) == list(range(250))
    assert [len(batch) for batch in done] == [100, 100, 50]


def test_polars_reads_a_stream() -> None:
    polars = pytest.importorskip("polars")
    with FakeServer(lambda _: Reply(TEXT.encode())) as server:
        assert polars.DataFrame(logs(server)).to_dicts() == EXPECTED
    with FakeServer(lambda request: audit_page(request.page, 250)) as server:
        frame = polars.DataFrame(logs(server, page=2))
    numbers = frame["params"].str.json_path_match("$.id").cast(int)
    assert numbers.to_list() == list(range(100, 250))


def test_pandas_reads_a_stream() -> None:
    pandas = pytest.importorskip("pandas", minversion="3")
    with FakeServer(lambda _: Reply(TEXT.encode())) as server:
        frame = pandas.DataFrame.from_arrow(logs(server))
    assert list(frame.columns) == COLUMNS
    assert frame.astype(object).where(frame.notna(), None).to_dict("records") == EXPECTED


def test_duckdb_reads_a_stream() -> None:
    duckdb = pytest.importorskip("duckdb")
    with FakeServer(lambda request: audit_page(request.page, 250)) as server:
        rows = logs(server)  # noqa: F841 - named in the query
        query = "select action, sum((params->>'id')::int) from rows group by action"
        assert duckdb.sql(query).fetchall() == [("key.generate", sum(range(250)))]


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_ctrl_c_ends_the_read_of_a_library(library: str) -> None:
    """The library raises its own error, and then Python raises KeyboardInterrupt."""
    pytest.importorskip(library)
    source = """
import importlib, sys, aura_users
library = importlib.import_module(sys.argv[2])
read = library.table if sys.argv[2] == "pyarrow" else library.DataFrame
rows = aura_users.stream_audit_logs(repo_url=sys.argv[1])
print("reading", flush=True)
try:
    try:
        read(rows)
    except Exception as error:
        assert "KeyboardInterrupt" in str(error), error
        while True:
            pass
except KeyboardInterrupt:
    print("ended at page", rows.page)
"""
    with SilentServer() as server, Script(source, server.url, library) as script:
        assert script.readline() == "reading"
        server.wait_for_request()
        script.process.send_signal(signal.SIGINT)
        assert script.finish() == "ended at page 1\n"


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_the_exception_of_a_handler_is_raised_once(library: str) -> None:
    pytest.importorskip(library)
    source = """
import importlib, signal, sys, aura_users
library = importlib.import_module(sys.argv[2])
read = library.table if sys.argv[2] == "pyarrow" else library.DataFrame
def handle(*_):
    print("handled", flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, handle)
print("reading", flush=True)
try:
    read(aura_users.stream_audit_logs(repo_url=sys.argv[1]))
except Exception:
    while True:
        pass
"""
    with SilentServer() as server, Script(source, server.url, library) as script:
        assert script.readline() == "reading"
        server.wait_for_request()
        script.process.send_signal(signal.SIGTERM)
        out, _ = script.process.communicate(timeout=30)
        assert (out, script.process.returncode) == ("handled\n", 7)


def test_arrow_needs_no_library() -> None:
    source = """
import sys, aura_users
capsule = aura_users.stream_audit_logs(repo_url=sys.argv[1]).__arrow_c_stream__()
print(sorted({"pyarrow", "polars", "pandas", "numpy"} & sys.modules.keys()))
"""
    with FakeServer(lambda _: Reply([])) as server:
        assert run(source, server.url) == "[]\n"
