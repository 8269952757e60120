"""The exceptions: a tree below `AuraError`, with a class for each error kind of the core."""

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

    Every error has `kind`, `message`, `hint`, `reason`, `status`, `errors`, `request_id`,
    `retry_after`, `attempts`, `method`, `route`, `outcome_unknown` and `retryable`. Its text has
    the hint, if there is one. It names the request by its route and contains no secret. It has at
    most 64 kB, and each text in it at most 8 kB. If the operating system failed, its OSError is the
    `__cause__`.
    """

    kind: str = "internal"
    """The kind of the error. Every language of this library uses the same names."""
    message: str
    """The server's message if it sent one, else the library's."""
    hint: str | None
    """What to do next, if the library knows it."""
    reason: str | None
    """Why the server refused a credential or an account, such as `revoked_credential`."""
    status: int | None
    """The HTTP status, if the server replied."""
    errors: dict[str, Any] | None
    """The field errors of a 422, as the server nests them.

    At most 200 errors and 32 kB of them are kept. If some are left out, the last one has the name
    `…` and the number of the others.
    """
    request_id: str | None
    """The reply's `x-request-id`. The server's operators find the call by it."""
    retry_after: float | None
    """The seconds to wait before you try again, if the server sends them."""
    attempts: int
    """How many times the request was sent. Redirects do not count."""
    method: str | None
    """The request's method."""
    route: str | None
    """The request's route without its parameters: `/users/{username_or_email}`."""
    outcome_unknown: bool
    """Whether the server may have done a `create_user` or `reset_user_password` that failed.

    Then check before you repeat it. It is true without a reply, after a 5xx, and after a success
    that cannot be read.
    """
    retryable: bool
    """Whether the same call may succeed later, and it is safe to repeat it."""

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
        """Create an error. `text` is its `str()`; without it, the message is."""
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
        """Pickle the class, the text, every attribute and the operating system's error."""
        state = self.__dict__
        if isinstance(self.__cause__, OSError):
            state = state | {"__cause__": self.__cause__}
        return _restore, (type(self), *self.args), state


class InvalidArgumentError(AuraError, ValueError):
    """A bad argument; nothing was sent. It is also a ValueError.

    >>> aura_users.get_user("ericmj", timeout=-1)
    Traceback (most recent call last):
    aura_users.InvalidArgumentError: invalid_argument: timeout is "-1"; allowed: ...
    """

    kind = "invalid_argument"


class ApiError(AuraError):
    """The server replied with an error. This class itself is for a status without its own class.

    >>> try:
    ...     aura_users.get_user("nobody")
    ... except aura_users.ApiError as error:
    ...     print(error.status, error.message)
    404 Page not found
    """

    kind = "unexpected_status"


class AuthenticationError(ApiError):
    """401: the server requires a credential or refuses this one; see `reason`.

    >>> try:
    ...     aura_users.get_current_user(api_key="mistyped")
    ... except aura_users.AuthenticationError as error:
    ...     print(error.reason)
    invalid_credential
    """

    kind = "unauthenticated"


class OtpRequiredError(AuthenticationError):
    """401: the account requires a one-time password (option `otp`).

    >>> try:
    ...     me = aura_users.get_current_user()
    ... except aura_users.OtpRequiredError:
    ...     me = aura_users.get_current_user(otp=input("Code: "))
    """

    kind = "otp_required"


class OtpInvalidError(AuthenticationError):
    """401: the one-time password is wrong or already used.

    >>> try:
    ...     aura_users.get_current_user(otp="123456")
    ... except aura_users.OtpInvalidError as error:
    ...     print(error.hint)
    set the option otp to the code of the authenticator app
    """

    kind = "otp_invalid"


class PermissionDeniedError(ApiError):
    """403: the credential is valid but not allowed to do this; `reason` may say why.

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
    ...     print("there is no such user")
    there is no such user
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
    """422: the server refused fields; `errors` has a message for each.

    >>> try:
    ...     aura_users.create_user("ericmj", "correct horse", ["eric@example.com"])
    ... except aura_users.ValidationError as error:
    ...     print(error.errors)
    {'username': 'has already been taken'}
    """

    kind = "validation"


class RateLimitError(ApiError):
    """429, or the next rate limit window is later than the call may wait; see `retry_after`.

    >>> try:
    ...     aura_users.get_user("ericmj", rate_limit="error")
    ... except aura_users.RateLimitError as error:
    ...     print(f"again in {error.retry_after:.0f} seconds")
    again in 7 seconds
    """

    kind = "rate_limited"


class ServerError(ApiError):
    """5xx: the server failed. Its operators find the call by `request_id`.

    >>> try:
    ...     aura_users.get_user("ericmj", max_retries=0)
    ... except aura_users.ServerError as error:
    ...     print(error.status, error.retryable)
    503 True
    """

    kind = "server"


class ConnectError(AuraError, ConnectionError):
    """No connection, or it broke before the whole reply. It is also a ConnectionError.

    >>> try:
    ...     aura_users.get_user("ericmj", repo_url="http://127.0.0.1:1/api", max_retries=0)
    ... except aura_users.ConnectError as error:
    ...     print(repr(error.__cause__))
    ConnectionRefusedError(111, 'Connection refused')
    """

    kind = "connect"


class TlsError(AuraError, ConnectionError):
    """The server's certificate was refused, or the TLS handshake failed.

    It is also a ConnectionError.

    >>> try:
    ...     aura_users.get_user("ericmj")
    ... except aura_users.TlsError as error:
    ...     print(error.message)
    TLS with the server failed: the server's certificate is signed by itself, or by an authority \
that is not trusted here
    """

    kind = "tls"


class TimeoutError(AuraError, builtins.TimeoutError):
    """The timeout passed. It is also Python's own TimeoutError.

    >>> try:
    ...     aura_users.get_user("ericmj", timeout=0.05)
    ... except TimeoutError as error:
    ...     print(error.message)
    no complete reply within timeout (0.05 s)
    """

    kind = "timeout"


class CancelledError(AuraError):
    """Something other than a signal handler or a cancelled task ended the call.

    Those raise their own exceptions.

    >>> issubclass(aura_users.CancelledError, aura_users.AuraError)
    True
    """

    kind = "cancelled"


class DecodeError(AuraError):
    """The reply is not what this endpoint returns.

    >>> try:
    ...     aura_users.get_user("ericmj")
    ... except aura_users.DecodeError as error:
    ...     print(error.status, error.message)
    200 the reply is not valid for this endpoint: EOF while parsing ...
    """

    kind = "decode"


class InternalError(AuraError):
    """A defect of this library. Please report it with its text.

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

# The public module is the package, also in tracebacks and pickles.
for _cls in (AuraError, *BY_KIND.values()):
    _cls.__module__ = "aura_users"


def _restore(cls: type[AuraError], *args: object) -> AuraError:
    """Create an error for pickle, which then sets its attributes."""
    error = cls.__new__(cls, *args)
    error.args = args
    return error


def from_fields(fields: dict[str, Any]) -> AuraError:
    """Return the exception for an error of the core, from its fields."""
    wait_ms = fields.pop("retry_after_ms")
    del fields["code"]  # each kind has a class
    cls = BY_KIND.get(fields["kind"], AuraError)
    return cls(retry_after=None if wait_ms is None else wait_ms / 1000, **fields)


def invalid_argument(message: str) -> AuraError:
    """Return the exception for an argument that this package refuses."""
    return InvalidArgumentError(message, text=f"{InvalidArgumentError.kind}: {message}")
