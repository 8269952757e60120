"""The client: its arguments, its connections, and the secrets that it hides."""

from __future__ import annotations

import inspect
import json
import pickle
import time
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from fake_server import FakeServer, Reply, Request

import aura_users

if TYPE_CHECKING:
    from faces import MakeClient


def user(_: Request) -> Reply:
    return Reply({"username": "eric"})


def test_requests_contain_the_arguments(make_client: MakeClient) -> None:
    with FakeServer(user) as server, make_client(repo_url=server.url) as client:
        client.create_user("eric", 'p"ass', ["eric@example.com"])
        client.create_user(username="eric", password="p", emails=("eric@example.com",))
        client.get_user("a/b")
        client.get_user("eric@example.com")
    first, second, third, fourth = server.requests
    assert (first.method, first.path) == ("POST", "/api/users")
    assert json.loads(first.body) == {
        "username": "eric",
        "password": 'p"ass',
        "emails": [{"email": "eric@example.com"}],
    }
    assert json.loads(second.body)["emails"] == [{"email": "eric@example.com"}]
    assert third.path == "/api/users/a%2Fb"
    assert fourth.path in ("/api/users/eric@example.com", "/api/users/eric%40example.com")


def test_an_error_names_a_bad_argument(make_client: MakeClient) -> None:
    client = make_client(repo_url="http://127.0.0.1:1/api")
    bad: list[tuple[str, tuple[Any, ...]]] = [
        ("username must be a str, not int", (5, "p", ["e@x"])),
        ("password must be a str, not bytes", ("eric", b"p", ["e@x"])),
        (r"emails must be a sequence of str, such as .*, not str", ("eric", "p", "e@x")),
        ("emails must be a sequence of str, such as .*, not int", ("eric", "p", 5)),
        ("every item of emails must be a str, not int", ("eric", "p", [5])),
        ("emails contains 2 addresses", ("eric", "p", ["e@x", "f@x"])),
        ("username is not valid Unicode", ("\ud800", "p", ["e@x"])),
    ]
    for why, args in bad:
        with pytest.raises(aura_users.InvalidArgumentError, match=why) as caught:
            client.create_user(*args)
        assert caught.value.attempts == 0
    for name in ("", ".", "..", "me"):
        with pytest.raises(aura_users.InvalidArgumentError):
            client.get_user(name)
    with pytest.raises(aura_users.InvalidArgumentError, match="username_or_email must be a str"):
        client.reset_user_password(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        client.get_user()  # type: ignore[call-arg]
    make: Any = aura_users.Client
    with pytest.raises(TypeError):
        make("http://localhost")


def test_a_closed_client_raises(make_client: MakeClient) -> None:
    with FakeServer(user) as server:
        with make_client(repo_url=server.url) as client:
            assert client.get_user("eric").username == "eric"
            other = client.with_options(max_retries=0)
            stream = client.stream_audit_logs()
        client.close()
        for use in (
            lambda: client.get_user("eric"),
            lambda: client.with_options(page=2),
            client.stream_audit_logs,
            client.__enter__,
        ):
            with pytest.raises(aura_users.InvalidArgumentError, match="the client is closed"):
                use()
        assert other.get_user("eric").username == "eric"
        assert stream.page == 1
    assert repr(client) == f"<aura_users.Client {server.url} (closed)>"


def test_connections_stay_open_until_the_client_is_closed(make_client: MakeClient) -> None:
    with FakeServer(user) as server:
        client = make_client(repo_url=server.url)
        other = client.with_options(max_retries=0)
        for _ in range(5):
            client.get_user("eric")
            other.get_user("eric")
        assert server.accepted == 1
        other.close()
        client.get_user("eric")
        assert server.accepted == 1
        client.close()
        assert server.hung_up.acquire(timeout=30)


def test_the_rate_limit_is_that_of_the_last_reply(make_client: MakeClient) -> None:
    limits = {
        "x-ratelimit-limit": "500",
        "x-ratelimit-remaining": "499",
        "x-ratelimit-reset": str(int(time.time()) + 30),
    }
    with FakeServer(lambda _: Reply({"username": "eric"}, headers=limits)) as server:
        client = make_client(repo_url=server.url)
        assert client.rate_limit() is None
        client.get_user("eric")
        state = client.rate_limit()
        assert state is not None
        assert (state.limit, state.remaining) == (500, 499)
        assert 0 < state.resets_in <= 32
        assert repr(state).startswith("<RateLimitState 499 of 500 left, ")


def test_a_cached_record_is_requested_with_its_etag(make_client: MakeClient) -> None:
    def user(request: Request) -> Reply:
        if request.headers.get("if-none-match") == "abc":
            return Reply(b"", status=304)
        return Reply({"username": "eric"}, headers={"etag": "abc"})

    with FakeServer(user) as server:
        client = make_client(repo_url=server.url, cache=10)
        assert client.get_user("eric") == client.get_user("eric")
        assert server.requests[1].headers["if-none-match"] == "abc"


def test_no_repr_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEX_OTP", "654321")
    client = aura_users.Client(
        repo_url="http://localhost:4000/api",
        api_key="0123456789abcdef",
        proxy="http://u:hunter2@localhost:3128",
    )
    shown = [repr(client), str(client), repr(client.with_options(api_key="fedcba"))]
    url = "http://localhost:4000/api"
    assert shown[0] == f"<aura_users.Client {url} api_key=*** proxy=***>"
    other = client.with_options(timeout=2, repo_url="http://localhost/api", user_agent="x" * 200)
    shown.append(repr(other))
    assert shown[3].startswith(
        "<aura_users.Client http://localhost/api api_key=*** proxy=*** timeout=2 user_agent='xxx"
    )
    assert len(shown[3]) < 200
    assert repr(other.with_options(timeout=5)).count("timeout=") == 1
    assert repr(aura_users.Client()) == "<aura_users.Client https://hex.pm/api>"
    for secret in ("0123456789abcdef", "hunter2", "654321", "fedcba"):
        assert not any(secret in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(client)


def test_everything_public_is_documented() -> None:
    for name in aura_users.__all__:
        thing = getattr(aura_users, name)
        if name in ("__version__", "OPTIONS"):
            continue
        assert inspect.getdoc(thing), name
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                if not member.startswith("_") and not isinstance(value, str):
                    assert inspect.getdoc(value), f"{name}.{member}"
    for create in (aura_users.create_user, aura_users.Client.create_user):
        assert "https://hex.pm/policies/termsofservice" in (create.__doc__ or "")
    assert set(aura_users.__all__) <= set(dir(aura_users))
    assert sorted({*aura_users.__all__, "TYPE_CHECKING"}) == sorted(
        name
        for name, value in vars(aura_users).items()
        if name == "__version__" or not (name.startswith("_") or inspect.ismodule(value))
    )
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        aura_users.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_every_object_supports_weak_references() -> None:
    client, awaited = aura_users.Client(), aura_users.AsyncClient()
    stream, awaited_stream = client.stream_audit_logs(), awaited.stream_audit_logs()
    user = aura_users.User.from_json('{"username":"a"}')
    with FakeServer(lambda _: Reply({"username": "a"})) as server:
        response = aura_users.get_user("a", repo_url=server.url).response
    objects: list[object] = [
        *(client, stream, stream.pages(), awaited, awaited_stream, awaited_stream.pages()),
        *(user, response, aura_users.AuditLog.from_json('{"action":"a"}')),
        *(aura_users.Package("a"), aura_users.Organization("b"), aura_users.OPTIONS[0]),
        aura_users.AuraError("a"),
    ]
    classes = {thing for thing in vars(aura_users).values() if inspect.isclass(thing)}
    classes -= {aura_users.CallOptions, aura_users.ClientOptions}  # types of dicts
    tried = {type(each) for each in objects} | {aura_users.RateLimitState}
    assert not [cls for cls in classes if not issubclass(cls, (*tried, aura_users.AuraError))]
    for each in objects:
        assert weakref.ref(each)() is each
    assert all(cls.__weakrefoffset__ for cls in classes)
    gone = weakref.ref(aura_users.Package("a"))
    assert gone() is None
