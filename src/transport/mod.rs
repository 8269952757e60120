//! Moves bytes: the only folder that names hyper.
//!
//! - here: sending a request and reading the whole reply, and why that failed
//! - `body`: the body of a reply, read and unpacked
//! - `pool`: connections that are kept
//! - `driver`: one that moves while somebody waits for it
//! - `connector`: how a connection comes about
//! - `tls`: whom to trust

mod body;
mod connector;
mod driver;
mod pool;
mod tls;

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Uri};
use http_body_util::Full;
use once_cell::sync::OnceCell;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use crate::protocol::Reply;
use crate::runtime::PerProcess;
use crate::{ErrorKind, Result};
use body::{Flaw, Limit};
use connector::{BoxError, Connector, TimedOut};
use pool::Pool;

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
pub(crate) struct Transports {
    known: Mutex<Vec<(Arc<Connection>, Transport)>>,
    is_of_lane: bool,
}

/// More ways to reach servers than any program has at a time.
const MOST_TRANSPORTS: usize = 16;

impl Transports {
    /// Those of a runtime that is turned only during calls.
    pub(crate) fn of_lane() -> Self {
        Self { is_of_lane: true, ..Self::default() }
    }

    pub(crate) fn transport(&self, connection: &Arc<Connection>) -> Result<Transport> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known
            .iter()
            .find(|(other, _)| Arc::ptr_eq(other, connection))
            .or_else(|| known.iter().find(|(other, _)| other == connection));
        if let Some((_, transport)) = found {
            return Ok(transport.clone());
        }
        let transport = Transport::new(connection, self.is_of_lane)?;
        if known.len() == MOST_TRANSPORTS {
            known.remove(0);
        }
        known.push((Arc::clone(connection), transport.clone()));
        Ok(transport)
    }
}

/// Sends requests over kept-alive connections, or over fresh ones where that matters.
#[derive(Clone)]
pub(crate) struct Transport(Arc<Pool>);

/// What to send, and how much to take.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: &'static str,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) max_body: u64,
    /// Whether a connection of its own is worth a handshake: a request that must not be repeated
    /// never meets a connection that the server has already left.
    pub(crate) on_fresh_connection: bool,
    /// Becomes true before the first byte of the request is sent.
    pub(crate) is_sent: &'a AtomicBool,
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
    fn new(connection: &Connection, is_of_lane: bool) -> Result<Self> {
        let connector = Connector::new(connection, connection.tls()?);
        Ok(Self(Arc::new(Pool::new(connector, is_of_lane))))
    }

    pub(crate) async fn send(&self, outgoing: Outgoing<'_>) -> Result<Reply, Failure> {
        let Outgoing { method, uri, headers, body, max_body, on_fresh_connection, is_sent } =
            outgoing;
        let mut request = http::Request::new(Full::new(body.unwrap_or_default()));
        if method == "POST" {
            *request.method_mut() = http::Method::POST;
        }
        *request.headers_mut() = headers;
        // The server compresses pages of the audit log to a tenth.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if let Some(authorization) = self.0.connector.proxy_authorization(&uri) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        *request.uri_mut() = uri.clone();

        let (response, mut connection) = loop {
            let connection = self.0.connection(&uri, on_fresh_connection).await;
            let mut connection = connection.map_err(no_connection)?;
            let was_sent = is_sent.swap(true, Ordering::Relaxed);
            match connection.send(request).await {
                Ok(response) => break (response, connection),
                Err(mut error) => {
                    let unsent = error.take_message();
                    if unsent.is_some() {
                        // The connection was over before a byte of the request was sent.
                        is_sent.store(was_sent, Ordering::Relaxed);
                    }
                    match unsent {
                        Some(unsent) if connection.is_reused => {
                            request = unsent;
                            *request.uri_mut() = uri.clone();
                        }
                        unsent => {
                            let may_have_arrived = unsent.is_none();
                            let failure = no_reply(error.into_error(), connection.is_reused);
                            return Err(Failure { may_have_arrived, ..failure });
                        }
                    }
                }
            }
        };
        let received = SystemTime::now();
        let (head, incoming) = response.into_parts();
        let status = head.status.as_u16();
        let is_error = !head.status.is_success();
        let limit = Limit::new(max_body, is_error);
        let body = match connection.drive(body::read(incoming, limit)).await {
            Ok(body) => {
                self.0.keep(connection);
                body::unpack(body, &head.headers, limit).await
            }
            Err(flaw) => Err(flaw),
        };
        let (body, unreadable) = match body {
            Ok(body) => (body, None),
            // The status says enough.
            Err(flaw) if is_error => (Vec::new(), Some(flaw.message)),
            Err(flaw) => return Err(no_body(flaw, status)),
        };
        Ok(Reply { status, headers: head.headers, body, unreadable, received })
    }
}

fn no_body(Flaw { kind, message, source }: Flaw, status: u16) -> Failure {
    Failure {
        kind,
        message,
        may_have_arrived: true,
        met_dead_connection: false,
        is_exhausted: false,
        status: Some(status),
        source,
    }
}

fn no_connection(error: BoxError) -> Failure {
    let is_exhausted = causes(&*error).any(is_exhausted);
    Failure {
        may_have_arrived: false,
        is_exhausted,
        ..broken("no connection to the server", error)
    }
}

fn no_reply(error: hyper::Error, is_reused: bool) -> Failure {
    let (is_parse, cause) = (error.is_parse(), root_cause(&error));
    let failure = broken("the connection broke before a reply came", error.into());
    if is_parse {
        let message = format!("the reply is not HTTP as it should be: {cause}");
        return Failure { kind: ErrorKind::Decode, message, ..failure };
    }
    Failure { met_dead_connection: is_reused && failure.kind == ErrorKind::Connect, ..failure }
}

fn broken(what: &str, error: BoxError) -> Failure {
    let (kind, message) = if let Some(tls) = find::<rustls::Error>(&*error) {
        (ErrorKind::Tls, format!("TLS with the server failed: {tls}"))
    } else if let Some(timed_out) = find::<TimedOut>(&*error) {
        (ErrorKind::Timeout, timed_out.to_string())
    } else {
        (ErrorKind::Connect, format!("{what}: {}", root_cause(&*error)))
    };
    Failure {
        kind,
        message,
        may_have_arrived: true,
        met_dead_connection: false,
        is_exhausted: false,
        status: None,
        source: Some(error),
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
