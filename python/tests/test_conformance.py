"""The recorded cases that every language runs: see tests/conformance in the repository."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import programs
import pytest

import aura_users

if TYPE_CHECKING:
    from faces import MakeClient

CASES = programs.list_replay_cases()

# The tests have their own table, so that they do not repeat a mistake of the package.
CLASSES: dict[str, type[aura_users.AuraError]] = {
    "connect": aura_users.ConnectError,
    "decode": aura_users.DecodeError,
    "forbidden": aura_users.PermissionDeniedError,
    "not_found": aura_users.NotFoundError,
    "otp_invalid": aura_users.OtpInvalidError,
    "otp_required": aura_users.OtpRequiredError,
    "rate_limited": aura_users.RateLimitError,
    "server": aura_users.ServerError,
    "unauthenticated": aura_users.AuthenticationError,
    "unexpected_status": aura_users.ApiError,
    "unsupported": aura_users.UnsupportedError,
    "validation": aura_users.ValidationError,
}


def test_there_are_cases() -> None:
    assert len(CASES) > 800
    assert {case["mode"] for case in CASES} == {"strict", "loose"}


@pytest.mark.parametrize("make_client", ["sync", "asyncio"], indirect=True)
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_case_has_the_recorded_result(
    case: dict[str, Any], replay: str, make_client: MakeClient
) -> None:
    expect = case["expect"]
    with make_client(
        repo_url=replay + case["prefix"], env=False, max_retries=0, rate_limit="error"
    ) as client:
        if "error" not in expect:
            check(run_case(client, case), expect)
            return
        wanted = expect["error"]
        with pytest.raises(aura_users.AuraError) as caught:
            run_case(client, case)
    error = caught.value
    assert type(error) is CLASSES[wanted["kind"]]
    assert error.kind == wanted["kind"]
    assert error.status == wanted["status"]
    assert error.errors == wanted["errors"]
    assert error.request_id == wanted["request_id"]
    if wanted["message"] is not None:
        assert error.message == wanted["message"]


def run_case(client: aura_users.Client, case: dict[str, Any]) -> Any:  # noqa: ANN401
    result = getattr(client, case["operation"])(**case["args"], **case["options"])
    return list(result) if case["operation"] == "stream_audit_logs" else result


def check(result: Any, expect: dict[str, Any]) -> None:  # noqa: ANN401
    if "ok" in expect:
        assert result.raw_json == expect["ok"]
        check_user(result)
    elif "ok_rows" in expect:
        assert [log.raw_json for log in result] == expect["ok_rows"]
        for log in result:
            check_audit_log(log)
    else:
        assert expect == {"ok_empty": True}
        assert result is None


def check_user(user: aura_users.User) -> None:
    fields = json.loads(user.raw_json)
    assert user.to_dict() == fields
    assert user.username == fields["username"]
    assert user.full_name == fields.get("full_name")
    assert user.url == fields.get("url")
    assert user.email == fields.get("email")
    assert list(user.handles.items()) == list((fields.get("handles") or {}).items())
    assert list(user.owned_packages.items()) == list((fields.get("owned_packages") or {}).items())
    assert user.inserted_at == parse_time(fields.get("inserted_at"))
    assert user.updated_at == parse_time(fields.get("updated_at"))
    packages = fields.get("packages")
    assert user.packages == (
        None
        if packages is None
        else tuple(
            aura_users.Package(
                package["name"], package["repository"], package["url"], package["html_url"]
            )
            for package in packages
        )
    )
    organizations = fields.get("organizations")
    assert user.organizations == (
        None
        if organizations is None
        else tuple(aura_users.Organization(one["name"], one["role"]) for one in organizations)
    )
    named = {
        *("username", "full_name", "handles", "url", "email", "inserted_at", "updated_at"),
        *("packages", "owned_packages", "organizations"),
    }
    assert dict(user.extra) == {key: value for key, value in fields.items() if key not in named}


def parse_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    assert at.utcoffset() == timedelta(0)
    return at


def check_audit_log(log: aura_users.AuditLog) -> None:
    fields = json.loads(log.raw_json)
    assert log.to_dict() == fields
    assert log.action == fields["action"]
    assert log.user_agent == fields["user_agent"]
    assert log.params == fields["params"]


def test_the_python_driver_passes_every_case() -> None:
    driver = str(Path(__file__).parent / "driver.py")
    command = [str(programs.find_program("replay")), "drive", sys.executable, driver]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert int(ran.stdout.rsplit("drive: ", 1)[1].split(" ")[0]) > len(CASES)
