//! How a connection of HTTP/1.1 comes about that its user moves: name, address, proxy, TLS.

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
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::failure::{BoxError, InterimFlood, TimedOut};
use super::resolver::Resolver;
use super::socket::Socket;
use super::{Connection, tunnel};

/// Bytes both ways.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// What a connection reads from and writes to, whatever is in it.
pub(super) type Io = TokioIo<Box<dyn Duplex>>;

/// A connection that is ready for requests.
pub(super) struct Stream {
    pub(super) io: Io,
    pub(super) socket: Socket,
    pub(super) room: Room,
}

/// Connects to the server of `uri`, within `connect_timeout`.
pub(super) async fn open(connection: &Connection, uri: &Uri) -> Result<Stream, BoxError> {
    tokio::time::timeout(connection.connect_timeout, connect(connection, uri))
        .await
        .unwrap_or_else(|_| Err(Box::new(TimedOut)))
}

async fn connect(connection: &Connection, uri: &Uri) -> Result<Stream, BoxError> {
    let is_https = uri.scheme() == Some(&Scheme::HTTPS);
    let tls = if is_https { Some(connection.trust.config().await?.http1()) } else { None };
    let (io, socket, room) = match &connection.proxy {
        Some(proxy) => tunnel::open(connection, proxy, uri).await?,
        None => {
            let tcp = tcp(uri, connection.connect_timeout).await?;
            let (socket, room) = (tcp.socket(), tcp.room.clone());
            (Box::new(tcp) as Box<dyn Duplex>, socket, room)
        }
    };
    let io = match tls {
        Some(tls) => secure(uri, tls, io).await?,
        None => io,
    };
    Ok(Stream { io: TokioIo::new(io), socket, room })
}

/// A TCP connection to the host of `uri`.
pub(super) async fn tcp(uri: &Uri, limit: Duration) -> Result<Tcp, BoxError> {
    let mut connector = HttpConnector::new_with_resolver(Resolver);
    connector.enforce_http(false);
    // A request is written at once: nothing is gained by waiting for more of it.
    connector.set_nodelay(true);
    // Each address of a name gets its share of the time.
    connector.set_connect_timeout(Some(limit));
    Ok(Tcp { stream: connector.call(uri.clone()).await?.into_inner(), room: Room::default() })
}

/// TLS with the host of `uri`, over `io`.
pub(super) async fn secure(
    uri: &Uri,
    tls: Arc<ClientConfig>,
    io: Box<dyn Duplex>,
) -> Result<Box<dyn Duplex>, BoxError> {
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let secured = TlsConnector::from(tls).connect(ServerName::try_from(host)?, io).await?;
    Ok(Box::new(secured))
}

/// A socket that is written to by one buffer at a time. Single buffers are sent with
/// MSG_NOSIGNAL; several at once, by writev, have no such flag, and a server that hangs up would
/// raise SIGPIPE in a host that has not asked for it.
pub(super) struct Tcp {
    stream: TcpStream,
    pub(super) room: Room,
}

/// How many bytes may still be read before the head of a reply is whole.
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

impl Tcp {
    pub(super) fn socket(&self) -> Socket {
        Socket::of(&self.stream)
    }
}

impl AsyncRead for Tcp {
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

impl AsyncWrite for Tcp {
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
