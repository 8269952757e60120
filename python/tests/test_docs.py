"""The documentation of every public name has an example, and every example works.

They run against a sandbox that has the user ericmj. The sandbox also causes the errors in examples.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import doctest
import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import programs
import pytest

import aura_users

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

CONSTANTS = {"OPTIONS", "__version__"}  # the module's documentation shows them
NAMES = ["aura_users", *(name for name in aura_users.__all__ if name not in CONSTANTS)]
EMAIL = [["ericmj@example.com", True, True, True]]
# The examples use this key.
KEY = "..."


def reply(status: int, message: str, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = f'{{"message":"{message}","status":{status}}}'
    headers = {"content-type": "application/json"} | named
    return {"reply": {"status": status, "headers": headers, "body": body}}


ME, ERIC = "/api/users/me", "/api/users/ericmj"
# The sandbox causes errors by these rules.
MISBEHAVIOUR: dict[str, dict[str, Any]] = {
    "OtpRequiredError": {
        "path": ME,
        "times": 1,
        "then": reply(401, "one-time password", www_authenticate='Bearer error="totp_required"'),
    },
    "OtpInvalidError": {
        "path": ME,
        "then": reply(401, "one-time password", www_authenticate='Bearer error="invalid_totp"'),
    },
    "RateLimitError": {"path": ERIC, "then": {"rate_limited": {"retry_after": "7"}}},
    "ServerError": {"path": ERIC, "then": reply(503, "out of order")},
    "TimeoutError": {"path": ERIC, "delay_ms": 5000},
    "DecodeError": {"path": ERIC, "then": "bad_json"},
}


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[programs.Sandbox]:
    # Only the old server resets passwords. The clock stands still for the rate limit.
    profile = "legacy" if "reset_user_password" in request.node.name else "current"
    clock = ["--clock", "2030-01-01T00:00:00Z", "--frozen", "--rate-limit-loopback"]
    with programs.Sandbox(profile, *clock) as sandbox:
        sandbox.admin("organizations", {"name": "zeta"})
        sandbox.admin(
            "users",
            {
                "username": "ericmj",
                "full_name": "Eric Meadows",
                "emails": EMAIL,
                "packages": ["decimal", "ecto"],
                "organizations": {"zeta": "admin"},
            },
        )
        sandbox.admin("keys", {"username": "ericmj", "secret": KEY})
        rows = [
            {"action": "owner.add", "params": {"package": {"name": "decimal"}}},
            {"action": "key.generate", "params": {"name": "laptop"}, "user_agent": "Hex/2.1.1"},
        ]
        sandbox.admin("audit-logs", {"username": "ericmj", "rows": rows})
        sandbox.admin("users", {"username": "unverified", "emails": [["u@example.com"]]})
        sandbox.admin("keys", {"username": "unverified", "secret": "unverified"})
        yield sandbox


def read_documentation(name: str) -> Iterator[tuple[str, str]]:
    """Yield the documentation of a name and, for a class, of its members."""
    thing = aura_users if name == "aura_users" else getattr(aura_users, name)
    yield name, inspect.getdoc(thing) or ""
    if inspect.isclass(thing):
        for member, value in vars(thing).items():
            # A string, such as `kind`, has no documentation of its own.
            if not member.startswith("_") and not isinstance(value, str):
                yield f"{name}.{member}", inspect.getdoc(value) or ""


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_has_an_example(name: str) -> None:
    assert any(">>>" in text for _, text in read_documentation(name)), f"{name} has no example"


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_work(
    name: str, world: programs.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEX_API_URL", world.url)
    monkeypatch.setenv("HEX_API_KEY", "unverified" if name == "PermissionDeniedError" else KEY)
    monkeypatch.setattr(builtins, "input", lambda _: "123456")
    if name == "TlsError":
        with programs.Sandbox("current", "--tls", "good") as untrusted:
            monkeypatch.setenv("HEX_API_URL", untrusted.url)
            run_examples(name, monkeypatch)
        return
    if rule := MISBEHAVIOUR.get(name):
        world.admin("rules", rule)
    if name == "TimeoutError":
        # If the machine is busy, the short time may end before the request is sent.
        for _ in range(4):
            with suppress(AssertionError):
                run_examples(name, monkeypatch)
                return
    run_examples(name, monkeypatch)


def run_examples(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.new_event_loop()

    def compile_example(source: str, file: str, mode: str, flags: int, alone: bool) -> CodeType:
        flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code: CodeType = compile(source, file, mode, flags, alone)
        return code

    def execute_example(code: CodeType, names: dict[str, Any]) -> None:
        awaitable = eval(code, names)
        if inspect.iscoroutine(awaitable):
            loop.run_until_complete(awaitable)

    # Examples may await, as in `python -m asyncio`.
    monkeypatch.setattr(doctest, "compile", compile_example, raising=False)
    monkeypatch.setattr(doctest, "exec", execute_example, raising=False)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for where, text in read_documentation(name):
        test = doctest.DocTestParser().get_doctest(
            text, {"aura_users": aura_users}, where, None, None
        )
        runner.run(test, out=said.append)
    loop.close()
    assert runner.failures == 0, "".join(said)
