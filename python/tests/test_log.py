"""The library logs to the logger `aura_users`."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fake_server import FakeServer, Reply, answer
from programs import run

import aura_users

if TYPE_CHECKING:
    from faces import MakeClient


def test_a_notice_of_the_server_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    notice = Reply({"username": "eric"}, headers={"x-hex-message": '"upgrade"; level=warn'})
    with FakeServer(lambda _: notice) as server:
        aura_users.get_user("eric", repo_url=server.url, api_key="0123456789abcdef")
    [record] = [record for record in caplog.records if "upgrade" in record.getMessage()]
    assert (record.name, record.levelno) == ("aura_users", logging.WARNING)


def test_the_format_in_the_guide_writes_a_notice_too(caplog: pytest.LogCaptureFixture) -> None:
    guide = Path(__file__).resolve().parents[2] / "docs/python.md"
    [text] = re.findall(r'logging\.Formatter\("(.*)"\)', guide.read_text())
    notice = Reply({"username": "eric"}, headers={"x-hex-message": "upgrade"})
    with FakeServer(lambda _: notice) as server, caplog.at_level(logging.DEBUG, "aura_users"):
        aura_users.get_user("eric", repo_url=server.url)
    lines = [logging.Formatter(text).format(record) for record in caplog.records]
    assert len(lines) >= 2
    assert any("upgrade" in line for line in lines), lines


def test_requests_are_logged_at_debug_level(caplog: pytest.LogCaptureFixture) -> None:
    with FakeServer(lambda _: Reply({"username": "eric"})) as server:
        client = aura_users.Client(repo_url=server.url, api_key="0123456789abcdef")
        client.get_user("eric")
        assert caplog.records == []
        with caplog.at_level(logging.DEBUG, "aura_users"):
            client.get_user("eric")
    told = [record.getMessage() for record in caplog.records]
    assert any(text.startswith("GET /users/{username_or_email}: ") for text in told), told
    assert not any("eric" in text or "0123456789abcdef" in text for text in told)


def test_a_record_has_its_fields(caplog: pytest.LogCaptureFixture, make_client: MakeClient) -> None:
    replies = [
        Reply({"message": "no"}, 503),
        Reply({"username": "e"}, headers={"x-request-id": "r"}),
    ]
    with FakeServer(lambda _: replies.pop(0)) as server:
        client = make_client(repo_url=server.url)
        with caplog.at_level(logging.DEBUG, "aura_users"):
            client.get_user("e")
    failed, pause, done = caplog.records
    names = ("event", "method", "route", "attempt", "status", "kind", "request_id")
    fields = [[vars(record)[name] for name in names] for record in caplog.records]
    request = ["GET", "/users/{username_or_email}"]
    assert fields[0] == ["request", *request, 1, 503, None, None]
    assert fields[1] == ["pausing before the next attempt", *request, 1, None, "server", None]
    assert fields[2] == ["request", *request, 2, 200, None, "r"]
    assert all(vars(record)["elapsed_ms"] >= 0 for record in (failed, pause, done))
    assert done.getMessage().startswith("GET /users/{username_or_email}: request (attempt 2, ")


def test_every_record_has_every_field() -> None:
    source = """
import json, logging, sys, aura_users
names = ["event", "method", "route", "attempt", "status", "kind", "elapsed_ms", "request_id"]
class Json(logging.Formatter):
    def format(self, record):
        return json.dumps({name: vars(record)[name] for name in names})
percent = logging.Formatter(" ".join(f"%({name})s" for name in names))
for formatter in (Json(), percent):
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.getLogger("aura_users").addHandler(handler)
aura_users.get_user("eric", repo_url=sys.argv[1])
"""
    # A notice has no status, but its record has every field.
    notice = Reply({"username": "eric"}, headers={"x-hex-message": "hello; level=warn"})
    with FakeServer(lambda _: notice) as server:
        in_json, in_text = run(source, server.url).splitlines()
    assert json.loads(in_json) == {
        "event": "the server says: hello",
        "method": "GET",
        "route": "/users/{username_or_email}",
        **dict.fromkeys(["attempt", "status", "kind", "elapsed_ms", "request_id"]),
    }
    assert in_text == (
        "the server says: hello GET /users/{username_or_email} None None None None None"
    )


def test_background_requests_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with (
        FakeServer(lambda _: Reply([])) as server,
        caplog.at_level(logging.DEBUG, "aura_users"),
    ):
        assert list(aura_users.stream_audit_logs(repo_url=server.url)) == []
    assert any("/users/me/audit-logs" in record.getMessage() for record in caplog.records)


def test_a_failing_handler_does_not_fail_the_call() -> None:
    source = """
import logging, sys, aura_users
class Bad(logging.Handler):
    def emit(self, record):
        raise RuntimeError("bad handler")
logging.getLogger("aura_users").addHandler(Bad())
logging.getLogger("aura_users").setLevel(logging.DEBUG)
print(aura_users.get_user("eric", repo_url=sys.argv[1]).username)
"""
    with FakeServer(lambda _: Reply({"username": "eric"})) as server:
        assert run(source, server.url) == "eric\n"


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit(7)"])
def test_a_handler_can_interrupt_or_exit_the_program(raised: str) -> None:
    source = f"""
import logging, sys, aura_users
class Ending(logging.Handler):
    def emit(self, record):
        raise {raised}
