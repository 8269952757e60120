//! The actions of rules.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::new::is_default;

/// The highest id that a stream of HTTP/2 can have.
const LAST_STREAM: u32 = (1 << 31) - 1;

/// The action of a rule for a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Action {
    /// Sends the endpoint's own reply.
    #[default]
    Pass,
    /// Sends this reply instead.
    Reply(CannedReply),
    /// Sends 429 as the real server does.
    RateLimited {
        /// Whether to send `x-ratelimit-*`. The default is true.
        #[serde(default = "yes")]
        headers: bool,
        /// The value of `retry-after`. The real server does not send it.
        #[serde(default, skip_serializing_if = "is_default")]
        retry_after: Option<String>,
    },
    /// Closes the connection.
    Close {
        /// How much of the reply is sent first.
        at: CloseAt,
    },
    /// Sends the reply in small pieces.
    Dribble {
        /// The number of bytes in a piece.
        bytes: u32,
        /// Milliseconds between two pieces.
        every_ms: u64,
    },
    /// Sends a wrong content-length, and closes the connection after the body.
    WrongLength {
        /// The difference to the real length. A negative number is too short.
        by: i64,
    },
    /// Sends half of the body as a complete reply.
    BadJson,
    /// Sends the body with this content type.
    ContentType(String),
    /// Sends a body that unpacks into this many bytes.
    Bomb {
        /// The number of bytes after unpacking.
        bytes: u64,
    },
    /// Sends a header this long.
    HugeHeader {
        /// The length of its value in bytes.
        bytes: u64,
    },
    /// Redirects the client.
    Redirect {
        /// The new location.
        to: String,
        /// The status. The default is 302.
        #[serde(default = "found")]
        status: u16,
    },
    /// Sends nothing more on this connection, and keeps it open.
    Silence {
        /// How much of the reply comes first.
        #[serde(default, skip_serializing_if = "is_default")]
        at: ReplyPoint,
    },
    /// HTTP/2: ends the request's stream with RST_STREAM.
    ResetStream {
        /// The error code; 7 (REFUSED_STREAM) means that the server did not process the request.
        code: u32,
        /// How much of the reply comes first.
        #[serde(default, skip_serializing_if = "is_default")]
        at: ReplyPoint,
    },
    /// HTTP/2: sends GOAWAY. The connection stays open until the client closes it.
    GoAway {
        /// The last stream that the server processes; this request's stream by default. Requests
        /// on later streams get no reply; 0 excludes all.
        #[serde(default, skip_serializing_if = "is_default")]
        last_stream: Option<u32>,
        /// The error code; 0 (NO_ERROR) by default.
        #[serde(default, skip_serializing_if = "is_default")]
        code: u32,
        /// How much of the reply comes first.
        #[serde(default, skip_serializing_if = "is_default")]
        at: ReplyPoint,
    },
    /// HTTP/2: sends many frames that carry nothing. The rest of the reply follows them.
    Flood {
        /// The kind of frame. `empty_data` needs `at` `after_headers` or `in_body`.
        frame: FloodFrame,
        /// The number of frames. Without a count, the flood ends with the connection.
        #[serde(default, skip_serializing_if = "is_default")]
        count: Option<u64>,
        /// How much of the reply comes first; `after_headers` by default.
        #[serde(default = "after_headers")]
        at: ReplyPoint,
    },
    /// Adds numbered rows to an audit log after the reply is built, so the next page is shifted.
    /// The same as [`Rule::insert_audit_rows`](super::Rule::insert_audit_rows) with `during`.
    InsertAuditRows {
        /// The account.
        username: String,
        /// The number of rows.
        #[serde(default = "one")]
        count: u64,
    },
}

/// The reply of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CannedReply {
    /// From 200 to 999.
    #[cfg_attr(test, schemars(required))]
    pub status: u16,
    /// The headers. The sandbox adds only `date`, `content-length` and its own mark.
    #[serde(skip_serializing_if = "is_default")]
    pub headers: BTreeMap<String, String>,
    /// The body as text.
    #[serde(skip_serializing_if = "is_default")]
    pub body: Option<String>,
    /// The body as base64, if it is not text.
    #[serde(skip_serializing_if = "is_default")]
    pub body_base64: Option<String>,
}

