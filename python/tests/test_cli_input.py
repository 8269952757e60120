"""The command line with any input: it never ends with a traceback."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from fake_server import FakeServer, Reply, Request, SilentServer, audit_page

from aura_users._cli_errors import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED = 20261128
COMMAND = [sys.executable, "-m", "aura_users"]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/audit-logs"):
            return audit_page(request.page, 150)
        return Reply({"username": "eric"})

    with FakeServer(answer) as server:
        yield server


def run(
    arguments: Sequence[str | bytes], server: FakeServer, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    given = {"HEX_API_URL": server.url, "HEX_API_KEY": "key", "AURA_PASSWORD": "a", "COLUMNS": "80"}
    return subprocess.run(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=os.environ | given | environment,
        cwd="/",
        timeout=120,
    )


def check(ended: subprocess.CompletedProcess[bytes], what: object) -> None:
    told = (what, ended.returncode, ended.stderr)
    assert b"Traceback" not in ended.stderr, told
    assert b"Exception ignored" not in ended.stderr, told
    assert ended.returncode in STATUSES, told
    assert bool(ended.stderr) is (ended.returncode != 0), told
    for text in (ended.stdout, ended.stderr):
        assert not any(byte < 32 and byte not in b"\n" for byte in text), told


ODD: list[bytes] = [
    *(b"", b" ", b"-", b"--", b"---", b"\xff\xfe", b"\xc3\x28", "\u00fc\u2028\U0001f600".encode()),
    *(
        b"\x1b[2J",
        b"a\nb",
        b"%s%n{}",
        b"[",
        b"[b-a]",
        b"[!",
        b"*" * 2000,
        b"?" * 2000,
        b"a" * 100_000,
    ),
    *(
        b"0",
        b"-1",
        b"1e999",
        b"nan",
        b"inf",
        b"-inf",
        b"9" * 5000,
        b"\xd9\xa3",
        b"1_0",
        b"0x10",
        b"1.5",
    ),
    *(b"../..", b"me", b".", b"/dev/null", b"http://[", b"https://\xff", b"eric@example.com"),
]
OPTIONS = [
    *("--repo-url", "--timeout", "--total-timeout", "--connect-timeout", "--max-retries"),
    *("--rate-limit", "--ca-file", "--format", "--action", "--page", "--limit"),
]
COMMANDS = ["whoami", "user", "audit-logs", "create", "reset", "completion", "nothing"]
FLAGS = ["--json", "-v", "--allow-insecure-http", "--password-stdin", "--version", "-h", "-x"]


@pytest.mark.parametrize("option", OPTIONS)
def test_odd_option_values_cause_no_traceback(option: str, server: FakeServer) -> None:
    chosen = random.Random(SEED).sample(ODD, 5)
    for value in chosen:
        check(run(["audit-logs", option.encode() + b"=" + value], server), (option, value))


@pytest.mark.parametrize("value", ODD)
def test_an_odd_name_causes_no_traceback(value: bytes, server: FakeServer) -> None:
    check(run(["user", value], server), value)


def test_random_command_lines_cause_no_traceback(server: FakeServer) -> None:
    choose = random.Random(SEED)
    for _ in range(40):
        arguments: list[str | bytes] = [choose.choice(COMMANDS)]
        for _ in range(choose.randrange(5)):
            pool: list[str | bytes] = choose.choice([[*OPTIONS], [*FLAGS], [*ODD]])
            arguments.append(choose.choice(pool))
        choose.shuffle(arguments)
        ended = run(arguments, server)
        if b"--verbose" not in arguments and b"-v" not in arguments and "-v" not in arguments:
            check(ended, arguments)
        assert b"Traceback" not in ended.stderr, arguments


@pytest.mark.parametrize(
    "name", ["HEX_API_KEY", "HEX_API_URL", "AURA_PASSWORD", "HEX_HTTP_TIMEOUT"]
)
def test_odd_variables_cause_no_traceback(name: str, server: FakeServer) -> None:
    for value in ("\udcff", "\x1b[2J", "a\nb", "9" * 5000, "1e999"):
        for arguments in (["whoami"], ["create", "a", "b@example.com"]):
            check(run(arguments, server, **{name: value}), (name, value))


@pytest.mark.parametrize("value", ["0", "1", "-5", "x", "9" * 30])
def test_odd_terminal_widths_cause_no_traceback(value: str, server: FakeServer) -> None:
    for arguments in (["--help"], ["audit-logs"], ["create", "--help"]):
        check(run(arguments, server, COLUMNS=value), value)


@pytest.mark.parametrize("arguments", [["--help"], ["whoami"], ["audit-logs", "--format", "csv"]])
@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_pipe_causes_no_error_message(
    arguments: list[str], closed: str, server: FakeServer
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    streams: dict[str, int] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, closed: theirs}
    process = subprocess.Popen(
        [*COMMAND, "--repo-url", server.url, *arguments],
        env=os.environ | {"HEX_API_KEY": "key"},
        cwd="/",
        **streams,  # type: ignore[call-overload]
    )
    os.close(theirs)
    out, err = process.communicate(timeout=120)
    assert not err
    assert process.returncode == (141 if closed == "stdout" else 0)
    assert bool(out) is (closed == "stderr")


def test_a_closed_stderr_does_not_change_the_exit_status(server: FakeServer) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    for arguments, status in ((["--nothing"], 2), (["user", ".."], 2)):
        process = subprocess.Popen(
            [*COMMAND, "--repo-url", server.url, *arguments], stderr=theirs, cwd="/"
        )
        assert process.wait(timeout=120) == status
    os.close(theirs)


def test_ctrl_c_at_any_time() -> None:
    """Ctrl-C comes while the command starts or waits, but not while Python itself starts."""
    source = """
import sys
from aura_users import _cli
prepare = _cli.prepare_streams
def ready():
    print("ready", file=sys.stderr, flush=True)
    prepare()
_cli.prepare_streams = ready
sys.exit(_cli.main())
"""
    with SilentServer() as server:
        for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1):
            process = subprocess.Popen(
                [sys.executable, "-c", source, "--repo-url", server.url, "user", "eric"],
                stderr=subprocess.PIPE,
                cwd="/",
            )
            assert process.stderr
            assert process.stderr.readline() == b"ready\n"
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            assert process.stderr.read() == b"", delay
            assert process.wait(timeout=120) == 130
            process.stderr.close()
