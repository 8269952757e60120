"""The command line, in this process and in one of its own, on a terminal and in a pipe."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

import programs
import pytest
from fake_server import FakeServer, Reply, Request, SilentServer, audit_page

import aura_users
from aura_users._cli import main
from aura_users._text import json_line, plain

KEY = "0123456789abcdef"
USER: dict[str, Any] = {
    "username": "eric",
    "full_name": "Eric \x1b[31m\u00dc",
    "handles": {"GitHub": "https://github.com/eric"},
    "inserted_at": "2026-11-23T11:50:45.977004Z",
    "packages": [{"name": "decimal", "repository": "hexpm"}],
    "organizations": [{"name": "zeta", "role": "admin"}],
    "future": [1],
}
ROWS: list[dict[str, Any]] = [
    {"action": "key.remove", "params": {"a": "\u009b31m\u2028"}, "user_agent": "=x()\x1b[2J"},
    {"action": "owner.add", "params": None, "user_agent": None},
    {
        "action": "owner.remove",
        "params": {"big": 12345678901234567890},
        "user_agent": "Hex/2 \u00fc",
    },
]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEX_API_KEY", KEY)


def answer(request: Request) -> Reply:
    return Reply(ROWS if request.path.endswith("/audit-logs") else USER)


def command(*args: str, **environment: str) -> subprocess.Popen[str]:
    """Run the command line in a process of its own, without a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "aura_users", *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | environment,
        cwd="/",
    )


