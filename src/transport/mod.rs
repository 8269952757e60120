//! Moves bytes: the only folder that names hyper.
//!
//! - here: sending a request and reading the whole reply, and why that failed
//! - `connector`: how a connection comes about
//! - `tls`: whom to trust

mod connector;
mod tls;

use std::error::Error as StdError;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use once_cell::sync::OnceCell;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use crate::protocol::Reply;
use crate::runtime::PerProcess;
use crate::{ErrorKind, Result};
use connector::{Connector, TimedOut};

/// How servers are reached. Calls that agree on it share connections.
pub(crate) struct Connection {
    pub(crate) connect_timeout: Duration,
    pub(crate) proxy: Option<SecretString>,
    pub(crate) no_proxy: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) needs_tls: bool,
    /// Reading the machine's roots takes milliseconds: once, and only for https.
    pub(crate) tls: PerProcess<OnceCell<Arc<rustls::ClientConfig>>>,
}

impl PartialEq for Connection {
    fn eq(&self, other: &Self) -> bool {
        let proxy = |connection: &Self| {
            connection.proxy.as_ref().map(|proxy| Zeroizing::new(proxy.expose_secret().to_owned()))
        };
        self.connect_timeout == other.connect_timeout
            && self.no_proxy == other.no_proxy
            && self.ca_file == other.ca_file
            && self.needs_tls == other.needs_tls
            && proxy(self) == proxy(other)
    }
}

impl Connection {
    fn tls(&self) -> Result<Option<Arc<rustls::ClientConfig>>> {
        if !self.needs_tls {
            return Ok(None);
        }
        let tls = self.tls.get();
        tls.get_or_try_init(|| tls::config(self.ca_file.as_deref()).map(Arc::new))
            .map(|config| Some(Arc::clone(config)))
    }
}

/// The transports of one runtime, whose connections live and die with it.
#[derive(Default)]
pub(crate) struct Transports(Mutex<Vec<(Arc<Connection>, Transport)>>);

/// More ways to reach servers than any program has at a time.
const MOST_TRANSPORTS: usize = 16;

impl Transports {
    pub(crate) fn transport(&self, connection: &Arc<Connection>) -> Result<Transport> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known
            .iter()
            .find(|(other, _)| Arc::ptr_eq(other, connection))
            .or_else(|| known.iter().find(|(other, _)| other == connection));
        if let Some((_, transport)) = found {
            return Ok(transport.clone());
        }
        let transport = Transport::new(connection)?;
        if known.len() == MOST_TRANSPORTS {
            known.remove(0);
        }
        known.push((Arc::clone(connection), transport.clone()));
        Ok(transport)
    }
}

/// Sends requests over kept-alive connections, or over fresh ones where that matters.
#[derive(Clone)]
pub(crate) struct Transport(Arc<Clients>);

struct Clients {
    kept_alive: Client<Connector, Full<Bytes>>,
    fresh: Client<Connector, Full<Bytes>>,
    connector: Connector,
    /// How many connections `kept_alive` has opened.
    opened: Arc<AtomicUsize>,
}

/// What to send, and how much to take.
pub(crate) struct Outgoing {
    pub(crate) method: &'static str,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) max_body: u64,
    /// Whether a connection of its own is worth a handshake: a request that must not be repeated
    /// never meets a connection that the server has already left.
    pub(crate) on_fresh_connection: bool,
}

/// Why no whole reply came.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    /// Whether the server may have read the request.
    pub(crate) may_have_arrived: bool,
    /// Whether a kept-alive connection broke before the first byte of a reply, as one does that
    /// the server closed while it was idle.
    pub(crate) met_dead_connection: bool,
    /// Whether the process has no descriptor or thread left for a connection.
    pub(crate) is_exhausted: bool,
    /// The reply's status, where it came as far as that.
    pub(crate) status: Option<u16>,
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Transport {
    fn new(connection: &Connection) -> Result<Self> {
        let opened = Arc::new(AtomicUsize::new(0));
        let tls = connection.tls()?;
        let connector = Connector::new(connection, tls.clone(), Arc::clone(&opened));
        let uncounted = Connector::new(connection, tls, Arc::default());
        // The server closes idle connections after 60 s: be the first to let go.
        let kept_alive =
            builder().pool_idle_timeout(Duration::from_secs(55)).build(connector.clone());
        let fresh = builder().pool_max_idle_per_host(0).build(uncounted);
        Ok(Self(Arc::new(Clients { kept_alive, fresh, connector, opened })))
    }

    pub(crate) async fn send(&self, outgoing: Outgoing) -> Result<Reply, Failure> {
        let Clients { kept_alive, fresh, connector, opened } = &*self.0;
        let Outgoing { method, uri, headers, body, max_body, on_fresh_connection } = outgoing;
        let mut request = http::Request::new(Full::new(body.unwrap_or_default()));
        if method == "POST" {
            *request.method_mut() = http::Method::POST;
        }
        *request.headers_mut() = headers;
        // The server compresses pages of the audit log to a tenth.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if let Some(authorization) = connector.proxy_authorization(&uri) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        *request.uri_mut() = uri;

        let client = if on_fresh_connection { fresh } else { kept_alive };
        let before = opened.load(Ordering::Relaxed);
        let response = client.request(request).await.map_err(|error| {
            let mut failure = before_reply(error);
            // Opened for this request, or for another at the same time: then nothing says that
            // it was idle before.
            failure.met_dead_connection &=
                !on_fresh_connection && opened.load(Ordering::Relaxed) == before;
            failure
        })?;
        let received = SystemTime::now();
        let (head, incoming) = response.into_parts();
        let status = head.status.as_u16();
        let mut body = read(incoming, max_body, status).await?;
        if head.headers.get(CONTENT_ENCODING).is_some_and(is_gzip) {
            body = decompress(&body, max_body, status)?;
        }
        Ok(Reply { status, headers: head.headers, body, received })
    }
}

