//! Moves bytes. Only this folder names reqwest and hyper.
//!
//! - here: the route to a server, and the two ways to send a request
//! - `pool`: the connections of an async runtime
//! - `generation`: reqwest's clients, and what we know about their connections
//! - `connect_limit`: the `connect_timeout` of each call in reqwest
//! - `http1`: HTTP/1.1 connections on hyper, for lanes and if reqwest cannot be used
//! - `connect`: opens such a connection
//! - `tunnel`: connects to a proxy, and opens tunnels through it
//! - `socks`: connects through a SOCKS proxy
//! - `handshake`: starts TLS
//! - `socket`: checks an idle connection
//! - `resolver`: looks up names
//! - `body`: reads and unpacks the body of a reply
//! - `tls`: the trusted roots; `ca_file`: those of a file
//! - `failure`: why no complete reply arrived; `tls_error`, `http2_error` and `proxy_error`: the
//!   messages about these three

mod body;
mod ca_file;
mod connect;
mod connect_limit;
mod failure;
mod generation;
mod handshake;
mod http1;
mod http2_error;
mod pool;
mod proxy_error;
mod resolver;
mod socket;
mod socks;
mod tls;
mod tls_error;
mod tunnel;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue, Method, Uri};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use crate::Result;
use crate::protocol::Reply;
use body::{BodyError, Limit};
pub(crate) use failure::Failure;
pub(crate) use http1::Http1Pool;
use pool::Pool;
pub(crate) use tls::Trust;

/// The route to a server. Calls with equal routes share connections.
pub(crate) struct Connection {
    /// Scheme, host and port of the server.
    pub(crate) origin: String,
    pub(crate) is_https: bool,
    pub(crate) max_connections: u32,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) trust: Arc<Trust>,
    /// The program's own HTTP client, if it passed one.
    pub(crate) http_client: Option<HttpClient>,
}

/// The HTTP client that a program in Rust may pass.
pub(crate) use reqwest::Client as HttpClient;

/// The proxy on the way to a server.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// With its user and password.
    pub(crate) url: SecretString,
    /// The option or variable that names it.
    pub(crate) source: &'static str,
}

impl Connection {
    /// The proxy that gets the requests with their whole URL. Other proxies only forward bytes.
    fn forwarder(&self) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|proxy| !self.is_https && !proxy.is_socks())
    }
}

impl PartialEq for Connection {
    fn eq(&self, other: &Self) -> bool {
        self.origin == other.origin
            && self.max_connections == other.max_connections
            && self.proxy == other.proxy
            && self.trust == other.trust
    }
}

/// What to do if the roots are not read in time.
pub(crate) const CHECK_ROOTS: &str = "check the files of root certificates: one may be a pipe that nobody writes to, or on a disk that hangs";

impl Connection {
    /// Whether a request needs TLS, with the server or with the proxy.
    fn needs_roots(&self) -> bool {
        let is_https = |proxy: &Proxy| proxy.url.expose_secret().starts_with("https:");
        self.is_https || self.proxy.as_ref().is_some_and(is_https)
    }

    /// What a request still waits for, if the roots are not read yet.
    pub(crate) fn unread_roots(&self) -> Option<&'static str> {
        self.needs_roots().then(|| self.trust.unread())?
    }
}

impl PartialEq for Proxy {
    fn eq(&self, other: &Self) -> bool {
        let url = |proxy: &Self| Zeroizing::new(proxy.url.expose_secret().to_owned());
        self.source == other.source && url(self) == url(other)
    }
}

/// The pools of one runtime. Their connections end with it.
#[derive(Default)]
pub(crate) struct Transports {
    known: Mutex<Vec<Arc<Pool>>>,
}

/// No program uses more servers at the same time.
const MAX_TRANSPORTS: usize = 16;

impl Transports {
    pub(crate) fn transport(&self, connection: &Arc<Connection>) -> Transport {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known
            .iter()
            .find(|pool| Arc::ptr_eq(&pool.connection, connection))
            .or_else(|| known.iter().find(|pool| pool.connection == *connection));
        if let Some(pool) = found {
            return Transport::Pool(Arc::clone(pool));
        }
        let pool = Arc::new(Pool::new(Arc::clone(connection)));
        if known.len() == MAX_TRANSPORTS {
            known.remove(0);
        }
        known.push(Arc::clone(&pool));
        Transport::Pool(pool)
    }
}

/// The connections that a call's requests use.
pub(crate) enum Transport {
    /// Connections that a runtime drives.
    Pool(Arc<Pool>),
    /// A connection that the waiting thread drives: direct, HTTP/1.1.
    Lane(Arc<Http1Pool>, Arc<Connection>),
}

/// A request to send, and the limits of its reply.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: &'static str,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) max_body: u64,
    /// When the attempt ends.
    pub(crate) ends: tokio::time::Instant,
    /// The limit of opening a connection, if this request opens one.
    pub(crate) connect_timeout: Duration,
    /// Whether to open a new connection. A request that must not be repeated then never uses a
    /// connection that the server has closed.
    pub(crate) on_fresh_connection: bool,
    /// Becomes true before the first byte of the request is sent, or soon after.
    pub(crate) is_sent: &'a AtomicBool,
    /// True while the request waits for one of `max_connections`.
    pub(crate) is_queued: &'a AtomicBool,
}

impl Transport {
    pub(crate) async fn send(&self, outgoing: &mut Outgoing<'_>) -> Result<Reply, Failure> {
        match self {
            Self::Pool(pool) => pool.send(outgoing).await,
            Self::Lane(pool, connection) => pool.send(connection, outgoing).await,
        }
    }

    /// An attempt that started at `since` timed out. Its connection is not used again.
    pub(crate) fn timed_out(&self, since: Instant) {
        if let Self::Pool(pool) = self {
            pool.timed_out(since);
        }
    }
}

impl Outgoing<'_> {
    /// Takes the request, with the body that `body` makes of its bytes.
    fn request<B>(&mut self, body: impl FnOnce(Bytes) -> B) -> http::Request<B> {
        let mut request = http::Request::new(body(self.body.take().unwrap_or_default()));
        if self.method == "POST" {
            *request.method_mut() = Method::POST;
        }
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = std::mem::take(&mut self.headers);
        // The server compresses pages of the audit log to a tenth.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        request
    }
}

/// The limits of the body after this head.
fn limit(head: &http::response::Parts, outgoing: &Outgoing<'_>) -> Limit {
    match head.status.is_success() {
        true => Limit::new(outgoing.max_body),
        false => Limit::of_error(outgoing.max_body, outgoing.ends),
    }
}

/// Unpacks the body that was sent after `head`. After an error status, an unreadable body counts as
/// empty.
async fn finish(
    head: http::response::Parts,
    packed: Result<Vec<u8>, BodyError>,
    limit: Limit,
    received: SystemTime,
) -> Result<Reply, Failure> {
    let body = match packed {
        Ok(packed) => body::unpack(packed, &head.headers, limit).await,
        Err(error) => Err(error),
    };
    let status = head.status.as_u16();
    let (body, unreadable) = match body {
        Ok(body) => (body, None),
        Err(error) if !head.status.is_success() => (Vec::new(), Some(error.message)),
        Err(error) => return Err(failure::no_body(error, status)),
    };
    Ok(Reply { status, headers: head.headers, body, unreadable, received, known: None })
}
