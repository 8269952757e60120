"""A Hex-compatible server of the users API, run from Python.

    with Sandbox.start() as sandbox:
        sandbox.add_user("eric", emails=[["eric@example.com", True, True, True]])
        key = sandbox.add_key("eric")
        ...  # point a client at sandbox.api_url

In a pytest test, ask for the fixture ``hex_sandbox``: a fresh world for each test.
"""

from ._process import Sandbox, StartError, find_program
from ._world import AdminError, AtMost, AuditRowInsert, World

__all__ = [
    "AdminError",
    "AtMost",
    "AuditRowInsert",
    "Sandbox",
    "StartError",
    "World",
    "find_program",
]
