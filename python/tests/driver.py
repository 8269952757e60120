"""The Python driver: `aura-replay drive` sends it the conformance cases.

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


def describe_python_error(error: Exception) -> dict[str, Any]:
    """Return the fields of Python's own error, such as the TypeError for a wrong argument."""
    return {"kind": "invalid_argument", "message": str(error)}


def describe_error(error: BaseException) -> dict[str, Any]:
    if isinstance(error, aura_users.AuraError):
        names = ["kind", "status", "message", "errors", "request_id"]
        return {name: getattr(error, name) for name in names}
    return describe_python_error(error)  # type: ignore[arg-type]


async def await_call(command: dict[str, Any], call: Any) -> Any:  # noqa: ANN401
    """Await `call`, and cancel it if the command has a time for that."""
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


async def read_rows(command: dict[str, Any], client: aura_users.AsyncClient) -> dict[str, Any]:
    found: list[str] = []
    errors: list[Any] = []
    stream = client.stream_audit_logs()
    while True:
        try:
            async for row in stream:
                found.append(row.raw_json)
        except aura_users.AuraError as error:
            if command.get("resume") and len(errors) < 10:
                errors.append(describe_error(error))
                continue
            return {"ok_rows": found, "errors": errors, "error": describe_error(error)}
        return {"ok_rows": found, "errors": errors}


async def run_once(command: dict[str, Any], client: aura_users.AsyncClient) -> dict[str, Any]:
    operation = command["operation"]
    try:
        if operation == "stream_audit_logs":
            result = await await_call(command, read_rows(command, client))
        else:
            result = await await_call(command, getattr(client, operation)(**command["args"]))
    except Exception as error:
        return {"error": describe_error(error)}
    if isinstance(result, dict):
        return result
    return {"ok_empty": True} if result is None else {"ok": result.raw_json}


async def run_many(command: dict[str, Any], client: aura_users.AsyncClient) -> dict[str, Any]:
    times = command["times"]
    if command.get("at_once"):
        results = await asyncio.gather(*(run_once(command, client) for _ in range(times)))
        outcomes = Counter(result.get("error", {}).get("kind", "ok") for result in results)
    else:
        outcomes = Counter()
        for _ in range(times):
            result = await run_once(command, client)
            outcomes[result.get("error", {}).get("kind", "ok")] += 1
    return {"outcomes": outcomes}


class Lines(logging.Handler):
    """Keep the text of each log record."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


async def run_command(command: dict[str, Any]) -> dict[str, Any]:
    logger, handler = logging.getLogger("aura_users"), Lines()
    if command.get("log"):
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        async with aura_users.AsyncClient(**command["options"]) as client:
            result = await (run_many if "times" in command else run_once)(command, client)
    except Exception as error:
        result = {"error": describe_error(error)}
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    return {"id": command["id"], **result, "log": handler.lines}


def main() -> None:
    for line in sys.stdin:
        command = json.loads(line)
        # If the command asks for a fork, the child prints the answer. The parent waits for it.
        child = os.fork() if command.get("fork") else None
        if child:
            os.waitpid(child, 0)
            continue
        answer = asyncio.run(run_command(command))
        print(json.dumps(answer | {"pid": os.getpid()}), flush=True)
        if child == 0:
            os._exit(0)


if __name__ == "__main__":
    main()
