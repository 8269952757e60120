"""The programs that tests start: the sandbox, the server of recorded replies, and Python."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

REPOSITORY = Path(__file__).resolve().parents[3]
MISSING = "run `cargo build -p aura-sandbox -p aura-replay` first, or set AURA_{}_BIN"


def find_program(name: str) -> Path:
    """Return the path of `aura-{name}`: AURA_{NAME}_BIN, or else the path that cargo builds."""
    told = os.environ.get(f"AURA_{name.upper()}_BIN")
    return Path(told) if told else REPOSITORY / "target" / "debug" / f"aura-{name}"


def describe_missing() -> str | None:
    """Return an error message if a program is missing."""
    for name in ("sandbox", "replay"):
        if not find_program(name).is_file():
            return f"{find_program(name)} is missing: {MISSING.format(name.upper())}"
    return None


class Program:
    """A program that prints a line of JSON when it is ready, and exits when its input ends."""

    def __init__(self, *command: str | Path) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"{command[0]} ended before it was ready"
        self.ready: dict[str, Any] = json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)


class Sandbox(Program):
    """A running `aura-sandbox`, and its admin API."""

    def __init__(self, profile: str, *options: str) -> None:
        super().__init__(find_program("sandbox"), "--port", "0", "--profile", profile, *options)
        self.url: str = self.ready["api_url"]

    def admin(self, path: str, body: object = None, *, method: str | None = None) -> Any:  # noqa: ANN401
        """Call the admin API, with POST if there is a body."""
        request = urllib.request.Request(
            f"{self.ready['admin_url']}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self.ready['admin_token']}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as reply:
            return json.loads(reply.read() or b"null")

    def add_key(self, username: str) -> str:
        """Create an API key, and return it."""
        secret: str = self.admin("keys", {"username": username})["secret"]
        return secret

    def mailbox(self, to: str) -> list[dict[str, Any]]:
        """Return the mail to an address."""
        mail: list[dict[str, Any]] = self.admin(f"mailbox?to={to}")
        return mail


class Script:
    """A Python program in its own process, without pytest."""

    def __init__(
        self,
        source: str | Path,
        *args: str,
        flags: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        program = ["-c", source] if isinstance(source, str) else [source]
        self.process = subprocess.Popen(
            [sys.executable, *flags, *program, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=os.environ | (env or {}),
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # This ends its children too, which are in its process group.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def readline(self) -> str:
        """Return the next line of output."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def write_line(self, text: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def finish(self, timeout: float = 30) -> str:
        """Wait for the program to succeed, and return the rest of its output."""
        assert self.process.stdout
        patience = threading.Timer(timeout, self.process.kill)
        patience.start()
        if self.process.stdin:
            self.process.stdin.close()
            self.process.stdin = None
        # readline() may have read more into a buffer, and communicate() does not read that.
        out = self.process.stdout.read()
        _, err = self.process.communicate()
        patience.cancel()
        assert self.process.returncode == 0, f"ended with {self.process.returncode}: {err}"
        return out


def run(source: str | Path, *args: str, timeout: float = 30) -> str:
    """Run a program, which must succeed, and return its output."""
    with Script(source, *args) as script:
        return script.finish(timeout)


def list_replay_cases() -> Sequence[dict[str, Any]]:
    """Return every recorded case."""
    listed = subprocess.run(
        [find_program("replay"), "cases", "--format", "json"], check=True, capture_output=True
    )
    return [json.loads(line) for line in listed.stdout.splitlines()]
