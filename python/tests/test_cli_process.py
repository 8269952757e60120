"""The command line in its own process: standard streams, terminals, signals and shells."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from command_line import KEY, answer, start_command
from fake_server import FakeServer, Reply, SilentServer, audit_page

import aura_users

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEX_API_KEY", KEY)


def run_on_terminal(
    *args: str, asked: bytes = b"", typed: str = KEY, **environment: str
) -> tuple[int, str]:
    """Run the command line on its own terminal, and type a line after the prompt `asked`.

    Return its exit status and its output.
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
    # Linux raises an OSError when the last user of the terminal has closed it.
    with open(ours, "r+b", buffering=0) as terminal, suppress(OSError):
        while part := terminal.read(4096):
            shown += part
            if asked and shown.endswith(asked):
                terminal.write(f"{typed}\n".encode())
    return process.wait(timeout=30), shown.decode()


def run_with_input(content: bytes, *args: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "aura_users", *args], input=content, capture_output=True, cwd="/"
    )


@pytest.mark.parametrize("content", [b"correct horse\n", b"correct horse", b"correct horse\r\n"])
def test_the_password_is_read_from_standard_input(content: bytes) -> None:
    with FakeServer(answer) as server:
        arguments = ["--repo-url", server.url, "create", "eric", "e@example.com"]
        ended = run_with_input(content, *arguments, "--password-stdin")
        [request] = server.requests
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert json.loads(request.body)["password"] == "correct horse"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", b"standard input has no password"),
        (b"\n", b"standard input has no password"),
        (b"a\xff", b"standard input is not UTF-8"),
        (b"a" * 100_000, b"standard input has more than 4096 bytes"),
    ],
)
def test_a_bad_password_on_standard_input_is_an_error(content: bytes, why: bytes) -> None:
    ended = run_with_input(content, "create", "eric", "e@example.com", "--password-stdin")
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.startswith(b"aura-users: --password-stdin: " + why)
    assert len(ended.stderr.splitlines()) == 1


def write_completion_script(tmp_path: Path, shell: str) -> Path:
    script = tmp_path / f"completion.{shell}"
    script.write_text(
        subprocess.run(
            [sys.executable, "-m", "aura_users", "completion", shell],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
        ).stdout
    )
    return script


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_valid(tmp_path: Path, shell: str) -> None:
    script = write_completion_script(tmp_path, shell)
    assert "audit-logs" in script.read_text()
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", script], check=True)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes(tmp_path: Path) -> None:
    script = write_completion_script(tmp_path, "bash")

    def complete(*words: str) -> set[str]:
        quoted = " ".join(f"'{word}'" for word in words)
        source = f"""
source '{script}'
COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}
function=$(complete -p aura-users | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function" aura-users '{words[-1]}' '{words[-2]}'
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        done = subprocess.run(["bash", "-c", source], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    assert complete("aura-users", "") >= {"whoami", "user", "audit-logs", "create", "reset"}
    assert complete("aura-users", "aud") == {"audit-logs"}
    assert complete("aura-users", "audit-logs", "--form") == {"--format"}
    formats = complete("aura-users", "audit-logs", "--format", "")
    assert formats == {"text", "json", "jsonl", "csv"}


def test_completion_without_shtab_names_the_package_to_install() -> None:
    source = (
        "import sys; sys.modules['shtab'] = None\n"
        "from aura_users._cli import main; sys.exit(main(['completion', 'bash']))"
    )
    ended = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, cwd="/")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "aura-users: completion needs the package shtab; install it with: pip install shtab\n"
    )


def test_ctrl_c_ends_the_command_without_a_message() -> None:
    with SilentServer() as server:
        process = start_command("whoami", "--repo-url", server.url)
        server.wait_for_request()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_closed_pipe_ends_the_command_without_a_message() -> None:
    with FakeServer(lambda request: audit_page(request.page, 5_000)) as server:
        process = start_command("audit-logs", "--repo-url", server.url)
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith("ACTION")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 141
        process.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
def test_a_full_disk_is_an_error() -> None:
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


def test_a_terminal_shows_a_prompt_and_progress() -> None:
    with FakeServer(lambda request: audit_page(request.page, 150)) as server:
        status, shown = run_on_terminal(
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


@pytest.mark.parametrize(
    ("arguments", "asked", "missing"),
    [
        (["whoami"], b"API key: ", "there is no API key: set HEX_API_KEY"),
        (["create", "eric", "e@example.com"], b"assword: ", "there is no password: set AURA_PASS"),
    ],
)
def test_an_empty_line_on_a_terminal_is_no_secret(
    arguments: list[str], asked: bytes, missing: str
) -> None:
    with FakeServer(answer) as server:
        status, shown = run_on_terminal(
            *arguments,
            "--repo-url",
            server.url,
            asked=asked,
            typed="",
            HEX_API_KEY="",
            AURA_PASSWORD="",
        )
        assert server.requests == []
    assert status == 2
    assert f"aura-users: {missing}" in shown


def test_a_narrow_terminal_cuts_long_rows() -> None:
    row = {"action": "a", "params": "p" * 200, "user_agent": "u" * 200}
    with FakeServer(lambda _: Reply([row])) as server:
        _, shown = run_on_terminal("audit-logs", "--repo-url", server.url)
    line = shown.split("\r\n")[1].removeprefix("\r\x1b[K")
    assert line.endswith("p\u2026")
    assert "u\u2026 " in line
    assert len(line) == 80


def test_the_installed_program_prints_its_version() -> None:
    program = os.path.join(os.path.dirname(sys.executable), "aura-users")
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout == f"{aura_users.__version__}\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("arguments", [("whoami",), ("whoami", "--json"), ("audit-logs",)])
def test_an_encoding_without_some_letters_causes_no_error(
    encoding: str, arguments: tuple[str, ...]
) -> None:
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
def test_closed_standard_streams_cause_no_error(closed: str, arguments: str) -> None:
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
