"""What the library tells goes to the logger `aura_users`."""

from __future__ import annotations

import logging

import pytest
from fake_server import FakeServer, Reply
from programs import run

import aura_users


def test_a_notice_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    notice = Reply({"username": "eric"}, headers={"x-hex-message": '"upgrade"; level=warn'})
    with FakeServer(lambda _: notice) as server:
        aura_users.get_user("eric", repo_url=server.url, api_key="0123456789abcdef")
    [record] = [record for record in caplog.records if "upgrade" in record.getMessage()]
    assert (record.name, record.levelno) == ("aura_users", logging.WARNING)


def test_requests_at_debug_level(caplog: pytest.LogCaptureFixture) -> None:
    with FakeServer(lambda _: Reply({"username": "eric"})) as server:
        client = aura_users.Client(repo_url=server.url, api_key="0123456789abcdef")
        client.get_user("eric")
        assert caplog.records == []
        with caplog.at_level(logging.DEBUG, "aura_users"):
            client.get_user("eric")
    told = [record.getMessage() for record in caplog.records]
    assert any(text.startswith("GET /users/{username_or_email}: ") for text in told), told
    assert not any("eric" in text or "0123456789abcdef" in text for text in told)


def test_a_page_asked_for_in_the_background_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    with (
        FakeServer(lambda _: Reply([])) as server,
        caplog.at_level(logging.DEBUG, "aura_users"),
    ):
        assert list(aura_users.stream_audit_logs(repo_url=server.url)) == []
    assert any("/users/me/audit-logs" in record.getMessage() for record in caplog.records)


def test_a_handler_that_fails_fails_no_call() -> None:
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
