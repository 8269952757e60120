//! How a connection comes about: name, address, proxy, TLS.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use http::{HeaderValue, Uri, uri::Scheme};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::{Result, runtime};

pub(super) type BoxError = Box<dyn StdError + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// Opens connections.
#[derive(Clone)]
pub(super) struct Connector {
    direct: Direct,
    proxy: Option<Arc<Matcher>>,
    timeout: Duration,
}

impl Connector {
    /// `tls` may be none where no https address will be asked for.
    pub(super) fn new(
        super::Connection { connect_timeout, proxy, no_proxy, .. }: &super::Connection,
        tls: Option<Arc<rustls::ClientConfig>>,
    ) -> Self {
        use secrecy::ExposeSecret;
        let mut tcp = HttpConnector::new_with_resolver(Resolver);
        tcp.enforce_http(false);
        // A request is written at once: nothing is gained by waiting for more of it.
        tcp.set_nodelay(true);
        // Each address of a name gets its share of the time.
        tcp.set_connect_timeout(Some(*connect_timeout));
        let proxy = proxy.as_ref().map(|url| {
            let exceptions = no_proxy.as_deref().unwrap_or_default();
            Arc::new(Matcher::builder().all(url.expose_secret()).no(exceptions).build())
        });
        Self {
            direct: Direct { tcp, tls: tls.map(TlsConnector::from) },
            proxy,
            timeout: *connect_timeout,
        }
    }

    /// What a request to `uri` has to tell a proxy that it is sent to itself, not through a
    /// tunnel.
    pub(super) fn proxy_authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        if uri.scheme() == Some(&Scheme::HTTPS) {
            return None;
        }
        self.proxy_for(uri)?.basic_auth().cloned()
    }

    fn proxy_for(&self, uri: &Uri) -> Option<Intercept> {
        self.proxy.as_ref()?.intercept(uri)
    }

    /// A connection for requests to the origin of `uri`.
    pub(super) async fn open(&self, uri: Uri) -> Result<Stream, BoxError> {
        tokio::time::timeout(self.timeout, self.clone().connect(uri))
            .await
            .unwrap_or_else(|_| Err(Box::new(TimedOut)))
    }

    async fn connect(mut self, uri: Uri) -> Result<Stream, BoxError> {
        let Some(proxy) = self.proxy_for(&uri) else {
            let (io, is_h2) = self.direct.connect(uri).await?;
            return Ok(Stream { io, is_h2, is_proxied: false });
        };
        if uri.scheme() != Some(&Scheme::HTTPS) {
            let (io, is_h2) = self.direct.connect(proxy.uri().clone()).await?;
            return Ok(Stream { io, is_h2, is_proxied: true });
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone());
        if let Some(authorization) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        let io = tunnel.call(uri.clone()).await?.into_inner();
        let (io, is_h2) = self.direct.secure(&uri, io).await?;
        Ok(Stream { io, is_h2, is_proxied: false })
    }
}

/// No connection came about within `connect_timeout`.
#[derive(Debug)]
pub(super) struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection within connect_timeout")
    }
}

impl StdError for TimedOut {}

/// Looks names up as the system does, each on a thread that ends with it: the look-up may hang.
#[derive(Clone)]
struct Resolver;

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (tell, told) = oneshot::channel();
        let started = runtime::spawn("-dns", move || {
            // Nobody listens any longer where the call is over.
            let _ = tell.send((name.as_str(), 0).to_socket_addrs());
        });
        Box::pin(async move {
            started?;
            told.await.map_err(io::Error::other)?
        })
    }
}

/// Connects to the host of an address itself, with TLS where its scheme says so.
#[derive(Clone)]
struct Direct {
    tcp: HttpConnector<Resolver>,
    tls: Option<TlsConnector>,
}

impl Direct {
    async fn connect(&mut self, uri: Uri) -> Result<(Io, bool), BoxError> {
        let tcp = Tcp(self.tcp.call(uri.clone()).await?.into_inner());
        if uri.scheme() == Some(&Scheme::HTTPS) {
            self.secure(&uri, tcp).await
        } else {
            Ok((TokioIo::new(Box::new(tcp)), false))
        }
    }

    /// TLS with the host of `uri`, over `io`; and whether it agreed on HTTP/2.
    async fn secure(&self, uri: &Uri, io: impl Duplex + 'static) -> Result<(Io, bool), BoxError> {
        let tls = self.tls.as_ref().ok_or("https was not expected here")?;
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let stream = tls.connect(ServerName::try_from(host)?, io).await?;
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((TokioIo::new(Box::new(stream)), is_h2))
    }
}

/// As the tunnel wants it.
impl Service<Uri> for Direct {
    type Response = Io;
    type Error = BoxError;
    type Future = Connecting<Io>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let mut direct = self.clone();
        Box::pin(async move { Ok(direct.connect(uri).await?.0) })
    }
}

/// Bytes both ways.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

type Io = TokioIo<Box<dyn Duplex>>;

/// A socket that is written to by one buffer at a time. Single buffers are sent with
/// MSG_NOSIGNAL; several at once, by writev, have no such flag, and a server that hangs up would
/// raise SIGPIPE in a host that has not asked for it.
struct Tcp(TcpStream);

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

/// A connection that is ready for requests.
pub(super) struct Stream {
    io: Io,
    pub(super) is_h2: bool,
    pub(super) is_proxied: bool,
}

impl hyper::rt::Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl hyper::rt::Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