logging.getLogger("aura_users").addHandler(Ending())
logging.getLogger("aura_users").setLevel(logging.DEBUG)
stream = aura_users.stream_audit_logs(repo_url=sys.argv[1], prefetch=0)
for call in (lambda: aura_users.get_user("eric", repo_url=sys.argv[1]), lambda: next(stream)):
    try:
        call()
    except BaseException as error:
        print(repr(error))
logging.getLogger("aura_users").handlers.clear()
print(next(stream).action)
"""
    with FakeServer(answer) as server:
        first, second, row = run(source, server.url).splitlines()
    assert first == second
    assert first.startswith(raised.partition("(")[0])
    assert row == "key.generate"


def test_a_handler_may_make_calls_under_its_lock() -> None:
    source = """
import logging, sys, aura_users
client = aura_users.Client(repo_url=sys.argv[1])
class Calling(logging.Handler):
    def emit(self, record):
        print(client.get_user("eric").username)
logging.getLogger("aura_users").addHandler(Calling())
logging.getLogger("aura_users").setLevel(logging.DEBUG)
for _ in range(3):
    client.get_user("eric")
"""
    with FakeServer(answer) as server:
        assert run(source, server.url) == "eric\n" * 3


CALLS_OF_A_HANDLER = {
    "call": 'client.get_user("eric")',
    "stream": "list(client.stream_audit_logs(prefetch=0))",
    "stream ahead": "list(client.stream_audit_logs(prefetch=4))",
    "pages": "list(client.stream_audit_logs(prefetch=4).pages())",
    "shared stream": "next(shared, None)",
    "event loop": "asyncio.run(read())",
    "new client": "aura_users.get_user('eric', repo_url=sys.argv[1])",
}


@pytest.mark.parametrize("is_guarded", [False, True])
@pytest.mark.parametrize("how", CALLS_OF_A_HANDLER)
def test_calls_of_a_handler_are_not_logged(how: str, *, is_guarded: bool) -> None:
    source = f"""
import asyncio, logging, sys, aura_users
client = aura_users.Client(repo_url=sys.argv[1])
shared = client.stream_audit_logs(prefetch=4)
routes = []
async def read():
    async with aura_users.AsyncClient(repo_url=sys.argv[1]) as client:
        await client.get_user("eric")
        return [row async for row in client.stream_audit_logs()]
class Calling(logging.Handler):
    is_busy = False
    def emit(self, record):
        routes.append(record.route)
        if {is_guarded} and self.is_busy:
            return
        self.is_busy = True
        try:
            {CALLS_OF_A_HANDLER[how]}
        finally:
            self.is_busy = False
logging.getLogger("aura_users").addHandler(Calling())
logging.getLogger("aura_users").setLevel(logging.DEBUG)
sys.unraisablehook = lambda failure: print("failed:", failure.exc_value)
for _ in range(2):
    client.get_user("eric")
print(routes)
"""
    with FakeServer(answer) as server:
        printed = run(source, server.url)
    assert printed == f"{['/users/{username_or_email}'] * 2}\n"


@pytest.mark.parametrize("is_guarded", [False, True])
@pytest.mark.parametrize("prefetch", [0, 4])
def test_a_handler_may_read_a_stream_for_each_page_of_another(
    prefetch: int, *, is_guarded: bool
) -> None:
    source = f"""
import logging, sys, aura_users
def open_stream(key):
    return aura_users.stream_audit_logs(repo_url=sys.argv[1], api_key=key, prefetch={prefetch})
lines = 0
class Reading(logging.Handler):
    is_busy = False
    def emit(self, record):
        global lines
        lines += 1
        if {is_guarded} and self.is_busy:
            return
        self.is_busy = True
        assert len(list(open_stream("inner"))) == 1000
        self.is_busy = False
logging.getLogger("aura_users").addHandler(Reading())
logging.getLogger("aura_users").setLevel(logging.DEBUG)
sys.unraisablehook = lambda failure: print("failed:", failure.exc_value)
assert len(list(open_stream("outer"))) == 1000
print(lines)
"""
    with FakeServer(answer) as server:
        lines = int(run(source, server.url, timeout=60))
        outer = [r for r in server.requests if r.headers["authorization"] == "outer"]
    # Pages that were requested ahead may arrive after the end.
    assert len(outer) - prefetch <= lines <= len(outer)


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        ("logger.setLevel(logging.DEBUG)", True),
        ("logging.getLogger().setLevel(logging.DEBUG)", True),
        ("logger.setLevel(logging.INFO); logging.getLogger().setLevel(logging.DEBUG)", False),
        ("logger.setLevel(logging.DEBUG); logging.disable(logging.DEBUG)", False),
        ("logger.setLevel(logging.DEBUG); logger.disabled = True", False),
    ],
)
def test_debug_records_are_created_only_for_an_enabled_logger(prepare: str, *, told: bool) -> None:
    source = f"""
import logging, sys, aura_users
logger = logging.getLogger("aura_users")
made = []
logging.setLogRecordFactory(lambda *args: made.append(args) or logging.LogRecord(*args))
logger.addHandler(logging.NullHandler())
{prepare}
assert logger.isEnabledFor(logging.DEBUG) is {told}
aura_users.get_user("eric", repo_url=sys.argv[1])
print(len(made) > 0)
"""
    with FakeServer(answer) as server:
        assert run(source, server.url) == f"{told}\n"
