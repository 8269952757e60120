//! A reply: the content from an endpoint, and the headers that every reply has.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use hyper::ext::ReasonPhrase;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::accept::{Format, error_term};
use super::html;
use crate::term::shuffle::shuffle;
use crate::term::{Map, Term, elixir, erlang};

/// Marks every reply, so that a client can distinguish a sandbox from the real server.
const MARK: HeaderName = HeaderName::from_static("x-aura-sandbox");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The parts of every reply that come from its world.
#[derive(Debug)]
pub(crate) struct Stamp {
    pub(crate) date: String,
    pub(crate) request_id: [u8; 15],
    /// Decides the order of keys if they are shuffled.
    pub(crate) key_nonce: Option<u64>,
}

/// The answer of an endpoint.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    body: Vec<u8>,
    content_type: Option<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// `private, max-age=60` and a longer Vary.
    cached: bool,
    /// Close the connection after this reply.
    pub(crate) last: bool,
    /// Sent before the request was read, so without the headers of later replies.
    unread: bool,
    /// Not a reply of the real server, so without its quirks.
    plain: bool,
}

/// A reply ready to be sent.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) response: Response<()>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Reply {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            body: Vec::new(),
            content_type: None,
            headers: Vec::new(),
            cached: false,
            last: false,
            unread: false,
            plain: false,
        }
    }

    pub(crate) fn term(status: u16, format: Format, term: &Term) -> Self {
        let body = match format {
            // Every key of a term is a string, so writing cannot fail.
            Format::Json => serde_json::to_vec(term).unwrap_or_default(),
            Format::Elixir => elixir::inspect(term).into_bytes(),
            Format::Erlang => erlang::encode(term),
            Format::Html => html::error_page(status, message(status)).into_bytes(),
        };
        let mut reply = Reply::empty(status);
        reply.body = body;
        reply.content_type = Some(format.content_type());
        reply
    }

    pub(crate) fn html(status: u16, page: String) -> Self {
        let mut reply = Reply::empty(status);
        reply.body = page.into_bytes();
        reply.content_type = Some(Format::Html.content_type());
        reply
    }

    /// An error with the usual text of its status.
    pub(crate) fn error(status: u16, format: Format) -> Self {
        Reply::error_text(status, format, message(status))
    }

    pub(crate) fn error_text(status: u16, format: Format, text: &str) -> Self {
        Reply::term(status, format, &error_term(status, text, None))
    }

    /// 422 with errors by field.
    pub(crate) fn invalid(format: Format, errors: Map) -> Self {
        Reply::term(422, format, &error_term(422, message(422), Some(errors)))
    }

    pub(crate) fn cached(mut self) -> Self {
        self.cached = true;
        self
    }

    pub(crate) fn last(mut self) -> Self {
        self.last = true;
        self
    }

    pub(crate) fn unread(mut self) -> Self {
        self.unread = true;
        self
    }

    pub(crate) fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    fn is_json(&self) -> bool {
        self.content_type == Some(Format::Json.content_type())
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Sets a header, unless its text is not allowed in a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    pub(crate) fn headers(mut self, headers: &HeaderMap) -> Self {
        let headers = headers.iter().map(|(n, v)| (n.clone(), v.clone()));
        self.headers.extend(headers);
        self
    }

    fn push(&mut self, name: HeaderName, value: &'static str) {
        self.headers.push((name, HeaderValue::from_static(value)));
    }

    /// The reply with all its headers.
    pub(crate) fn finish(mut self, request: &HeaderMap, stamp: &Stamp) -> Packed {
        let no_body = matches!(self.status.as_u16(), 204 | 304);
        if let (Some(nonce), true) = (stamp.key_nonce, self.is_json()) {
            self.body = shuffle(&self.body, nonce);
        }
        if !self.plain {
            self.quirks(request, stamp, no_body);
        }
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        if let Ok(date) = HeaderValue::from_str(&stamp.date) {
            headers.insert(header::DATE, date);
        }
        headers.insert(MARK, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
        if let (Some(kind), false) = (self.content_type, no_body) {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let body = if no_body { Vec::new() } else { self.body };
        if !no_body {
            // Set here, because HEAD has no body.
            headers.insert(header::CONTENT_LENGTH, body.len().into());
        }
        let mut response = Response::new(());
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        if let Some(reason) = reason(self.status) {
            response.extensions_mut().insert(reason);
        }
        Packed { response, body }
    }

    fn quirks(&mut self, request: &HeaderMap, stamp: &Stamp, no_body: bool) {
        if self.status != StatusCode::NO_CONTENT {
            self.push(header::VARY, "accept-encoding");
        }
        if !no_body && !self.headers.iter().any(|(name, _)| name == header::ETAG) {
            self.compress(request);
        }
        let (control, vary) = if self.cached {
            ("private, max-age=60", "accept, accept-encoding, accept-encoding")
        } else {
            ("max-age=0, private, must-revalidate", "accept-encoding")
        };
        self.push(header::CACHE_CONTROL, control);
        if !self.unread {
            self.headers.push((REQUEST_ID, request_id(request, stamp)));
            self.push(header::VARY, vary);
        }
    }

    fn compress(&mut self, request: &HeaderMap) {
        let accepted =
            request.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("");
        // The first one with exactly this spelling. A weight makes it different.
        let chosen = accepted.split(',').map(str::trim).find_map(|word| match word {
            "gzip" => Some("gzip"),
            "x-gzip" => Some("x-gzip"),
            "deflate" => Some("deflate"),
            _ => None,
        });
        let packed = match chosen {
            Some("deflate") => {
                let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
                packer.write_all(&self.body).and_then(|()| packer.finish())
            }
            Some(_) => {
                let mut packer = GzEncoder::new(Vec::new(), Compression::default());
                packer.write_all(&self.body).and_then(|()| packer.finish())
            }
            None => return,
        };
        if let (Ok(packed), Some(name)) = (packed, chosen) {
            self.body = packed;
            self.push(header::CONTENT_ENCODING, name);
        }
    }
}

/// The client's own request id if it is long enough, else a new one.
fn request_id(request: &HeaderMap, stamp: &Stamp) -> HeaderValue {
    match request.get(REQUEST_ID) {
        Some(id) if (20..=200).contains(&id.len()) => id.clone(),
        _ => {
            let id = URL_SAFE.encode(stamp.request_id);
            HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static(""))
        }
    }
}

/// The usual text of a status.
fn message(status: u16) -> &'static str {
    match status {
        400 => "Bad request",
        404 => "Page not found",
        406 => "Not acceptable",
        408 => "Request timeout",
        413 => "Payload too large",
        422 => "Validation error(s)",
        _ => "Internal server error",
    }
}

/// The reasons that differ from hyper's.
fn reason(status: StatusCode) -> Option<ReasonPhrase> {
    match status.as_u16() {
        413 => Some(ReasonPhrase::from_static(b"Request Entity Too Large")),
        422 => Some(ReasonPhrase::from_static(b"Unprocessable Content")),
        _ => None,
    }
}
