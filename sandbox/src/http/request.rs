//! A request as the endpoints get it: decoded path, merged parameters, effective method.

use std::collections::HashSet;

use hyper::header::{self, HeaderMap};
use hyper::{Method, Uri};

use super::accept::{self, Format};
use super::encode::decode_segment;
use super::query;
use super::reply::Reply;
use crate::term::{Map, Term, elixir_text, erlang, json};

/// The maximum size of a JSON body. The maximum of a form is an eighth of it.
const BODY_LIMIT: usize = 8_000_000;
const FORM_LIMIT: usize = 1_000_000;
/// The number of bytes of a larger body that are still read, so that the client gets the error.
const DRAIN_LIMIT: usize = 64 * 1024 * 1024;

/// Whether a path is the sandbox's own, which reads its own query and body.
pub(crate) fn is_admin(path: &str) -> bool {
    path.starts_with("/_sandbox")
}

/// A request that was read without error.
#[derive(Debug)]
pub(crate) struct Request {
    /// After `_method` and with GET for HEAD.
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    /// The decoded, non-empty parts of the path.
    pub(crate) segments: Vec<Vec<u8>>,
    pub(crate) headers: HeaderMap,
    /// The query's parameters, overridden by the body's.
    pub(crate) params: Map,
    /// The body. Only that of an admin request is kept.
    pub(crate) body: Vec<u8>,
}

/// The part of a body that was kept.
pub(crate) enum Body {
    Whole(Vec<u8>),
    TooLarge,
}

impl Body {
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        match self {
            Body::Whole(bytes) => Some(bytes),
            Body::TooLarge => None,
        }
    }
}

/// Collects a body, up to the limit.
#[derive(Debug, Default)]
pub(super) struct BodyReader {
    kept: Vec<u8>,
    total: usize,
}

impl BodyReader {
    /// Takes the next bytes. Returns `false` if reading on is useless.
    pub(super) fn read(&mut self, data: &[u8]) -> bool {
        self.total += data.len();
        if self.total <= BODY_LIMIT {
            self.kept.extend_from_slice(data);
        }
        self.total <= DRAIN_LIMIT
    }

    pub(super) fn body(self) -> Body {
        match self.total > BODY_LIMIT {
            true => Body::TooLarge,
            false => Body::Whole(self.kept),
        }
    }
}

impl Request {
    /// Reads the parameters, or returns the reason why it cannot.
    pub(crate) fn read(
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Body,
    ) -> Result<Request, Reply> {
        let query = uri.query().unwrap_or("");
        let accept = header_text(&headers, header::ACCEPT.as_str()).map(str::to_owned);
        let refuse = |status, params: &Map| {
            let format = accept::for_errors(params, accept.as_deref());
            Err(Reply::error(status, format).unread().last())
        };
        if is_admin(uri.path()) {
            return match body {
                Body::Whole(body) => Ok(Request::new(method, uri, headers, Map::new(), body)),
                Body::TooLarge => refuse(413, &Map::new()),
            };
        }
        let Ok(mut params) = query::decode(query.as_bytes()) else {
            return refuse(400, &Map::new());
        };
        let mut method = method;
        let has_body = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        if has_body.contains(&method) {
            let content_type = header_text(&headers, header::CONTENT_TYPE.as_str());
            let body_params = match body_params(content_type, &body) {
                Ok(map) => map,
                Err(status) => return refuse(status, &params),
            };
            method = overridden(method, &body_params);
            params = merged(params, body_params);
        }
        if method == Method::HEAD {
            method = Method::GET;
        }
        Ok(Request::new(method, uri, headers, params, Vec::new()))
    }

    fn new(method: Method, uri: &Uri, headers: HeaderMap, params: Map, body: Vec<u8>) -> Self {
        let path = uri.path().to_owned();
        let segments = path.split('/').filter(|s| !s.is_empty()).map(decode_segment).collect();
        Request {
            method,
            query: uri.query().unwrap_or("").to_owned(),
            segments,
            path,
            headers,
            params,
            body,
        }
    }

    /// The first header of that name, when it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header_text(&self.headers, name)
    }

    /// The format of an error outside of the API's own endpoints.
    pub(crate) fn error_format(&self) -> Format {
        accept::for_errors(&self.params, self.header("accept"))
    }

    /// The first User-Agent; not every one is UTF-8.
    pub(crate) fn user_agent(&self) -> Option<String> {
        let value = self.headers.get(header::USER_AGENT)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok()
}

/// The body's parameters, or the status that refuses it. An unknown kind of body has none.
fn body_params(content_type: Option<&str>, body: &Body) -> Result<Map, u16> {
    let media_type =
        content_type.and_then(|c| c.split(';').next()).unwrap_or("").trim().to_ascii_lowercase();
    let bytes = |limit: usize| -> Result<&[u8], u16> {
        match body {
            Body::Whole(bytes) if bytes.len() <= limit => Ok(bytes.as_slice()),
            _ => Err(413),
        }
    };
    match media_type.as_str() {
        "application/x-www-form-urlencoded" => query::decode(bytes(FORM_LIMIT)?).map_err(|_| 400),
        "application/vnd.hex+erlang" => match bytes(BODY_LIMIT)? {
            [] => Ok(Map::new()),
            bytes => erlang::decode(bytes).map(object).ok_or(400),
        },
        "application/vnd.hex+elixir" => match bytes(BODY_LIMIT)? {
            [] => Ok(Map::new()),
            bytes => elixir_text::parse(bytes).map(object).ok_or(400),
        },
        other => match other.strip_prefix("application/") {
            Some(subtype) if subtype == "json" || subtype.ends_with("+json") => {
                match bytes(BODY_LIMIT)? {
                    [] => Ok(Map::new()),
                    bytes => json::parse(bytes).map(object).map_err(|_| 400),
                }
            }
            _ => Ok(Map::new()),
        },
    }
}

fn object(term: Term) -> Map {
    match term {
        Term::Map(map) => map,
        other => Map::new().with("_json", other),
    }
}

/// The query's parameters below the body's.
fn merged(query: Map, mut body: Map) -> Map {
    let keys: HashSet<String> = body.entries().iter().map(|(key, _)| key.clone()).collect();
    for (key, value) in query.into_entries() {
        if !keys.contains(&key) {
            body.push(key, value);
        }
    }
    body
}

fn overridden(method: Method, body_params: &Map) -> Method {
    if method != Method::POST {
        return method;
    }
    let wanted = body_params.get("_method").and_then(Term::as_str);
    match wanted.map(str::to_ascii_uppercase).as_deref() {
        Some("PUT") => Method::PUT,
        Some("PATCH") => Method::PATCH,
        Some("DELETE") => Method::DELETE,
        _ => method,
    }
}
