//! Why no complete reply arrived: the messages of errors of reqwest, hyper, h2, rustls and the
//! system.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use crate::runtime::EXHAUSTED;
use crate::{Error, ErrorKind};

use super::body::BodyError;
use super::http2_error;
use super::proxy_error::CHECK_PROXY;
use super::socks::NoAddress;
use super::tls_error::{self, Peer};
use super::tunnel::{ProxyFailed, ProxyRefused};
use super::{Connection, Proxy};

pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// Why no complete reply arrived.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<&'static str>,
    /// Whether the server may have completed the request.
    pub(crate) may_have_arrived: bool,
    /// Whether a kept-alive connection broke before the first byte of a reply. The server may have
    /// closed it while it was idle.
    pub(crate) met_dead_connection: bool,
    /// The status of the reply, or of the proxy's.
    pub(crate) status: Option<u16>,
    pub(crate) source: Option<BoxError>,
}

/// No connection was opened within `connect_timeout`.
#[derive(Debug, thiserror::Error)]
#[error("no connection within connect_timeout")]
pub(super) struct TimedOut;

const NETWORK: &str =
    "check repo_url and the network; if only a proxy leads out, set the option proxy";
const USE_HTTPS: &str = "begin repo_url with https://, or use the port for plain http";
const RESOLVE_AT_PROXY: &str =
    "check repo_url; if only the proxy can look up the name, write socks5h:// instead of socks5://";
const SLOW: &str = "check the network, or raise the option connect_timeout";

impl Failure {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            may_have_arrived: true,
            met_dead_connection: false,
            status: None,
            source: None,
        }
    }

    fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    fn unsent(self) -> Self {
        Self { may_have_arrived: false, ..self }
    }

    fn caused_by(self, error: BoxError) -> Self {
        Self { source: Some(error), ..self }
    }
}

/// An error of this library, before anything was sent.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut failure = from_own_error(&error);
        failure.source = error.into_source();
        failure.unsent()
    }
}

fn from_own_error(error: &Error) -> Failure {
    Failure { hint: error.static_hint(), ..Failure::new(error.kind(), error.message()) }
}

/// Describes a connection that was not opened. Nothing was sent.
pub(super) fn no_connection(error: BoxError, connection: &Connection) -> Failure {
    let failure = connection_failure(&*error, connection).unsent();
    failure.caused_by(error)
}

