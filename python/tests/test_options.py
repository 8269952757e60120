"""Options: their values, their precedence and their declarations."""

from __future__ import annotations

import ast
import asyncio
import functools
import inspect
import os
import sys
import typing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_server import FakeServer, Reply, Request
from programs import run

import aura_users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Unpack

NAMES = [spec.name for spec in aura_users.OPTIONS]
CALL_NAMES = [name for name in NAMES if name != "env"]
FUNCTIONS = [
    *("create_user", "get_current_user", "get_user"),
    *("reset_user_password", "stream_audit_logs"),
]
ACCEPT_ANY_TEXT = {"client_name", "api_key", "otp", "no_proxy", "ca_file", "user_agent"}
GOOD: dict[str, list[Any]] = {
    "repo_url": ["http://localhost:4000/api"],
    "api_key": ["0123456789abcdef", "Bearer token"],
    "otp": ["123456"],
    "timeout": [1, 0.5, timedelta(milliseconds=1500)],
    "total_timeout": [1, 0.5, timedelta(minutes=1)],
    "connect_timeout": [1, 0.5, timedelta(seconds=1)],
    "max_retries": [0, 100],
    "rate_limit": ["wait", "error"],
    "prefetch": [0, 100],
    "page": [1, 2**63],
    "proxy": ["http://user:password@localhost:3128", "socks5h://localhost"],
    "no_proxy": ["", ".example.com,10.0.0.0/8"],
    "ca_file": ["ca.pem", Path("ca.pem")],
    "user_agent": ["tool/1"],
    "client_name": ["hexdocs 2"],
    "max_body": [1, 2**40],
    "max_connections": [1, 100_000],
    "cache": [0, 100_000],
    "allow_insecure_http": [True, False],
    "env": [True, False],
}
BAD: dict[str, list[Any]] = {
    "repo_url": ["hex.pm", "ftp://hex.pm", "http://x/?a=b", b"http://x", 5, "\ud800"],
    "api_key": ["a\nb", "", b"key", 5],
    "otp": ["a\0b", 123456],
    "timeout": ["5", True, 0, -1, 1e400, float("nan"), 10**400, timedelta(0)],
    "total_timeout": ["5", False, 0, timedelta(seconds=-1)],
    "connect_timeout": ["5", [], 0],
    "max_retries": ["2", True, 1.5, -1, 101],
    "rate_limit": ["Wait", True, 0],
    "prefetch": ["4", 2.0, -1],
    "page": ["1", 0, -1, 1.5, 10**400],
    "proxy": ["socks4://host", "nonsense", 5],
    "no_proxy": [["localhost"]],
    "ca_file": ["", 5],
    "user_agent": ["a\r\nb", True],
    "client_name": ["a(b)", True],
    "max_body": [0, -1, "1", 2.5],
    "max_connections": [0, -1, "1", 2.5],
    "cache": ["1", -1, 0.5],
    "allow_insecure_http": ["true", 1],
    "env": ["false", 0],
}


@pytest.mark.parametrize("name", NAMES)
def test_a_client_accepts_good_values_only(name: str) -> None:
    for value in GOOD[name]:
        aura_users.Client(**{name: value})
    aura_users.Client(**{name: None})
    for value in BAD[name]:
        with pytest.raises(aura_users.InvalidArgumentError, match=rf"^invalid_argument: {name} "):
            aura_users.Client(**{name: value})


@pytest.mark.parametrize("name", CALL_NAMES)
def test_a_call_accepts_the_same_values(name: str) -> None:
    client = aura_users.Client()
    for value in GOOD[name]:
        client.with_options(**{name: value})
    for value in BAD[name]:
        with pytest.raises(aura_users.InvalidArgumentError, match=rf"^invalid_argument: {name} "):
            client.get_user("eric", **{name: value})


async def await_call(name: str, *arguments: object, **options: object) -> None:
    await getattr(aura_users.AsyncClient(), name)(*arguments, **options)


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "create_user": ("eric", "password", ["eric@example.com"]),
    "get_current_user": (),
    "get_user": ("eric",),
    "reset_user_password": ("eric",),
    "stream_audit_logs": (),
}


