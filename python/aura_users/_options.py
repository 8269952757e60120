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
    """The base URL of the API."""
    api_key: str | None
    """The API key. It is sent as `Authorization: <key>`. For an OAuth token, write `Bearer
    <token>`.
    """
    otp: str | None
    """The one-time password. It is sent as `X-Hex-OTP`."""
    timeout: float | timedelta | None
    """The timeout of one attempt."""
    total_timeout: float | timedelta | None
    """The timeout of the whole call. It includes retries and waits for the rate limit."""
    connect_timeout: float | timedelta | None
    """The timeout of connecting. It includes the TLS handshake."""
    max_retries: SupportsIndex | None
    """The maximum number of retries. A GET is retried after a connection failure and after 429,
    502, 503 and 504. A POST is retried only if the server cannot have processed it.
    """
    rate_limit: Literal["wait", "error"] | None
    """What a call does if the server's rate limit is reached: wait until it resets, or fail."""
    prefetch: SupportsIndex | None
    """The maximum number of audit-log pages to request ahead. The stream starts with few and
    requests more while it reads. With a value above the default, it requests all of them from the
    second page on.
    """
    page: SupportsIndex | None
    """The first page of the audit log to read."""
    proxy: str | None
    """The proxy for all requests. The URL may contain the user and the password of the proxy. If it
    is not set, the environment variables `http_proxy`, `https_proxy` and `all_proxy` are used,
    except for servers on the loopback.
    """
    no_proxy: str | None
    """The hosts to connect to without a proxy, separated by commas or spaces: domains, which
    include their subdomains, addresses and networks, each with an optional port; or `*` for all.
    """
    ca_file: str | PathLike[str] | None
    """A PEM file of root certificates to trust in addition to those of the system."""
    user_agent: str | None
    """The name of the program. It precedes the name of the library in `User-Agent`. The server
    stores the first 255 code points of `User-Agent` in every audit row.
    """
    client_name: str | None
    """The name and version of a library that uses this one, such as a language binding. It follows
    the name of this library in `User-Agent`, in parentheses.
    """
    max_body: SupportsIndex | None
    """The maximum size of a reply in bytes, after decompression."""
    max_connections: SupportsIndex | None
    """The maximum number of connections to one server for started calls, streams and asynchronous
    clients. Further calls wait for a connection, and their timeouts apply.
    """
    cache: SupportsIndex | None
    """The maximum number of user records to cache in memory, by ETag. The server answers 304 if a
    cached record has not changed.
    """
    allow_insecure_http: bool | None
    """Whether to send a credential over plain http to a server that is not on the loopback."""
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
    """Whether to read options from the environment. It is an option of a client only."""
    # end of generated: options of a client


# The public module is the package.
_cls: type
for _cls in (CallOptions, ClientOptions):
    _cls.__module__ = "aura_users"
