"""The types of the options, for annotations.

The package imports this module when a program uses one of its names: `typing` costs more time to
import than the whole package.
"""

from datetime import timedelta
from os import PathLike
from typing import Literal, SupportsIndex, TypedDict

__all__ = ["CallOptions", "ClientOptions"]


class CallOptions(TypedDict, total=False):
    """The options of one call. None means not set.

    >>> from typing_extensions import Unpack  # in typing since Python 3.11
    >>> def find(name: str, **options: Unpack[aura_users.CallOptions]) -> aura_users.User:
    ...     return aura_users.get_user(name, **options)
    >>> find("ericmj", timeout=5).username
    'ericmj'
    """

    # generated: options of a call
    repo_url: str | None
    """Base URL of the API."""
    api_key: str | None
    """API key, sent as `Authorization: <key>`; `Bearer <token>` is sent as it is."""
    otp: str | None
    """One-time password, sent as `X-Hex-OTP`."""
    timeout: float | timedelta | None
    """Time for one attempt."""
    total_timeout: float | timedelta | None
    """Time for the whole call, with its retries and its waits for the rate limit."""
    connect_timeout: float | timedelta | None
    """Time to connect, with the TLS handshake."""
    max_retries: SupportsIndex | None
    """How often a call is retried if that is safe: a GET after a connection failure, 429, 502, 503
    or 504; a POST only if nothing can have reached the server.
    """
    rate_limit: Literal["wait", "error"] | None
    """What a call does when the rate limit is reached."""
    prefetch: SupportsIndex | None
    """Pages of the audit log requested ahead, 0 for none. The number grows while the log is read;
    with more than the default, all of them are requested from the second page on.
    """
    page: SupportsIndex | None
    """First page of the audit log to read."""
    proxy: str | None
    """Proxy for every request. Its URL may hold the proxy's user and password. If it is not set,
    the environment's `http_proxy`, `https_proxy` and `all_proxy` count, except for the loopback.
    """
    no_proxy: str | None
    """Hosts that are reached without a proxy, separated by commas or blanks: names with all below
    them, addresses and networks, each with a port or without; or `*`.
    """
    ca_file: str | PathLike[str] | None
    """PEM file of root certificates to trust in addition to the system's."""
    user_agent: str | None
    """Name of the program, which precedes the library's in `User-Agent`. The server keeps 255 code
    points of it in every audit row.
    """
    client_name: str | None
    """Name and version of what is built on this library, such as a binding and its language. It
    stands in `User-Agent` in parentheses behind the library's name.
    """
    max_body: SupportsIndex | None
    """Largest reply accepted, in bytes after decompression."""
    max_connections: SupportsIndex | None
    """Connections to one server at once, of started calls, streams and asynchronous clients. More
    calls wait for their turn, within their time.
    """
    cache: SupportsIndex | None
    """How many user records are kept in memory with their ETag. The server answers 304 if such a
    record did not change.
    """
    allow_insecure_http: bool | None
    """Whether a credential may be sent over plain http beyond the loopback."""
    # end of generated: options of a call


class ClientOptions(CallOptions, total=False):
    """The options of a Client, of an AsyncClient and of this module's functions.

    >>> options: aura_users.ClientOptions = {"timeout": 5, "max_retries": 0}
    >>> with aura_users.Client(**options) as client:
    ...     print(client.get_user("ericmj").username)
    ericmj
    """

    # generated: options of a client
    env: bool | None
    """Whether options are read from the environment. An option of a client, not of a call."""
    # end of generated: options of a client


# The public module is the package.
_cls: type
for _cls in (CallOptions, ClientOptions):
    _cls.__module__ = "aura_users"
