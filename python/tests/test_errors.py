"""The exceptions: their classes, their attributes and their pickles."""

from __future__ import annotations

import builtins
import copy
import errno
import pickle
from typing import TYPE_CHECKING

import pytest
from fake_server import FakeServer, Reply, SilentServer, answer
from programs import run

import aura_users
from aura_users import _errors, _native

if TYPE_CHECKING:
    from faces import MakeClient

TREE = {
    "invalid_argument": (aura_users.InvalidArgumentError, ValueError),
    "unauthenticated": (aura_users.AuthenticationError, aura_users.ApiError),
    "otp_required": (aura_users.OtpRequiredError, aura_users.AuthenticationError),
    "otp_invalid": (aura_users.OtpInvalidError, aura_users.AuthenticationError),
    "forbidden": (aura_users.PermissionDeniedError, aura_users.ApiError),
    "not_found": (aura_users.NotFoundError, aura_users.ApiError),
    "unsupported": (aura_users.UnsupportedError, aura_users.ApiError),
    "validation": (aura_users.ValidationError, aura_users.ApiError),
    "rate_limited": (aura_users.RateLimitError, aura_users.ApiError),
    "server": (aura_users.ServerError, aura_users.ApiError),
    "unexpected_status": (aura_users.ApiError, aura_users.AuraError),
    "connect": (aura_users.ConnectError, ConnectionError),
    "tls": (aura_users.TlsError, ConnectionError),
    "timeout": (aura_users.TimeoutError, builtins.TimeoutError),
    "cancelled": (aura_users.CancelledError, aura_users.AuraError),
    "decode": (aura_users.DecodeError, aura_users.AuraError),
    "internal": (aura_users.InternalError, aura_users.AuraError),
}


def test_every_error_kind_of_the_core_has_a_class() -> None:
    assert list(TREE) == list(_native.ERROR_KINDS)
    assert {kind: cls for kind, (cls, _) in TREE.items()} == _errors.BY_KIND
    for kind, (cls, base) in TREE.items():
        assert issubclass(cls, base)
        assert issubclass(cls, aura_users.AuraError)
        assert cls.kind == kind
        assert getattr(aura_users, cls.__name__) is cls
        assert cls.__module__ == "aura_users"


def test_an_error_has_every_field_of_the_reply(make_client: MakeClient) -> None:
    reply = Reply(
        {"status": 422, "message": "Validation error(s)", "errors": {"username": "is reserved"}},
        status=422,
        headers={"x-request-id": "req-1"},
    )
    with (
        FakeServer(lambda _: reply) as server,
        pytest.raises(aura_users.ValidationError) as caught,
    ):
        make_client(repo_url=server.url).create_user("admin", "s3cret password", ["a@example.com"])
    error = caught.value
    assert error.kind == "validation"
    assert error.message == "Validation error(s)"
    assert error.status == 422
    assert error.errors == {"username": "is reserved"}
    assert error.request_id == "req-1"
    assert (error.method, error.route, error.attempts) == ("POST", "/users", 1)
    assert (error.retry_after, error.hint, error.reason) == (None, None, None)
    assert (error.outcome_unknown, error.retryable) == (False, False)
    assert str(error).startswith("POST /users: validation (422): Validation error(s)")
    shown = f"{error!r} {error} {error.__dict__}"
    assert "s3cret" not in shown
    assert "a@example.com" not in shown


def test_a_rate_limit_error_has_the_time_to_wait(make_client: MakeClient) -> None:
    reply = Reply({"message": "slow down"}, status=429, headers={"retry-after": "7"})
    with FakeServer(lambda _: reply) as server, pytest.raises(aura_users.RateLimitError) as caught:
        make_client(repo_url=server.url).get_user("eric", rate_limit="error")
    assert isinstance(caught.value.retry_after, float)
    assert 0 < caught.value.retry_after <= 7
    assert caught.value.retryable


def test_a_lost_reply_to_a_post_leaves_the_outcome_unknown(make_client: MakeClient) -> None:
    with FakeServer(lambda _: Reply(None)) as server:
        with pytest.raises(ConnectionError) as caught:
            make_client(repo_url=server.url).create_user("eric", "password", ["e@example.com"])
        assert len(server.requests) == 1
    assert isinstance(caught.value, aura_users.ConnectError)
    assert caught.value.outcome_unknown


@pytest.mark.parametrize(
    ("reply", "exception", "unknown"),
    [
        (Reply(b"<html>", 503, {"content-type": "text/html"}), aura_users.ServerError, True),
        (Reply({"message": "no"}, 500), aura_users.ServerError, True),
        (Reply(b"<html>", 200, {"content-type": "text/html"}), aura_users.DecodeError, True),
        (Reply({"message": "no"}, 403), aura_users.PermissionDeniedError, False),
    ],
)
def test_outcome_unknown_depends_on_the_reply(
    make_client: MakeClient, reply: Reply, exception: type[aura_users.AuraError], unknown: bool
) -> None:
    with FakeServer(lambda _: reply) as server:
        client = make_client(repo_url=server.url)
        with pytest.raises(exception) as created:
            client.create_user("eric", "password", ["e@example.com"])
        with pytest.raises(exception) as was_reset:
            client.reset_user_password("eric")
        assert len(server.requests) == 2
    for error in (created.value, was_reset.value):
        assert (error.outcome_unknown, error.retryable, error.attempts) == (unknown, False, 1)


