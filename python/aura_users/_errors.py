"""The exceptions: one tree below `AuraError`, one class for each kind of error of the core."""

from __future__ import annotations

import builtins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class AuraError(Exception):
    """Any failure of this library.

    >>> try:
    ...     aura_users.get_user("nobody")
    ... except aura_users.AuraError as error:
    ...     print(error.kind, error.status, error.message)
    not_found 404 Page not found

    Every one has `kind`, `message`, `hint`, `reason`, `status`, `errors`, `request_id`,
    `retry_after`, `attempts`, `method`, `route`, `outcome_unknown` and `retryable`. Its text says
    what to do next if that is known. It names the request by its route, and contains no secret.
    Whatever the server sends, it is at most 64 kB long, and each text in it at most 8 kB. If the
    operating system failed, its OSError is the `__cause__`.
    """

    kind: str = "internal"
    """What went wrong. Every language of this library uses the same names."""
    message: str
    """The server's own message if it sent one, else the library's."""
    hint: str | None
    """What to do next, if the library knows more than the message says."""
    reason: str | None
    """Why a credential or an account was refused, such as `revoked_credential`."""
    status: int | None
    """The HTTP status, if a reply came."""
    errors: dict[str, Any] | None
    """The field errors of a 422, as the server nests them.

    At most 200 errors and 32 kB of them are kept. If some are left out, the last one is called `…`
    and says how many.
    """
    request_id: str | None
    """The server's `x-request-id`: its operators find the call by it."""
    retry_after: float | None
    """How many seconds to wait before trying again, if the server says so."""
    attempts: int
    """How many times the request was sent, without redirects that were followed."""
    method: str | None
    """The request's method."""
    route: str | None
    """The request's route without its parameters: `/users/{username_or_email}`."""
    outcome_unknown: bool
    """Whether the server may have carried out a `create_user` or `reset_user_password` that failed.

    Then check before you repeat it. It is true if no reply came, if the reply is a 5xx, and if it
    is a success that cannot be read.
    """
    retryable: bool
    """Whether the same call may succeed later, and repeating it is safe."""

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
        """Pickle the whole error: its class, its text, every attribute, the system's word."""
        state = self.__dict__
        if isinstance(self.__cause__, OSError):
            state = state | {"__cause__": self.__cause__}
        return _restore, (type(self), *self.args), state


class InvalidArgumentError(AuraError, ValueError):
    """The caller's mistake; nothing was sent. It is a ValueError too.

    >>> aura_users.get_user("ericmj", timeout=-1)
    Traceback (most recent call last):
    aura_users.InvalidArgumentError: invalid_argument: timeout is "-1"; allowed: ...
    """

    kind = "invalid_argument"


class ApiError(AuraError):
    """The server replied, and not with success. Itself: a status that has no class of its own.

    >>> try:
    ...     aura_users.get_user("nobody")
    ... except aura_users.ApiError as error:
    ...     print(error.status, error.message)
    404 Page not found
    """

    kind = "unexpected_status"


class AuthenticationError(ApiError):
    """401: no credential, or one the server does not take; `reason` tells which.

    >>> try:
    ...     aura_users.get_current_user(api_key="mistyped")
    ... except aura_users.AuthenticationError as error:
    ...     print(error.reason)
    invalid_credential
    """

    kind = "unauthenticated"


class OtpRequiredError(AuthenticationError):
    """401: the account asks for a one-time password (option `otp`).

    >>> try:
    ...     me = aura_users.get_current_user()
    ... except aura_users.OtpRequiredError:
    ...     me = aura_users.get_current_user(otp=input("Code: "))
    """

    kind = "otp_required"


class OtpInvalidError(AuthenticationError):
    """401: the one-time password is wrong or was used before.

    >>> try:
    ...     aura_users.get_current_user(otp="123456")
    ... except aura_users.OtpInvalidError as error:
    ...     print(error.hint)
    set the option otp to the code of the authenticator app
    """

    kind = "otp_invalid"


class PermissionDeniedError(ApiError):
    """403: the credential is known but may not do this; `reason` may tell why.

    >>> try:
    ...     aura_users.get_current_user()
    ... except aura_users.PermissionDeniedError as error:
    ...     print(error.reason)
    email_not_verified
    """

    kind = "forbidden"


