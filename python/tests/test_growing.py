"""A log that grows while a stream reads it: each row that existed before comes once, in order.

The stream may return rows that are written meanwhile, but never twice.
"""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import programs
import pytest

import aura_users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faces import MakeClient

    Row = dict[str, Any]

# Event loops differ only in how they wake a task. Other tests cover that.
pytestmark = pytest.mark.parametrize("make_client", ["sync", "asyncio"], indirect=True)

MOST_ERRORS = 1000
SAME = {"action": "same", "params": {}}


def insert(when: str, **content: Any) -> Row:  # noqa: ANN401
    return {"when": when, "username": "eric", **content}


# Delays let the server read a later page first. Rows are written at each moment of a request.
AT_RANDOM: list[Row] = [
    {
        "probability": 0.3,
        "delay_before_ms": 8,
        "insert_audit_rows": [insert("before", count={"at_most": 3})],
    },
    {
        "probability": 0.4,
        "delay_ms": 5,
        "insert_audit_rows": [insert("during", count={"at_most": 2}), insert("after", **SAME)],
    },
]
FAILURES: list[Row] = [
    {
        "probability": 0.2,
        "then": {"reply": {"status": 503}},
        "insert_audit_rows": [insert("before", count={"at_most": 3})],
    },
    {
        "probability": 0.1,
        "then": {"close": {"at": "in_body"}},
        "insert_audit_rows": [insert("during", count=2)],
    },
]
NUMBERED: list[Row] = [{"count": 467}]
# Equal rows cross the ends of pages.
SOME_ALIKE: list[Row] = [
    {"count": 95},
    {"count": 3, **SAME},
    {"count": 170, "first": 99},
    {"count": 40, **SAME},
    {"count": 159, "first": 309},
]
SCENARIOS: dict[str, tuple[list[Row], list[Row]]] = {
    "no new rows": (SOME_ALIKE, []),
    "a row before each page is read": (NUMBERED, [{"insert_audit_rows": [insert("before")]}]),
    "a row after each page is read": (
        NUMBERED,
        [{"delay_ms": 5, "insert_audit_rows": [insert("during")]}],
    ),
    "rows at random": (SOME_ALIKE, AT_RANDOM),
    "failures": (NUMBERED, FAILURES),
    "failures and rows at random": (SOME_ALIKE, FAILURES + AT_RANDOM),
    "a program that writes": (SOME_ALIKE, [{"delay_ms": 4}]),
}


@pytest.fixture(scope="module")
def server() -> Iterator[programs.Sandbox]:
    with programs.Sandbox("current") as server:
        yield server


def create_world(server: programs.Sandbox, log: list[Row]) -> None:
    emails = [["eric@example.com", True, True, True]]
    world = {
        "seed": len(log),
        "users": [{"username": "eric", "emails": emails}],
        "keys": [{"username": "eric", "secret": "his"}],
        "audit_logs": [{"username": "eric", **rows} for rows in log],
    }
    server.admin("restore", world)


def read_without_client(server: programs.Sandbox) -> list[Row]:
    rows: list[Row] = []
    page = 0
    while len(rows) == page * 100:
        page += 1
        request = urllib.request.Request(
            f"{server.url}/users/me/audit-logs?page={page}",
            headers={"Authorization": "his", "User-Agent": "test"},
        )
        with urllib.request.urlopen(request) as reply:
            rows += json.load(reply)
    return rows


def read_stream(stream: aura_users.AuditLogs, *, by_page: bool) -> list[Row]:
    """Read the whole log. Continue after an error."""
    rows: list[Row] = []
    pages = stream.pages()
    for _ in range(MOST_ERRORS):
        try:
            while True:
                read = next(pages) if by_page else [next(stream)]
                rows += [json.loads(row.raw_json) for row in read]
        except StopIteration:
            return rows
        except aura_users.AuraError:
            continue
    pytest.fail("the log does not end")


def is_subsequence(rows: list[Row], whole: list[Row]) -> bool:
    """Return whether `whole` contains these rows in the same order."""
    left = iter(whole)
    return all(row in left for row in rows)


@pytest.mark.parametrize("by_page", [False, True], ids=["by row", "by page"])
@pytest.mark.parametrize("prefetch", [0, 1, 4, 8])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_row_that_existed_before_comes_once(
    make_client: MakeClient,
    server: programs.Sandbox,
    scenario: str,
    prefetch: int,
    by_page: bool,
) -> None:
    log, rules = SCENARIOS[scenario]
    create_world(server, log)
    before = read_without_client(server)
    assert len(before) == 467
    for rule in rules:
        server.admin("rules", {"path": "/api/users/me/audit-logs", **rule})
    if scenario == "a program that writes":
        server.admin("audit-writers", {"username": "eric", "every_ms": 40, "count": 500})

    with make_client(repo_url=server.url, api_key="his", max_retries=0) as client:
        read = read_stream(client.stream_audit_logs(prefetch=prefetch), by_page=by_page)

    server.admin("audit-writers", method="DELETE")
    server.admin("rules", method="DELETE")
    after = read_without_client(server)
    newer = len(after) - len(before)
    assert after[newer:] == before
    extra = len(read) - len(before)
    assert extra >= 0, f"{-extra} rows are missing"
    assert read[extra:] == before
    assert is_subsequence(read[:extra], after[:newer])
