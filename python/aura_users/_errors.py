"""The exceptions: one tree below `AuraError`, one class for each kind of error of the core."""

from __future__ import annotations

import builtins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class AuraError(Exception):
    """Any failure of this library.

    Its text names the route, never the user, and holds no secret.
    """

    kind: str = "internal"
    """What went wrong, in the words every language of this library shares."""
    message: str
    """The server's own message where it sent one, else ours."""
    hint: str | None
    """What to do next, where we know better than the server's message says."""
    reason: str | None
    """Why a credential or an account was refused, such as `revoked_credential`."""
    status: int | None
    """The HTTP status, where a reply came."""
    errors: dict[str, Any] | None
    """The field errors of a 422, as the server nests them."""
    request_id: str | None
    """The server's `x-request-id`, for asking its operators about this call."""
    retry_after: float | None
    """How many seconds to wait before trying again, where the server says so."""
    attempts: int
    """How many times a request was sent."""
    method: str | None
    """The request's method."""
    route: str | None
    """The request's route with its parameters unfilled: `/users/{username_or_email}`."""
    outcome_unknown: bool
    """Whether the server may have carried the request out although no reply came."""
    retryable: bool
    """Whether the same call may succeed later without any change."""

    def __init__(
        self,
        message: str = "",
        *,
        text: str | None = None,
        kind: str | None = None,
        hint: str | None = None,
        reason: str | None = None,
        status: int | None = None,
        errors: dict[str, Any] | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: int = 0,
        method: str | None = None,
        route: str | None = None,
        outcome_unknown: bool = False,
        retryable: bool = False,
    ) -> None:
        """Make an error as the library does; `text` is its `str()`, else the message is."""
        super().__init__(message if text is None else text)
        if kind is not None:
            self.kind = kind
        self.message = message
        self.hint = hint
        self.reason = reason
        self.status = status
        self.errors = errors
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts = attempts
        self.method = method
        self.route = route
        self.outcome_unknown = outcome_unknown
        self.retryable = retryable

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the whole error: its class, its text, and every attribute."""
        return _restore, (type(self), *self.args), self.__dict__


class InvalidArgumentError(AuraError, ValueError):
    """The caller's mistake; nothing was sent."""

    kind = "invalid_argument"


class ApiError(AuraError):
    """The server replied, and not with success. Itself: a status that has no class of its own."""

    kind = "unexpected_status"


class AuthenticationError(ApiError):
    """401: no credential, or one the server does not take; `reason` tells which."""

    kind = "unauthenticated"


class OtpRequiredError(AuthenticationError):
    """401: the account asks for a one-time password (option `otp`)."""

    kind = "otp_required"


class OtpInvalidError(AuthenticationError):
    """401: the one-time password is wrong or was used before."""

    kind = "otp_invalid"


class PermissionDeniedError(ApiError):
    """403: the credential is known but may not do this."""

    kind = "forbidden"


class NotFoundError(ApiError):
    """404: no such user."""

    kind = "not_found"


class UnsupportedError(ApiError):
    """This server has no such endpoint."""

    kind = "unsupported"


class ValidationError(ApiError):
    """422: the server refused the fields; `errors` says which and why."""

    kind = "validation"


class RateLimitError(ApiError):
    """429, or the rate limit's window is longer than the call may wait; see `retry_after`."""

    kind = "rate_limited"


class ServerError(ApiError):
    """5xx."""

    kind = "server"


class ConnectError(AuraError, ConnectionError):
    """No connection, or it broke before a whole reply came."""

    kind = "connect"


class TlsError(AuraError, ConnectionError):
    """The server's certificate was refused, or the TLS handshake failed."""

    kind = "tls"


class TimeoutError(AuraError, builtins.TimeoutError):
    """The time allowed ran out."""

    kind = "timeout"


class CancelledError(AuraError):
    """The call was ended before its reply came."""

    kind = "cancelled"


class DecodeError(AuraError):
    """The reply is not what this endpoint gives."""

    kind = "decode"


class InternalError(AuraError):
    """A defect of this library."""


BY_KIND: dict[str, type[AuraError]] = {
    cls.kind: cls
    for cls in (
        InvalidArgumentError,
        ApiError,
        AuthenticationError,
        OtpRequiredError,
        OtpInvalidError,
        PermissionDeniedError,
        NotFoundError,
        UnsupportedError,
        ValidationError,
        RateLimitError,
        ServerError,
        ConnectError,
        TlsError,
        TimeoutError,
        CancelledError,
        DecodeError,
        InternalError,
    )
}

# They are the package's, whatever file they stand in: tracebacks and pickles say so.
for _cls in (AuraError, *BY_KIND.values()):
    _cls.__module__ = "aura_users"


def _restore(cls: type[AuraError], *args: object) -> AuraError:
    """Make an error for pickle, which then sets its attributes."""
    error = cls.__new__(cls, *args)
    error.args = args
    return error


def from_json(json: str, text: str) -> AuraError:
    """Make the exception for an error of the core, from its JSON and its text."""
    from json import loads  # not needed before something fails

    fields: dict[str, Any] = loads(json)
    wait_ms = fields.pop("retry_after_ms")
    cls = BY_KIND.get(fields["kind"], AuraError)
    return cls(text=text, retry_after=None if wait_ms is None else wait_ms / 1000, **fields)


def invalid_argument(message: str) -> AuraError:
    """Make the exception for an argument that the Python face refuses."""
    return InvalidArgumentError(message, text=f"{InvalidArgumentError.kind}: {message}")
