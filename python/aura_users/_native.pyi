"""The native half of `aura_users`: import its names from there."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike
from types import TracebackType
from typing import (
    Any,
    ClassVar,
    Generic,
    Literal,
    SupportsIndex,
    TypedDict,
    TypeVar,
    final,
    type_check_only,
)

from typing_extensions import Self, Unpack

_T = TypeVar("_T")

__all__ = [
    "ERROR_KINDS",
    "OPTIONS",
    "AuditLog",
    "AuditLogPages",
    "AuditLogs",
    "Call",
    "Client",
    "Completions",
    "OptionSpec",
    "Organization",
    "Package",
    "RateLimitState",
    "User",
    "__version__",
    "create_user",
    "fields_json",
    "get_current_user",
    "get_user",
    "is_at_hand",
    "page_at_hand",
    "reset_user_password",
    "row_at_hand",
    "start_create_user",
    "start_get_current_user",
    "start_get_user",
    "start_next_page",
    "start_reset_user_password",
    "stream_audit_logs",
]

__version__: str
OPTIONS: tuple[OptionSpec, ...]
"""Every option there is."""
ERROR_KINDS: tuple[str, ...]

@type_check_only
class CallOptions(TypedDict, total=False):
    """The options of one call. None is the same as not given."""

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
    502, 503 and 504. A POST is retried only if nothing can have reached the server.
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

@type_check_only
class ClientOptions(CallOptions, total=False):
    """The options of a client, and of the functions that need none."""

    # generated: options of a client
    env: bool | None
    """Whether to read options from the environment. It is an option of a client only."""
    # end of generated: options of a client

@final
class OptionSpec:
    """One option: what is true of it in every language of this library."""

    @property
    def name(self) -> str:
        """Its name."""
    @property
    def default(self) -> str | None:
        """Its default as text; None where the option is off by default."""
    @property
    def env(self) -> tuple[str, ...]:
        """The environment variables it is read from, the first one that is set."""
    @property
    def allowed(self) -> str:
        """The values it takes, as an error message names them."""
    @property
    def doc(self) -> str:
        """What it does."""

@final
class Package:
    """A package the user owns."""

    __match_args__ = ("name", "repository", "url", "html_url")
    def __new__(
        cls,
        name: str,
        repository: str | None = None,
        url: str | None = None,
        html_url: str | None = None,
    ) -> Self: ...
    @property
    def name(self) -> str:
        """Its name, unique in its repository."""
    @property
    def repository(self) -> str | None:
        """`hexpm` for the public registry, else the organization's repository."""
    @property
    def url(self) -> str | None:
        """Where the API has it."""
    @property
    def html_url(self) -> str | None:
        """Where a person reads about it."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(
        self,
    ) -> tuple[type[Self], tuple[str, str | None, str | None, str | None]]: ...
    def __replace__(self, **changes: str | None) -> Self: ...

@final
class Organization:
    """An organization the user is a member of."""

    __match_args__ = ("name", "role")
    def __new__(cls, name: str, role: str | None = None) -> Self: ...
    @property
    def name(self) -> str:
        """Its name."""
    @property
    def role(self) -> str | None:
        """`admin`, `write` or `read` on hex.pm."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[type[Self], tuple[str, str | None]]: ...
    def __replace__(self, **changes: str | None) -> Self: ...

@final
class User:
    """A user account, as the server describes it to this caller. It cannot be changed."""

    __match_args__ = ("username",)
    @classmethod
    def from_json(cls, raw_json: str) -> Self:
        """Give a record again, from what `raw_json` gave."""
    @property
    def username(self) -> str:
        """The name, unique on the server, in lower case."""
    @property
    def full_name(self) -> str | None:
        """The person's name, if they gave one."""
    @property
    def handles(self) -> Mapping[str, str]:
        """Links to the person's other accounts by display name, in the server's order."""
    @property
    def url(self) -> str | None:
        """Where the API has this record."""
    @property
    def email(self) -> str | None:
        """The public e-mail address; None when there is no public one."""
    @property
    def inserted_at(self) -> datetime | None:
        """When the account was made: UTC, to the microsecond."""
    @property
    def updated_at(self) -> datetime | None:
        """When the account was last changed: UTC, to the microsecond."""
    @property
    def packages(self) -> tuple[Package, ...] | None:
        """The packages the user owns and the caller may see; None where the server says none."""
    @property
    def owned_packages(self) -> Mapping[str, str]:
        """The packages' URLs by name. Deprecated by the server: use `packages`."""
    @property
    def organizations(self) -> tuple[Organization, ...] | None:
        """The organizations the user is a member of; only the current user's record has them."""
    @property
    def raw_json(self) -> str:
        """The server's own JSON, byte for byte."""
    @property
    def extra(self) -> Mapping[str, Any]:
        """The fields that have no attribute of their own."""
    def to_dict(self) -> dict[str, Any]:
        """All of the server's record as a new dict, fields unknown to this library too."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class AuditLog:
    """One row of an audit log: something that was done with the caller's account."""

    __match_args__ = ("action", "user_agent", "params")
    @classmethod
    def from_json(cls, raw_json: str) -> Self:
        """Give a row again, from what `raw_json` gave."""
    @property
    def action(self) -> str:
        """What was done: `key.generate`, `release.publish`, ..."""
    @property
    def user_agent(self) -> str | None:
        """The `User-Agent` of the program that did it."""
    @property
    def params(self) -> Any:  # noqa: ANN401 - its shape follows the action
        """The details, decoded when first asked for."""
    @property
    def inserted_at(self) -> datetime | None:
        """When it was done: UTC, to the microsecond. Today's servers do not say."""
    @property
    def raw_json(self) -> str:
        """The server's own JSON of the row, byte for byte."""
    @property
    def extra(self) -> Mapping[str, Any]:
        """The fields that have no attribute of their own."""
    def to_dict(self) -> dict[str, Any]:
        """All of the row as a new dict, fields unknown to this library too."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class AuditLogs:
    """The caller's own audit log, newest row first."""

    def __iter__(self) -> Self: ...
    def __next__(self) -> AuditLog: ...
    @property
    def page(self) -> int:
        """The page the next row is on: to go on another day, start there."""
    def pages(self) -> AuditLogPages:
        """Give the same rows as lists, one for each page."""
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the same rows to libraries that read Arrow, such as pandas, polars and pyarrow."""
    def close(self) -> None:
        """End the stream."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

