//! The server's way from socket to endpoint and back.
//!
//! - `listen`: the port or socket
//! - `one`: a connection over HTTP/1; `stream`: its socket
//! - `two`: a connection over HTTP/2
//! - `answer`: answers one request
//! - `request`: the request; `query`, `encode`: its strings; `accept`: the format it asks for
//! - `reply`: the reply; `stale`: its ETag; `html`: its pages

pub(crate) mod accept;
mod answer;
pub(crate) mod encode;
pub(crate) mod html;
pub(crate) mod listen;
mod one;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod stale;
mod stream;
mod two;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use self::listen::{Listener, Socket};
use crate::host::Shared;
use crate::tls::HTTP2;

/// How long to wait if no connection can be accepted.
const NO_ROOM: Duration = Duration::from_millis(5);

/// Serves until `stop`. Every connection ends with this runtime.
pub(crate) async fn serve(
    listener: Listener,
    shared: Arc<Shared>,
    mut stop: oneshot::Receiver<Infallible>,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(socket) => {
                    let tls = listener.tls(shared.http2().enabled);
                    tokio::spawn(serve_socket(socket, tls, Arc::clone(&shared)));
                }
                // The client disconnected, or there are no descriptors left. No event reports when
                // there are again.
                Err(_) => tokio::time::sleep(NO_ROOM).await,
            },
            _ = &mut stop => return,
        }
    }
}

async fn serve_socket(socket: Socket, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    match (socket, tls) {
        (Socket::Tcp(socket), Some(tls)) => serve_tls(socket, tls, shared).await,
        (Socket::Tcp(socket), None) => one::serve(socket, shared).await,
        (Socket::Unix(socket), Some(tls)) => serve_tls(socket, tls, shared).await,
        (Socket::Unix(socket), None) => one::serve(socket, shared).await,
    }
}

async fn serve_tls<S>(socket: S, tls: TlsAcceptor, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    // A client may refuse the certificate: that is why the sandbox has TLS.
    let Ok(socket) = tls.accept(socket).await else {
        return;
    };
    match socket.get_ref().1.alpn_protocol() == Some(HTTP2) {
        true => two::serve(socket, shared.http2(), shared).await,
        false => one::serve(socket, shared).await,
    }
}
