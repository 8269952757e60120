"""Numbers of any size: the package decodes and shows them without Python's own exceptions."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from fake_server import FakeServer, Reply, Request

import aura_users
from aura_users._cli import main
from aura_users._cli_errors import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = "9" * 5_000
"""It has more digits than Python reads by default."""

NUMBERS = {
    "0": 0,
    "-0": 0,
    "12345678901234567890": 12345678901234567890,
    "-" + "1" * 4_300: None,  # the result of Python's own `int`
    LONG: Decimal(LONG),
    f"-{LONG}": Decimal(f"-{LONG}"),
    "1e999": float("inf"),
    "-1e999": float("-inf"),
    "1e-999": 0.0,
    f"1.{LONG}": 2.0,
    f"{LONG}.0": float("inf"),
    f"1e{LONG}": float("inf"),
    f"1e-{LONG}": 0.0,
}


@pytest.fixture
def _limit() -> Iterator[None]:
    """Set Python's default limit, even if the environment sets another one."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(4_300)
    yield
    sys.set_int_max_str_digits(before)


def check_number(found: object, text: str) -> None:
    wanted = NUMBERS[text]
    if wanted is None:
        wanted = int(text)
    assert (type(found), found) == (type(wanted), wanted)


@pytest.mark.usefixtures("_limit")
@pytest.mark.parametrize("text", NUMBERS, ids=lambda text: text[:12])
def test_a_number_in_a_record_is_decoded(text: str) -> None:
    raw = f'{{"action": "a", "params": {{"n": [{text}]}}, "m": {text}}}'
    row = aura_users.AuditLog.from_json(raw)
    check_number(row.params["n"][0], text)
    check_number(row.extra["m"], text)
    check_number(row.to_dict()["params"]["n"][0], text)
    assert row.raw_json == raw
    assert pickle.loads(pickle.dumps(row.params)) == row.params
    assert repr(row.params)
    bare = aura_users.AuditLog.from_json(f'{{"action": "a", "params": {text}}}')
    check_number(bare.params, text)
    user = aura_users.User.from_json(f'{{"username": "a", "m": {{"n": {text}}}}}')
    check_number(user.extra["m"]["n"], text)
    check_number(user.to_dict()["m"]["n"], text)


@pytest.mark.usefixtures("_limit")
def test_decoding_follows_the_limit_of_python() -> None:
    row = aura_users.AuditLog.from_json(f'{{"action": "a", "params": {"7" * 700}}}')
    assert type(row.to_dict()["params"]) is int
    sys.set_int_max_str_digits(640)
    assert row.to_dict()["params"] == Decimal("7" * 700)
    sys.set_int_max_str_digits(0)
    row = aura_users.AuditLog.from_json(f'{{"action": "a", "params": {LONG}}}')
    assert row.params == int(LONG)


@pytest.mark.parametrize("text", NUMBERS, ids=lambda text: text[:12])
@pytest.mark.parametrize("errors", ["{}", '{{"name": {}}}', '{{"name": [{}, {{"deep": {}}}]}}'])
def test_a_number_in_the_errors_of_a_reply_is_decoded(errors: str, text: str) -> None:
    body = f'{{"status": 422, "message": {text}, "errors": {errors.format(text, text)}}}'
    with FakeServer(lambda _: Reply(body.encode(), status=422)) as server:
        client = aura_users.Client(repo_url=server.url, max_retries=0)
        with pytest.raises(aura_users.ValidationError) as caught:
            client.create_user("eric", "a long password", ["eric@example.com"])
    assert caught.value.status == 422
    assert pickle.loads(pickle.dumps(caught.value)).errors == caught.value.errors


def nest(depth: int) -> str:
    return "[" * depth + "]" * depth


REPLIES: dict[str, str] = {
    "a long number": LONG,
    "a long negative number": f"-{LONG}",
    "a number larger than a float": "1e999",
    "a long exponent": f"1e{LONG}",
    "nesting": nest(120),
    "too deep nesting": nest(100_000),
    "a lone surrogate": '"\\ud800"',
    "control characters": '"\\u0000\\u001b[2J"',
    "unassigned characters": '"\U000e0001\uffff"',
    "white space": "\n\t {\r\n}",
    "no value": "",
    "a minus sign only": "-",
    "not a number": "NaN",
}


@pytest.mark.parametrize("text", REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize("status", [200, 404, 422])
def test_the_command_line_shows_no_traceback(
    text: str, status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If there were an exception, `main` would raise it."""
    monkeypatch.setenv("HEX_API_KEY", "0123456789abcdef")
    monkeypatch.setenv("AURA_PASSWORD", "a long password")

    def answer(request: Request) -> Reply:
        body = f'{{"username": "eric", "future": {text}, "message": "no", "errors": {text}}}'
        if request.path.endswith("/audit-logs") and status == 200:
            body = f'[{{"action": "a", "params": {text}, "user_agent": null}}]'
        return Reply(body.encode("utf-8", "surrogatepass"), status=status)

    with FakeServer(answer) as server:
        for command in (
            *(["whoami"], ["whoami", "--json"], ["user", "eric"]),
            *(["audit-logs", "--format", one] for one in ("text", "json", "csv", "jsonl")),
            *(["create", "eric", "eric@example.com"], ["reset", "eric"]),
        ):
            done = main(["--repo-url", server.url, *command])
            shown, said = capsys.readouterr()
            assert done in STATUSES
            assert done != 2
            assert (done == 0) != said.startswith("aura-users: ")
            if done == 0 and text[:1] in "-1239":
                assert text in shown or command[0] == "reset"


@pytest.mark.parametrize(
    "arguments",
    [
        *(["audit-logs", "--page", LONG], ["audit-logs", "--page", "-1"]),
        *(["audit-logs", "--limit", LONG], ["audit-logs", "--limit", "\u0663"]),
        *(["audit-logs", "--limit", "9" * 30], ["audit-logs", "--page", "9" * 30]),
        *(["user", "\udcff"], ["user", ""], ["user", "a\0b"], ["user", LONG * 20]),
        *(["whoami", "--timeout", value] for value in ("nan", "1e999", "-1", LONG, "0")),
        *(["user", "eric", "--repo-url", url] for url in ("", "\udcff", "http://[", LONG, "a:b")),
    ],
    ids=lambda arguments: " ".join(arguments)[:30].encode("ascii", "backslashreplace").decode(),
)
def test_extreme_arguments_end_with_an_exit_status(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEX_API_KEY", "0123456789abcdef")
    with FakeServer(lambda _: Reply([])) as server:
        monkeypatch.setenv("HEX_API_URL", server.url)
        try:
            done: Any = main(arguments)
        except SystemExit as ended:  # argparse raises it
            done = ended.code
    assert done in STATUSES


def test_json_output_is_the_text_of_the_server() -> None:
    raw = f'{{"username":"eric","n":{LONG},"x":1e999}}'
    with FakeServer(lambda _: Reply(raw.encode())) as server:
        shown = subprocess.run(
            [sys.executable, "-m", "aura_users", "user", "eric", "--json"],
            env={"HEX_API_URL": server.url},
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
        ).stdout
    assert shown == f"{raw}\n"
    assert json.loads(shown, parse_int=Decimal)["n"] == Decimal(LONG)
