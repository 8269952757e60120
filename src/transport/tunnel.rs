//! Connects to a proxy, and opens a tunnel through it with CONNECT, for TLS with a server.
//!
//! reqwest opens tunnels too, but it accepts only status 200, and does not report another status.

use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, zeroize::Zeroizing};
use url::Url;

use super::connect::{Duplex, Parts, connect_tcp, host, port};
use super::failure::BoxError;
use super::{Connection, Proxy, handshake};

/// The proxy could not be reached, or closed the connection before it answered.
#[derive(Debug)]
pub(super) struct ProxyFailed(BoxError);

impl fmt::Display for ProxyFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the proxy cannot be reached")
    }
}

impl StdError for ProxyFailed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}

/// The proxy answered, and did not open a tunnel.
#[derive(Debug)]
pub(super) struct ProxyRefused(pub(super) StatusCode);

impl fmt::Display for ProxyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy answered {}", self.0)
    }
}

impl StdError for ProxyRefused {}

/// Opens a connection to the host of `uri`, through the proxy.
pub(super) async fn open(
    connection: &Connection,
    proxy: &Proxy,
    uri: &Uri,
    limit: Duration,
) -> Result<Parts, BoxError> {
    let (io, socket, room) = connect_to_proxy(connection, proxy, limit).await?;
    room.start_head();
    let io = open_tunnel(io, proxy, uri).await?;
    room.end();
    Ok((io, socket, room))
}

/// Opens a connection to the proxy itself.
pub(super) async fn connect_to_proxy(
    connection: &Connection,
    proxy: &Proxy,
    limit: Duration,
) -> Result<Parts, BoxError> {
    Ok(connect(connection, proxy, limit).await.map_err(ProxyFailed)?)
}

async fn connect(
    connection: &Connection,
    proxy: &Proxy,
    limit: Duration,
) -> Result<Parts, BoxError> {
    let url = Uri::try_from(proxy.url.expose_secret())?;
    let (mut io, socket, room) = connect_tcp(&url, limit).await?.into_parts();
    if url.scheme_str() == Some("https") {
        let tls = connection.trust.config().await?.http1();
        io = handshake::start(host(&url), tls, io).await?;
    }
    Ok((io, socket, room))
}

/// Asks the proxy to open a tunnel. Any 2xx means success (RFC 9110, 9.3.6).
async fn open_tunnel(
    io: Box<dyn Duplex>,
    proxy: &Proxy,
    uri: &Uri,
) -> Result<Box<dyn Duplex>, BoxError> {
    let failed = |error: hyper::Error| ProxyFailed(error.into());
    let authority = format!("{}:{}", uri.host().unwrap_or_default(), port(uri));
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.method_mut() = Method::CONNECT;
    request.headers_mut().insert(HOST, HeaderValue::from_str(&authority)?);
    *request.uri_mut() = Uri::try_from(authority)?;
    if let Some(authorization) = authorization(proxy)? {
        request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
    }
    let builder = &mut http1::Builder::new();
    builder.writev(false).allow_obsolete_multiline_headers_in_responses(true);
    let (mut sender, mut moved) = builder.handshake(TokioIo::new(io)).await.map_err(failed)?;
    let mut answer = pin!(sender.send_request(request));
    let answered = poll_fn(|context| {
        // If the connection fails, `answer` returns the error.
        let _ = moved.poll_without_shutdown(context);
        answer.as_mut().poll(context)
    });
    let status = answered.await.map_err(failed)?.status();
    if !status.is_success() {
        return Err(Box::new(ProxyRefused(status)));
    }
    let parts = moved.into_parts();
    if !parts.read_buf.is_empty() {
        return Err(ProxyFailed("its answer to CONNECT has bytes after its end".into()).into());
    }
    Ok(parts.io.into_inner())
}

/// The header `Proxy-Authorization` for the user and password in the proxy's URL.
pub(super) fn authorization(proxy: &Proxy) -> Result<Option<HeaderValue>, BoxError> {
    let Some((user, password)) = credentials(proxy)? else { return Ok(None) };
    let both = Zeroizing::new([&**user, b":", &**password].concat());
    let encoded = Zeroizing::new(BASE64_STANDARD.encode(&*both));
    let basic = Zeroizing::new(["Basic ", &encoded].concat().into_bytes());
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(basic))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

type Secret = Zeroizing<Vec<u8>>;

/// The user and the password in the proxy's URL.
pub(super) fn credentials(proxy: &Proxy) -> Result<Option<(Secret, Secret)>, BoxError> {
    let url = Url::parse(proxy.url.expose_secret())?;
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text| Zeroizing::new(percent_decode_str(text).collect());
    Ok(Some((decoded(url.username()), decoded(url.password().unwrap_or_default()))))
}
