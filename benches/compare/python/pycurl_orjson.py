"""The fastest peer in Python: pycurl and orjson."""

from io import BytesIO

import bench
import orjson
import pycurl

JOB, URL, COUNT, WARM_UP, OPTIONS = bench.arguments()


def client():
    curl = pycurl.Curl()
    curl.setopt(pycurl.HTTPHEADER, ["Accept: application/json", "Authorization: key"])
    curl.setopt(pycurl.USERAGENT, "pycurl-peer")
    curl.setopt(pycurl.TIMEOUT, 15)
    if "ca_file" in OPTIONS:
        curl.setopt(pycurl.CAINFO, OPTIONS["ca_file"])

    def get(path):
        body = BytesIO()
        curl.setopt(pycurl.URL, URL + path)
        curl.setopt(pycurl.WRITEDATA, body)
        curl.perform()
        if curl.getinfo(pycurl.RESPONSE_CODE) != 200:
            raise SystemExit("not 200")
        return orjson.loads(body.getvalue())

    return get


GET = client()


def user(seen):
    seen.checksum += len(GET("/users/orguser")["username"])


def stream(seen):
    page = 1
    while rows := GET(f"/users/me/audit-logs?page={page}"):
        for row in rows:
            seen.checksum += len(row["action"])
            seen.rows += 1
        page += 1


bench.one_by_one({"user": user, "stream": stream}[JOB], COUNT, WARM_UP)
