"""Ours in Python."""

import asyncio

import aura_users
import bench

JOB, URL, COUNT, WARM_UP, OPTIONS = bench.arguments()
SETTINGS = {
    name: int(value) if value.isdigit() else value for name, value in OPTIONS.items()
} | {"repo_url": URL, "api_key": "key", "env": False}


def synchronous():
    client = aura_users.Client(**SETTINGS)

    def user(seen):
        seen.checksum += len(client.get_user("orguser").username)

    def stream(seen):
        for row in client.stream_audit_logs():
            seen.checksum += len(row.action)
            seen.rows += 1

    def params(seen):
        for row in client.stream_audit_logs():
            seen.checksum += len(row.action)
            seen.rows += isinstance(row.params, dict)

    if JOB == "threads":
        bench.in_threads(user, COUNT, WARM_UP)
    else:
        operations = {"user": user, "stream": stream, "params": params}
        bench.one_by_one(operations[JOB], COUNT, WARM_UP)


async def asynchronous():
    async with aura_users.AsyncClient(**SETTINGS) as client:

        async def user(seen):
            # Two lines, because other tasks add to it while this one waits.
            user = await client.get_user("orguser")
            seen.checksum += len(user.username)

        async def stream(seen):
            async for row in client.stream_audit_logs():
                seen.checksum += len(row.action)
                seen.rows += 1

        if JOB == "tasks":
            await bench.in_tasks(user, COUNT, WARM_UP)
        else:
            operations = {"async_user": user, "async_stream": stream}
            await bench.awaited(operations[JOB], COUNT, WARM_UP)


if JOB == "tasks" or JOB.startswith("async_"):
    if not hasattr(aura_users, "AsyncClient"):
        raise SystemExit("skip: aura_users has no AsyncClient yet")
    asyncio.run(asynchronous())
else:
    synchronous()
