"""httpx, synchronous and asynchronous."""

import asyncio

import bench
import httpx

JOB, URL, COUNT, WARM_UP, OPTIONS = bench.arguments()
SETTINGS = {
    "headers": {"Accept": "application/json", "Authorization": "key"},
    "timeout": 60,
    "trust_env": False,
}


def synchronous():
    client = httpx.Client(**SETTINGS)

    def get(path):
        return client.get(URL + path).raise_for_status().json()

    def user(seen):
        seen.checksum += len(get("/users/orguser")["username"])

    def stream(seen):
        page = 1
        while rows := get(f"/users/me/audit-logs?page={page}"):
            for row in rows:
                seen.checksum += len(row["action"])
                seen.rows += 1
            page += 1

    if JOB == "threads":
        bench.in_threads(user, COUNT, WARM_UP)
    else:
        bench.one_by_one({"user": user, "stream": stream}[JOB], COUNT, WARM_UP)


async def asynchronous():
    async with httpx.AsyncClient(**SETTINGS) as client:

        async def user(seen):
            reply = await client.get(URL + "/users/orguser")
            seen.checksum += len(reply.raise_for_status().json()["username"])

        if JOB == "tasks":
            await bench.in_tasks(user, COUNT, WARM_UP)
        else:
            await bench.awaited(user, COUNT, WARM_UP)


if JOB in ("tasks", "async_user"):
    asyncio.run(asynchronous())
else:
    synchronous()
