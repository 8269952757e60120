//! How a connection of HTTP/1.1 comes about that its user moves: name, address, proxy, TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
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

use super::failure::{BoxError, TimedOut};
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
    let (io, socket) = match &connection.proxy {
        Some(proxy) => tunnel::open(connection, proxy, uri).await?,
        None => {
            let tcp = tcp(uri, connection.connect_timeout).await?;
            let socket = Socket::of(&tcp.0);
            (Box::new(tcp) as Box<dyn Duplex>, socket)
        }
    };
    let io = match tls {
        Some(tls) => secure(uri, tls, io).await?,
        None => io,
    };
    Ok(Stream { io: TokioIo::new(io), socket })
}

/// A TCP connection to the host of `uri`.
pub(super) async fn tcp(uri: &Uri, limit: Duration) -> Result<Tcp, BoxError> {
    let mut connector = HttpConnector::new_with_resolver(Resolver);
    connector.enforce_http(false);
    // A request is written at once: nothing is gained by waiting for more of it.
    connector.set_nodelay(true);
    // Each address of a name gets its share of the time.
    connector.set_connect_timeout(Some(limit));
    Ok(Tcp(connector.call(uri.clone()).await?.into_inner()))
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
pub(super) struct Tcp(pub(super) TcpStream);

impl AsyncRead for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
