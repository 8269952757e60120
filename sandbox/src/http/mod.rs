//! The server's way from socket to endpoint and back.
//!
//! `listen` is where clients connect; `one` is a connection over HTTP/1 and `stream` its socket, `two`
//! a connection over HTTP/2; `answer` is what happens to one request; `request` is what came in, `query` and `encode` its strings, `accept` the format it
//! asks for; `reply` is what goes out, `stale` its ETag, `html` its pages.

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

/// How long to wait when nobody can be let in.
const NO_ROOM: Duration = Duration::from_millis(5);

/// Serves until told to stop; every connection ends with the runtime this runs on.
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
                    tokio::spawn(welcome(socket, tls, Arc::clone(&shared)));
                }
                // The client's loss (it hung up), or there are no descriptors left: nothing tells
                // when there are again.
                Err(_) => tokio::time::sleep(NO_ROOM).await,
            },
            _ = &mut stop => return,
        }
    }
}

async fn welcome(socket: Socket, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    match (socket, tls) {
        (Socket::Tcp(socket), Some(tls)) => welcome_tls(socket, tls, shared).await,
        (Socket::Tcp(socket), None) => one::serve(socket, shared).await,
        (Socket::Unix(socket), Some(tls)) => welcome_tls(socket, tls, shared).await,
        (Socket::Unix(socket), None) => one::serve(socket, shared).await,
    }
}

async fn welcome_tls<S>(socket: S, tls: TlsAcceptor, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    // A client that does not like the certificate is what TLS is for here.
    let Ok(socket) = tls.accept(socket).await else {
        return;
    };
    match socket.get_ref().1.alpn_protocol() == Some(HTTP2) {
        true => two::serve(socket, shared.http2(), shared).await,
        false => one::serve(socket, shared).await,
    }
}