/// When a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloseAt {
    /// Before the reply.
    Before,
    /// In the middle of the headers.
    InHeaders,
    /// After the headers.
    AfterHeaders,
    /// In the middle of the body.
    InBody,
}

/// How much of a reply is sent before something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReplyPoint {
    /// Nothing.
    #[default]
    Before,
    /// The headers.
    AfterHeaders,
    /// The headers and half of the body.
    InBody,
}

/// A frame of HTTP/2 that carries nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FloodFrame {
    /// SETTINGS without a setting. The client has to acknowledge each.
    Settings,
    /// PING. The client has to acknowledge each.
    Ping,
    /// DATA without a byte, on the request's stream.
    EmptyData,
}

fn yes() -> bool {
    true
}

fn found() -> u16 {
    302
}

fn after_headers() -> ReplyPoint {
    ReplyPoint::AfterHeaders
}

fn one() -> u64 {
    1
}

impl Action {
    /// Whether it replaces the endpoint's reply.
    pub(crate) fn replaces(&self) -> bool {
        matches!(
            self,
            Action::Reply(_)
                | Action::RateLimited { .. }
                | Action::Bomb { .. }
                | Action::Redirect { .. }
        )
    }

    /// Whether it needs HTTP/2.
    pub(super) fn needs_http2(&self) -> bool {
        matches!(self, Action::ResetStream { .. } | Action::GoAway { .. } | Action::Flood { .. })
    }

    /// Whether it reports to the client that the request was not processed (RFC 9113, 8.7).
    pub(super) fn refuses(&self) -> bool {
        const REFUSED_STREAM: u32 = 7;
        matches!(
            self,
            Action::ResetStream { code: REFUSED_STREAM, at: ReplyPoint::Before }
                | Action::GoAway { last_stream: Some(_), at: ReplyPoint::Before, .. }
        )
    }

    /// Checks that its values can be sent.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Action::Reply(reply) => reply.check(),
            Action::RateLimited { retry_after: Some(value), .. } => header("retry-after", value),
            Action::ContentType(value) => header("content-type", value),
            Action::Redirect { to, status } => {
                header("location", to)?;
                check_status(*status)
            }
            Action::GoAway { last_stream: Some(id), .. } if *id > LAST_STREAM => {
                Err(format!("then.go_away.last_stream: expected 0 to {LAST_STREAM}, not {id}"))
            }
            Action::Flood { frame: FloodFrame::EmptyData, at: ReplyPoint::Before, .. } => {
                let text = "then.flood.at: DATA comes after the headers, not \"before\" them";
                Err(text.to_owned())
            }
            Action::Dribble { bytes: 0, .. } => {
                Err("then.dribble.bytes: a piece has at least one byte".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl CannedReply {
    fn check(&self) -> Result<(), String> {
        check_status(self.status)?;
        for (name, value) in &self.headers {
            header(name, value)?;
        }
        match &self.body_base64 {
            Some(_) if self.body.is_some() => {
                Err("then.reply: expected either \"body\" or \"body_base64\"".to_owned())
            }
            Some(text) if STANDARD.decode(text).is_err() => {
                Err("then.reply.body_base64: this is not base64".to_owned())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn body(&self) -> Vec<u8> {
        let encoded = self.body_base64.as_ref().and_then(|text| STANDARD.decode(text).ok());
        encoded.or_else(|| self.body.clone().map(String::into_bytes)).unwrap_or_default()
    }
}

/// hyper writes no reply with a status below 200, because that is an interim reply.
fn check_status(status: u16) -> Result<(), String> {
    match StatusCode::from_u16(status) {
        Ok(code) if !code.is_informational() => Ok(()),
        _ => Err(format!("then: bad status {status}: expected 200 to 999")),
    }
}

fn header(name: &str, value: &str) -> Result<(), String> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("then: bad header name \"{name}\""))?;
    HeaderValue::from_str(value)
        .map(drop)
        .map_err(|_| format!("then: the header \"{name}\" cannot have the value \"{value}\""))
}