def list_calls() -> Iterator[Callable[..., Any]]:
    """Yield everything that accepts options, with its required arguments."""
    client, awaiting = aura_users.Client(), aura_users.AsyncClient()
    yield from (aura_users.Client, client.with_options)
    yield from (aura_users.AsyncClient, awaiting.with_options, awaiting.stream_audit_logs)
    for name, arguments in ARGUMENTS.items():
        yield functools.partial(getattr(aura_users, name), *arguments)
        yield functools.partial(getattr(client, name), *arguments)
        if name != "stream_audit_logs":
            call = functools.partial(await_call, name, *arguments)
            yield lambda call=call, **options: asyncio.run(call(**options))


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("timout", "unexpected keyword argument 'timout'. Did you mean 'timeout'?"),
        ("apikey", "unexpected keyword argument 'apikey'. Did you mean 'api_key'?"),
        ("max-retries", "unexpected keyword argument 'max-retries'. Did you mean 'max_retries'?"),
        # The name is not in lower case, so it may be a secret. The message does not repeat it.
        ("repoUrl", "unexpected keyword argument. Did you mean 'repo_url'?"),
        ("colour", "unexpected keyword argument 'colour'. The options are repo_url, api_key, "),
    ],
)
def test_a_mistyped_keyword_is_a_type_error(keyword: str, text: str) -> None:
    for call in list_calls():
        with pytest.raises(TypeError) as caught:
            call(**{keyword: 1})
        assert not isinstance(caught.value, aura_users.AuraError)
        assert str(caught.value).startswith(text)


def test_a_call_refuses_the_option_env() -> None:
    calls: list[Callable[..., Any]] = [
        aura_users.Client().stream_audit_logs,
        aura_users.Client().with_options,
        aura_users.AsyncClient().stream_audit_logs,
    ]
    for call in calls:
        with pytest.raises(TypeError, match="env is an option of a client, not of one call"):
            call(env=False)


def test_the_option_types_exist_at_run_time() -> None:
    from aura_users import CallOptions, ClientOptions

    call, client = typing.get_type_hints(CallOptions), typing.get_type_hints(ClientOptions)
    assert list(call) == CALL_NAMES
    assert list(client) == NAMES
    assert call["timeout"] == float | timedelta | None
    assert CallOptions.__required_keys__ == ClientOptions.__required_keys__ == frozenset()
    assert (CallOptions.__module__, ClientOptions.__module__) == ("aura_users", "aura_users")

    def with_client(**options: Unpack[ClientOptions]) -> aura_users.Client:
        return aura_users.Client(**options)

    options: ClientOptions = {"timeout": 5, "env": False}
    assert "timeout=5" in repr(with_client(**options))


def test_the_option_types_are_imported_at_their_first_use() -> None:
    source = """
import sys, aura_users
aura_users.Client()
aura_users.AsyncClient()
print("typing" in sys.modules, "typing_extensions" in sys.modules)
print(aura_users.ClientOptions.__name__, "typing_extensions" in sys.modules)
"""
    assert run(source) == "False False\nClientOptions False\n"


def test_the_user_agent_names_python_and_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    ours = f"aura-users/{aura_users.__version__}"
    with FakeServer(user) as server:

        def agent(call: Callable[..., Any], **options: object) -> str:
            call(**options)
            return server.requests[-1].headers["user-agent"]

        client = aura_users.Client(repo_url=server.url, user_agent="tool/1")
        assert agent(client.get_current_user) == f"tool/1 {ours} (Python/{version})"
        assert agent(client.get_current_user, client_name="x") == f"tool/1 {ours} (x)"
        own = aura_users.Client(repo_url=server.url, client_name="hexdocs 2")
        assert agent(own.get_current_user) == f"{ours} (hexdocs 2)"
        for env in (True, False):
            call = functools.partial(aura_users.get_user, "eric", repo_url=server.url, env=env)
            assert agent(call) == f"{ours} (Python/{version})"
        monkeypatch.setenv("CI", "1")
        client = aura_users.Client(repo_url=server.url)
        assert agent(client.get_current_user) == f"{ours} (Python/{version}; CI)"


def test_no_message_repeats_a_secret() -> None:
    for name in ("api_key", "otp", "proxy"):
        for value in ("s3cret\n", b"s3cret", "socks4://u:s3cret@h"):
            if name != "proxy" and value == "socks4://u:s3cret@h":
                continue
            with pytest.raises(aura_users.InvalidArgumentError) as caught:
                aura_users.Client(**{name: value})  # type: ignore[arg-type]
            assert "s3cret" not in repr((caught.value, caught.value.__dict__))