fn connection_failure(error: &(dyn StdError + 'static), connection: &Connection) -> Failure {
    if let Some(ours) = find::<Error>(error) {
        return from_own_error(ours);
    }
    if let Some(ProxyRefused(status)) = find(error) {
        return refused_by_proxy(*status, connection);
    }
    if causes(error).any(is_exhausted) {
        let message = format!("no connection to the server: {}", root_cause(error));
        return Failure::new(ErrorKind::Connect, message).with_hint(EXHAUSTED);
    }
    if let Some(no_address) = find::<NoAddress>(error) {
        let message = format!("{no_address}: {}", root_cause(error));
        return Failure::new(ErrorKind::Connect, message).with_hint(RESOLVE_AT_PROXY);
    }
    let proxy = connection.proxy.as_ref();
    if is_timeout(error) {
        let way = proxy.map(|proxy| format!(", through {}", proxy.name())).unwrap_or_default();
        let message = format!("{TimedOut}{way}");
        return Failure::new(ErrorKind::Timeout, message).with_hint(SLOW);
    }
    let (peer, name, hint) = match proxy {
        None => (Peer::Server, "the server".to_owned(), NETWORK),
        Some(proxy) if find::<ProxyFailed>(error).is_some() => {
            (Peer::Proxy, proxy.name(), CHECK_PROXY)
        }
        Some(proxy) => (Peer::Server, format!("the server through {}", proxy.name()), CHECK_PROXY),
    };
    if let Some(tls) = find::<rustls::Error>(error) {
        return tls_failure(tls, peer, &name);
    }
    let cause = root_cause(error);
    let socks = proxy.and_then(|proxy| proxy.explain_socks(&cause));
    let (cause, hint) = socks.unwrap_or((cause, hint));
    let message = format!("no connection to {name}: {cause}");
    Failure::new(ErrorKind::Connect, message).with_hint(hint)
}

fn tls_failure(error: &rustls::Error, peer: Peer, name: &str) -> Failure {
    let (text, hint) = tls_error::explain(error, peer);
    Failure::new(ErrorKind::Tls, format!("TLS with {name} failed: {text}")).with_hint(hint)
}

fn refused_by_proxy(status: http::StatusCode, connection: &Connection) -> Failure {
    let proxy = connection.proxy.as_ref();
    let name = proxy.map_or_else(|| "the proxy".to_owned(), Proxy::name);
    let message = format!("{name} does not connect to the server: its status is {status}");
    // A gateway that fails may work again soon. A refusal stays.
    let kind =
        if status.is_server_error() { ErrorKind::Connect } else { ErrorKind::UnexpectedStatus };
    let hint = match proxy {
        Some(proxy) if status.as_u16() == 407 => proxy.credentials_hint(),
        _ => CHECK_PROXY,
    };
    Failure { status: Some(status.as_u16()), ..Failure::new(kind, message).with_hint(hint) }
}

/// Describes a request that was sent, but got no head of a reply.
pub(super) fn no_reply(error: BoxError, is_reused: bool, connection: &Connection) -> Failure {
    let failure = reply_failure(&*error, connection);
    let met_dead_connection = is_reused && failure.kind == ErrorKind::Connect;
    Failure { met_dead_connection, ..failure }.caused_by(error)
}

/// An HTTP/2 connection did not answer a ping.
pub(super) fn dead_connection(error: BoxError, silence: Duration) -> Failure {
    let message = format!("the connection is dead: it brought nothing for {} s", silence.as_secs());
    Failure::new(ErrorKind::Connect, message).caused_by(error)
}

fn reply_failure(error: &(dyn StdError + 'static), connection: &Connection) -> Failure {
    if let Some(failure) = find(error).and_then(http2_failure) {
        return failure;
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        // A server may refuse its client after the handshake. With plain http, only an https proxy
        // speaks TLS.
        return match &connection.proxy {
            Some(proxy) if !connection.is_https => tls_failure(tls, Peer::Proxy, &proxy.name()),
            _ => tls_failure(tls, Peer::Server, "the server"),
        };
    }
    if find::<Flood>(error).is_some() {
        let message = "the server sends too much before its reply, such as interim replies (1xx)";
        return Failure::new(ErrorKind::Decode, message);
    }
    if let Some(speaks_tls) = find::<SpeaksTls>(error) {
        return Failure::new(ErrorKind::Tls, speaks_tls.to_string()).with_hint(USE_HTTPS);
    }
    if find::<reqwest::Error>(error).is_some_and(reqwest::Error::is_timeout) {
        return Failure::new(ErrorKind::Timeout, "the program's HTTP client timed out");
    }
    match find::<hyper::Error>(error) {
        // hyper names this error only on servers.
        Some(hyper) if hyper.is_parse() && root_cause(hyper) == "message head is too large" => {
            Failure::new(
                ErrorKind::Decode,
                "the reply has too many headers, too large ones, or an impossible Content-Length",
            )
        }
        Some(hyper) if hyper.is_parse() => {
            let cause = root_cause(error);
            Failure::new(ErrorKind::Decode, format!("the reply is not valid HTTP: {cause}"))
        }
        _ => Failure::new(
            ErrorKind::Connect,
            format!("the connection broke before a reply came: {}", root_cause(error)),
        ),
    }
}

/// The failure of an HTTP/2 error. `None` if the connection only broke.
fn http2_failure(error: &h2::Error) -> Option<Failure> {
    use h2::Reason;
    let (reason, message) = (error.reason()?, http2_error::explain(error)?);
    // RFC 9113, 8.7: the server did not process such a request.
    let is_untouched = error.is_remote()
        && (error.is_go_away() || error.is_reset() && reason == Reason::REFUSED_STREAM);
    if is_untouched {
        return Some(Failure::new(ErrorKind::Connect, message).unsent());
    }
    let is_against_protocol = error.is_library()
        || matches!(
            reason,
            Reason::PROTOCOL_ERROR
                | Reason::FLOW_CONTROL_ERROR
                | Reason::FRAME_SIZE_ERROR
                | Reason::COMPRESSION_ERROR
        );
    let kind = if is_against_protocol { ErrorKind::Decode } else { ErrorKind::Connect };
    Some(Failure::new(kind, message))
}

/// Describes a reply whose body cannot be read.
pub(super) fn no_body(BodyError { kind, message, source }: BodyError, status: u16) -> Failure {
    Failure { status: Some(status), source, ..Failure::new(kind, message) }
}

/// Describes a body that is cut short or malformed.
pub(super) fn broken_body(error: BoxError) -> BodyError {
    let is_malformed = find::<h2::Error>(&*error).and_then(http2_failure).map_or_else(
        || {
            causes(&*error).any(|cause| {
                cause.downcast_ref::<io::Error>().is_some_and(|error| {
                    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
                })
            })
        },
        |failure| failure.kind == ErrorKind::Decode,
    );
    let cause = root_cause(&*error);
    let (kind, message) = if is_malformed {
        (ErrorKind::Decode, format!("the reply's body is not valid HTTP: {cause}"))
    } else {
        (ErrorKind::Connect, format!("the connection broke within the reply: {cause}"))
    };
    BodyError { kind, message, source: Some(error) }
}

/// The server or the proxy sends much more than a reply needs.
#[derive(Debug, thiserror::Error)]
pub(super) enum Flood {
    #[error("it sends too much before its reply, such as interim replies (1xx)")]
    Head,
    #[error("its chunks have too much overhead")]
    Body,
}

/// The server answers a request over plain http with TLS.
#[derive(Debug, thiserror::Error)]
#[error("the server answers plain http with TLS")]
pub(super) struct SpeaksTls(#[source] pub(super) hyper::Error);

fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| {
        cause.is::<TimedOut>()
            || cause.downcast_ref().is_some_and(reqwest::Error::is_timeout)
            || cause
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    })
}

fn is_exhausted(error: &(dyn StdError + 'static)) -> bool {
    // These numbers are the same on every Unix.
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| matches!(error.raw_os_error(), Some(ENFILE | EMFILE)))
}

/// The cause of `error`. The source of an `io::Error` skips its inner error, which may be another
/// `io::Error`. h2 names no source.
fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    if let Some(io) = error.downcast_ref().and_then(h2::Error::get_io) {
        return Some(io);
    }
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(hidden) => Some(hidden),
        None => error.source(),
    }
}

pub(super) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| cause(*error))
}

pub(super) fn find<'a, E: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The innermost cause. The outer ones only repeat that a request failed.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let root = causes(error).last().unwrap_or(error);
    if let Some(http2) = root.downcast_ref().and_then(http2_error::explain) {
        return http2;
    }
    let text = root.to_string();
    let plain = match text.as_str() {
        "tls handshake eof" => "it was closed during the TLS handshake",
        // rustls adds a link to its documentation.
        cut if cut.starts_with("peer closed connection without sending TLS close_notify") => {
            "it was closed without TLS's end (close_notify), so a part may be missing"
        }
        _ => return text,
    };
    plain.to_owned()
}
