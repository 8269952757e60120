"""What is handed out: the wheel, as it is shipped, and the source distribution.

`make test-python` builds the wheel out of the source distribution and says where both are; the
installed package that all the other tests run against is this wheel.
"""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from fake_server import FakeServer, Reply

import aura_users

MEGABYTE = 1 << 20


def built(variable: str) -> Path:
    told = os.environ.get(variable)
    if not told:
        pytest.skip(f"{variable} names nothing to test: `make test-python` builds it")
    return Path(told)


@pytest.fixture(scope="session")
def wheel() -> Path:
    return built("AURA_WHEEL")


@pytest.fixture(scope="session")
def sdist() -> Path:
    return built("AURA_SDIST")


def succeed(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", env=os.environ | environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(folder: Path, wheel: Path) -> Path:
    """Create a virtual environment with only the wheel, and return the folder of its programs."""
    venv.create(folder, symlinks=True)
    programs = folder / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python")]
    succeed(*pip, "install", "-q", "--no-index", str(wheel))
    return programs


def works(programs: Path) -> None:
    source = "import aura_users, sys; print(aura_users.get_user('eric', repo_url=sys.argv[1]))"
    with FakeServer(lambda _: Reply({"username": "eric"})) as server:
        assert succeed(programs / "python", "-I", "-c", source, server.url) == "<User 'eric'>\n"
        shown = succeed(programs / "aura-users", "--repo-url", server.url, "user", "eric")
    assert shown == "username      eric\n"


def test_the_wheels_name(wheel: Path) -> None:
    assert re.fullmatch(
        r"aura_users-[\d.]+-cp310-abi3-(manylinux|musllinux)_\d+_\d+_\w+\.whl", wheel.name
    )
    shown = " ".join(succeed(sys.executable, "-m", "auditwheel", "show", wheel).split())
    tag = wheel.name.removesuffix(".whl").rpartition("-")[2]
    assert f'is consistent with the following platform tag: "{tag}"' in shown, shown
    assert "external shared libraries" not in shown.replace("no external shared libraries", "")


def test_what_is_in_the_wheel(wheel: Path) -> None:
    assert wheel.stat().st_size < 2.5 * MEGABYTE
    version = aura_users.__version__
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = email.message_from_bytes(
            archive.read(f"aura_users-{version}.dist-info/METADATA")
        )
    ours = {name for name in names if name.startswith("aura_users/")}
    modules = {path.name for path in Path(aura_users.__file__).parent.glob("*.py")}
    assert ours == {
        f"aura_users/{name}" for name in {*modules, "_native.pyi", "_native.abi3.so", "py.typed"}
    }
    rest = {name.partition("/")[2] for name in names - ours}
    assert {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"} <= rest
    assert all(".dist-info/" in name for name in names - ours)
    assert metadata["Name"] == "aura-users"
    assert metadata["Version"] == version
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert all("extra ==" in needed for needed in metadata.get_all("Requires-Dist") or ())


def test_the_wheel_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    works(installed(tmp_path, wheel))


def test_the_source_distribution(sdist: Path) -> None:
    """It has what a build needs, of which the wheel is proof, and little else."""
    assert sdist.stat().st_size < 300_000
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Cargo.lock", "LICENSE", "PKG-INFO", "aura_users/_native.pyi"} <= names
    unneeded = ("tests/wire", "fuzz", "target", "build", "include", "python/tests", "sandbox/tests")
    assert not any(name.startswith(unneeded) for name in names)
