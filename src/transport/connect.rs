//! Opens a connection for HTTP/1.1: look-up, TCP, proxy, TLS.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tower_service::Service;

use super::failure::{BoxError, Flood, TimedOut};
use super::resolver::{self, Resolver};
use super::socket::{Descriptor, Socket};
use super::{CHECK_ROOTS, Connection, handshake, socks, tunnel};
use crate::runtime::{clock, lane};
use crate::{Error, ErrorKind};

/// A stream of bytes in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// The stream that a connection reads from and writes to.
pub(super) type Io = TokioIo<Box<dyn Duplex>>;

/// A connection that is ready for requests.
pub(super) struct Stream {
    pub(super) io: Io,
    pub(super) socket: Socket,
    pub(super) room: Room,
}

/// Connects to the server of `uri`, within `limit`.
pub(super) async fn open(
    connection: &Connection,
    uri: &Uri,
    limit: Duration,
) -> Result<Stream, BoxError> {
    clock::timeout(limit, connect(connection, uri, limit))
        .await
        .unwrap_or_else(|| Err(timed_out(connection)))
}

fn timed_out(connection: &Connection) -> BoxError {
    match connection.unread_roots() {
        Some(why) => Error::new(ErrorKind::Timeout, format!("{TimedOut}: {why}"))
            .with_hint(CHECK_ROOTS)
            .into(),
        None => TimedOut.into(),
    }
}

async fn connect(connection: &Connection, uri: &Uri, limit: Duration) -> Result<Stream, BoxError> {
    let is_https = uri.scheme() == Some(&Scheme::HTTPS);
    let tls = if is_https { Some(connection.trust.config().await?.http1()) } else { None };
    let (io, socket, room) = match &connection.proxy {
        Some(proxy) if proxy.is_socks() => socks::open(connection, proxy, uri, limit).await?,
        Some(proxy) if is_https => tunnel::open(connection, proxy, uri, limit).await?,
        Some(proxy) => tunnel::connect_to_proxy(connection, proxy, limit).await?,
        None if lane::is_driving() => connect_in_lane(uri).await?.into_parts(),
        None => connect_tcp(uri, limit).await?.into_parts(),
    };
    let io = match tls {
        Some(tls) => handshake::start(host(uri), tls, io).await?,
        None => io,
    };
    Ok(Stream { io: TokioIo::new(io), socket, room })
}

/// Opens a TCP connection to the host of `uri`, in a lane.
async fn connect_in_lane(uri: &Uri) -> Result<Tcp<lane::TcpStream>, BoxError> {
    let addresses = resolver::addresses(host(uri), port(uri)).await?;
    Ok(Tcp::new(lane::TcpStream::connect(addresses).await?))
}

/// Opens a TCP connection to the host of `uri`, in a runtime.
pub(super) async fn connect_tcp(uri: &Uri, limit: Duration) -> Result<Tcp<TcpStream>, BoxError> {
    let mut connector = HttpConnector::new_with_resolver(Resolver);
    connector.enforce_http(false);
    // A request is written at once, so it must not wait for more data.
    connector.set_nodelay(true);
    // Each address of a name gets its share of the time.
    connector.set_connect_timeout(Some(limit));
    Ok(Tcp::new(connector.call(uri.clone()).await?.into_inner()))
}

/// The host of `uri`, without the brackets of an IPv6 address.
pub(super) fn host(uri: &Uri) -> &str {
    uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// The port of `uri`, or the usual one of its scheme.
pub(super) fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or(if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 })
}

/// A socket that writes one buffer at a time. A single buffer is sent with MSG_NOSIGNAL. `writev`
/// has no such flag, so a server that closes the connection would raise SIGPIPE in the host.
///
/// After [`MAX_PER_TURN`] bytes it lets others run. hyper reads on as long as there are bytes, so a server
/// that sends without a pause would delay deadlines and other calls.
pub(super) struct Tcp<S> {
    stream: S,
    room: Room,
    /// How many bytes were read since the last pause.
    in_turn: usize,
}

/// hyper reads the size of a chunk byte by byte, which takes much time for each byte.
const MAX_PER_TURN: usize = 16 << 10;

