"""The pytest fixtures: a process for the session, a world for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import Sandbox, World


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting ``hex_sandbox_options``."""
    parser.addini(
        "hex_sandbox_options",
        "options of the aura-sandbox program, such as --profile legacy",
        type="args",
        default=[],
    )


@pytest.fixture(scope="session")
def hex_sandbox_process(pytestconfig: pytest.Config) -> Iterator[Sandbox]:
    """Run one process for all tests of the session."""
    options: list[str] = pytestconfig.getini("hex_sandbox_options")
    with Sandbox.start(*options) as sandbox:
        yield sandbox


@pytest.fixture
def hex_sandbox(hex_sandbox_process: Sandbox) -> Iterator[World]:
    """Create a world for the test. Its address for a client is ``hex_sandbox.api_url``."""
    world = hex_sandbox_process.new_world()
    yield world
    hex_sandbox_process.delete_world(world)


@pytest.fixture
def hex_sandbox_env(hex_sandbox: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Create a world for the test, and set its address in the environment.

    Sets ``HEX_API_URL`` and removes ``HEX_API_KEY`` until the end of the test.
    """
    monkeypatch.setenv("HEX_API_URL", hex_sandbox.api_url)
    monkeypatch.delenv("HEX_API_KEY", raising=False)
    return hex_sandbox
