//! A reply, and the way to send it, which can be one that no library has.

use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use super::action::{Action, CannedReply, CloseAt, ReplyPoint};
use super::bomb::Bomb;
use crate::http::accept::Format;
use crate::http::reply::{Packed, Reply};
use crate::world::limits::window;

/// A reply on its way to the client.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) reply: Packed,
    pub(crate) how: How,
}

/// How a reply is sent, over any version of HTTP.
#[derive(Debug)]
pub(crate) enum How {
    Whole,
    /// With a wrong content-length. Over HTTP/1 the connection ends with it.
    WrongLength,
    /// In pieces of so many bytes, with a pause before each except the first.
    Dribble {
        bytes: usize,
        every: Duration,
    },
    /// With this body.
    Bomb(Bomb),
    /// Up to this point. Then the connection ends.
    Close(CloseAt),
    /// With the action's effect on the connection or the stream.
    Fault(Fault),
}

#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) at: ReplyPoint,
    pub(crate) action: Action,
}

impl Delivery {
    pub(crate) fn whole(reply: Packed) -> Delivery {
        Delivery { reply, how: How::Whole }
    }

    /// The status that the client gets.
    pub(crate) fn status(&self) -> Option<u16> {
        let is_seen = match &self.how {
            How::Close(at) => !matches!(at, CloseAt::Before | CloseAt::InHeaders),
            How::Fault(Fault { at: ReplyPoint::Before, action }) => {
                matches!(action, Action::Flood { .. } | Action::GoAway { last_stream: None, .. })
            }
            _ => true,
        };
        is_seen.then(|| self.reply.response.status().as_u16())
    }
}

/// The reply that stands in for the endpoint's, if the action has one.
pub(crate) fn stand_in(action: &Action, now: Timestamp) -> Reply {
    match action {
        Action::RateLimited { headers, retry_after } => {
            let text = "API rate limit exceeded for IP 127.0.0.1";
            let mut reply = Reply::error_text(429, Format::Json, text);
            if *headers {
                let (_, reset) = window(now);
                reply = reply
                    .header("x-ratelimit-limit", "100")
                    .header("x-ratelimit-remaining", "0")
                    .header("x-ratelimit-reset", &reset.to_string());
            }
            match retry_after {
                Some(value) => reply.header("retry-after", value),
                None => reply,
            }
        }
        Action::Redirect { to, status } => Reply::empty(*status).header("location", to),
        Action::Reply(canned) => Reply::empty(canned.status).plain(),
        // The endpoint must not run, but its reply is needed.
        _ => Reply::error(503, Format::Json),
    }
}

/// Applies the action to a reply.
pub(crate) fn mangle(action: &Action, mut reply: Packed) -> Delivery {
    let headers = reply.response.headers_mut();
    let how = match action {
        Action::Pass
        | Action::InsertAuditRows { .. }
        | Action::RateLimited { .. }
        | Action::Redirect { .. } => How::Whole,
        Action::Reply(canned) => {
            put(&mut reply, canned);
            How::Whole
        }
        Action::ContentType(value) => {
            set(headers, header::CONTENT_TYPE, value);
            How::Whole
        }
        Action::BadJson => {
            reply.body.truncate(reply.body.len() / 2);
            set(headers, header::CONTENT_LENGTH, &reply.body.len().to_string());
            How::Whole
        }
        Action::HugeHeader { bytes } => {
            let size = usize::try_from(*bytes).unwrap_or(usize::MAX).min(64 * 1024 * 1024);
            set(headers, HeaderName::from_static("x-huge"), &"x".repeat(size));
            How::Whole
        }
        Action::WrongLength { by } => {
            let length = (reply.body.len() as i64).saturating_add(*by).max(0);
            set(headers, header::CONTENT_LENGTH, &length.to_string());
            How::WrongLength
        }
        Action::Dribble { bytes, every_ms } => {
            How::Dribble { bytes: *bytes as usize, every: Duration::from_millis(*every_ms) }
        }
        Action::Close { at } => How::Close(*at),
        Action::Silence { at }
        | Action::ResetStream { at, .. }
        | Action::GoAway { at, .. }
        | Action::Flood { at, .. } => How::Fault(Fault { at: *at, action: action.clone() }),
        Action::Bomb { bytes } => {
            *reply.response.status_mut() = StatusCode::OK;
            let headers = reply.response.headers_mut();
            headers.remove(header::CONTENT_LENGTH);
            set(headers, header::CONTENT_TYPE, Format::Json.content_type());
            set(headers, header::CONTENT_ENCODING, "gzip");
            set(headers, header::CONNECTION, "close");
            reply.body.clear();
            How::Bomb(Bomb::new(*bytes))
        }
    };
    Delivery { reply, how }
}

/// The rule's values were checked before. Values that cannot be sent are left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn put(reply: &mut Packed, canned: &CannedReply) {
    reply.body = canned.body();
    let headers = reply.response.headers_mut();
    set(headers, header::CONTENT_LENGTH, &reply.body.len().to_string());
    for (name, value) in &canned.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            set(headers, name, value);
        }
    }
}
