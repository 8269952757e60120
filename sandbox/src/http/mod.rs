//! The server's way from socket to endpoint and back.
//!
//! `stream` is the socket, `request` what came in, `query` and `encode` its strings, `accept` the
//! format it asks for; `reply` is what goes out, `stale` its ETag, `html` its pages.

pub(crate) mod accept;
pub(crate) mod encode;
pub(crate) mod html;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod stale;
mod stream;

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use self::reply::Reply;
use self::request::{BODY_LIMIT, Body, Request};
use self::stream::{LastReply, Stream};
use crate::world::World;
use crate::{admin, api, web};

/// An idle connection is closed after this.
const IDLE: Duration = Duration::from_secs(60);
/// A longer request line or header is no request: the connection just ends.
const LONGEST_LINE: usize = 10_000;
/// Of a body that is too large, this much is still read, so that the client hears why.
const DRAIN_LIMIT: usize = 64 * 1024 * 1024;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) admin_token: String,
}

impl Shared {
    pub(crate) fn new(world: World, admin_token: String) -> Self {
        Shared { world: Mutex::new(world), admin_token }
    }

    /// The world. A request that panicked has spoilt nothing that would need a poisoned lock.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a connection without an answer.
#[derive(Debug)]
struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request line or a header is too long")
    }
}

impl std::error::Error for HangUp {}

/// Serves until told to stop; every connection ends with the runtime this runs on.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stop: oneshot::Receiver<Infallible>,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An accept that fails is the client's loss (it hung up) or passes (no descriptors).
                if let Ok((socket, _)) = accepted {
                    tokio::spawn(connection(socket, Arc::clone(&shared)));
                } else {
                    tokio::task::yield_now().await;
                }
            }
            _ = &mut stop => return,
        }
    }
}

async fn connection(socket: TcpStream, shared: Arc<Shared>) {
    let _ = socket.set_nodelay(true);
    let last = LastReply::default();
    let stream = Stream::new(socket, last.clone());
    let service = service_fn(move |request| answer(Arc::clone(&shared), last.clone(), request));
    // What goes wrong on a connection concerns its client alone.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    shared: Arc<Shared>,
    last: LastReply,
    request: hyper::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, HangUp> {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or(0, |t| t.as_str().len());
    if target > LONGEST_LINE || parts.headers.values().any(|v| v.len() > LONGEST_LINE) {
        return Err(HangUp);
    }
    if parts.version == Version::HTTP_11
        && !parts.headers.contains_key(header::HOST)
        && parts.uri.authority().is_none()
    {
        let refused = Reply::empty(400).plain().header("connection", "close");
        return Ok(refused.finish(&parts.headers));
    }
    let body = collect(body).await?;
    let headers = parts.headers.clone();
    let reply = match Request::read(parts.method, &parts.uri, parts.headers, body) {
        Ok(request) => dispatch(&shared, &request),
        Err(reply) => reply,
    };
    if reply.last {
        last.set();
    }
    let mut response = reply.finish(&headers);
    // HTTP/1.0 closes anyway; the real server says so.
    if parts.version == Version::HTTP_10 && !headers.contains_key(header::CONNECTION) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    Ok(response)
}

fn dispatch(shared: &Shared, request: &Request) -> Reply {
    match request.segments.first().map(Vec::as_slice) {
        Some(b"_sandbox") => admin::respond(shared, request),
        Some(b"api") => api::respond(&mut shared.world(), request),
        _ => web::respond(&mut shared.world(), request),
    }
}

async fn collect(mut body: Incoming) -> Result<Body, HangUp> {
    let mut kept = Vec::new();
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(HangUp);
        };
        if let Some(data) = frame.data_ref() {
            total += data.len();
            if total <= BODY_LIMIT {
                kept.extend_from_slice(data);
            } else if total > DRAIN_LIMIT {
                break;
            }
        }
    }
    if total > BODY_LIMIT {
        return Ok(Body::TooLarge);
    }
    Ok(Body::Whole(kept))
}
