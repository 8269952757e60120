//! The error type and its kinds, the same in all languages.
//!
//! - `hint`: what to do next about an error
//! - `output`: an error as text and as JSON
//!
//! `benches/pieces.rs` includes this file from another folder, so the paths are explicit.

#[path = "error/hint.rs"]
mod hint;
#[path = "error/output.rs"]
mod output;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::operation::Operation;
use crate::server_text;
use hint::OUTCOME_UNKNOWN;

/// A `Result` whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an error. All languages use the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or an option is invalid. Nothing was sent.
    InvalidArgument = 10,
    /// 401: the credential is missing, or the server rejected it. [`Error::reason`] is the cause.
    Unauthenticated = 20,
    /// 401: the account requires a one-time password (option `otp`).
    OtpRequired = 21,
    /// 401: the one-time password is wrong or was used before.
    OtpInvalid = 22,
    /// 403: the credential is valid, but it does not permit this call.
    Forbidden = 23,
    /// 404: the user does not exist.
    NotFound = 24,
    /// The server does not have this endpoint.
    Unsupported = 25,
    /// 422: the server rejected some fields. [`Error::field_errors`] lists them.
    Validation = 26,
    /// 429, or the rate limit resets later than the timeouts of the call allow.
    RateLimited = 27,
    /// 5xx: the server failed.
    Server = 28,
    /// Any other HTTP status.
    UnexpectedStatus = 29,
    /// The connection failed, or it was lost before the whole reply arrived.
    Connect = 40,
    /// The server's certificate was rejected, or the TLS handshake failed.
    Tls = 41,
    /// A timeout expired: of an attempt, of the call or of the connection.
    Timeout = 42,
    /// The program cancelled the call.
    Cancelled = 43,
    /// The reply is not a valid reply of this endpoint.
    Decode = 60,
    /// A bug in this library.
    Internal = 70,
}

impl ErrorKind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 17] = [
        Self::InvalidArgument,
        Self::Unauthenticated,
        Self::OtpRequired,
        Self::OtpInvalid,
        Self::Forbidden,
        Self::NotFound,
        Self::Unsupported,
        Self::Validation,
        Self::RateLimited,
        Self::Server,
        Self::UnexpectedStatus,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Cancelled,
        Self::Decode,
        Self::Internal,
    ];

    /// The number of the kind in the C ABI. It never changes.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The name of the kind, as in the JSON form of an error: `not_found`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::Unauthenticated => "unauthenticated",
            Self::OtpRequired => "otp_required",
            Self::OtpInvalid => "otp_invalid",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Unsupported => "unsupported",
            Self::Validation => "validation",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::UnexpectedStatus => "unexpected_status",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Decode => "decode",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why the server rejected a credential or an account, if its message says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request carried no credential.
    MissingCredential,
    /// The server does not accept this key, token or password.
    InvalidCredential,
    /// The key was revoked.
    RevokedCredential,
    /// The key is valid, but it does not permit this action.
    InsufficientScope,
    /// The server no longer accepts username and password (hex.pm since 2026-11-01).
    BasicDisabled,
    /// The account's e-mail address is not verified yet.
    EmailNotVerified,
    /// The server blocks this network address.
    AddressBlocked,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::MissingCredential,
        Self::InvalidCredential,
        Self::RevokedCredential,
        Self::InsufficientScope,
        Self::BasicDisabled,
        Self::EmailNotVerified,
        Self::AddressBlocked,
    ];

    /// The name of the reason, as in the JSON form of an error.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingCredential => "missing_credential",
            Self::InvalidCredential => "invalid_credential",
            Self::RevokedCredential => "revoked_credential",
            Self::InsufficientScope => "insufficient_scope",
            Self::BasicDisabled => "basic_disabled",
            Self::EmailNotVerified => "email_not_verified",
            Self::AddressBlocked => "address_blocked",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error of any operation.