@final
class AuditLogPages:
    """The pages of an AuditLogs."""

    def __iter__(self) -> Self: ...
    def __next__(self) -> list[AuditLog]: ...

@final
class RateLimitState:
    """What the server last said of its rate limit."""

    @property
    def limit(self) -> int:
        """Requests allowed in a window."""
    @property
    def remaining(self) -> int:
        """Requests left in this one, those on their way taken off."""
    @property
    def resets_in(self) -> float:
        """Seconds until the next one, as of the moment it was asked for."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Client:
    """A client of one server: connections that are kept open, and options for every call."""

    def __new__(cls, **options: Unpack[ClientOptions]) -> Self: ...
    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Give the same client, connections and all, with other options."""
    def create_user(
        self,
        username: str,
        password: str,
        emails: Sequence[str],
        **options: Unpack[CallOptions],
    ) -> User:
        """Make an account, and give its record.

        Making an account on hex.pm means accepting its terms of service:
        https://hex.pm/policies/termsofservice
        """
    def get_current_user(self, **options: Unpack[CallOptions]) -> User:
        """Give the user the credential belongs to."""
    def get_user(self, username_or_email: str, **options: Unpack[CallOptions]) -> User:
        """Give a user's public record."""
    def reset_user_password(self, username_or_email: str, **options: Unpack[CallOptions]) -> None:
        """Ask the server to mail its user a link for a new password."""
    def stream_audit_logs(self, **options: Unpack[CallOptions]) -> AuditLogs:
        """Give the audit log of the credential's user, newest row first."""
    def rate_limit(self) -> RateLimitState | None:
        """Give what the server last said of its rate limit, where it did."""
    def close(self) -> None:
        """Drop the connections; any later call raises InvalidArgumentError."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

def create_user(
    username: str, password: str, emails: Sequence[str], **options: Unpack[ClientOptions]
) -> User:
    """Make an account, and give its record.

    Making an account on hex.pm means accepting its terms of service:
    https://hex.pm/policies/termsofservice
    """

def get_current_user(**options: Unpack[ClientOptions]) -> User:
    """Give the user the credential belongs to."""

def get_user(username_or_email: str, **options: Unpack[ClientOptions]) -> User:
    """Give a user's public record."""

def reset_user_password(username_or_email: str, **options: Unpack[ClientOptions]) -> None:
    """Ask the server to mail its user a link for a new password."""

def stream_audit_logs(**options: Unpack[ClientOptions]) -> AuditLogs:
    """Give the audit log of the credential's user, newest row first."""

@final
class Call(Generic[_T]):
    """A call under way on the core's thread. Dropping it cancels it."""

    @property
    def is_lost(self) -> bool:
        """Whether the parent of this process began it: it will give no result here."""
    def on_done(self, completions: Completions, token: int) -> None:
        """Have `completions` give `token` when the call is done."""
    def cancel(self) -> None:
        """Ask it to end."""
    def take(self) -> _T:
        """Give the result or raise the error; once, when the call is done."""

@final
class Completions:
    """The calls of one event loop that are done."""

    def __new__(cls) -> Self: ...
    def fileno(self) -> int:
        """Give a descriptor that is readable while there is something to take."""
    def wait(self) -> bool:
        """Wait until there is something to take; False once it is closed."""
    def close(self) -> None:
        """Let the thread that waits go."""
    def take(self) -> list[int]:
        """Give the tokens of the calls that were done since the last time."""
    def deliver_log(self) -> None:
        """Tell the logger what those calls had to tell."""

def start_create_user(
    client: Client, username: str, password: str, emails: Sequence[str], options: CallOptions
) -> Call[User]: ...
def start_get_current_user(client: Client, options: CallOptions) -> Call[User]: ...
def start_get_user(client: Client, username_or_email: str, options: CallOptions) -> Call[User]: ...
def start_reset_user_password(
    client: Client, username_or_email: str, options: CallOptions
) -> Call[None]: ...
def start_next_page(logs: AuditLogs) -> Call[bool]:
    """Begin the next page. To take it puts its rows at hand; False if there is none."""

def is_at_hand(logs: AuditLogs) -> bool:
    """Say whether the next row need not be waited for."""

def row_at_hand(logs: AuditLogs) -> AuditLog | None:
    """Give the next row if it need not be waited for."""

def page_at_hand(logs: AuditLogs) -> list[AuditLog] | None:
    """Give the rest of the page at hand, if there is any."""

def fields_json(raw_json: str) -> dict[str, str]:
    """Give the fields of a record, each with its JSON as the server wrote it."""
