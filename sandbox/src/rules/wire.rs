//! Replies as bytes, for what no HTTP library would send.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::ext::ReasonPhrase;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use jiff::Timestamp;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::bomb::Bomb;
use super::{Action, CannedReply, CloseAt};
use crate::http::accept::Format;
use crate::http::reply::{Packed, Reply};
use crate::world::limits::window;

/// Bytes to send past hyper, after which the connection ends.
#[derive(Debug)]
pub(crate) struct Raw {
    bytes: Vec<u8>,
    bomb: Option<Bomb>,
    /// How many bytes at once, and how long to wait before the next ones.
    pace: Option<(usize, Duration)>,
}

impl Raw {
    /// The status a client gets to see.
    pub(crate) fn status(&self) -> Option<u16> {
        let digits = self.bytes.get("HTTP/1.1 ".len().."HTTP/1.1 200".len())?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }
}

/// Where a request's handler leaves what its connection is to send.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawSlot(Arc<Mutex<Option<Raw>>>);

impl RawSlot {
    pub(crate) fn put(&self, raw: Raw) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(raw);
    }

    pub(crate) fn take(&self) -> Option<Raw> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What becomes of a reply.
pub(crate) enum Fate {
    Reply(Packed),
    Raw(Raw),
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
        // An endpoint that was told not to run, and whose reply is needed all the same.
        _ => Reply::error(503, Format::Json),
    }
}

/// Does to a reply what the action says.
pub(crate) fn mangle(action: &Action, mut reply: Packed, is_head: bool) -> Fate {
    let headers = reply.response.headers_mut();
    match action {
        Action::Pass
        | Action::InsertAuditRows { .. }
        | Action::RateLimited { .. }
        | Action::Redirect { .. } => {}
        Action::Reply(canned) => put(&mut reply, canned),
        Action::ContentType(value) => set(headers, header::CONTENT_TYPE, value),
        Action::BadJson => {
            reply.body.truncate(reply.body.len() / 2);
            set(headers, header::CONTENT_LENGTH, &reply.body.len().to_string());
        }
        Action::HugeHeader { bytes } => {
            let size = usize::try_from(*bytes).unwrap_or(usize::MAX).min(64 * 1024 * 1024);
            set(headers, HeaderName::from_static("x-huge"), &"x".repeat(size));
        }
        Action::WrongLength { by } => {
            let length = (reply.body.len() as i64).saturating_add(*by).max(0);
            set(headers, header::CONTENT_LENGTH, &length.to_string());
            return Fate::Raw(raw(reply, is_head));
        }
        Action::Dribble { bytes, every_ms } => {
            let mut raw = raw(reply, is_head);
            raw.pace = Some((*bytes as usize, Duration::from_millis(*every_ms)));
            return Fate::Raw(raw);
        }
        Action::Close { at } => {
            let head = head(&reply).len();
            let mut raw = raw(reply, is_head);
            let body = raw.bytes.len() - head;
            raw.bytes.truncate(match at {
                CloseAt::Before => 0,
                CloseAt::InHeaders => head / 2,
                CloseAt::AfterHeaders => head,
                CloseAt::InBody => head + body / 2,
            });
            return Fate::Raw(raw);
        }
        Action::Bomb { bytes } => {
            *reply.response.status_mut() = StatusCode::OK;
            let headers = reply.response.headers_mut();
            headers.remove(header::CONTENT_LENGTH);
            set(headers, header::CONTENT_TYPE, Format::Json.content_type());
            set(headers, header::CONTENT_ENCODING, "gzip");
            set(headers, header::CONNECTION, "close");
            reply.body.clear();
            let mut raw = raw(reply, is_head);
            raw.bomb = (!is_head).then(|| Bomb::new(*bytes));
            return Fate::Raw(raw);
        }
    }
    Fate::Reply(reply)
}

/// Values were checked when the rule was made; what cannot be sent is left out.
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

fn head(reply: &Packed) -> Vec<u8> {
    let status = reply.response.status();
    let said = reply.response.extensions().get::<ReasonPhrase>();
    let usual = status.canonical_reason().unwrap_or("");
    let reason = said.map_or(usual.as_bytes(), ReasonPhrase::as_bytes);
    let mut out = format!("HTTP/1.1 {} ", status.as_u16()).into_bytes();
    out.extend(reason);
    out.extend(b"\r\n");
    for (name, value) in reply.response.headers() {
        out.extend(name.as_str().as_bytes());
        out.extend(b": ");
        out.extend(value.as_bytes());
        out.extend(b"\r\n");
    }
    out.extend(b"\r\n");
    out
}

fn raw(reply: Packed, is_head: bool) -> Raw {
    let mut bytes = head(&reply);
    if !is_head {
        bytes.extend(&reply.body);
    }
    Raw { bytes, bomb: None, pace: None }
}

/// Sends it all and ends the connection.
pub(crate) async fn send(socket: &mut (impl AsyncWrite + Unpin), raw: Raw) -> io::Result<()> {
    match raw.pace {
        None => socket.write_all(&raw.bytes).await?,
        Some((size, wait)) => {
            for (index, piece) in raw.bytes.chunks(size.max(1)).enumerate() {
                if index > 0 {
                    tokio::time::sleep(wait).await;
                }
                socket.write_all(piece).await?;
                socket.flush().await?;
            }
        }
    }
    let mut bomb = raw.bomb;
    while let Some(piece) = bomb.as_mut().and_then(Bomb::next) {
        socket.write_all(&piece).await?;
        tokio::task::yield_now().await;
    }
    socket.flush().await?;
    socket.shutdown().await
}

/// The reply as hyper sends it.
pub(crate) fn whole(reply: Packed) -> Response<Full<Bytes>> {
    reply.response.map(|()| Full::new(Bytes::from(reply.body)))
}