def on_terminal(*args: str, asked: bytes = b"", **environment: str) -> tuple[int, str]:
    """Run the command line on a terminal of its own, and type the key when asked.

    Gives its status, and all it showed.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "aura_users", *args],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"COLUMNS": "80"} | environment,
        cwd="/",
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    # An OSError is Linux's word for a terminal whose last user has gone.
    with open(ours, "r+b", buffering=0) as terminal, suppress(OSError):
        while part := terminal.read(4096):
            shown += part
            if asked and shown.endswith(asked):
                terminal.write(f"{KEY}\n".encode())
    return process.wait(timeout=30), shown.decode()


def test_a_record_as_text_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with FakeServer(answer) as server:
        assert main(["whoami", "--repo-url", server.url]) == 0
        shown = capsys.readouterr().out
        assert main(["--repo-url", server.url, "user", "eric", "--json"]) == 0
    assert shown.splitlines() == [
        "username      eric",
        "full name     Eric \\x1b[31m\u00dc",
        "since         2026-11-23 11:50:45 UTC",
        "on GitHub     https://github.com/eric",
        "organization  zeta (admin)",
        "package       decimal (hexpm)",
        "future        [1]",
    ]
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line) == USER
    assert [request.path for request in server.requests] == ["/api/users/me", "/api/users/eric"]
    assert {request.headers["authorization"] for request in server.requests} == {KEY}
    assert server.requests[0].headers["user-agent"].startswith("aura-users-cli/")


def test_every_format_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    def shown(*args: str) -> str:
        with FakeServer(answer) as server:
            assert main(["audit-logs", "--repo-url", server.url, *args]) == 0
        return capsys.readouterr().out

    head, first, second, _ = shown().splitlines()
    assert head.split() == ["ACTION", "USER", "AGENT", "PARAMS"]
    assert first.split() == ["key.remove", "=x()\\x1b[2J", '{"a":', '"\\u009b31m\\u2028"}']
    assert second.split() == ["owner.add", "-", "null"]

    lines = list(csv.reader(io.StringIO(shown("--format", "csv"))))
    assert lines[0] == ["action", "user_agent", "params"]
    assert lines[1][1] == "'=x()\\x1b[2J"
    assert lines[2][1:] == ["", "null"]
    assert [line[0] for line in lines[1:]] == [row["action"] for row in ROWS]
    assert [json.loads(line[2]) for line in lines[1:]] == [row["params"] for row in ROWS]

    exact = shown("--format", "jsonl")
    assert [json.loads(line) for line in exact.splitlines()] == ROWS
    for text in (exact, shown("--format", "csv"), shown()):
        assert not any(char in text for char in "\x1b\u009b\u2028\r")
        assert KEY not in text


def test_which_rows(capsys: pytest.CaptureFixture[str]) -> None:
    def actions(*args: str) -> list[str]:
        with FakeServer(answer) as server:
            arguments = ["audit-logs", "--repo-url", server.url, "--format", "jsonl", *args]
            assert main(arguments) == 0
        assert {request.headers["authorization"] for request in server.requests} <= {KEY}
        return [json.loads(line)["action"] for line in capsys.readouterr().out.splitlines()]

    assert actions("--action", "owner.*") == ["owner.add", "owner.remove"]
    assert actions("--action", "owner.add", "--action", "key.*") == ["key.remove", "owner.add"]
    assert actions("--action", "owner.*", "--limit", "1") == ["owner.add"]
    assert actions("--action", "nothing") == []
    assert actions("--limit", "0") == []


def test_pages_and_a_limit() -> None:
    with FakeServer(lambda request: audit_page(request.page, 250)) as server:
        assert main(["audit-logs", "--repo-url", server.url, "--page", "3"]) == 0
        assert [request.page for request in server.requests] == [3]
        server.requests.clear()
        assert main(["audit-logs", "--repo-url", server.url, "--limit", "100"]) == 0
        assert [request.page for request in server.requests] == [1]


def test_an_account_and_a_reset(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURA_PASSWORD", "correct horse")
    monkeypatch.delenv("HEX_API_KEY")
    with programs.Sandbox("legacy") as sandbox:
        url = ["--repo-url", sandbox.url]
        assert main([*url, "create", "eric", "eric@example.com"]) == 0
        assert "username      eric\n" in capsys.readouterr().out
        assert main([*url, "reset", "eric"]) == 0
        assert main([*url, "create", "eric", "eric@example.com"]) == 1
        assert "username has already been taken" in capsys.readouterr().err
        kinds = [mail["kind"] for mail in sandbox.mailbox("eric@example.com")]
        assert kinds == ["email-verification", "password-reset"]


def test_what_is_refused_before_anything_is_sent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*args: str) -> str:
        assert main(args) == 2
        said = capsys.readouterr()
        assert said.out == ""
        return said.err

    assert refused("--repo-url", "hex.pm", "whoami").startswith("aura-users: repo_url is ")
    assert "page is" in refused("audit-logs", "--page", "0")
    for bad in (["--limit", "-1"], ["--limit", "x"], ["--page", "x"], ["--format", "xml"]):
        with pytest.raises(SystemExit) as ended:
            main(["audit-logs", *bad])
        assert ended.value.code == 2
        assert bad[0] in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.delenv("HEX_API_KEY")
    for args in (["whoami"], ["audit-logs"]):
        assert "there is no API key: set HEX_API_KEY" in refused(*args)
    assert "there is no password: set AURA_PASSWORD" in refused("create", "eric", "e@x")


def test_a_failure_is_a_sentence_and_says_where_to_go_on() -> None:
    def failing(request: Request) -> Reply:
        if request.page < 3:
            return audit_page(request.page, 1000)
        return Reply({"message": "out \x1b[2Jof order"}, status=500)

    with FakeServer(failing) as server:
        ended = command("audit-logs", "--repo-url", server.url, "--format", "jsonl")
        out, err = ended.communicate(timeout=30)
    assert ended.returncode == 1
    assert len(out.splitlines()) == 200
    where, why = err.splitlines()
    assert where == "aura-users: stopped; `--page 3` goes on from here"
    assert why.startswith("aura-users: GET /users/me/audit-logs: server (500): out ")
    assert "\x1b" not in err

    with FakeServer(lambda _: Reply({"message": "invalid API key"}, status=401)) as server:
        ended = command("audit-logs", "--repo-url", server.url)
        out, err = ended.communicate(timeout=30)
    assert (ended.returncode, out) == (1, "")
    assert len(err.splitlines()) == 1


def test_ctrl_c() -> None:
    with SilentServer() as server:
        process = command("whoami", "--repo-url", server.url)
        server.wait_for_request()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_reader_that_leaves() -> None:
    with FakeServer(lambda request: audit_page(request.page, 5_000)) as server:
        process = command("audit-logs", "--repo-url", server.url)
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith("ACTION")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 141
        process.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_full_disk() -> None:
    with FakeServer(answer) as server, open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "aura_users", "user", "eric", "--repo-url", server.url],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )
    assert done.returncode == 1
    assert done.stderr == "aura-users: [Errno 28] No space left on device\n"


def test_on_a_terminal() -> None:
    with FakeServer(lambda request: audit_page(request.page, 150)) as server:
        status, shown = on_terminal(
            "audit-logs",
            "--repo-url",
            server.url,
            "--limit",
            "101",
            asked=b"API key: ",
            HEX_API_KEY="",
        )
    assert status == 0
    assert shown.startswith("API key: ")
    assert KEY not in shown
    assert "\r\x1b[K100 rows read, 100 written, page 2 is next\r\x1b[K" in shown
    assert shown.count("key.generate") == 101
    assert {request.headers["authorization"] for request in server.requests} == {KEY}


def test_on_a_narrow_terminal() -> None:
    row = {"action": "a", "params": "p" * 200, "user_agent": "u" * 200}
    with FakeServer(lambda _: Reply([row])) as server:
        _, shown = on_terminal("audit-logs", "--repo-url", server.url)
    line = shown.split("\r\n")[1].removeprefix("\r\x1b[K")
    assert line.endswith("p\u2026")
    assert "u\u2026 " in line
    assert len(line) == 80


def test_every_character_there_is() -> None:
    text = "".join(map(chr, [*range(0x700), *range(0x2000, 0x2100), *range(0xFF00, 0x10000)]))
    text += "\U000e0001\U0001f600"
    for char in text:
        assert plain(char).isprintable()
        assert len(plain(char).splitlines()) <= 1
        raw = json.dumps({"a": char}, ensure_ascii=False)
        assert json_line(raw).isprintable()
        assert json.loads(json_line(raw)) == {"a": char}
    assert json_line('{\r\n\t"a" : 1}') == '{   "a" : 1}'


def test_the_installed_program() -> None:
    program = os.path.join(os.path.dirname(sys.executable), "aura-users")
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout == f"{aura_users.__version__}\n"


def test_it_costs_nothing_to_who_does_not_use_it() -> None:
    source = (
        "import sys, aura_users; print(sorted({'argparse', 'csv', 'getpass'} & {*sys.modules}))"
    )
    assert programs.run(source) == "[]\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("arguments", [("whoami",), ("whoami", "--json"), ("audit-logs",)])
def test_an_encoding_that_lacks_letters(encoding: str, arguments: tuple[str, ...]) -> None:
    with FakeServer(answer) as server:
        ended = subprocess.run(
            [sys.executable, "-m", "aura_users", *arguments],
            env=os.environ
            | {"HEX_API_URL": server.url, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
            capture_output=True,
            cwd="/",
        )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"Eric" in ended.stdout or b"owner.remove" in ended.stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("arguments", ["whoami", "audit-logs", "audit-logs --format csv"])
def test_streams_that_the_caller_closed(closed: str, arguments: str) -> None:
    with FakeServer(answer) as server:
        ended = subprocess.run(
            ["sh", "-c", f"'{sys.executable}' -m aura_users {arguments} {closed}"],
            env=os.environ | {"HEX_API_URL": server.url},
            capture_output=True,
            text=True,
            cwd="/",
        )
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert bool(ended.stdout) is (">&-" not in closed.replace("2>&-", ""))
