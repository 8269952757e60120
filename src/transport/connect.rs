//! Opens a connection for HTTP/1.1: look-up, TCP, proxy, TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;

use super::failure::{BoxError, InterimFlood, TimedOut};
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
pub(super) struct Tcp<S> {
    stream: S,
    room: Room,
}

/// The most bytes before the end of a reply's head: hyper accepts a head of 400 kB, and servers send
/// one or two interim replies (1xx).
pub(super) const MAX_BEFORE_HEAD: usize = 1 << 20;

/// How many bytes may still be read before the head of a reply is complete.
#[derive(Clone)]
pub(super) struct Room(Arc<AtomicUsize>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(usize::MAX)))
    }
}

impl Room {
    pub(super) fn set(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl<S: Duplex + Descriptor + 'static> Tcp<S> {
    fn new(stream: S) -> Self {
        Self { stream, room: Room::default() }
    }

    pub(super) fn into_parts(self) -> Parts {
        let (socket, room) = (Socket::new(&self.stream), self.room.clone());
        (Box::new(self), socket, room)
    }
}

/// A stream of bytes, its socket, and its limit for reading.
pub(super) type Parts = (Box<dyn Duplex>, Socket, Room);

impl<S: Duplex> AsyncRead for Tcp<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (buffer.filled().len(), self.room.get());
        if room == 0 {
            return Poll::Ready(Err(io::Error::other(InterimFlood)));
        }
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.room.set(room.saturating_sub(buffer.filled().len() - before));
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
