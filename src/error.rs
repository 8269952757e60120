//! One error type and one list of kinds, the same in every language.

use std::fmt::{self, Write};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::foreign::{self, Bounded, ELLIPSIS, MAX_FIELDS};
use crate::operation::Operation;

/// A `Result` whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. Every language of this library uses the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument or an option is wrong. Nothing was sent.
    InvalidArgument = 10,
    /// 401: no credential, or one that the server does not accept. [`Error::reason`] says which.
    Unauthenticated = 20,
    /// 401: the account needs a one-time password (option `otp`).
    OtpRequired = 21,
    /// 401: the one-time password is wrong or was used before.
    OtpInvalid = 22,
    /// 403: the credential is known but may not do this.
    Forbidden = 23,
    /// 404: no such user.
    NotFound = 24,
    /// This server has no such endpoint.
    Unsupported = 25,
    /// 422: the server refused fields. [`Error::field_errors`] says which and why.
    Validation = 26,
    /// 429, or the next window of the rate limit starts later than the call may wait.
    RateLimited = 27,
    /// 5xx.
    Server = 28,
    /// Any other status.
    UnexpectedStatus = 29,
    /// There is no connection, or it broke before the whole reply came.
    Connect = 40,
    /// The server's certificate was refused, or the TLS handshake failed.
    Tls = 41,
    /// The time for an attempt, the call or the connection ran out.
    Timeout = 42,
    /// The program ended the call.
    Cancelled = 43,
    /// The reply is not what this endpoint gives.
    Decode = 60,
    /// A defect of this library.
    Internal = 70,
}

impl ErrorKind {
    /// Every kind, in the order of the documentation.
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

    /// The kind's number, which other languages know it by. It never changes.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The kind's name, as in the JSON form of an error: `not_found`.
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

impl ErrorKind {
    /// What to do about an error of this kind. [`Error::hint`] knows more about a single error.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::InvalidArgument => "correct the argument or the option that the message names",
            Self::Unauthenticated => "set api_key to a valid key; the reason says what is wrong",
            Self::OtpRequired => "ask the person for a one-time password and set otp",
            Self::OtpInvalid => "ask the person for a new one-time password",
            Self::Forbidden => "use a key that may do this, or verify the account's address",
            Self::NotFound => "check the name",
            Self::Unsupported => "do without: this server does not offer it",
            Self::Validation => "correct the fields that the field errors name",
            Self::RateLimited => "wait for retry_after, or set rate_limit to wait",
            Self::Server => "try again later; look first if the outcome is unknown",
            Self::UnexpectedStatus => "check repo_url: is it the API of a Hex-compatible server?",
            Self::Connect => "check repo_url, the network and the proxy",
            Self::Tls => "check repo_url; if the certificate authority is your own, set ca_file",
            Self::Timeout => "try again, or allow more time; look first if the outcome is unknown",
            Self::Cancelled => "nothing: the program ended the call",
            Self::Decode => "check repo_url: is it the API of a Hex-compatible server?",
            Self::Internal => "report it",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why the server refused a credential or an account, if its message says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request carried no credential.
    MissingCredential,
    /// The server does not know this key, token or password.
    InvalidCredential,
    /// The key was revoked.
    RevokedCredential,
    /// The key is valid, but not for this action.
    InsufficientScope,
    /// The server no longer accepts user name and password (hex.pm since 2026-11-01).
    BasicDisabled,
    /// The account's e-mail address has not been verified yet.
    EmailNotVerified,
    /// The server refuses requests from this network address.
    AddressBlocked,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::MissingCredential,
        Self::InvalidCredential,
        Self::RevokedCredential,
        Self::InsufficientScope,
        Self::BasicDisabled,
        Self::EmailNotVerified,
        Self::AddressBlocked,
    ];

    /// The reason's name, as in the JSON form of an error.
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

/// The hint if nothing better is known and the outcome is unknown.
const CHECK_FIRST: &str = "the server may have done it: check before you repeat the call";

/// An error of any operation.
///
/// Its text contains no user name, no address and no secret, except those that the server's own
/// message repeats. It names the request by its route.
///
/// An error is bounded, whatever the server sends: its text is at most 64 kB long. Each text in it,
/// such as the message, is at most 8 kB, and then ends in `…`. Control characters are escaped.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<&'static str>,
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
    /// `message` may hold foreign text of any length.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: foreign::text(&message.into()),
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

    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.0.hint = Some(hint);
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

    /// If nothing was sent, the outcome is known.
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

    /// The same, for another who waited for what failed.
    pub(crate) fn again(&self) -> Self {
        let mut again = Self::new(self.kind(), self.message());
        again.0.hint = self.0.hint;
        again
    }