///
/// Its text names the request by its route. It contains no username, address or secret, except
/// those that the server's own message repeats.
///
/// The size of an error is limited. Its text is at most 64 kB long. Each string in it, such as the
/// message, is at most 8 kB long; a longer one is cut and ends in `…`. Control characters are
/// escaped.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<Cow<'static, str>>,
    reason: Option<Reason>,
    operation: Option<Operation>,
    status: Option<u16>,
    errors: Option<Map<String, Value>>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    outcome_unknown: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// `message` may contain text of the server, of any length.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: server_text::text(&message.into()),
            hint: None,
            reason: None,
            operation: None,
            status: None,
            errors: None,
            request_id: None,
            retry_after: None,
            attempts: 0,
            outcome_unknown: false,
            source: None,
        }))
    }

    pub(crate) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_reason(mut self, reason: Option<Reason>) -> Self {
        self.0.reason = reason;
        self
    }

    pub(crate) fn with_operation(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_errors(mut self, errors: Option<Map<String, Value>>) -> Self {
        self.0.errors = errors;
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    /// Without an attempt, the outcome is known.
    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self.0.outcome_unknown &= attempts > 0;
        self
    }

    pub(crate) fn with_outcome_unknown(mut self, outcome_unknown: bool) -> Self {
        self.0.outcome_unknown = outcome_unknown;
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// A copy for another call that waited for the same work.
    pub(crate) fn duplicate(&self) -> Self {
        let mut again = Self::new(self.kind(), self.message());
        again.0.hint = self.0.hint.clone();
        again
    }

    pub(crate) fn static_hint(&self) -> Option<&'static str> {
        match self.0.hint {
            Some(Cow::Borrowed(hint)) => Some(hint),
            _ => None,
        }
    }

    pub(crate) fn into_source(self) -> Option<Box<dyn std::error::Error + Send + Sync>> {
        self.0.source
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The server's own message if it sent one, otherwise the library's. At most 8 kB.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do next, if the library knows more than the message.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref().or(self.0.outcome_unknown.then_some(OUTCOME_UNKNOWN))
    }

    /// Why the server rejected a credential or an account, if its message says so.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    /// The HTTP status, if a reply arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The field errors of a 422, nested as the server sent them:
    /// `{"username": "is reserved", "emails": {"email": "has invalid format"}}`.
    ///
    /// At most 200 errors and 32 kB are kept. A string is at most 8 kB long, and a name 256 bytes.
    /// If errors are omitted, the last entry is named `…` and contains their number. Fields deeper
    /// than 8 levels and numbers beyond 64 bits are JSON text.
    #[must_use]
    pub fn field_errors(&self) -> Option<&Map<String, Value>> {
        self.0.errors.as_ref()
    }

    /// The server's `x-request-id`, for its operators. At most 256 bytes.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait before you try again, if the server says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many times the request was sent. It is 0 if nothing was sent: an argument was invalid, the
    /// connection failed, or the call was cancelled before.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The request's method, if the error belongs to a request.
    #[must_use]
    pub fn method(&self) -> Option<&'static str> {
        self.0.operation.map(Operation::method)
    }

    /// The request's route with its parameters unfilled: `/users/{username_or_email}`.
    #[must_use]
    pub fn route(&self) -> Option<&'static str> {
        self.0.operation.map(Operation::route)
    }

    /// Whether the server may have completed a `create_user` or a `reset_user_password` that failed
    /// here. If so, check before you repeat it.
    ///
    /// It is true if the request was sent and no reply arrived, if the status is 303 or at least 500,
    /// or if the reply is a success that cannot be read. A 500 counts too: hexpm sends it if its
    /// endpoint fails half-way. It is false for requests that change nothing, if nothing was sent, and
    /// if the server rejected the request.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Whether the same call may succeed later and is safe to repeat.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            _ if self.0.outcome_unknown => false,
            ErrorKind::RateLimited | ErrorKind::Connect | ErrorKind::Timeout => true,
            ErrorKind::Server => !self.0.status.is_some_and(is_unknown_request),
            // 425: the server was not ready, and did not process the request (RFC 8470, 5.2).
            ErrorKind::UnexpectedStatus => self.0.status == Some(425),
            _ => false,
        }
    }
}

/// Whether the status says that the server does not know the method or the version of HTTP.
pub(crate) const fn is_unknown_request(status: u16) -> bool {
    matches!(status, 501 | 505)
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_bounded_and_printable() {
        let error = Error::new(ErrorKind::Connect, "\u{1b}[31m".repeat(1 << 20));
        assert!(error.message().len() <= server_text::MAX_TEXT, "{}", error.message().len());
        assert!(error.message().starts_with("\\u{1b}[31m") && error.message().ends_with('…'));
    }

    #[test]
    fn the_outcome_is_known_if_nothing_was_sent() {
        let error = |attempts| {
            let error = Error::new(ErrorKind::Timeout, "late").with_outcome_unknown(true);
            error.with_attempts(attempts)
        };
        assert!(!error(0).outcome_unknown() && error(0).is_retryable());
        assert!(error(1).outcome_unknown() && !error(1).is_retryable());
    }
}
