//! The parts of a conformance case. Serialized, they are the JSON lines of `aura-replay cases`.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// One call on a client, with the outcome to expect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// `current/show/name_ERIC`, or `loose/…` for a case in loose mode. Unique.
    pub id: String,
    /// Whether the replay server holds the client to the recorded request.
    pub mode: Mode,
    /// The recorded server: `current` or `legacy`.
    pub server: String,
    /// The recording: `show`, `audit` …
    pub file: String,
    /// The exchange's name within its recording.
    pub name: String,
    /// The path after the replay server's URL in the call's `repo_url`.
    pub prefix: String,
    /// The function and its arguments.
    #[serde(flatten)]
    pub call: Call,
    /// The options to set for the call.
    pub options: Options,
    /// The outcome to expect.
    pub expect: Expect,
}

/// Whether the replay server holds the client to the recorded request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The server answers a request that differs with 599.
    Strict,
    /// The server sends the reply to any request, because no client can cause it.
    Loose,
}

/// One of the five functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `create_user`
    CreateUser,
    /// `get_current_user`
    GetCurrentUser,
    /// `get_user`
    GetUser,
    /// `reset_user_password`
    ResetUserPassword,
    /// `stream_audit_logs`
    StreamAuditLogs,
}

impl Operation {
    /// The function's name, the same in every language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateUser => "create_user",
            Self::GetCurrentUser => "get_current_user",
            Self::GetUser => "get_user",
            Self::ResetUserPassword => "reset_user_password",
            Self::StreamAuditLogs => "stream_audit_logs",
        }
    }
}

/// A function with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "operation", content = "args", rename_all = "snake_case")]
pub enum Call {
    /// `create_user(username, password, emails)`
    CreateUser {
        /// The requested name.
        username: String,
        /// The password; may be empty.
        password: String,
        /// Exactly one address.
        emails: Vec<String>,
    },
    /// `get_current_user()`
    GetCurrentUser {},
    /// `get_user(username_or_email)`
    GetUser {
        /// Any text that is a path segment once encoded.
        username_or_email: String,
    },
    /// `reset_user_password(username_or_email)`
    ResetUserPassword {
        /// Any text that is a path segment once encoded.
        username_or_email: String,
    },
    /// `stream_audit_logs()`, read to its end
    StreamAuditLogs {},
}

impl Call {
    /// The function without its arguments.
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self {
            Self::CreateUser { .. } => Operation::CreateUser,
            Self::GetCurrentUser {} => Operation::GetCurrentUser,
            Self::GetUser { .. } => Operation::GetUser,
            Self::ResetUserPassword { .. } => Operation::ResetUserPassword,
            Self::StreamAuditLogs {} => Operation::StreamAuditLogs,
        }
    }
}

/// The options of a call; `None` is an option not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Options {
    /// Sent unchanged: a key, `Bearer …` or `Basic …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// The one-time password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp: Option<String>,
    /// The stream's first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
}

/// The outcome to expect.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// A user: the recorded body, byte for byte. In JSON `{"ok": TEXT}`.
    Ok(String),
    /// Success without a value. In JSON `{"ok_empty": true}`.
    #[serde(serialize_with = "as_true")]
    OkEmpty,
    /// The stream's rows to its end, each as in the recorded body.
    OkRows(Vec<String>),
    /// A failure.
    Error(ExpectedError),
}

// serde requires this signature.
fn as_true<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(true)
}

/// The fields of the expected error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExpectedError {
    /// The error's kind.
    pub kind: Kind,
    /// The HTTP status; `None` without a reply.
    pub status: Option<u16>,
    /// The server's message; `None` if it sent none. The client then may use any text.
    pub message: Option<String>,
    /// The field errors of a validation error.
    pub errors: Option<Map<String, Value>>,
    /// The reply's `x-request-id`.
    pub request_id: Option<String>,
}

/// The kinds of error a recorded reply can lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 401
    Unauthenticated,
    /// 401 that asks for a one-time password
    OtpRequired,
    /// 401 that refuses the one-time password
    OtpInvalid,
    /// 403
    Forbidden,
    /// 404 for a user or the current user
    NotFound,
    /// 404 because the server does not offer the endpoint
    Unsupported,
    /// 422
    Validation,
    /// 429
    RateLimited,
    /// 5xx
    Server,
    /// any other status
    UnexpectedStatus,
    /// no reply
    Connect,
    /// a success with a body that is not the endpoint's
    Decode,
}

impl Kind {
    /// The kind's name, the same in every language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
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
            Self::Decode => "decode",
        }
    }
}
