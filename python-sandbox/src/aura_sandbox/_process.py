"""Finds, starts and stops the program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from ._forms import Certificate, Http2, KeyOrder, Profile, given
from ._world import World

_NAME = "aura-sandbox"


class StartError(Exception):
    """The program is missing or did not start. The message has the reason."""


def find_program() -> str:
    """Return the program of this installation; ``AURA_SANDBOX_BIN`` names another one."""
    named = os.environ.get("AURA_SANDBOX_BIN")
    if named:
        return named
    for scheme in (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")):
        path = Path(sysconfig.get_path("scripts", scheme)) / _NAME
        if path.is_file():
            return str(path)
    found = shutil.which(_NAME)
    if found is None:
        raise StartError(f"the program {_NAME} is neither beside this Python nor on the PATH")
    return found


@dataclass(frozen=True)
class Sandbox(World):
    """A running process, and its first world. Close it, or use it as a context manager.

    It ends with this Python process too, so a killed test run leaves no process behind.
    """

    port: int | None = None
    ca_file: str | None = None
    api_key: str | None = field(default=None, repr=False)
    _process: subprocess.Popen[str] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def start(
        cls,
        *args: str,
        profile: Profile | None = None,
        port: int | None = None,
        socket: str | os.PathLike[str] | None = None,
        tls: Certificate | None = None,
        http2: bool = True,
        world: str | os.PathLike[str] | None = None,
        data: str | os.PathLike[str] | None = None,
        seed: int | None = None,
        key_order: KeyOrder | None = None,
        clock: str | None = None,
        frozen: bool = False,
        rate_limit_loopback: bool = False,
        demo: bool = False,
        verbose: bool = False,
        program: str | None = None,
    ) -> Sandbox:
        """Start the program and wait until it answers.

        The parameters are options of the program. Pass other options as words, such as
        ``start("--host", "127.0.0.2")``. With ``demo`` the key is in ``api_key``; with ``verbose``
        the program logs every request on this process's standard error.
        """
        options = {
            "profile": profile,
            "port": port,
            "socket": socket,
            "tls": tls,
            "world": world,
            "data": data,
            "seed": seed,
            "key-order": key_order,
            "clock": clock,
        }
        switches = {
            "no-http2": not http2,
            "frozen": frozen,
            "rate-limit-loopback": rate_limit_loopback,
            "demo": demo,
            "verbose": verbose,
        }
        command: list[str] = [program or find_program(), *args]
        for name, value in options.items():
            if value is not None:
                command += [f"--{name}", str(value)]
        command += [f"--{name}" for name, wanted in switches.items() if wanted]
        try:
            # It watches its standard input to notice the end of this process.
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if verbose else subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            raise StartError(f"cannot start {command[0]}: {error}") from error
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            _, complaint = process.communicate()
            raise StartError((complaint or "").strip() or f"{command[0]} ended without a message")
        ready = json.loads(line)
        return cls(
            id="",
            url=ready["url"],
            admin_token=ready["admin_token"],
            profile=ready["profile"],
            socket=ready.get("socket"),
            port=ready["port"],
            ca_file=ready.get("ca_file"),
            api_key=ready.get("api_key"),
            _process=process,
        )

    def new_world(self, world: dict[str, Any] | None = None) -> World:
        """Create another world in the same process, from a document if you pass one."""
        made = self.admin("POST", "/worlds", world)
        return World(
            id=made["id"],
            url=made["url"],
            admin_token=made["admin_token"],
            profile=made["profile"],
            socket=self.socket,
        )

    def delete_world(self, world: World) -> None:
        """Delete a world: its address is 404 from now on."""
        self.admin("DELETE", f"/worlds/{world.id}")

    def http2(
        self,
        *,
        enabled: bool | None = None,
        max_concurrent_streams: int | None = None,
        initial_window: int | None = None,
    ) -> Http2:
        """Replace the settings of HTTP/2 for new connections, and return them."""
        form = given(
            enabled=enabled,
            max_concurrent_streams=max_concurrent_streams,
            initial_window=initial_window,
        )
        answer: Http2 = self.admin("PUT", "/http2", form)
        return answer

    def close(self) -> None:
        """Stop the program and wait for its end."""
        if self._process is not None:
            # This closes its standard input, which ends the program.
            self._process.communicate()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
