"""A Hex-compatible server of the users API, run from Python.

    with Sandbox.start() as sandbox:
        sandbox.add_user("eric")
        key = sandbox.add_key("eric")
        ...  # point a client at sandbox.api_url

In a pytest test, ask for the fixture ``hex_sandbox``: a fresh world for each test.
"""

from importlib.metadata import version as _version

from ._forms import (
    AtMost,
    AuditRow,
    AuditRowInsert,
    Certificate,
    Clock,
    Email,
    Handles,
    Http2,
    KeyOrder,
    Profile,
    RateLimits,
    Role,
)
from ._process import Sandbox, StartError, find_program
from ._world import AdminError, Rule, World

__version__ = _version("aura-sandbox")

__all__ = [
    "AdminError",
    "AtMost",
    "AuditRow",
    "AuditRowInsert",
    "Certificate",
    "Clock",
    "Email",
    "Handles",
    "Http2",
    "KeyOrder",
    "Profile",
    "RateLimits",
    "Role",
    "Rule",
    "Sandbox",
    "StartError",
    "World",
    "__version__",
    "find_program",
]