class NotFoundError(ApiError):
    """404: no such user.

    >>> try:
    ...     aura_users.get_user("nobody")
    ... except aura_users.NotFoundError:
    ...     print("nobody is not there")
    nobody is not there
    """

    kind = "not_found"


class UnsupportedError(ApiError):
    """This server has no such endpoint.

    >>> try:
    ...     aura_users.reset_user_password("ericmj")
    ... except aura_users.UnsupportedError as error:
    ...     print(error.hint)
    this server does not reset passwords over its API ...
    """

    kind = "unsupported"


class ValidationError(ApiError):
    """422: the server refused the fields; `errors` says which and why.

    >>> try:
    ...     aura_users.create_user("ericmj", "correct horse", ["eric@example.com"])
    ... except aura_users.ValidationError as error:
    ...     print(error.errors)
    {'username': 'has already been taken'}
    """

    kind = "validation"


class RateLimitError(ApiError):
    """429, or the rate limit's window is longer than the call may wait; see `retry_after`.

    >>> try:
    ...     aura_users.get_user("ericmj", rate_limit="error")
    ... except aura_users.RateLimitError as error:
    ...     print(f"again in {error.retry_after:.0f} seconds")
    again in 7 seconds
    """

    kind = "rate_limited"


class ServerError(ApiError):
    """5xx: the fault is the server's. Its operators find the call by `request_id`.

    >>> try:
    ...     aura_users.get_user("ericmj", max_retries=0)
    ... except aura_users.ServerError as error:
    ...     print(error.status, error.retryable)
    503 True
    """

    kind = "server"


class ConnectError(AuraError, ConnectionError):
    """No connection, or it broke before a whole reply came. It is a ConnectionError too.

    >>> try:
    ...     aura_users.get_user("ericmj", repo_url="http://127.0.0.1:1/api", max_retries=0)
    ... except aura_users.ConnectError as error:
    ...     print(repr(error.__cause__))
    ConnectionRefusedError(111, 'Connection refused')
    """

    kind = "connect"


class TlsError(AuraError, ConnectionError):
    """The server's certificate was refused, or the TLS handshake failed.

    It is a ConnectionError too.

    >>> try:
    ...     aura_users.get_user("ericmj")
    ... except aura_users.TlsError as error:
    ...     print(error.message)
    TLS with the server failed: the server's certificate is signed by itself, or by an authority \
that is not trusted here
    """

    kind = "tls"


class TimeoutError(AuraError, builtins.TimeoutError):
    """The time allowed ran out. It is Python's own TimeoutError too.

    >>> try:
    ...     aura_users.get_user("ericmj", timeout=0.05)
    ... except TimeoutError as error:
    ...     print(error.message)
    no complete reply within timeout (0.05 s)
    """

    kind = "timeout"


class CancelledError(AuraError):
    """The call was ended before its reply came.

    A signal's handler and a cancelled task raise exceptions of their own; this is for what else
    ends a call.

    >>> issubclass(aura_users.CancelledError, aura_users.AuraError)
    True
    """

    kind = "cancelled"


class DecodeError(AuraError):
    """The reply is not what this endpoint gives.

    >>> try:
    ...     aura_users.get_user("ericmj")
    ... except aura_users.DecodeError as error:
    ...     print(error.status, error.message)
    200 the reply is not valid for this endpoint: EOF while parsing ...
    """

    kind = "decode"


class InternalError(AuraError):
    """A defect of this library: please report it, with its text.

    >>> issubclass(aura_users.InternalError, aura_users.AuraError)
    True
    """


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


def from_fields(fields: dict[str, Any]) -> AuraError:
    """Make the exception for an error of the core, from its fields."""
    wait_ms = fields.pop("retry_after_ms")
    del fields["code"]  # a class for each kind does without numbers
    cls = BY_KIND.get(fields["kind"], AuraError)
    return cls(retry_after=None if wait_ms is None else wait_ms / 1000, **fields)


def invalid_argument(message: str) -> AuraError:
    """Make the exception for an argument that the Python face refuses."""
    return InvalidArgumentError(message, text=f"{InvalidArgumentError.kind}: {message}")