fn builder() -> legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    // See `connector::Tcp`.
    builder.http1_writev(false);
    builder
}

/// What is announced is believed up to a size that costs nothing.
const BELIEVED: u64 = 1 << 20;

async fn read(mut incoming: Incoming, max_body: u64, status: u16) -> Result<Vec<u8>, Failure> {
    let announced = incoming.size_hint().lower();
    if announced > max_body {
        return Err(too_large(max_body, status));
    }
    let mut body = Vec::with_capacity(usize::try_from(announced.min(BELIEVED)).unwrap_or(0));
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| within_reply(error, status))?;
        let Some(chunk) = frame.data_ref() else { continue };
        if (body.len() + chunk.len()) as u64 > max_body {
            return Err(too_large(max_body, status));
        }
        body.extend_from_slice(chunk);
    }
    Ok(body)
}

fn is_gzip(encoding: &HeaderValue) -> bool {
    encoding.as_bytes().eq_ignore_ascii_case(b"gzip")
}

fn decompress(body: &[u8], max_body: u64, status: u16) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::with_capacity(body.len().saturating_mul(4).min(BELIEVED as usize));
    let gzip = flate2::bufread::MultiGzDecoder::new(body);
    gzip.take(max_body.saturating_add(1)).read_to_end(&mut text).map_err(|error| {
        let message = format!("the reply cannot be decompressed: {error}");
        Failure { source: Some(error.into()), ..unreadable(status, message) }
    })?;
    if text.len() as u64 > max_body {
        return Err(too_large(max_body, status));
    }
    Ok(text)
}

fn too_large(max_body: u64, status: u16) -> Failure {
    unreadable(status, format!("the reply is larger than max_body, {max_body} bytes"))
}

fn unreadable(status: u16, message: String) -> Failure {
    Failure {
        kind: ErrorKind::Decode,
        message,
        may_have_arrived: true,
        met_dead_connection: false,
        is_exhausted: false,
        status: Some(status),
        source: None,
    }
}

fn before_reply(error: legacy::Error) -> Failure {
    let connecting = error.is_connect();
    let (kind, message) = if let Some(tls) = find::<rustls::Error>(&error) {
        (ErrorKind::Tls, format!("TLS with the server failed: {tls}"))
    } else if let Some(timed_out) = find::<TimedOut>(&error) {
        (ErrorKind::Timeout, timed_out.to_string())
    } else if find::<hyper::Error>(&error).is_some_and(hyper::Error::is_parse) {
        (
            ErrorKind::Decode,
            format!("the reply is not HTTP as it should be: {}", root_cause(&error)),
        )
    } else if connecting {
        (ErrorKind::Connect, format!("no connection to the server: {}", root_cause(&error)))
    } else {
        (
            ErrorKind::Connect,
            format!("the connection broke before a reply came: {}", root_cause(&error)),
        )
    };
    Failure {
        kind,
        message,
        may_have_arrived: !connecting,
        met_dead_connection: !connecting && kind == ErrorKind::Connect,
        is_exhausted: connecting && causes(&error).any(is_exhausted),
        status: None,
        source: Some(Box::new(error)),
    }
}

fn is_exhausted(error: &(dyn StdError + 'static)) -> bool {
    // Of the same number on every Unix.
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    error.downcast_ref::<io::Error>().is_some_and(|error| {
        matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
            // What a thread that cannot be started fails with.
            || error.kind() == io::ErrorKind::WouldBlock
    })
}

fn within_reply(error: hyper::Error, status: u16) -> Failure {
    let message = format!("the connection broke within the reply: {}", root_cause(&error));
    Failure {
        kind: ErrorKind::Connect,
        source: Some(Box::new(error)),
        ..unreadable(status, message)
    }
}

/// What caused `error`. An `io::Error` hides what it was made of from the chain of sources, and
/// may hide one `io::Error` in another.
fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(hidden) => Some(hidden),
        None => error.source(),
    }
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| cause(*error))
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The innermost cause: the outer ones only repeat that a request failed.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map_or_else(|| "unknown cause".to_owned(), ToString::to_string)
}
