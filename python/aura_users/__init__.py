"""A client for the users API of Hex.pm and of every Hex-compatible server.

>>> import aura_users
>>> aura_users.get_user("ericmj").username
'ericmj'

A program that makes many calls makes a `Client` of its own:

>>> with aura_users.Client(api_key="...") as client:
...     for log in client.stream_audit_logs():
...         print(log.action)
key.generate
owner.add

`AsyncClient` is the same for asyncio, uvloop and trio:

>>> async with aura_users.AsyncClient(api_key="...") as client:
...     async for log in client.stream_audit_logs():
...         print(log.action)
key.generate
owner.add

Options are keywords of the client and of every call; `OPTIONS` lists them with their defaults and
the environment variables they are read from:

>>> [option.name for option in aura_users.OPTIONS if "HEX_API_KEY" in option.env]
['api_key']

Every failure is an `AuraError`.

The functions of this module share connections. They take the environment as it is when they are
called: one client is kept for it, and replaced when one of the variables in question changes.
"""

from aura_users._async import AsyncAuditLogPages, AsyncAuditLogs, AsyncClient
from aura_users._errors import (
    ApiError,
    AuraError,
    AuthenticationError,
    CancelledError,
    ConnectError,
    DecodeError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    OtpInvalidError,
    OtpRequiredError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TimeoutError,
    TlsError,
    UnsupportedError,
    ValidationError,
)
from aura_users._native import (
    OPTIONS,
    AuditLog,
    AuditLogPages,
    AuditLogs,
    Client,
    OptionSpec,
    Organization,
    Package,
    RateLimitState,
    User,
    __version__,
    create_user,
    get_current_user,
    get_user,
    reset_user_password,
    stream_audit_logs,
)

# They are the package's, whatever file they stand in.
for _function in (
    create_user,
    get_current_user,
    get_user,
    reset_user_password,
    stream_audit_logs,
):
    _function.__module__ = "aura_users"

__all__ = [
    "OPTIONS",
    "ApiError",
    "AsyncAuditLogPages",
    "AsyncAuditLogs",
    "AsyncClient",
    "AuditLog",
    "AuditLogPages",
    "AuditLogs",
    "AuraError",
    "AuthenticationError",
    "CancelledError",
    "Client",
    "ConnectError",
    "DecodeError",
    "InternalError",
    "InvalidArgumentError",
    "NotFoundError",
    "OptionSpec",
    "Organization",
    "OtpInvalidError",
    "OtpRequiredError",
    "Package",
    "PermissionDeniedError",
    "RateLimitError",
    "RateLimitState",
    "ServerError",
    "TimeoutError",
    "TlsError",
    "UnsupportedError",
    "User",
    "ValidationError",
    "__version__",
    "create_user",
    "get_current_user",
    "get_user",
    "reset_user_password",
    "stream_audit_logs",
]
