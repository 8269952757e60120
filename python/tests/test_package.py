"""The stub, the guides, the examples and the license match the module."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import aura_users

if TYPE_CHECKING:
    import programs

PROJECT = Path(__file__).resolve().parents[1]


def test_the_package_is_typed() -> None:
    assert Path(aura_users.__file__).with_name("py.typed").is_file()


def test_the_license_is_that_of_the_project() -> None:
    ours, whole = (folder / "LICENSE" for folder in (PROJECT, PROJECT.parent))
    assert ours.read_bytes() == whole.read_bytes()


def test_the_stub_matches_the_module(tmp_path: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "aura_users"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_type_is_known(tmp_path: Path) -> None:
    checked = subprocess.run(
        ["basedpyright", "--verifytypes", "aura_users", "--ignoreexternal"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Type completeness score: 100%" in checked.stdout


def test_the_audit_example_works(sandbox: programs.Sandbox) -> None:
    sandbox.admin("users", {"username": "eric", "emails": [["e@example.com", True, True, True]]})
    sandbox.admin("audit-logs", {"username": "eric", "count": 120})
    environment = {"HEX_API_URL": sandbox.url, "HEX_API_KEY": sandbox.add_key("eric")}
    shown = run_example("audit.py", environment, "--limit", "110").stdout.splitlines()
    assert shown[0] == "eric has 0 packages"
    assert len(shown) == 111
    assert shown[1].startswith("key.generate")

    failed = run_example("audit.py", environment | {"HEX_API_KEY": "wrong"})
    assert failed.returncode == 1
    assert "unauthenticated (401)" in failed.stderr
    assert "Traceback" not in failed.stderr
    failed = run_example("audit.py", environment, "--limit", "-1")
    assert failed.returncode == 2
    assert failed.stderr.endswith("error: --limit is -1; it must not be negative\n")


@pytest.mark.parametrize("profile", ["current"])
def test_the_chart_example_works(sandbox: programs.Sandbox, tmp_path: Path) -> None:
    sandbox.admin("users", {"username": "eric", "emails": [["e@example.com", True, True, True]]})
    environment = {"HEX_API_URL": sandbox.url, "HEX_API_KEY": sandbox.add_key("eric")}
    picture = str(tmp_path / "chart.svg")
    empty = run_example("chart.py", environment, picture)
    assert (empty.returncode, empty.stderr) == (1, "chart: the log has nothing to draw\n")

    made = {"action": "key.generate", "params": {"name": "lap$top$"}, "user_agent": "Hex/2.1.1"}
    rows = [made, made | {"action": "key.remove"}, {"action": "owner.add", "params": {}}]
    sandbox.admin("audit-logs", {"username": "eric", "rows": rows})
    drawn = run_example("chart.py", environment, picture)
    assert drawn.stdout == f"3 rows of the log, 1 bars, {picture}\n", drawn.stderr
    shown = Path(picture).read_text()
    assert all(f"<!-- {text} -->" in shown for text in ("lap$top$", "key.generate", "key.remove"))
    drawn = run_example("chart.py", environment, "--by", "program", picture)
    assert drawn.stdout == f"3 rows of the log, 2 bars, {picture}\n", drawn.stderr
    shown = Path(picture).read_text()
    assert all(f"<!-- {text} -->" in shown for text in ("Hex/2.1.1", "(not named)", "owner.add"))

    for bad in (str(tmp_path / "chart.xyz"), str(tmp_path / "missing" / "chart.svg")):
        failed = run_example("chart.py", environment, bad)
        assert failed.returncode == 1
        assert failed.stderr.startswith("chart: ")
        assert "Traceback" not in failed.stderr
    failed = run_example("chart.py", environment | {"HEX_API_KEY": "wrong"}, picture)
    assert failed.returncode == 1
    assert "unauthenticated (401)" in failed.stderr
    assert "Traceback" not in failed.stderr


def run_example(
    name: str, environment: dict[str, str], *args: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, PROJECT / "examples" / name, *args],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("guide", ["README.md", "../docs/python.md"])
def test_the_programs_in_the_guides_work(
    guide: str, sandbox: programs.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.admin("users", {"username": "ericmj", "emails": [["e@example.com", True, True, True]]})
    sandbox.admin("audit-logs", {"username": "ericmj", "count": 3})
    monkeypatch.setenv("HEX_API_URL", sandbox.url)
    monkeypatch.setenv("HEX_API_KEY", sandbox.add_key("ericmj"))
    text = (PROJECT / guide).read_text()
    programs = [part.split("```", 1)[0] for part in text.split("```python\n")[1:]]
    assert len(programs) >= 3
    for program in programs:
        if "fastapi" in program:
            continue  # see test_the_fastapi_recipe_works
        exec(compile(program, guide, "exec", dont_inherit=True), {"__name__": "__main__"})


@pytest.mark.parametrize("profile", ["current"])
def test_the_fastapi_recipe_works(
    sandbox: programs.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fastapi", reason="fastapi is not installed")
    pytest.importorskip("httpx", reason="httpx is not installed")
    from httpx import ASGITransport, AsyncClient

    emails = [["e@example.com", True, True, True]]
    sandbox.admin("users", {"username": "ericmj", "emails": emails, "packages": ["decimal"]})
    monkeypatch.setenv("HEX_API_URL", sandbox.url)
    guide = (PROJECT / "../docs/python.md").read_text()
    [program] = [part for part in guide.split("```python\n") if "import FastAPI" in part]
    names: dict[str, Any] = {"__name__": "recipe"}
    source = program.split("```", 1)[0]
    exec(compile(source, "docs/python.md", "exec", dont_inherit=True), names)
    app = names["app"]

    async def main() -> list[tuple[int, Any]]:
        transport = ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            AsyncClient(transport=transport, base_url="http://recipe") as browser,
        ):
            replies = [await browser.get(f"/profiles/{name}") for name in ("ericmj", "nobody")]
        return [(reply.status_code, reply.json()) for reply in replies]

    (status, profile), (missing, error) = asyncio.run(main())
    assert (status, missing) == (200, 404)
    assert profile["username"] == "ericmj"
    assert profile["full_name"] is None
    assert profile["inserted_at"].endswith("Z")
    assert [package["name"] for package in profile["packages"]] == ["decimal"]
    assert error["detail"]
    assert error["request_id"]
