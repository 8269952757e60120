"""The audit log as a stream."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from fake_server import FakeServer, Reply, Request, SilentServer, audit_page, audit_row

import aura_users

if TYPE_CHECKING:
    from faces import MakeClient


class Log:
    """A server with a log of `total` rows. The pages in `failing` fail."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.failing: set[int] = set()

    def __call__(self, request: Request) -> Reply:
        if request.page in self.failing:
            return Reply({"message": "out of order"}, status=500)
        return audit_page(request.page, self.total)


def numbers(rows: list[aura_users.AuditLog]) -> list[int]:
    return [row.params["id"] for row in rows]


@pytest.mark.parametrize("prefetch", [0, 1, 4])
@pytest.mark.parametrize(
    ("total", "pages"), [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (200, 3), (250, 3)]
)
def test_every_row_comes_once(
    make_client: MakeClient, total: int, pages: int, prefetch: int
) -> None:
    with FakeServer(Log(total)) as server, make_client(repo_url=server.url) as client:
        stream = client.stream_audit_logs(prefetch=prefetch)
        assert server.requests == []
        assert numbers(list(stream)) == list(range(total))
        with pytest.raises(StopIteration):
            next(stream)
        asked = sorted(request.page for request in server.requests)
        assert asked == [*range(1, pages + 1)] if pages <= 2 else set(asked) >= {*range(1, pages)}
        # The client reads one page again, and may request pages ahead that are after the end.
        assert len(asked) <= pages + 1 + prefetch
        chunks = list(client.stream_audit_logs(prefetch=prefetch).pages())
        assert numbers([row for chunk in chunks for row in chunk]) == list(range(total))
        assert all(len(chunk) == 100 for chunk in chunks[:-1])


@pytest.mark.parametrize("prefetch", [0, 4])
def test_a_long_log_needs_few_extra_requests(make_client: MakeClient, prefetch: int) -> None:
    with FakeServer(Log(6_050)) as server:
        rows = list(make_client(repo_url=server.url).stream_audit_logs(prefetch=prefetch))
    assert numbers(rows) == list(range(6_050))
    assert len(server.requests) <= 1.3 * 61


@pytest.mark.parametrize("sizes", [[50] * 6, [100, 99, 100, 1], [100, 150, 30], [7]])
def test_pages_may_have_any_size(make_client: MakeClient, sizes: list[int]) -> None:
    """Only an empty page ends the log of a server that is not known to be hexpm."""
    starts = [sum(sizes[:page]) for page in range(len(sizes))]

    def serve_page(request: Request) -> Reply:
        if request.page > len(sizes):
            return Reply([])
        start = starts[request.page - 1]
        return Reply([audit_row(n) for n in range(start, start + sizes[request.page - 1])])

    with FakeServer(serve_page, is_hexpm=False) as server:
        rows = list(make_client(repo_url=server.url).stream_audit_logs())
    assert numbers(rows) == list(range(sum(sizes)))


@pytest.mark.parametrize("prefetch", [0, 4])
def test_a_failed_page_is_requested_again(make_client: MakeClient, prefetch: int) -> None:
    log = Log(350)
    with FakeServer(log) as server:
        stream = make_client(repo_url=server.url).stream_audit_logs(prefetch=prefetch)
        log.failing = {1, 3}
        for _ in range(2):
            with pytest.raises(aura_users.ServerError):
                next(stream)
            assert stream.page == 1
        log.failing = {3}
        rows = [next(stream) for _ in range(200)]
        assert stream.page == 3
        for _ in range(2):
            with pytest.raises(aura_users.ServerError) as caught:
                next(stream)
            assert caught.value.route == "/users/me/audit-logs"
            assert stream.page == 3
        log.failing = set()
        rows += list(stream)
        assert numbers(rows) == list(range(350))
        assert stream.page == 4


def test_page_is_the_page_of_the_next_row(make_client: MakeClient) -> None:
    with FakeServer(Log(250)) as server, make_client(repo_url=server.url) as client:
        stream = client.stream_audit_logs(page=2)
        assert stream.page == 2
        assert numbers([next(stream) for _ in range(30)]) == list(range(100, 130))
        assert stream.page == 2
        assert repr(stream) == "<aura_users.AuditLogs at page 2>"
        pages = stream.pages()
        assert numbers(next(pages)) == list(range(130, 200))
        assert stream.page == 3
        assert numbers([next(stream)]) == [200]
        assert numbers(next(pages)) == list(range(201, 250))
        assert list(pages) == []
        assert stream.page == 3


def test_an_error_of_pages_keeps_the_position(make_client: MakeClient) -> None:
    log = Log(150)
    log.failing = {2}
    with FakeServer(log) as server:
        pages = make_client(repo_url=server.url).stream_audit_logs().pages()
        assert iter(pages) is pages
        assert len(next(pages)) == 100
        with pytest.raises(aura_users.ServerError):
            next(pages)
        log.failing = set()
        assert numbers(next(pages)) == list(range(100, 150))


def test_a_closed_stream_raises(make_client: MakeClient) -> None:
    with FakeServer(Log(250)) as server:
        with make_client(repo_url=server.url).stream_audit_logs() as stream:
            for _ in range(150):
                next(stream)
        assert stream.page == 2
        stream.close()
        for use in (stream, stream.pages()):
            with pytest.raises(aura_users.InvalidArgumentError, match="the stream is closed"):
                next(use)
        assert repr(stream) == "<aura_users.AuditLogs at page 2 (closed)>"


def test_only_one_thread_at_a_time_can_read_a_stream() -> None:
    asked, answer = threading.Event(), threading.Event()

    def answer_late(request: Request) -> Reply:
        asked.set()
        assert answer.wait(30)
        return audit_page(request.page, 5)

    with FakeServer(answer_late) as server:
        stream = aura_users.stream_audit_logs(repo_url=server.url)
        rows: list[aura_users.AuditLog] = []
        reader = threading.Thread(target=lambda: rows.extend(stream))
        reader.start()
        assert asked.wait(30)
        with pytest.raises(aura_users.InvalidArgumentError, match="another thread is reading"):
            next(stream)
        assert stream.page == 1
        answer.set()
        reader.join()
        assert numbers(rows) == list(range(5))


def test_closing_a_stream_lets_the_read_of_another_thread_end() -> None:
    asked, answer = threading.Event(), threading.Event()

    def answer_late(request: Request) -> Reply:
        asked.set()
        assert answer.wait(30)
        return audit_page(request.page, 5)

    with FakeServer(answer_late) as server:
        stream = aura_users.stream_audit_logs(repo_url=server.url)
        rows: list[aura_users.AuditLog] = []
        reader = threading.Thread(target=lambda: rows.append(next(stream)))
        reader.start()
        assert asked.wait(30)
        stream.close()
        answer.set()
        reader.join()
        assert numbers(rows) == [0]
        with pytest.raises(aura_users.InvalidArgumentError, match="closed"):
            next(stream)


def test_a_stream_continues_after_its_client_is_closed(make_client: MakeClient) -> None:
    with FakeServer(Log(250)) as server:
        with make_client(repo_url=server.url) as client:
            stream = client.stream_audit_logs()
            next(stream)
        assert len(list(stream)) == 249


def test_a_stream_can_be_dropped_after_a_timeout() -> None:
    with SilentServer() as server:
        stream = aura_users.stream_audit_logs(repo_url=server.url, timeout=0.05, max_retries=0)
        with pytest.raises(aura_users.TimeoutError):
            next(stream)
        del stream
