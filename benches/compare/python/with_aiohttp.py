"""aiohttp."""

import asyncio

import aiohttp
import bench

JOB, URL, COUNT, WARM_UP, OPTIONS = bench.arguments()
HEADERS = {"Accept": "application/json", "Authorization": "key"}
# Requests in flight of the job "ahead".
AHEAD = 8


async def main():
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def get(path):
            async with session.get(URL + path) as reply:
                reply.raise_for_status()
                return await reply.json()

        async def user(seen):
            # Two lines, because other tasks add to it while this one waits.
            user = await get("/users/orguser")
            seen.checksum += len(user["username"])

        def read(rows, seen):
            for row in rows:
                seen.checksum += len(row["action"])
                seen.rows += 1
            return bool(rows)

        async def stream(seen):
            page = 1
            while read(await get(f"/users/me/audit-logs?page={page}"), seen):
                page += 1

        async def ahead(seen):
            pages = iter(range(1, 1 << 30))

            async def worker():
                while read(await get(f"/users/me/audit-logs?page={next(pages)}"), seen):
                    pass

            await asyncio.gather(*(worker() for _ in range(AHEAD)))

        if JOB == "tasks":
            await bench.in_tasks(user, COUNT, WARM_UP)
        else:
            operations = {"async_user": user, "async_stream": stream, "ahead": ahead}
            await bench.awaited(operations[JOB], COUNT, WARM_UP)


asyncio.run(main())