def test_attempts_count_only_sent_requests(make_client: MakeClient) -> None:
    client = make_client(repo_url="http://127.0.0.1:1/api", max_retries=1)
    with pytest.raises(aura_users.ConnectError) as caught:
        client.create_user("eric", "password", ["e@example.com"])
    assert (caught.value.attempts, caught.value.outcome_unknown) == (0, False)


def test_an_error_has_a_limited_size(make_client: MakeClient) -> None:
    path, fields = "a" * 30_000, {str(n): "" for n in range(1500)}
    headers = {"x-request-id": "i" * 1000}
    reply = Reply({"message": "no" * 5000, "errors": {path: fields}}, 422, headers)
    with FakeServer(lambda _: reply) as server, pytest.raises(aura_users.ValidationError) as caught:
        make_client(repo_url=server.url).create_user("eric", "password", ["e@example.com"])
    error = caught.value
    assert error.errors is not None
    name, kept = next(iter(error.errors.items()))
    assert (len(kept), error.errors["…"]) == (200, "and 1300 more")
    assert len(name.encode()) <= 256
    assert error.request_id == "i" * 256
    assert len(error.message.encode()) <= 8 * 1024
    assert error.message.endswith("…")
    assert len(str(error).encode()) <= 64 * 1024
    assert "and 1300 more" in str(error)


def test_a_decode_error_repeats_no_key_of_the_record(make_client: MakeClient) -> None:
    reply = Reply({"username": "eric", "handles": {"eric@example.com": 1}})
    with FakeServer(lambda _: reply) as server, pytest.raises(aura_users.DecodeError) as caught:
        make_client(repo_url=server.url).get_user("eric")
    assert caught.value.message.endswith("(handles.*)")
    assert "eric@example.com" not in repr((caught.value, caught.value.__dict__))


def test_a_silent_server_is_a_timeout_error(make_client: MakeClient) -> None:
    with SilentServer() as server, pytest.raises(builtins.TimeoutError) as caught:
        make_client(repo_url=server.url).get_user("eric", timeout=0.05, max_retries=0)
    assert isinstance(caught.value, aura_users.TimeoutError)
    assert caught.value.retryable


def test_a_refused_connection_is_a_connect_error(make_client: MakeClient) -> None:
    with pytest.raises(aura_users.ConnectError) as caught:
        make_client(repo_url="http://127.0.0.1:1/api").get_user("eric", max_retries=0)
    error = caught.value
    assert "check repo_url" in str(error)
    # The operating system's error is the cause. Copies and pickles keep it.
    for again in (error, pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again.__cause__) is ConnectionRefusedError
        assert again.__cause__.errno == errno.ECONNREFUSED
        assert "__cause__" not in vars(again)


def test_a_server_without_tls_is_a_tls_error(make_client: MakeClient) -> None:
    with FakeServer(lambda _: Reply({})) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(aura_users.TlsError):
            make_client(repo_url=url).get_user("eric", max_retries=0)


@pytest.mark.parametrize("cls", [aura_users.AuraError, *_errors.BY_KIND.values()])
def test_errors_survive_pickle_and_copy(cls: type[aura_users.AuraError]) -> None:
    error = cls("gone", text="GET /users/me: gone", status=404, errors={"a": "b"}, retry_after=1.5)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is cls
        assert str(again) == str(error) == "GET /users/me: gone"
        assert again.__dict__ == error.__dict__
        assert (again.message, again.status, again.kind) == ("gone", 404, cls.kind)
    assert str(cls("gone")) == "gone"
    assert cls("gone").retryable is False


def test_errors_without_free_descriptors_are_aura_errors() -> None:
    source = """
import os, resource, sys, aura_users
client = aura_users.Client(repo_url=sys.argv[1], max_retries=0)
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
for name in ("eric", ""):
    try:
        client.get_user(name)
    except aura_users.AuraError as error:
        print(error.kind, error.hint or "")
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
print(client.get_user("eric").username)
"""
    with FakeServer(answer) as server:
        connect, invalid, found = run(source, server.url).splitlines()
    assert connect.startswith("connect this process has all the descriptors")
    assert invalid == "invalid_argument "
    assert found == "eric"


def test_a_connect_error_has_the_errno_of_the_system() -> None:
    with pytest.raises(aura_users.ConnectError) as caught:
        aura_users.get_user("eric", repo_url="http://127.0.0.1:1/api", max_retries=0)
    assert caught.value.errno == errno.ECONNREFUSED
    assert "check repo_url" in str(caught.value)
