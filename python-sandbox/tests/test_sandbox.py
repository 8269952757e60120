"""The installed wheel: the program, the Python API and the pytest plugin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import distribution, entry_points, version
from pathlib import Path

import pytest

import aura_sandbox
from aura_sandbox import AdminError, AuditRowInsert, Sandbox, StartError, World, find_program

# Use no proxy, even if the environment names one.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(world: World, path: str, key: str | None = None) -> tuple[int, object]:
    request = urllib.request.Request(world.api_url + path, headers={"User-Agent": "test/1.0"})
    if key is not None:
        request.add_header("Authorization", key)
    try:
        with _OPENER.open(request, timeout=30) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_the_fixture_is_a_world(hex_sandbox: World) -> None:
    hex_sandbox.add_user("eric")
    key = hex_sandbox.add_key("eric", permissions=["api:read"])
    status, record = call(hex_sandbox, "/users/me", key)
    assert status == 200
    assert isinstance(record, dict)
    assert record["email"] == "eric@example.com"
    assert record["url"] == f"{hex_sandbox.api_url}/users/eric"
    assert hex_sandbox.add_audit_logs("eric", count=250) == 250
    assert hex_sandbox.add_audit_logs("eric", [{"action": "new.kind"}]) == 1
    assert hex_sandbox.count_requests(path="/api/users/me") == 1
    assert key not in json.dumps(hex_sandbox.journal())
    assert hex_sandbox.admin_token not in repr(hex_sandbox)


@pytest.mark.parametrize("name", ["one", "two"])
def test_each_test_has_its_own_world(hex_sandbox: World, name: str) -> None:
    assert hex_sandbox.admin("GET", "/health")["users"] == 0
    hex_sandbox.add_user(name)


def test_a_world_has_a_clock_rate_limits_and_rules(hex_sandbox: World) -> None:
    clock = hex_sandbox.clock(time="2030-01-01T00:00:00Z", frozen=True)
    assert clock == {"time": "2030-01-01T00:00:00.000000Z", "frozen": True}
    hex_sandbox.rate_limits(loopback=True, address=1)
    assert [call(hex_sandbox, "/users/eric")[0] for _ in range(2)] == [404, 429]
    hex_sandbox.clock(advance=60)
    hex_sandbox.add_rule(then={"reply": {"status": 503, "body": "{}"}})
    assert call(hex_sandbox, "/users/eric")[0] == 503
    assert hex_sandbox.rules()[0]["struck"] == 1
    hex_sandbox.clear_rules()
    hex_sandbox.clear_journal()
    assert hex_sandbox.journal() == []


def test_the_order_of_keys_can_be_changed(hex_sandbox: World) -> None:
    hex_sandbox.add_user("eric")
    assert hex_sandbox.key_order() == "current"
    records = [call(hex_sandbox, "/users/eric")[1]]
    assert hex_sandbox.key_order("shuffled") == "shuffled"
    records += [call(hex_sandbox, "/users/eric")[1] for _ in range(20)]
    assert all(record == records[0] for record in records)
    orders = {tuple(record) for record in records if isinstance(record, dict)}
    assert len(orders) > 1


def test_rules_and_writers_add_audit_rows(hex_sandbox: World) -> None:
    hex_sandbox.add_user("eric")
    key = hex_sandbox.add_key("eric")
    hex_sandbox.add_audit_logs("eric", count=3)

    def rows() -> list[object]:
        page = call(hex_sandbox, "/users/me/audit-logs", key)[1]
        assert isinstance(page, list)
        return [row["params"] for row in page]

    alike: AuditRowInsert = {"when": "during", "username": "eric", "params": None, "count": 2}
    hex_sandbox.add_rule(times=1, insert_audit_rows=[alike])
    assert len(rows()) == 3
    assert rows()[:2] == [None, None]
    some: AuditRowInsert = {"when": "before", "username": "eric", "count": {"at_most": 5}}
    hex_sandbox.add_rule(insert_audit_rows=[some], then={"reply": {"status": 503, "body": "{}"}})
    assert {call(hex_sandbox, "/users/me/audit-logs", key)[0] for _ in range(9)} == {503}
    hex_sandbox.clear_rules()
    grown = len(rows())
    assert 5 <= grown <= 50

    hex_sandbox.clock(frozen=True)
    hex_sandbox.add_audit_writer("eric", every_ms=100, action="tick")
    hex_sandbox.clock(advance=1)
    assert len(rows()) == grown + 10
    assert len(hex_sandbox.audit_writers()) == 1
    hex_sandbox.clear_audit_writers()
    assert hex_sandbox.audit_writers() == []


def test_a_world_can_be_restored_from_a_snapshot(hex_sandbox: World) -> None:
    hex_sandbox.add_user("eric")
    document = hex_sandbox.snapshot()
    hex_sandbox.reset()
    assert call(hex_sandbox, "/users/eric")[0] == 404
    hex_sandbox.restore(document)
    assert call(hex_sandbox, "/users/eric")[0] == 200
    with pytest.raises(AdminError, match=r"users\[0\]"):
        hex_sandbox.restore('{"users": [{"name": "eric"}]}')


def test_an_error_names_the_bad_value(hex_sandbox: World) -> None:
    with pytest.raises(AdminError, match="acme") as refused:
        hex_sandbox.add_user("eric", organizations={"acme": "read"})
    assert refused.value.status == 400
    with pytest.raises(TypeError, match="colour"):
        hex_sandbox.add_user("eric", colour="red")  # type: ignore[call-arg]


def test_a_user_has_the_given_or_a_default_address(hex_sandbox: World) -> None:
    hex_sandbox.add_user("bare", emails=[])
    hex_sandbox.add_user("jose", emails=[{"email": "j@example.com", "public": True}])
    assert call(hex_sandbox, "/users/jose")[0] == 200
    assert call(hex_sandbox, "/users/bare@example.com")[0] == 404
    hex_sandbox.add_user("eric")
    assert call(hex_sandbox, "/users/eric@example.com")[0] == 200


def test_a_member_has_a_role(hex_sandbox: World) -> None:
    hex_sandbox.add_organization("acme")
    hex_sandbox.add_user("eric")
    hex_sandbox.add_member("acme", "eric", "write")
    record = call(hex_sandbox, "/users/me", hex_sandbox.add_key("eric"))[1]
    assert isinstance(record, dict)
    assert record["organizations"] == [{"name": "acme", "role": "write"}]


def test_a_rule_counts_requests_and_can_be_removed(hex_sandbox: World) -> None:
    other = hex_sandbox.add_rule(path="/api/other", delay_ms=1)
    with hex_sandbox.add_rule(then={"reply": {"status": 503, "body": "{}"}}, nth=2) as rule:
        assert [call(hex_sandbox, "/users/eric")[0] for _ in range(3)] == [404, 503, 404]
        assert (rule.seen, rule.struck, other.seen) == (3, 1, 0)
    assert len(hex_sandbox.rules()) == 1
    rule.remove()
    other.remove()
    assert hex_sandbox.rules() == []


def test_the_fixture_sets_the_environment(hex_sandbox_env: World) -> None:
    assert os.environ["HEX_API_URL"] == hex_sandbox_env.api_url
    assert "HEX_API_KEY" not in os.environ


def test_a_test_can_start_its_own_process(tmp_path: Path) -> None:
    with Sandbox.start("--profile", "legacy", "--socket", str(tmp_path / "s")) as sandbox:
        assert sandbox.profile == "legacy"
        assert sandbox.port is None
        sandbox.add_organization("acme")
        sandbox.add_key(organization="acme", secret="theirs")
        sandbox.add_user("eric")
        assert sandbox.add_token("eric", token="token") == "token"
        assert sandbox.mailbox(to="nobody@example.com") == []
        world = sandbox.new_world({"users": [{"username": "jose"}]})
        assert world.admin("GET", "/health")["users"] == 1
    assert not (tmp_path / "s").exists()
    with Sandbox.start("--tls", "expired") as sandbox:
        assert sandbox.ca_file is not None
        assert "BEGIN CERTIFICATE" in Path(sandbox.ca_file).read_text()
        assert sandbox.admin("GET", "/health")["status"] == "ok"


def test_keywords_are_options_of_the_program(tmp_path: Path) -> None:
    world = tmp_path / "world.json"
    world.write_text('{"users": [{"username": "jose"}]}')
    with Sandbox.start(
        profile="legacy", world=world, seed=1, clock="2030-01-01T00:00:00Z", frozen=True, demo=True
    ) as sandbox:
        assert sandbox.profile == "legacy"
        assert sandbox.clock() == {"time": "2030-01-01T00:00:00.000000Z", "frozen": True}
        assert call(sandbox, "/users/jose")[0] == 200
        assert call(sandbox, "/users/me", sandbox.api_key)[0] == 200
        assert sandbox.api_key is not None
        assert sandbox.api_key not in repr(sandbox)
    with Sandbox.start(tls="good", http2=False) as sandbox:
        assert sandbox.admin("GET", "/http2")["enabled"] is False
        assert sandbox.http2(max_concurrent_streams=1) == {
            "enabled": True,
            "max_concurrent_streams": 1,
            "initial_window": 65535,
        }
        assert sandbox.api_key is None


def test_verbose_logs_requests() -> None:
    script = (
        "from aura_sandbox import Sandbox\n"
        "import urllib.request\n"
        "with Sandbox.start(verbose=True) as sandbox:\n"
        "    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        "    opener.open(sandbox.api_url).close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == "GET /api HTTP/1.1 200\n"


def test_a_start_error_has_the_reason() -> None:
    with pytest.raises(StartError, match="--colour"):
        Sandbox.start("--colour")
    with pytest.raises(StartError, match="/nowhere"):
        Sandbox.start(program="/nowhere")


def test_the_program_ends_with_its_python_process() -> None:
    script = (
        "import os, aura_sandbox\n"
        "sandbox = aura_sandbox.Sandbox.start()\n"
        "print(sandbox._process.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    pid = int(done.stdout)
    process = Path(f"/proc/{pid}")
    deadline = time.monotonic() + 30
    while process.exists() and "zombie" not in (process / "status").read_text():
        assert time.monotonic() < deadline, "the program still runs"


def test_the_wheel_has_its_files_and_its_version() -> None:
    assert any(e.value == "aura_sandbox.pytest_plugin" for e in entry_points(group="pytest11"))
    assert aura_sandbox.__version__ == version("aura-sandbox")
    files = distribution("aura-sandbox").files or []
    assert any(file.name == "LICENSE" for file in files)
    told = subprocess.run([find_program(), "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["aura-sandbox", version("aura-sandbox")]
