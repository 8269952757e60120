"""What `aura-replay drive` feeds with the conformance cases, for Python.

aura-replay drive python python/tests/driver.py
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections import Counter
from typing import Any

import aura_users


def invalid(error: Exception) -> dict[str, Any]:
    """An argument of a wrong type is refused with Python's own error."""
    return {"kind": "invalid_argument", "message": str(error)}


def of(error: BaseException) -> dict[str, Any]:
    if isinstance(error, aura_users.AuraError):
        names = ["kind", "status", "message", "errors", "request_id"]
        return {name: getattr(error, name) for name in names}
    return invalid(error)  # type: ignore[arg-type]


async def ended(command: dict[str, Any], call: Any) -> Any:  # noqa: ANN401
    """Awaits `call`; ends it if the command says so."""
    if (after := command.get("cancel_after_ms", command.get("deadline_ms"))) is None:
        return await call
    task = asyncio.ensure_future(call)
    await asyncio.wait([task], timeout=after / 1000)
    task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        kind = "cancelled" if "cancel_after_ms" in command else "timeout"
        return {"error": {"kind": kind, "message": "the task was cancelled"}}


async def rows(command: dict[str, Any], client: aura_users.AsyncClient) -> dict[str, Any]:
    found: list[str] = []
    errors: list[Any] = []
    stream = client.stream_audit_logs()
    while True:
        try:
            async for row in stream:
                found.append(row.raw_json)
        except aura_users.AuraError as error:
            if command.get("resume") and len(errors) < 10:
                errors.append(of(error))
                continue
            return {"ok_rows": found, "errors": errors, "error": of(error)}
        return {"ok_rows": found, "errors": errors}


async def once(command: dict[str, Any], client: aura_users.AsyncClient) -> dict[str, Any]:
    operation = command["operation"]
    try:
        if operation == "stream_audit_logs":
            result = await ended(command, rows(command, client))
        else:
            result = await ended(command, getattr(client, operation)(**command["args"]))
    except Exception as error:
        return {"error": of(error)}
    if isinstance(result, dict):
        return result
    return {"ok_empty": True} if result is None else {"ok": result.raw_json}


async def many(command: dict[str, Any], client: aura_users.AsyncClient) -> dict[str, Any]:
    times = command["times"]
    if command.get("at_once"):
        results = await asyncio.gather(*(once(command, client) for _ in range(times)))
        outcomes = Counter(result.get("error", {}).get("kind", "ok") for result in results)
    else:
        outcomes = Counter()
        for _ in range(times):
            result = await once(command, client)
            outcomes[result.get("error", {}).get("kind", "ok")] += 1
    return {"outcomes": outcomes}


class Lines(logging.Handler):
    """Keeps the log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


async def answer(command: dict[str, Any]) -> dict[str, Any]:
    logger, handler = logging.getLogger("aura_users"), Lines()
    if command.get("log"):
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        async with aura_users.AsyncClient(**command["options"]) as client:
            result = await (many if "times" in command else once)(command, client)
    except Exception as error:
        result = {"error": of(error)}
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    return {"id": command["id"], **result, "log": handler.lines}


def main() -> None:
    for line in sys.stdin:
        command = json.loads(line)
        # The child prints the answer that its parent waits for.
        child = os.fork() if command.get("fork") else None
        if child:
            os.waitpid(child, 0)
            continue
        print(json.dumps(asyncio.run(answer(command))), flush=True)
        if child == 0:
            os._exit(0)


if __name__ == "__main__":
    main()
