//! A connection over HTTP/1. hyper serves it, except for bytes that hyper would not send.

use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::ext::ReasonPhrase;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::answer::{HangUp, answer};
use super::listen::IDLE;
use super::reply::Packed;
use super::request::{Body, BodyReader};
use super::stream::{LastReply, Stream};
use crate::host::Shared;
use crate::rules::delivery::{Delivery, Fault, How};
use crate::rules::{Action, Bomb, CloseAt, ReplyPoint};

/// Bytes to send without hyper. Then the connection ends.
#[derive(Debug)]
struct Raw {
    bytes: Vec<u8>,
    bomb: Option<Bomb>,
    /// How many bytes at once, and how long to wait before the next ones.
    pace: Option<(usize, Duration)>,
    /// Whether the client ends the connection instead.
    stays_open: bool,
}

/// A request's handler leaves bytes for its connection here.
type RawSlot = Arc<Mutex<Option<Raw>>>;

pub(super) async fn serve<S>(socket: S, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let last = LastReply::default();
    let stream = Stream::new(socket, last.clone());
    let slot = RawSlot::default();
    let left = Arc::clone(&slot);
    let service = service_fn(move |request| {
        Box::pin(respond(Arc::clone(&shared), last.clone(), Arc::clone(&slot), request))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .serve_connection(TokioIo::new(stream), service);
    // An error on a connection concerns only its client.
    let _ = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let mut socket = connection.into_parts().io.into_inner().into_socket();
    let raw = left.lock().unwrap_or_else(PoisonError::into_inner).take();
    let _ = match raw {
        Some(raw) => send(&mut socket, raw).await,
        None => socket.shutdown().await,
    };
}

async fn respond(
    shared: Arc<Shared>,
    last: LastReply,
    slot: RawSlot,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, HangUp> {
    let (head, body) = request.into_parts();
    let is_head = head.method == Method::HEAD;
    let head = Request::from_parts(head, ());
    let delivery = answer(&shared, head, collect(body), &last).await?;
    match Written::new(delivery, is_head) {
        Written::ByHyper(reply) => Ok(reply.response.map(|()| Full::new(Bytes::from(reply.body)))),
        Written::Raw(raw) => {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(raw);
            Err(HangUp)
        }
    }
}

async fn collect(mut body: Incoming) -> Result<Body, HangUp> {
    let mut reader = BodyReader::default();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| HangUp)?;
        if !frame.data_ref().is_none_or(|data| reader.read(data)) {
            break;
        }
    }
    Ok(reader.body())
}

/// A reply in this version of HTTP.
enum Written {
    ByHyper(Packed),
    Raw(Raw),
}

impl Written {
    fn new(Delivery { reply, how }: Delivery, is_head: bool) -> Written {
        let head = head(&reply);
        let body = if is_head { &[] } else { reply.body.as_slice() };
        let mut raw =
            Raw { bytes: [&head, body].concat(), bomb: None, pace: None, stays_open: false };
        match how {
            How::WrongLength => {}
            How::Dribble { bytes, every } => raw.pace = Some((bytes, every)),
            How::Bomb(bomb) => raw.bomb = (!is_head).then_some(bomb),
            How::Close(at) => raw.bytes.truncate(match at {
                CloseAt::Before => 0,
                CloseAt::InHeaders => head.len() / 2,
                CloseAt::AfterHeaders => head.len(),
                CloseAt::InBody => head.len() + body.len() / 2,
            }),
            How::Fault(Fault { at, action: Action::Silence { .. } }) => {
                raw.stays_open = true;
                raw.bytes.truncate(match at {
                    ReplyPoint::Before => 0,
                    ReplyPoint::AfterHeaders => head.len(),
                    ReplyPoint::InBody => head.len() + body.len() / 2,
                });
            }
            // The other faults are for HTTP/2. Their rules never match a request over HTTP/1.
            How::Whole | How::Fault(_) => return Written::ByHyper(reply),
        }
        Written::Raw(raw)
    }
}

fn head(reply: &Packed) -> Vec<u8> {
    let status = reply.response.status();
    let chosen = reply.response.extensions().get::<ReasonPhrase>();
    let usual = status.canonical_reason().unwrap_or("");
    let reason = chosen.map_or(usual.as_bytes(), ReasonPhrase::as_bytes);
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

/// Sends all of it and ends the connection, or waits until the client does.
async fn send(socket: &mut (impl AsyncRead + AsyncWrite + Unpin), raw: Raw) -> io::Result<()> {
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
    let mut buffer = [0; 4096];
    while raw.stays_open && socket.read(&mut buffer).await? > 0 {}
    socket.shutdown().await
}
