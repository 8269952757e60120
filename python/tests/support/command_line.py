"""Starts the command line in its own process, and answers its requests."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from fake_server import Reply, Request

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


def answer(request: Request) -> Reply:
    return Reply(ROWS if request.path.endswith("/audit-logs") else USER)


def start_command(*args: str, **environment: str) -> subprocess.Popen[str]:
    """Start the command line in its own process, without a terminal."""
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
