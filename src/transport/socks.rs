//! Connects to a server through a SOCKS5 proxy.

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret;
use tower_service::Service;

use super::connect::{Io, Parts, host, port};
use super::failure::BoxError;
use super::tunnel::{connect_to_proxy, credentials};
use super::{Connection, Proxy, resolver};

/// Opens a connection to the host of `uri`, through the proxy. Tries each address of the host.
pub(super) async fn open(
    connection: &Connection,
    proxy: &Proxy,
    uri: &Uri,
    limit: Duration,
) -> Result<Parts, BoxError> {
    let mut failed = BoxError::from("the name of the server has no address");
    for target in targets(proxy, uri).await? {
        let (io, socket, room) = connect_to_proxy(connection, proxy, limit).await?;
        let connector = Opened(Some(TokioIo::new(io)));
        let mut socks = SocksV5::new(Uri::try_from(proxy.url.expose_secret())?, connector);
        if let Some((user, password)) = credentials(proxy)? {
            socks = socks.with_auth(text(&user)?, text(&password)?);
        }
        match socks.call(target).await {
            Ok(io) => return Ok((io.into_inner(), socket, room)),
            Err(error) => failed = error.into(),
        }
    }
    Err(failed)
}

fn text(bytes: &[u8]) -> Result<String, BoxError> {
    let text = std::str::from_utf8(bytes);
    Ok(text.map_err(|_| "user and password of a SOCKS proxy must be UTF-8")?.to_owned())
}

/// Hosts and ports for the proxy. With socks5 the name is looked up here, with socks5h at the proxy.
async fn targets(proxy: &Proxy, uri: &Uri) -> Result<Vec<Uri>, BoxError> {
    let port = port(uri);
    let authorities = match proxy.url.expose_secret().starts_with("socks5:") {
        true => {
            let found = resolver::addresses(host(uri), port).await;
            let found = found.map_err(|error| NoAddress(error.into()))?;
            found.iter().map(SocketAddr::to_string).collect()
        }
        false => vec![format!("{}:{port}", uri.host().unwrap_or_default())],
    };
    let target = |authority: String| {
        Ok(Uri::builder().scheme("http").authority(authority).path_and_query("/").build()?)
    };
    authorities.into_iter().map(target).collect()
}

/// The name of the server was not found, before the proxy was asked.
#[derive(Debug, thiserror::Error)]
#[error("the name of the server was not found")]
pub(super) struct NoAddress(#[source] BoxError);

/// A connector whose connection is already open.
struct Opened(Option<Io>);

impl Service<Uri> for Opened {
    type Response = Io;
    type Error = BoxError;
    type Future = Ready<Result<Io, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| "it has only one connection".into()))
    }
}
