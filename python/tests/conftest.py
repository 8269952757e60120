"""The fixtures of all tests: an environment without our variables, and the two servers."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import programs
import pytest

import aura_users

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLES = {name for spec in aura_users.OPTIONS for name in spec.env} | {
    "ALL_PROXY",
    "CI",
    "HEX_UNSAFE_HTTPS",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "REQUEST_METHOD",
    "all_proxy",
    "http_proxy",
    "https_proxy",
}


def pytest_sessionstart() -> None:
    """Stop with a reason if the tests cannot run."""
    if why := programs.describe_missing():
        pytest.exit(why, returncode=1)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell ignores Ctrl-C for programs in the background, and child processes inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sources = Path(__file__).resolve().parents[1]
    if sources in Path(aura_users.__file__).resolve().parents:
        pytest.exit("Python imports the sources: install the package, and test that", returncode=1)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES & os.environ.keys():
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def replay() -> Iterator[str]:
    """Start the server of recorded replies, and yield its URL."""
    with programs.Program(programs.find_program("replay"), "serve") as server:
        yield server.ready["url"]


@pytest.fixture(params=faces.NAMES)
def make_client(request: pytest.FixtureRequest) -> Iterator[faces.MakeClient]:
    """Yield `Client`, and `AsyncClient` in each kind of event loop, with the same interface."""
    if request.param == "sync":
        yield aura_users.Client
    elif request.param == "trio":
        yield faces.wrap_async_client(faces.run_in_trio)
    else:
        loop = faces.LOOPS[request.param]()
        yield faces.wrap_async_client(faces.run_in_loop(loop))
        loop.close()


@pytest.fixture(params=["current", "legacy"])
def profile(request: pytest.FixtureRequest) -> str:
    """Return each profile of the sandbox."""
    name: str = request.param
    return name


@pytest.fixture
def sandbox(profile: str) -> Iterator[programs.Sandbox]:
    """Start a new sandbox with that profile."""
    with programs.Sandbox(profile) as server:
        yield server
