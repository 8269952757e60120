"""A server that misbehaves: a retry succeeds, or the call raises the right error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import programs
import pytest

import aura_users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faces import MakeClient

EMAIL = "eric@example.com"

# Event loops differ only in how they wake a task. Other tests cover that.
pytestmark = pytest.mark.parametrize("make_client", ["sync", "asyncio"], indirect=True)


@pytest.fixture
def server() -> Iterator[programs.Sandbox]:
    with programs.Sandbox("current") as server:
        server.admin("users", {"username": "eric", "emails": [[EMAIL, True, True, True]]})
        yield server


def misbehave(server: programs.Sandbox, then: Any, **rule: Any) -> None:  # noqa: ANN401
    server.admin("rules", {"path": "/api/**", "then": then, **rule})


def count_requests(server: programs.Sandbox) -> int:
    count: int = server.admin("journal/count")["count"]
    return count


def reply(status: int, **headers: str) -> dict[str, Any]:
    return {"reply": {"status": status, "headers": headers, "body": '{"message": "not now"}'}}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_temporary_failure_is_retried(
    make_client: MakeClient, server: programs.Sandbox, status: int
) -> None:
    misbehave(server, reply(status), times=2)
    assert make_client(repo_url=server.url).get_user("eric").username == "eric"
    assert count_requests(server) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500, 501])
def test_a_permanent_failure_is_not_retried(
    make_client: MakeClient, server: programs.Sandbox, status: int
) -> None:
    misbehave(server, reply(status))
    with pytest.raises(aura_users.ApiError) as caught:
        make_client(repo_url=server.url).get_user("eric")
    assert (caught.value.status, caught.value.attempts) == (status, 1)
    assert count_requests(server) == 1


BROKEN = {
    "closed before the head": ({"close": {"at": "before"}}, aura_users.ConnectError),
    "closed in the head": ({"close": {"at": "in_headers"}}, aura_users.ConnectError),
    "closed after the head": ({"close": {"at": "after_headers"}}, aura_users.ConnectError),
    "closed in the body": ({"close": {"at": "in_body"}}, aura_users.ConnectError),
    "a body that is too short": ({"wrong_length": {"by": 10}}, aura_users.ConnectError),
    "a body that is too long": ({"wrong_length": {"by": -10}}, aura_users.DecodeError),
    "half a body": ("bad_json", aura_users.DecodeError),
    "no JSON": ({"content_type": "text/html"}, aura_users.DecodeError),
    "a compression bomb": ({"bomb": {"bytes": 1_000_000_000}}, aura_users.DecodeError),
    "a huge header": ({"huge_header": {"bytes": 1_000_000}}, aura_users.DecodeError),
    "a redirect to another server": (
        {"redirect": {"to": "http://127.0.0.1:1/", "status": 302}},
        aura_users.ApiError,
    ),
    "a slow reply": ({"dribble": {"bytes": 1, "every_ms": 200}}, aura_users.TimeoutError),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_reply_raises_the_right_error(
    make_client: MakeClient, server: programs.Sandbox, how: str
) -> None:
    then, expected = BROKEN[how]
    # The slow reply takes far longer. The others come at once, unless the machine is busy.
    timeout = 1 if how == "a slow reply" else 30
    client = make_client(repo_url=server.url, max_retries=0, timeout=timeout)
    misbehave(server, then)
    with pytest.raises(aura_users.AuraError) as caught:
        client.get_user("eric")
    assert type(caught.value) is expected
    assert caught.value.route == "/users/{username_or_email}"
    server.admin("rules", method="DELETE")
    assert client.get_user("eric", timeout=30).username == "eric"


@pytest.mark.parametrize("how", [how for how in BROKEN if how != "a slow reply"])
def test_a_broken_page_loses_no_row(
    make_client: MakeClient, server: programs.Sandbox, how: str
) -> None:
    server.admin("audit-logs", {"username": "eric", "count": 450})
    client = make_client(repo_url=server.url, api_key=server.add_key("eric"), max_retries=0)
    misbehave(server, BROKEN[how][0], path="/api/users/me/audit-logs", nth=3)
    stream = client.stream_audit_logs()
    rows: list[int] = []
    failures = 0
    while len(rows) < 450:
        try:
            rows.append(next(stream).params["id"])
        except aura_users.AuraError:
            failures += 1
    # If the server breaks a kept connection, the client repeats the request and does not fail.
    assert failures <= 1
    assert rows == list(range(450, 0, -1))
    assert list(stream) == []


def test_an_account_can_exist_after_a_lost_reply(
    make_client: MakeClient, server: programs.Sandbox
) -> None:
    client = make_client(repo_url=server.url)
    misbehave(server, {"close": {"at": "before"}}, method="POST", run=True)
    with pytest.raises(aura_users.ConnectError, match="check before you repeat") as caught:
        client.create_user("jose", "correct horse", ["jose@example.com"])
    assert (caught.value.outcome_unknown, caught.value.attempts) == (True, 1)
    assert client.get_user("jose").username == "jose"


def test_a_request_is_repeated_if_a_kept_connection_breaks(
    make_client: MakeClient, server: programs.Sandbox
) -> None:
    client = make_client(repo_url=server.url, max_retries=0)
    misbehave(server, {"close": {"at": "before"}}, nth=2)
    for _ in range(3):
        assert client.get_user("eric").username == "eric"
    assert count_requests(server) == 4


def test_a_call_waits_for_the_rate_limit_or_fails(
    make_client: MakeClient, server: programs.Sandbox
) -> None:
    misbehave(server, {"rate_limited": {"headers": False, "retry_after": "1"}}, times=2)
    client = make_client(repo_url=server.url)
    with pytest.raises(aura_users.RateLimitError) as caught:
        client.get_user("eric", rate_limit="error")
    assert caught.value.retry_after
    assert client.get_user("eric").username == "eric"


def test_a_row_written_meanwhile_repeats_no_row(
    make_client: MakeClient, server: programs.Sandbox
) -> None:
    server.admin("audit-logs", {"username": "eric", "count": 150})
    client = make_client(repo_url=server.url, api_key=server.add_key("eric"))
    misbehave(server, {"insert_audit_rows": {"username": "eric", "count": 1}}, nth=1)
    rows = [log.params.get("id") for log in client.stream_audit_logs(prefetch=0)]
    assert rows == [*range(150, 0, -1)]
