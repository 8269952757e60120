//! A connection over HTTP/2, served by the crate `h2`.
//!
//! - `relay`: stands between `h2` and the client, and misbehaves in ways that `h2` cannot
//! - `frames`: the bytes of single frames

mod frames;
mod relay;

use std::future::poll_fn;
use std::sync::Arc;

use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use hyper::body::Bytes;
use hyper::header::{self, HeaderName};
use hyper::{Method, Request, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use self::relay::{Act, Order, relay};
use super::answer::{HangUp, answer};
use super::listen::IDLE;
use super::reply::Packed;
use super::request::{Body, BodyReader};
use super::stream::LastReply;
use crate::config::Http2;
use crate::host::Shared;
use crate::rules::delivery::{Delivery, Fault, How};
use crate::rules::{Action, CloseAt, ReplyPoint};

/// Bytes under way between `h2` and the relay.
const UNDER_WAY: usize = 64 * 1024;
/// A request's headers may be this large in all.
const HEADERS: u32 = 1024 * 1024;
/// RFC 9113, 8.2.2: HTTP/2 has no such headers.
const HTTP1_ONLY: [HeaderName; 5] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

type Orders = UnboundedSender<Order>;

pub(super) async fn serve<S>(socket: S, settings: Http2, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (near, far) = tokio::io::duplex(UNDER_WAY);
    let (orders, taken) = unbounded_channel();
    // Each ends when the other does.
    let (_, ()) = tokio::join!(accept(near, settings, shared, orders), relay(socket, far, taken));
}

async fn accept(
    socket: DuplexStream,
    settings: Http2,
    shared: Arc<Shared>,
    orders: Orders,
) -> Result<(), h2::Error> {
    let mut builder = h2::server::Builder::new();
    builder.initial_window_size(settings.initial_window).max_header_list_size(HEADERS);
    if let Some(most) = settings.max_concurrent_streams {
        builder.max_concurrent_streams(most);
    }
    let mut connection = builder.handshake(socket).await?;
    let busy = Arc::new(());
    loop {
        let (request, respond) = match timeout(IDLE, connection.accept()).await {
            Ok(Some(accepted)) => accepted?,
            Ok(None) => return Ok(()),
            Err(_) => {
                if Arc::strong_count(&busy) == 1 {
                    connection.graceful_shutdown();
                }
                continue;
            }
        };
        let (shared, orders, busy) = (Arc::clone(&shared), orders.clone(), Arc::clone(&busy));
        tokio::spawn(async move {
            // An error on a stream concerns only its client.
            let _ = stream(&shared, request, respond, orders).await;
            drop(busy);
        });
    }
}

/// Answers one request.
async fn stream(
    shared: &Shared,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    orders: Orders,
) -> Result<(), h2::Error> {
    let (head, body) = request.into_parts();
    let is_head = head.method == Method::HEAD;
    let last = LastReply::default();
    let answered = tokio::select! {
        answered = answer(shared, Request::from_parts(head, ()), collect(body), &last) => answered,
        // The client has cancelled the stream.
        _ = poll_fn(|cx| respond.poll_reset(cx)) => return Ok(()),
    };
    let Ok(Delivery { mut reply, how }) = answered else {
        respond.send_reset(Reason::INTERNAL_ERROR);
        return Ok(());
    };
    HTTP1_ONLY.iter().for_each(|name| drop(reply.response.headers_mut().remove(name)));
    let no_body = is_head
        || matches!(reply.response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if no_body {
        reply.body.clear();
    }
    match how {
        How::Whole | How::WrongLength => send(respond, reply).await,
        How::Dribble { bytes, every } => {
            let mut stream = respond.send_response(reply.response, false)?;
            for (index, piece) in reply.body.chunks(bytes.max(1)).enumerate() {
                if index > 0 {
                    sleep(every).await;
                }
                push(&mut stream, Bytes::copy_from_slice(piece), false).await?;
            }
            stream.send_data(Bytes::new(), true)
        }
        How::Bomb(mut bomb) => {
            let mut stream = respond.send_response(reply.response, no_body)?;
            while let (false, Some(piece)) = (no_body, bomb.next()) {
                push(&mut stream, piece.into(), false).await?;
            }
            if no_body { Ok(()) } else { stream.send_data(Bytes::new(), true) }
        }
        How::Close(at) => {
            let at = match at {
                CloseAt::Before | CloseAt::InHeaders => ReplyPoint::Before,
                CloseAt::AfterHeaders => ReplyPoint::AfterHeaders,
                CloseAt::InBody => ReplyPoint::InBody,
            };
            misbehave(respond, reply, at, Act::Close, orders).await
        }
        How::Fault(Fault { at, action }) => match act(&action, respond.stream_id().as_u32()) {
            Some(act) => misbehave(respond, reply, at, act, orders).await,
            None => send(respond, reply).await,
        },
    }
}

fn act(action: &Action, stream: u32) -> Option<Act> {
    Some(match action {
        Action::Silence { .. } => Act::Silence,
        Action::ResetStream { code, .. } => Act::Reset { code: *code },
        Action::GoAway { last_stream, code, .. } => {
            Act::GoAway { last_stream: last_stream.unwrap_or(stream), code: *code }
        }
        Action::Flood { frame, count, .. } => Act::Flood { frame: *frame, count: *count },
        _ => return None,
    })
}

async fn send(mut respond: SendResponse<Bytes>, reply: Packed) -> Result<(), h2::Error> {
    let ends = reply.body.is_empty();
    let mut stream = respond.send_response(reply.response, ends)?;
    if ends { Ok(()) } else { push(&mut stream, reply.body.into(), true).await }
}

/// Sends the part of the reply before the fault, then the rest.
async fn misbehave(
    mut respond: SendResponse<Bytes>,
    Packed { response, body }: Packed,
    at: ReplyPoint,
    act: Act,
    orders: Orders,
) -> Result<(), h2::Error> {
    // An empty body has no middle.
    let at = if body.is_empty() { at.min(ReplyPoint::AfterHeaders) } else { at };
    let id = respond.stream_id().as_u32();
    let is_over = match act {
        Act::Close | Act::Silence | Act::Reset { .. } => true,
        Act::GoAway { last_stream, .. } => last_stream < id,
        Act::Flood { .. } => false,
    };
    let (done, happened) = oneshot::channel();
    // If the relay has ended, the connection has ended too.
    let _ = orders.send(Order { stream: id, at, act, done });
    if at == ReplyPoint::Before {
        tokio::select! {
            _ = happened => {}
            _ = poll_fn(|cx| respond.poll_reset(cx)) => return Ok(()),
        }
        if is_over {
            respond.send_reset(Reason::CANCEL);
            return Ok(());
        }
        return send(respond, Packed { response, body }).await;
    }
    let mut stream = respond.send_response(response, false)?;
    let mut rest = Bytes::from(body);
    if at == ReplyPoint::InBody {
        let half = rest.split_to(rest.len().div_ceil(2));
        push(&mut stream, half, false).await?;
    }
    tokio::select! {
        _ = happened => {}
        // The client has cancelled the stream.
        _ = poll_fn(|cx| stream.poll_reset(cx)) => return Ok(()),
    }
    if is_over {
        // h2 forgets the stream; the relay keeps this from the client.
        stream.send_reset(Reason::CANCEL);
        return Ok(());
    }
    push(&mut stream, rest, true).await
}

/// Sends bytes as fast as the client's window allows.
async fn push(
    stream: &mut SendStream<Bytes>,
    mut bytes: Bytes,
    ends: bool,
) -> Result<(), h2::Error> {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        while stream.capacity() == 0 {
            // `None`: the stream is over.
            match poll_fn(|cx| stream.poll_capacity(cx)).await {
                Some(room) => room?,
                None => return Ok(()),
            };
        }
        let piece = bytes.split_to(stream.capacity().min(bytes.len()));
        let is_last = bytes.is_empty();
        stream.send_data(piece, ends && is_last)?;
        if is_last {
            return Ok(());
        }
    }
    if ends { stream.send_data(bytes, true) } else { Ok(()) }
}

async fn collect(mut body: RecvStream) -> Result<Body, HangUp> {
    let mut reader = BodyReader::default();
    while let Some(data) = body.data().await {
        let data = data.map_err(|_| HangUp)?;
        // Its window opens again by as much.
        let _ = body.flow_control().release_capacity(data.len());
        if !reader.read(&data) {
            break;
        }
    }
    Ok(reader.body())
}
