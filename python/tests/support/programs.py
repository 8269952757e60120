"""The programs the tests start: the sandbox, the recorded server, and Python itself."""

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


def binary(name: str) -> Path:
    """The program `aura-{name}`: where AURA_{NAME}_BIN says, else where cargo builds it."""
    told = os.environ.get(f"AURA_{name.upper()}_BIN")
    return Path(told) if told else REPOSITORY / "target" / "debug" / f"aura-{name}"


def missing() -> str | None:
    """What to do about a program that is not there."""
    for name in ("sandbox", "replay"):
        if not binary(name).is_file():
            return f"{binary(name)} is missing: {MISSING.format(name.upper())}"
    return None


class Program:
    """A program that says in one line of JSON that it is ready, and ends with its input."""

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
    """An `aura-sandbox` and its admin API."""

    def __init__(self, profile: str, *options: str) -> None:
        super().__init__(binary("sandbox"), "--port", "0", "--profile", profile, *options)
        self.url: str = self.ready["api_url"]

    def admin(self, path: str, body: object = None, *, method: str | None = None) -> Any:  # noqa: ANN401
        """Call the admin API; a body makes it a POST."""
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

    def key(self, username: str) -> str:
        """Make an API key."""
        secret: str = self.admin("keys", {"username": username})["secret"]
        return secret

    def mailbox(self, to: str) -> list[dict[str, Any]]:
        """The mail to an address."""
        mail: list[dict[str, Any]] = self.admin(f"mailbox?to={to}")
        return mail


class Script:
    """A Python program in a process of its own, without our test framework."""

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
        # Its children, too: they are all of its group, which lasts as long as one of them.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def readline(self) -> str:
        """Give what it prints next."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def tell(self, text: str) -> None:
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
        # readline() may have read ahead into a buffer that communicate() does not look at.
        out = self.process.stdout.read()
        _, err = self.process.communicate()
        patience.cancel()
        assert self.process.returncode == 0, f"ended with {self.process.returncode}: {err}"
        return out


def run(source: str | Path, *args: str, timeout: float = 30) -> str:
    """Run a program, which must succeed, and return its output."""
    with Script(source, *args) as script:
        return script.finish(timeout)


def replay_cases() -> Sequence[dict[str, Any]]:
    """Every recorded case."""
    listed = subprocess.run(
        [binary("replay"), "cases", "--format", "json"], check=True, capture_output=True
    )
    return [json.loads(line) for line in listed.stdout.splitlines()]
