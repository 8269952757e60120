"""The native part of `aura_users`. Import its names from the package."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar, Generic, TypeVar, final

from typing_extensions import Self, Unpack

from aura_users._options import CallOptions, ClientOptions

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
    "Response",
    "User",
    "__version__",
    "create_user",
    "fields_json",
    "get_current_user",
    "get_user",
    "is_loaded",
    "loaded_page",
    "loaded_row",
    "reset_user_password",
    "start_create_user",
    "start_get_current_user",
    "start_get_user",
    "start_next_page",
    "start_reset_user_password",
    "stream_audit_logs",
]

__version__: str
OPTIONS: tuple[OptionSpec, ...]
"""All options."""
ERROR_KINDS: tuple[str, ...]

@final
class OptionSpec:
    """The description of one option."""

    @property
    def name(self) -> str:
        """Its name."""
    @property
    def default(self) -> str | None:
        """Its default as text. None if the option is off by default."""
    @property
    def env(self) -> tuple[str, ...]:
        """The environment variables that it is read from. The first one that is set counts."""
    @property
    def allowed(self) -> str:
        """The values that it accepts, in the words of an error message."""
    @property
    def doc(self) -> str:
        """What it does."""

@final
class Package:
    """A package that the user owns."""

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
        """Its URL in the API."""
    @property
    def html_url(self) -> str | None:
        """Its page for people."""
    def to_dict(self) -> dict[str, str | None]:
        """Return the attributes as a new dict."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(
        self,
    ) -> tuple[type[Self], tuple[str, str | None, str | None, str | None]]: ...
    def __replace__(self, **changes: str | None) -> Self: ...

@final
class Organization:
    """An organization of which the user is a member."""

    __match_args__ = ("name", "role")
    def __new__(cls, name: str, role: str | None = None) -> Self: ...
    @property
    def name(self) -> str:
        """Its name."""
    @property
    def role(self) -> str | None:
        """`admin`, `write` or `read` on hex.pm."""
    def to_dict(self) -> dict[str, str | None]:
        """Return the attributes as a new dict."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[type[Self], tuple[str, str | None]]: ...
    def __replace__(self, **changes: str | None) -> Self: ...

@final
class User:
    """A user account, as the server describes it to this caller. It is immutable."""

    __match_args__ = ("username",)
    @classmethod
    def from_json(cls, raw_json: str) -> Self:
        """Create a record from a saved `raw_json`."""
    @property
    def username(self) -> str:
        """The name. It is unique on the server and in lower case."""
    @property
    def full_name(self) -> str | None:
        """The person's name. None if it is not set."""
    @property
    def handles(self) -> Mapping[str, str]:
        """Links to the person's other accounts by display name, in the server's order."""
    @property
    def url(self) -> str | None:
        """The record's URL in the API."""
    @property
    def email(self) -> str | None:
        """The public e-mail address. None if there is no public one."""
    @property
    def inserted_at(self) -> datetime | None:
        """When the account was created: UTC, to the microsecond."""
    @property
    def updated_at(self) -> datetime | None:
        """When the account was last changed: UTC, to the microsecond."""
    @property
    def packages(self) -> tuple[Package, ...] | None:
        """The packages that the user owns and the caller may see. None if the server sends none."""
    @property
    def owned_packages(self) -> Mapping[str, str]:
        """The packages' URLs by name. Deprecated by the server: use `packages`."""
    @property
    def organizations(self) -> tuple[Organization, ...] | None:
        """The user's organizations. Only the current user's record has them."""
    @property
    def raw_json(self) -> str:
        """The server's own JSON, byte for byte."""
    @property
    def extra(self) -> Mapping[str, Any]:
        """The fields that have no attribute."""
    @property
    def response(self) -> Response | None:
        """The request id and the rate limit of the reply. None for a record without a reply."""
    def to_dict(self) -> dict[str, Any]:
        """Return the server's whole record as a new dict."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, _memo: object, /) -> Self: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class AuditLog:
    """One row of an audit log: an action on the caller's account. It is immutable."""

    __match_args__ = ("action", "user_agent", "params")
    @classmethod
    def from_json(cls, raw_json: str) -> Self:
        """Create a row from a saved `raw_json`."""
    @property
    def action(self) -> str:
        """The name of the action: `key.generate`, `release.publish`, ..."""
    @property
    def user_agent(self) -> str | None:
        """The `User-Agent` of the program."""
    @property
    def params(self) -> Any:  # noqa: ANN401 - its shape follows the action
        """The details, decoded at the first use. Treat the dict as read-only."""
    @property
    def inserted_at(self) -> datetime | None:
        """The time of the action: UTC, to the microsecond. Today's servers send none."""
    @property
    def raw_json(self) -> str:
        """The server's own JSON of the row, byte for byte."""
    @property
    def extra(self) -> Mapping[str, Any]:
        """The fields that have no attribute."""
    @property
    def response(self) -> Response | None:
        """The request id and the rate limit of the reply. None for a row without a reply."""
    def to_dict(self) -> dict[str, Any]:
        """Return the whole row as a new dict."""
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
        """The page of the next row. Pass it as the option `page` to continue another day."""
    def pages(self) -> AuditLogPages:
        """Return an iterator over the same rows as lists, one list a page."""
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the same rows for libraries that read Arrow, such as pandas and polars."""
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
    """The state of the server's rate limit."""

    @property
    def limit(self) -> int:
        """Requests allowed in a window."""
    @property
    def remaining(self) -> int:
        """Requests left in this window."""
    @property
    def resets_in(self) -> float:
        """Seconds until the next window."""
    def to_dict(self) -> dict[str, int | float]:
        """Return the attributes as a new dict."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Response:
    """The request id and the rate limit of a reply."""

    @property
    def request_id(self) -> str | None:
        """The reply's `x-request-id`. The server's operators find the call by it."""
    @property
    def rate_limit(self) -> RateLimitState | None:
        """The rate limit that the reply reported. None if it reported none."""
    def to_dict(self) -> dict[str, Any]:
        """Return the attributes as a new dict, with a dict for `rate_limit`."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Client:
    """A client of one server. It keeps connections open and has options for every call."""

    def __new__(cls, **options: Unpack[ClientOptions]) -> Self: ...
    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return a client that shares the connections and has other options."""
    def create_user(
        self,
        username: str,
        password: str,
        emails: Sequence[str],
        **options: Unpack[CallOptions],
    ) -> User:
        """Create an account and return its record.

        If you create an account on hex.pm, you accept its terms of service:
        https://hex.pm/policies/termsofservice
        """
    def get_current_user(self, **options: Unpack[CallOptions]) -> User:
        """Return the owner of the credential."""
    def get_user(self, username_or_email: str, **options: Unpack[CallOptions]) -> User:
        """Return a user's public record."""
    def reset_user_password(self, username_or_email: str, **options: Unpack[CallOptions]) -> None:
        """Request an e-mail with a link to reset the user's password."""
    def stream_audit_logs(self, **options: Unpack[CallOptions]) -> AuditLogs:
        """Return an iterator over your own audit log, newest row first."""
    def rate_limit(self) -> RateLimitState | None:
        """Return the rate limit of this server and credential, if it is known."""
    def close(self) -> None:
        """Close the connections. Any later call raises InvalidArgumentError."""
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
    """Create an account and return its record.

    If you create an account on hex.pm, you accept its terms of service:
    https://hex.pm/policies/termsofservice
    """