    pub(crate) fn static_hint(&self) -> Option<&'static str> {
        self.0.hint
    }

    pub(crate) fn into_source(self) -> Option<Box<dyn std::error::Error + Send + Sync>> {
        self.0.source
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The server's own message if it sent one, else the library's. At most 8 kB.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do next, if the library knows more than the message says.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.static_hint().or(self.0.outcome_unknown.then_some(CHECK_FIRST))
    }

    /// Why the server refused a credential or an account, if its message says so.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    /// The HTTP status, if a reply came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The field errors of a 422, as the server nests them:
    /// `{"username": "is reserved", "emails": {"email": "has invalid format"}}`.
    ///
    /// At most 200 errors and 32 kB of them are kept, each text at most 8 kB and each name at most
    /// 256 bytes. If some are left out, the last entry is called `…` and says how many. Fields that
    /// are nested more than 8 levels deep, and numbers beyond 64 bits, are JSON text.
    #[must_use]
    pub fn field_errors(&self) -> Option<&Map<String, Value>> {
        self.0.errors.as_ref()
    }

    /// The server's `x-request-id`: its operators find the call by it. At most 256 bytes.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait before trying again, if the server says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many times the request was sent. It is 0 if nothing was sent: the arguments are wrong,
    /// no connection came about, or the call ended before.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The request's method, if the error belongs to a request.
    #[must_use]
    pub fn method(&self) -> Option<&'static str> {
        self.0.operation.map(Operation::method)
    }

    /// The request's route without its parameters: `/users/{username_or_email}`.
    #[must_use]
    pub fn route(&self) -> Option<&'static str> {
        self.0.operation.map(Operation::route)
    }

    /// Whether the server may have carried out a `create_user` or a `reset_user_password` that
    /// failed here. If so, check before you repeat it.
    ///
    /// It is true if the request was sent and then no reply came, if the reply is a 5xx, and if it
    /// is a success that cannot be read. A 500 counts too: hexpm answers it if its endpoint fails
    /// half-way. It is false for requests that change nothing, if nothing was sent, and if the
    /// server refused the request.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Whether the same call may succeed later, and repeating it is safe.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            _ if self.0.outcome_unknown => false,
            ErrorKind::RateLimited | ErrorKind::Connect | ErrorKind::Timeout => true,
            ErrorKind::Server => matches!(self.0.status, Some(502..=504)),
            _ => false,
        }
    }

    /// The whole error as one JSON object. Every language gets an error in this form. It is at most
    /// 256 kB long.
    #[must_use]
    pub fn to_json(&self) -> String {
        let e = &*self.0;
        json!({
            "kind": e.kind.as_str(),
            "code": e.kind.number(),
            "text": self.to_string(),
            "status": e.status,
            "message": e.message,
            "hint": self.hint(),
            "reason": e.reason.map(Reason::as_str),
            "errors": e.errors,
            "request_id": e.request_id,
            // Readers of JSON keep whole numbers in 64 bits with a sign.
            "retry_after_ms": e.retry_after.map(|wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)),
            "attempts": e.attempts,
            "method": self.method(),
            "route": self.route(),
            "outcome_unknown": e.outcome_unknown,
            "retryable": self.is_retryable(),
        })
        .to_string()
    }
}

/// `GET /users/{username_or_email}: not_found (404): Page not found [request id …]`
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &*self.0;
        if let Some(operation) = e.operation {
            write!(f, "{} {}: ", operation.method(), operation.route())?;
        }
        write!(f, "{}", e.kind)?;
        if let Some(status) = e.status {
            write!(f, " ({status})")?;
        }
        write!(f, ": {}", e.message)?;
        if let Some(errors) = &e.errors {
            let mut bounded = Bounded::new(f, MAX_FIELDS);
            let written = write_fields(&mut bounded, "", errors);
            bounded.end(written)?;
            if let Some(Value::String(left_out)) = errors.get(ELLIPSIS) {
                write!(f, "; {ELLIPSIS} {left_out}")?;
            }
        }
        if let Some(hint) = self.hint() {
            write!(f, "; {hint}")?;
        }
        if let Some(wait) = e.retry_after {
            write!(f, "; try again in {} s", wait.as_millis().div_ceil(1000))?;
        }
        if e.outcome_unknown && self.hint() != Some(CHECK_FIRST) {
            write!(f, "; {CHECK_FIRST}")?;
        }
        if e.attempts > 1 {
            write!(f, " [{} attempts]", e.attempts)?;
        }
        if let Some(id) = &e.request_id {
            write!(f, " [request id {id}]")?;
        }
        Ok(())
    }
}

fn write_fields(f: &mut impl Write, prefix: &str, fields: &Map<String, Value>) -> fmt::Result {
    for (name, value) in fields.iter().filter(|(name, _)| name.as_str() != ELLIPSIS) {
        match value {
            Value::Object(nested) => write_fields(f, &format!("{prefix}{name}."), nested)?,
            Value::String(text) => write!(f, "; {prefix}{name} {text}")?,
            other => write!(f, "; {prefix}{name} {other}")?,
        }
    }
    Ok(())
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
    fn a_message_is_bounded_and_printable_wherever_it_comes_from() {
        let error = Error::new(ErrorKind::Connect, "\u{1b}[31m".repeat(1 << 20));
        assert!(error.message().len() <= foreign::MAX_TEXT, "{}", error.message().len());
        assert!(error.message().starts_with("\\u{1b}[31m") && error.message().ends_with('…'));
    }

    #[test]
    fn long_names_before_every_field_do_not_add_up() {
        let fields: Map<_, _> = (0..200).map(|n| (n.to_string(), "".into())).collect();
        let long = "a".repeat(foreign::MAX_NAME);
        let nested =
            (0..7).fold(fields, |fields, _| Map::from_iter([(long.clone(), fields.into())]));
        let error = Error::new(ErrorKind::Validation, "no").with_errors(Some(nested));
        let error = error.with_request_id(Some("GOqq".into()));
        let text = error.to_string();
        assert!(text.len() <= MAX_FIELDS + 100, "{}", text.len());
        assert!(text.ends_with("… [request id GOqq]"), "{}", &text[text.len() - 100..]);
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