/// The most bytes before the end of a reply's head: hyper accepts a head of 400 kB, and servers send
/// one or two interim replies (1xx).
const MAX_BEFORE_HEAD: usize = 1 << 20;

/// The most bytes of a body of `size`, apart from 1 MB. Chunks of one byte need six bytes each.
const MAX_OVERHEAD: u64 = 8;

/// How many bytes of the current reply may still be read.
#[derive(Clone, Default)]
pub(super) struct Room(Arc<Reading>);

#[derive(Default)]
struct Reading {
    part: AtomicU8,
    left: AtomicUsize,
    /// Whether the reply starts with an alert of TLS.
    is_alert: AtomicBool,
}

/// What is being read. No limit holds between two replies.
const NOTHING: u8 = 0;
const HEAD: u8 = 1;
const BODY: u8 = 2;

impl Room {
    /// The head of a reply comes now.
    pub(super) fn start_head(&self) {
        self.start(HEAD, MAX_BEFORE_HEAD);
    }

    /// A body of at most `size` bytes comes now.
    pub(super) fn start_body(&self, size: u64) {
        let most = size.saturating_mul(MAX_OVERHEAD).saturating_add(MAX_BEFORE_HEAD as u64);
        self.start(BODY, usize::try_from(most).unwrap_or(usize::MAX));
    }

    /// The reply is read.
    pub(super) fn end(&self) {
        self.start(NOTHING, 0);
    }

    fn start(&self, part: u8, left: usize) {
        self.0.left.store(left, Ordering::Relaxed);
        self.0.part.store(part, Ordering::Relaxed);
    }

    /// Whether the peer answers with TLS.
    pub(super) fn is_alert(&self) -> bool {
        self.0.is_alert.load(Ordering::Relaxed)
    }

    /// Fails if no byte more may be read.
    fn check(&self) -> io::Result<()> {
        match self.0.part.load(Ordering::Relaxed) {
            HEAD if self.is_full() => Err(io::Error::other(Flood::Head)),
            BODY if self.is_full() => Err(io::Error::new(io::ErrorKind::InvalidData, Flood::Body)),
            _ => Ok(()),
        }
    }

    fn is_full(&self) -> bool {
        self.0.left.load(Ordering::Relaxed) == 0
    }

    fn add(&self, bytes: &[u8]) {
        let left = self.0.left.load(Ordering::Relaxed);
        self.0.left.store(left.saturating_sub(bytes.len()), Ordering::Relaxed);
        let is_start = left == MAX_BEFORE_HEAD && self.0.part.load(Ordering::Relaxed) == HEAD;
        if is_start && bytes.starts_with(b"\x15\x03") {
            self.0.is_alert.store(true, Ordering::Relaxed);
        }
    }
}

impl<S: Duplex + Descriptor + 'static> Tcp<S> {
    fn new(stream: S) -> Self {
        Self { stream, room: Room::default(), in_turn: 0 }
    }

    pub(super) fn into_parts(self) -> Parts {
        let (socket, room) = (Socket::new(&self.stream), self.room.clone());
        (Box::new(self), socket, room)
    }
}

/// A stream of bytes, its socket, and its limit for reading.
pub(super) type Parts = (Box<dyn Duplex>, Socket, Room);

/// Lets others run once. A runtime polls a task that wakes itself many times before it looks at its
/// sockets and timers; one that yields waits until it has done so. A lane looks at its time by itself.
fn pause(context: &mut Context<'_>) -> Poll<()> {
    if lane::is_driving() {
        context.waker().wake_by_ref();
        return Poll::Pending;
    }
    pin!(yield_now()).poll(context)
}

impl<S: Duplex> AsyncRead for Tcp<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.room.check()?;
        if self.in_turn >= MAX_PER_TURN {
            self.in_turn = 0;
            return pause(context).map(Ok);
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = &buffer.filled()[before..];
        self.room.add(read);
        self.in_turn = if polled.is_pending() { 0 } else { self.in_turn + read.len() };
        polled
    }
}

impl<S: Duplex> AsyncWrite for Tcp<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