def get_current_user(**options: Unpack[ClientOptions]) -> User:
    """Return the owner of the credential."""

def get_user(username_or_email: str, **options: Unpack[ClientOptions]) -> User:
    """Return a user's public record."""

def reset_user_password(username_or_email: str, **options: Unpack[ClientOptions]) -> None:
    """Request an e-mail with a link to reset the user's password."""

def stream_audit_logs(**options: Unpack[ClientOptions]) -> AuditLogs:
    """Return an iterator over your own audit log, newest row first."""

@final
class Call(Generic[_T]):
    """A call that runs on the core's thread. Dropping it cancels it."""

    @property
    def is_lost(self) -> bool:
        """Whether the parent of this process started it. Then it has no result in this process."""
    def on_done(self, completions: Completions, token: int) -> None:
        """Put `token` into `completions` when the call is done."""
    def cancel(self) -> None:
        """Ask the call to end."""
    def take(self) -> _T:
        """Return the result or raise the error: once, when the call is done."""

@final
class Completions:
    """The calls of one event loop that are done."""

    def __new__(cls) -> Self: ...
    def fileno(self) -> int:
        """Return a descriptor that is readable while there is something to take."""
    def wait(self) -> bool:
        """Wait until there is something to take; False once it is closed."""
    def close(self) -> None:
        """End the waiting thread."""
    def take(self) -> list[int]:
        """Return the tokens of the calls that have ended since the last time."""
    def deliver_log(self) -> None:
        """Log the records of those calls."""

def start_create_user(
    client: Client, username: str, password: str, emails: Sequence[str], options: CallOptions
) -> Call[User]: ...
def start_get_current_user(client: Client, options: CallOptions) -> Call[User]: ...
def start_get_user(client: Client, username_or_email: str, options: CallOptions) -> Call[User]: ...
def start_reset_user_password(
    client: Client, username_or_email: str, options: CallOptions
) -> Call[None]: ...
def start_next_page(logs: AuditLogs) -> Call[bool]:
    """Start to load the next page. Its result is False if there is none."""

def is_loaded(logs: AuditLogs) -> bool:
    """Return whether the next row is loaded."""

def loaded_row(logs: AuditLogs) -> AuditLog | None:
    """Return the next row if it is loaded."""

def loaded_page(logs: AuditLogs) -> list[AuditLog] | None:
    """Return the rest of the current page, if there is any."""

def fields_json(raw_json: str) -> dict[str, str]:
    """Return the fields of a record, each with its JSON as the server wrote it."""