def test_no_message_repeats_a_secret_in_the_wrong_argument() -> None:
    key = "0123456789abcdef0123456789abcdef"
    swapped: dict[str, Any] = {key: "api_key"}
    calls: list[Callable[..., Any]] = [
        aura_users.Client,
        aura_users.Client().with_options,
        aura_users.get_user,
        aura_users.Client().stream_audit_logs,
        aura_users.AsyncClient,
        aura_users.AsyncClient().stream_audit_logs,
        lambda *_, **options: asyncio.run(aura_users.AsyncClient().get_user("eric", **options)),
    ]
    for call in calls:
        arguments = ("eric",) if call is aura_users.get_user else ()
        with pytest.raises(
            TypeError, match=r"^unexpected keyword argument\. Its value is"
        ) as wrong_name:
            call(*arguments, **swapped)
        assert key not in repr(wrong_name.value)
    for name in NAMES:
        if name not in ACCEPT_ANY_TEXT:
            wrong: dict[str, Any] = {name: key}
            with pytest.raises(aura_users.InvalidArgumentError, match=f"{name} ") as caught:
                aura_users.Client(**wrong)
            assert key not in repr((caught.value, caught.value.__dict__))


def test_the_table_describes_every_option() -> None:
    specs = {spec.name: spec for spec in aura_users.OPTIONS}
    assert specs["repo_url"].default == "https://hex.pm/api"
    assert specs["repo_url"].env == ("HEX_API_URL", "HEX_API")
    assert specs["api_key"].default is None
    assert all(spec.doc and spec.allowed for spec in aura_users.OPTIONS)
    assert repr(specs["page"]) == (
        "<OptionSpec 'page' default='1' env=() allowed='a whole number, at least 1'>"
    )


def test_signatures_name_every_option() -> None:
    for name in FUNCTIONS:
        for of, options in ((aura_users, NAMES), (aura_users.Client, CALL_NAMES)):
            assert list_keywords(getattr(of, name)) == options
    assert list_keywords(aura_users.Client.with_options) == CALL_NAMES
    assert list_keywords(aura_users.Client) == NAMES


def list_keywords(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]


def test_the_option_types_name_every_option() -> None:
    stub = ast.parse(Path(aura_users.__file__).with_name("_options.py").read_text())
    declared = {
        node.name: [
            line.target.id
            for line in node.body
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        ]
        for node in stub.body
        if isinstance(node, ast.ClassDef) and node.name in {"CallOptions", "ClientOptions"}
    }
    assert declared == {"CallOptions": CALL_NAMES, "ClientOptions": ["env"]}


def user(request: Request) -> Reply:
    return Reply({"username": "eric", "key": request.headers.get("authorization")})


def test_a_call_overrides_the_client_and_the_client_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FakeServer(user) as server:
        monkeypatch.setenv("HEX_API_URL", server.url)
        monkeypatch.setenv("HEX_API_KEY", "from-the-environment")
        client = aura_users.Client()
        assert client.get_current_user().extra["key"] == "from-the-environment"
        client = aura_users.Client(api_key="from-the-client", user_agent="tool/1")
        assert client.get_current_user().extra["key"] == "from-the-client"
        other = client.with_options(api_key="from-the-handle")
        assert other.get_current_user().extra["key"] == "from-the-handle"
        assert other.get_current_user(api_key="from-the-call").extra["key"] == "from-the-call"
        assert client.get_current_user(api_key=None).extra["key"] == "from-the-client"
        assert server.requests[-1].headers["user-agent"].startswith("tool/1 aura-users/")
        client = aura_users.Client(env=False, repo_url=server.url)
        assert client.get_user("eric").extra["key"] is None


def test_functions_use_a_changed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(user) as first, FakeServer(user) as second:
        for server, key in ((first, "one"), (second, "two"), (first, "three")):
            monkeypatch.setenv("HEX_API_URL", server.url)
            monkeypatch.setenv("HEX_API_KEY", key)
            assert aura_users.get_current_user().extra["key"] == key
        assert aura_users.get_user("eric", env=False, repo_url=second.url).extra["key"] is None
        assert (len(first.requests), len(second.requests)) == (2, 2)


def test_an_error_names_a_bad_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEX_HTTP_TIMEOUT", "soon")
    with pytest.raises(aura_users.InvalidArgumentError, match="HEX_HTTP_TIMEOUT"):
        aura_users.Client()
    with pytest.raises(aura_users.InvalidArgumentError, match="HEX_HTTP_TIMEOUT"):
        aura_users.get_user("eric")
    aura_users.Client(env=False)


def test_a_path_may_be_invalid_utf8() -> None:
    name = os.fsdecode(b"/nowhere/\xff.pem")
    client = aura_users.Client(ca_file=name, repo_url="https://localhost:1/api")
    with pytest.raises(aura_users.AuraError, match="ca_file"):
        client.get_user("eric")
