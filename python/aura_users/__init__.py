"""A client for the users API of Hex.pm and of every Hex-compatible server.

>>> import aura_users
>>> aura_users.get_user("ericmj").username
'ericmj'

A program with many calls creates a `Client`:

>>> with aura_users.Client(api_key="...") as client:
...     for log in client.stream_audit_logs():
...         print(log.action)
key.generate
owner.add

`AsyncClient` has the same methods for asyncio, uvloop and trio:

>>> async with aura_users.AsyncClient(api_key="...") as client:
...     async for log in client.stream_audit_logs():
...         print(log.action)
key.generate
owner.add

Options are keywords of the client and of every call. `OPTIONS` lists them with their defaults and
environment variables:

>>> [option.name for option in aura_users.OPTIONS if "HEX_API_KEY" in option.env]
['api_key']

Every failure is an `AuraError`. A wrong keyword is a `TypeError`.

The functions of this module share one client, which keeps connections open. If one of its
environment variables changes, the next call creates a new client.
"""

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
    Response,
    User,
    __version__,
    create_user,
    get_current_user,
    get_user,
    reset_user_password,
    stream_audit_logs,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aura_users._async import AsyncAuditLogPages, AsyncAuditLogs, AsyncClient
    from aura_users._options import CallOptions, ClientOptions
else:
    _MODULES = {
        "AsyncAuditLogPages": "_async",
        "AsyncAuditLogs": "_async",
        "AsyncClient": "_async",
        "CallOptions": "_options",
        "ClientOptions": "_options",
    }

    def __getattr__(name):  # noqa: ANN001, ANN202 - its types are above
        """Import a class at its first use, because many programs need none of these."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = __import__(f"aura_users.{_MODULES[name]}", fromlist=[name])
        globals()[name] = value = getattr(module, name)
        return value

    def __dir__():  # noqa: ANN202
        return sorted({*globals(), *__all__})


# The public module is the package.
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
    "CallOptions",
    "CancelledError",
    "Client",
    "ClientOptions",
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
    "Response",
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
