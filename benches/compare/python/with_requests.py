"""requests, the peer that most programs use."""

import bench
import requests

JOB, URL, COUNT, WARM_UP, OPTIONS = bench.arguments()
SESSION = requests.Session()
SESSION.trust_env = False
SESSION.headers.update({"Accept": "application/json", "Authorization": "key"})


def get(path):
    reply = SESSION.get(URL + path, timeout=15)
    reply.raise_for_status()
    return reply.json()


def user(seen):
    seen.checksum += len(get("/users/orguser")["username"])


def stream(seen):
    page = 1
    while rows := get(f"/users/me/audit-logs?page={page}"):
        for row in rows:
            seen.checksum += len(row["action"])
            seen.rows += 1
        page += 1


bench.one_by_one({"user": user, "stream": stream}[JOB], COUNT, WARM_UP)
