//! Moves bytes: the only file that names reqwest.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use once_cell::sync::OnceCell;
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use tower::util::MapRequestLayer;

use crate::protocol::Reply;
use crate::runtime::PerProcess;
use crate::{Error, ErrorKind, Result};

/// How servers are reached. Calls that agree on it share connections.
pub(crate) struct Connection {
    pub(crate) connect_timeout: Duration,
    pub(crate) proxy: Option<SecretString>,
    pub(crate) no_proxy: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) needs_tls: bool,
    /// Reading the machine's roots takes milliseconds: once, and only for https.
    pub(crate) tls: PerProcess<OnceCell<rustls::ClientConfig>>,
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
    fn tls(&self) -> Result<rustls::ClientConfig> {
        self.tls.get().get_or_try_init(|| self.new_tls()).cloned()
    }

    fn new_tls(&self) -> Result<rustls::ClientConfig> {
        let mut roots = rustls::RootCertStore::empty();
        if self.needs_tls {
            if let Some(file) = &self.ca_file {
                add_ca_file(&mut roots, file)?;
            }
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
            if roots.is_empty() {
                let why =
                    system.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
                return Err(Error::new(
                    ErrorKind::Tls,
                    format!(
                        "this machine has no trusted root certificates{why}: install them \
                         (Debian's package ca-certificates) or name a PEM file in ca_file"
                    ),
                ));
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| {
                Error::new(ErrorKind::Internal, "TLS could not be set up").with_source(error)
            })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn add_ca_file(roots: &mut rustls::RootCertStore, file: &PathBuf) -> Result<()> {
    let refused = |why: &dyn fmt::Display| {
        Error::invalid_argument(format!("ca_file {} cannot be used: {why}", file.display()))
    };
    let before = roots.len();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| refused(&error))? {
        let certificate = certificate.map_err(|error| refused(&error))?;
        roots.add(certificate).map_err(|error| refused(&error))?;
    }
    if roots.len() == before {
        return Err(refused(&"it holds no certificate"));
    }
    Ok(())
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
pub(crate) struct Transport {
    kept_alive: reqwest::Client,
    fresh: Arc<OnceCell<reqwest::Client>>,
    /// How many connections `kept_alive` has opened.
    opened: Arc<AtomicUsize>,
    connection: Arc<Connection>,
}

/// What to send, and how much to take.
pub(crate) struct Outgoing {
    pub(crate) method: &'static str,
    pub(crate) url: url::Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<bytes::Bytes>,
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
    /// The reply's status, where it came as far as that.
    pub(crate) status: Option<u16>,
    pub(crate) source: Option<reqwest::Error>,
}

impl Transport {
    fn new(connection: &Arc<Connection>) -> Result<Self> {
        let opened = Arc::new(AtomicUsize::new(0));
        Ok(Self {
            kept_alive: client(connection, Some(Arc::clone(&opened)))?,
            fresh: Arc::default(),
            opened,
            connection: Arc::clone(connection),
        })
    }

    pub(crate) async fn send(&self, outgoing: Outgoing) -> Result<Reply, Failure> {
        let client = if outgoing.on_fresh_connection {
            self.fresh.get_or_try_init(|| client(&self.connection, None)).map_err(|error| {
                Failure {
                    kind: error.kind(),
                    message: error.message().to_owned(),
                    may_have_arrived: false,
                    met_dead_connection: false,
                    status: None,
                    source: None,
                }
            })?
        } else {
            &self.kept_alive
        };
        let method =
            if outgoing.method == "POST" { reqwest::Method::POST } else { reqwest::Method::GET };
        let mut request = reqwest::Request::new(method, outgoing.url);
        *request.headers_mut() = outgoing.headers;
        *request.body_mut() = outgoing.body.map(Into::into);
        let opened = self.opened.load(Ordering::Relaxed);
        let mut response = client.execute(request).await.map_err(|error| {
            let mut failure = before_reply(error);
            // Opened for this request, or for another at the same time: then nothing says that
            // it was idle before.
            failure.met_dead_connection &=
                !outgoing.on_fresh_connection && self.opened.load(Ordering::Relaxed) == opened;
            failure
        })?;

        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let too_large = || Failure {
            kind: ErrorKind::Decode,
            message: format!("the reply is larger than max_body, {} bytes", outgoing.max_body),
            may_have_arrived: true,
            met_dead_connection: false,
            status: Some(status),
            source: None,
        };
        let announced = response.content_length().unwrap_or(0);
        if announced > outgoing.max_body {
            return Err(too_large());
        }
        // What is announced is believed up to a size that costs nothing.
        let mut body = Vec::with_capacity(usize::try_from(announced.min(1 << 20)).unwrap_or(0));
        while let Some(chunk) =
            response.chunk().await.map_err(|error| within_reply(error, status))?
        {
            if (body.len() + chunk.len()) as u64 > outgoing.max_body {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body, received: SystemTime::now() })
    }
}

/// A client that keeps its connections alive and counts in `opened` those it opens, or one that
/// opens a connection for every request.
fn client(connection: &Connection, opened: Option<Arc<AtomicUsize>>) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .connect_timeout(connection.connect_timeout)
        // The server closes idle connections after 60 s: be the first to let go.
        .pool_idle_timeout(Duration::from_secs(55))
        .tls_backend_preconfigured(connection.tls()?)
        .no_proxy();
    builder = match opened {
        Some(opened) => builder.connector_layer(MapRequestLayer::new(move |request| {
            opened.fetch_add(1, Ordering::Relaxed);
            request
        })),
        None => builder.pool_max_idle_per_host(0),
    };
    if let Some(url) = &connection.proxy {
        let proxy = reqwest::Proxy::all(url.expose_secret()).map_err(|_| {
            // reqwest's text repeats the URL, and with it a password.
            Error::invalid_argument("proxy cannot be used: its URL is not that of a proxy")
        })?;
        let exceptions = connection.no_proxy.as_deref().and_then(reqwest::NoProxy::from_string);
        builder = builder.proxy(proxy.no_proxy(exceptions));
    }
    builder.build().map_err(|error| {
        Error::new(ErrorKind::Internal, "the transport could not be set up")
            .with_source(error.without_url())
    })
}

fn before_reply(error: reqwest::Error) -> Failure {
    let connecting = error.is_connect();
    let (kind, message) = if let Some(tls) = find::<rustls::Error>(&error) {
        (ErrorKind::Tls, format!("TLS with the server failed: {tls}"))
    } else if error.is_timeout() {
        (ErrorKind::Timeout, "no connection within connect_timeout".to_owned())
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
        status: None,
        source: Some(error.without_url()),
    }
}

fn within_reply(error: reqwest::Error, status: u16) -> Failure {
    // reqwest calls whatever goes wrong below its decompression a decoding error.
    let (kind, message) = if error.is_decode() && find::<hyper::Error>(&error).is_none() {
        (ErrorKind::Decode, format!("the reply cannot be decompressed: {}", root_cause(&error)))
    } else {
        (
            ErrorKind::Connect,
            format!("the connection broke within the reply: {}", root_cause(&error)),
        )
    };
    Failure {
        kind,
        message,
        may_have_arrived: true,
        met_dead_connection: false,
        status: Some(status),
        source: Some(error.without_url()),
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

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |error: &&'a (dyn StdError + 'static)| cause(*error))
}

fn find<E: StdError + 'static>(error: &reqwest::Error) -> Option<&E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The innermost cause: the outer ones only repeat that a request failed, and where to.
fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "unknown cause".to_owned(), ToString::to_string)
}
