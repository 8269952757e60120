"""The published files: the wheel and the source distribution.

`make test-python` builds the wheel from the source distribution, and passes the paths of both. The
other tests run against the package that is installed from this wheel.
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


def find_build(variable: str) -> Path:
    told = os.environ.get(variable)
    if not told:
        pytest.skip(f"{variable} is not set: run `make test-python`, which builds the file")
    return Path(told)


@pytest.fixture(scope="session")
def wheel() -> Path:
    return find_build("AURA_WHEEL")


@pytest.fixture(scope="session")
def sdist() -> Path:
    return find_build("AURA_SDIST")


def run_checked(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", env=os.environ | environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(folder: Path, wheel: Path) -> Path:
    """Create a virtual environment with only the wheel, and return the folder of its programs."""
    venv.create(folder, symlinks=True)
    programs = folder / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python")]
    run_checked(*pip, "install", "-q", "--no-index", str(wheel))
    return programs


def check_installation(programs: Path) -> None:
    source = "import aura_users, sys; print(aura_users.get_user('eric', repo_url=sys.argv[1]))"
    with FakeServer(lambda _: Reply({"username": "eric"})) as server:
        assert run_checked(programs / "python", "-I", "-c", source, server.url) == "<User 'eric'>\n"
        shown = run_checked(programs / "aura-users", "--repo-url", server.url, "user", "eric")
    assert shown == "username      eric\n"


def test_the_name_of_the_wheel_has_the_right_tags(wheel: Path) -> None:
    assert re.fullmatch(
        r"aura_users-[\d.]+-cp310-abi3-(manylinux|musllinux)_\d+_\d+_\w+\.whl", wheel.name
    )
    shown = " ".join(run_checked(sys.executable, "-m", "auditwheel", "show", wheel).split())
    tag = wheel.name.removesuffix(".whl").rpartition("-")[2]
    assert f'is consistent with the following platform tag: "{tag}"' in shown, shown
    assert "external shared libraries" not in shown.replace("no external shared libraries", "")


def test_the_wheel_has_the_right_files_and_metadata(wheel: Path) -> None:
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


def test_the_wheel_works_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    check_installation(install(tmp_path, wheel))


def test_the_source_distribution_has_few_files(sdist: Path) -> None:
    """It has few files besides those for a build. The wheel is built from it."""
    assert sdist.stat().st_size < 350_000
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Cargo.lock", "LICENSE", "PKG-INFO", "aura_users/_native.pyi"} <= names
    unneeded = ("tests/wire", "fuzz", "target", "build", "include", "python/tests", "sandbox/tests")
    assert not any(name.startswith(unneeded) for name in names)
