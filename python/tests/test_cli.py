"""The command line: its output, arguments and exit statuses."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import programs
import pytest
from command_line import KEY, ROWS, USER, answer, start_command
from fake_server import FakeServer, Reply, Request, SilentServer, audit_page

import aura_users
from aura_users._cli import main
from aura_users._cli_errors import CAUSES, NAMES, STATUSES, rename
from aura_users._text import json_line, plain


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEX_API_KEY", KEY)


def test_a_record_is_shown_as_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    with FakeServer(answer) as server:
        assert main(["whoami", "--repo-url", server.url]) == 0
        shown = capsys.readouterr().out
        assert main(["--repo-url", server.url, "user", "eric", "--format", "json"]) == 0
        line = capsys.readouterr().out
        assert main(["--repo-url", server.url, "user", "eric", "--json"]) == 0
        assert capsys.readouterr().out == line
    assert shown.splitlines() == [
        "username      eric",
        "full name     Eric \\x1b[31m\u00dc",
        "since         2026-11-23 11:50:45 UTC",
        "on GitHub     https://github.com/eric",
        "organization  zeta (admin)",
        "package       decimal (hexpm)",
        "future        [1]",
    ]
    assert len(line.splitlines()) == 1
    assert json.loads(line) == USER
    paths = [request.path for request in server.requests]
    assert paths == ["/api/users/me", "/api/users/eric", "/api/users/eric"]
    assert {request.headers["authorization"] for request in server.requests} == {KEY}
    assert server.requests[0].headers["user-agent"].startswith("aura-users-cli/")


def test_every_format_shows_the_whole_log(capsys: pytest.CaptureFixture[str]) -> None:
    def show(*args: str) -> str:
        with FakeServer(answer) as server:
            assert main(["audit-logs", "--repo-url", server.url, *args]) == 0
        return capsys.readouterr().out

    head, first, second, _ = show().splitlines()
    assert head.split() == ["ACTION", "USER", "AGENT", "PARAMS"]
    assert first.split() == ["key.remove", "=x()\\x1b[2J", '{"a":', '"\\u009b31m\\u2028"}']
    assert second.split() == ["owner.add", "-", "null"]

    lines = list(csv.reader(io.StringIO(show("--format", "csv"))))
    assert lines[0] == ["action", "user_agent", "params"]
    assert lines[1][1] == "'=x()\\x1b[2J"
    assert lines[2][1:] == ["", "null"]
    assert [line[0] for line in lines[1:]] == [row["action"] for row in ROWS]
    assert [json.loads(line[2]) for line in lines[1:]] == [row["params"] for row in ROWS]

    exact = show("--format", "jsonl")
    assert [json.loads(line) for line in exact.splitlines()] == ROWS
    array = show("--format", "json")
    assert array == show("--json")
    assert json.loads(array) == ROWS
    assert len(array.splitlines()) == len(ROWS)
    assert show("--format", "json", "--limit", "0") == "[]\n"
    assert show("--format", "json", "--action", "nothing") == "[]\n"
    for text in (exact, array, show("--format", "csv"), show()):
        assert not any(char in text for char in "\x1b\u009b\u2028\r")
        assert KEY not in text


@pytest.mark.parametrize("sign", "=+-@\t\r\uff1d\uff0b\uff0d\uff20")
def test_csv_has_no_formula(capsys: pytest.CaptureFixture[str], sign: str) -> None:
    row = {"action": "key.add", "user_agent": f"{sign}1", "params": None}
    with FakeServer(lambda request: Reply([row])) as server:
        arguments = ["audit-logs", "--repo-url", server.url, "--format", "csv", "--limit", "1"]
        assert main(arguments) == 0
    _, line = csv.reader(io.StringIO(capsys.readouterr().out))
    assert line[1].startswith("'")


def test_action_and_limit_select_rows(capsys: pytest.CaptureFixture[str]) -> None:
    def list_actions(*args: str) -> list[str]:
        with FakeServer(answer) as server:
            arguments = ["audit-logs", "--repo-url", server.url, "--format", "jsonl", *args]
            assert main(arguments) == 0
        assert {request.headers["authorization"] for request in server.requests} <= {KEY}
        return [json.loads(line)["action"] for line in capsys.readouterr().out.splitlines()]

    assert list_actions("--action", "owner.*") == ["owner.add", "owner.remove"]
    assert list_actions("--action", "owner.add", "--action", "key.*") == ["key.remove", "owner.add"]
    assert list_actions("--action", "owner.*", "--limit", "1") == ["owner.add"]
    assert list_actions("--action", "nothing") == []
    assert list_actions("--limit", "0") == []


def test_page_and_limit_choose_the_requests() -> None:
    with FakeServer(lambda request: audit_page(request.page, 250)) as server:
        assert main(["audit-logs", "--repo-url", server.url, "--page", "3"]) == 0
        assert [request.page for request in server.requests] == [3]
        server.requests.clear()
        assert main(["audit-logs", "--repo-url", server.url, "--limit", "100"]) == 0
        assert [request.page for request in server.requests] == [1]


def test_create_and_reset_send_mail(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_PASSWORD", "correct horse")
    monkeypatch.delenv("HEX_API_KEY")
    with programs.Sandbox("legacy") as sandbox:
        url = ["--repo-url", sandbox.url]
        assert main([*url, "create", "eric", "eric@example.com"]) == 0
        assert "username      eric\n" in capsys.readouterr().out
        assert main([*url, "reset", "eric"]) == 0
        capsys.readouterr()
        assert main([*url, "reset", "eric", "--format", "json"]) == 0
        assert capsys.readouterr().out == "null\n"
        assert main([*url, "create", "eric", "eric@example.com"]) == 5
        assert "username has already been taken" in capsys.readouterr().err
        assert main([*url, "create", "jane", "jane@example.com", "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["username"] == "jane"
        kinds = [mail["kind"] for mail in sandbox.mailbox("eric@example.com")]
        assert kinds == ["email-verification", "password-reset", "password-reset"]


def test_bad_input_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_refused(*args: str) -> str:
        assert main(args) == 2
        said = capsys.readouterr()
        assert said.out == ""
        return said.err

    assert run_refused("--repo-url", "hex.pm", "whoami").startswith("aura-users: --repo-url is ")
    assert run_refused("audit-logs", "--page", "0").startswith("aura-users: --page is ")
    assert run_refused("--timeout", "-1", "user", "a").startswith("aura-users: --timeout is ")
    assert run_refused("--max-retries", "101", "user", "a").startswith(
        "aura-users: --max-retries is "
    )
    assert run_refused("user", "\udcff").startswith("aura-users: NAME is not valid Unicode")
    assert "set --allow-insecure-http" in run_refused(
        "--repo-url", "http://a.example/api", "whoami"
    )
    assert run_refused("user", "me").endswith(": use the command whoami for your own account\n")
    for option, value, allowed in (
        ("--limit", "-1", "a whole number, at least 0"),
        ("--limit", "x", "a whole number, at least 0"),
        ("--page", "x", "a whole number, at least 0"),
        ("--max-retries", "\u0663", "a whole number, at least 0"),
        ("--timeout", "x", "a number of seconds"),
        ("--action", "", "a name or a pattern"),
    ):
        message = f"argument {option}: {value!r} is not valid; allowed: {allowed}\n"
        assert run_refused("audit-logs", option, value).endswith(message)
    assert "--format" in run_refused("audit-logs", "--format", "xml")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.delenv("HEX_API_KEY")
    for args in (["whoami"], ["audit-logs"]):
        assert "there is no API key: set HEX_API_KEY" in run_refused(*args)
    for variable, value in (("HEX_API_URL", "x"), ("HEX_HTTP_TIMEOUT", "x"), ("HEX_OTP", "a\nb")):
        with monkeypatch.context() as changed:
            changed.setenv(variable, value)
            changed.setenv("HEX_API_KEY", KEY)
            assert run_refused("whoami").startswith(
                (f"aura-users: {variable} is ", f"aura-users: {variable} contains ")
            )
    no_password = "there is no password: set AURA_PASSWORD, or use --password-stdin"
    assert no_password in run_refused("create", "eric", "e@x")


def test_a_failure_prints_its_cause_and_the_next_page() -> None:
    def fail_on_page_3(request: Request) -> Reply:
        if request.page < 3:
            return audit_page(request.page, 1000)
        return Reply({"message": "out \x1b[2Jof order"}, status=500)

    with FakeServer(fail_on_page_3) as server:
        ended = start_command("audit-logs", "--repo-url", server.url, "--format", "jsonl")
        out, err = ended.communicate(timeout=30)
    assert ended.returncode == 8
    assert len(out.splitlines()) == 200
    where, why, hint = err.splitlines()
    assert where == "aura-users: stopped; continue with --page 3"
    assert why.startswith("aura-users: GET /users/me/audit-logs: server (500): out ")
    assert hint.startswith("hint: the server failed: ")
    assert "\x1b" not in err

    refusal = Reply({"message": "invalid API key"}, 401, {"x-request-id": "1"})
    with FakeServer(lambda _: refusal) as server:
        ended = start_command("audit-logs", "--repo-url", server.url)
        out, err = ended.communicate(timeout=30)
    assert (ended.returncode, out) == (4, "")
    assert err == (
        "aura-users: GET /users/me/audit-logs: unauthenticated (401): invalid API key "
        "[request id 1]\n"
        "hint: check the variable HEX_API_KEY: it must be an API key, or `Bearer ` followed by an "
        "OAuth token\n"
    )


@pytest.mark.parametrize(
    ("status", "body", "headers", "exit_status"),
    [
        (404, {"message": "not found"}, {"content-type": "application/vnd.hex+json"}, 3),
        (401, {"message": "invalid API key"}, {}, 4),
        (403, {"message": "account not authorized for this action"}, {}, 4),
        (422, {"message": "Validation error(s)", "errors": {"username": "is reserved"}}, {}, 5),
        (429, {"message": "slow down"}, {"retry-after": "7"}, 7),
        (500, {"message": "out of order"}, {}, 8),
        (418, {"message": "a teapot"}, {}, 1),
        (200, {"no": "record"}, {}, 1),
    ],
)
def test_each_cause_has_its_exit_status(
    capsys: pytest.CaptureFixture[str],
    status: int,
    body: dict[str, Any],
    headers: dict[str, str],
    exit_status: int,
) -> None:
    with FakeServer(lambda _: Reply(body, status, headers)) as server:
        arguments = ["--repo-url", server.url, "--rate-limit", "error", "--max-retries", "0"]
        assert main([*arguments, "user", "eric"]) == exit_status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("aura-users: GET /users/{username_or_email}: ")


def test_the_exit_status_of_a_network_failure(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--max-retries", "0", "--repo-url"]
    assert main([*options, "http://127.0.0.1:1/api", "user", "eric"]) == 6
    text, hint = capsys.readouterr().err.splitlines()
    assert ": connect: " in text
    assert hint.startswith("hint: ")
    assert "--repo-url" in hint
    with SilentServer() as server:
        for seconds in ("0.05", "5"):
            assert main([*options, server.url, "--timeout", seconds, "user", "eric"]) == 6
            text, hint = capsys.readouterr().err.splitlines()
            if server.heard.acquire(blocking=False):
                break  # else the machine was too busy to send the request in time
    assert text.endswith(f"no complete reply within --timeout ({seconds} s)")
    assert hint == "hint: try again, or raise --timeout"
    with FakeServer(answer) as plain_server:
        url = plain_server.url.replace("http:", "https:")
        assert main([*options, url, "user", "eric"]) == 6
    assert ": tls: " in capsys.readouterr().err


def test_the_help_lists_every_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    guide = (Path(__file__).parents[2] / "docs" / "python.md").read_text()
    for status in STATUSES:
        assert f"\n  {status:<4} " in shown
        assert f"\n| {status} | " in guide
    assert {status for _, status in CAUSES} < STATUSES.keys()


def test_messages_use_the_names_of_the_command_line() -> None:
    for text, renamed in [
        (
            "set the option api_key to an API key, or the variable HEX_API_KEY; an empty one",
            "set the variable HEX_API_KEY to an API key; an empty one",
        ),
        ("check repo_url, which must end in /api", "check --repo-url, which must end in /api"),
        (
            "GET /users/{username_or_email}: timeout: a",
            "GET /users/{username_or_email}: timeout: a",
        ),
        ("raise the option timeout", "raise --timeout"),
        (
            "a call waits by itself if rate_limit is wait",
            "a call waits by itself if --rate-limit is wait",
        ),
        ("the URL of the option proxy", "the URL of the variable https_proxy"),
        ("the code of the page in a timeout", "the code of the page in a timeout"),
        ("HEX_API_URL: repo_url is not valid", "HEX_API_URL is not valid"),
        ('HEX_HTTP_TIMEOUT: timeout is "x"', 'HEX_HTTP_TIMEOUT is "x"'),
        (
            "use get_current_user for your own account",
            "use the command whoami for your own account",
        ),
        ("name a PEM file in ca_file", "name a PEM file in --ca-file"),
    ]:
        assert rename(text) == renamed
    known = {spec.name for spec in aura_users.OPTIONS}
    assert set(NAMES) - known == {"username_or_email", "username", "emails"}


def test_all_output_is_printable() -> None:
    text = "".join(map(chr, [*range(0x700), *range(0x2000, 0x2100), *range(0xFF00, 0x10000)]))
    text += "\U000e0001\U0001f600"
    for char in text:
        assert plain(char).isprintable()
        assert len(plain(char).splitlines()) <= 1
        raw = json.dumps({"a": char}, ensure_ascii=False)
        assert json_line(raw).isprintable()
        assert json.loads(json_line(raw)) == {"a": char}
    assert json_line('{\r\n\t"a" : 1}') == '{   "a" : 1}'


def test_importing_the_package_does_not_import_the_command_line() -> None:
    source = (
        "import sys, aura_users; print(sorted({'argparse', 'csv', 'getpass'} & {*sys.modules}))"
    )
    assert programs.run(source) == "[]\n"
