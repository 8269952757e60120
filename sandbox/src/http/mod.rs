//! The server's way from socket to endpoint and back.
//!
//! `listen` is where clients connect, `stream` a connection's socket, `answer` what happens to one
//! request; `request` is what came in, `query` and `encode` its strings, `accept` the format it
//! asks for; `reply` is what goes out, `stale` its ETag, `html` its pages.

pub(crate) mod accept;
mod answer;
pub(crate) mod encode;
pub(crate) mod html;
pub(crate) mod listen;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod stale;
mod stream;

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

use self::answer::{Wire, answer};
use self::listen::{Listener, Socket};
use self::stream::Stream;
use crate::host::Shared;
use crate::rules::wire;

/// An idle connection is closed after this.
const IDLE: Duration = Duration::from_secs(60);

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
                    tokio::spawn(welcome(socket, listener.tls(), Arc::clone(&shared)));
                }
                // The client's loss (it hung up), or there are no descriptors left: nothing tells
                // when there are again.
                Err(_) => tokio::time::sleep(NO_ROOM).await,
            },
            _ = &mut stop => return,
        }
    }
}

async fn welcome(socket: Socket, tls: Option<tokio_rustls::TlsAcceptor>, shared: Arc<Shared>) {
    match (socket, tls) {
        (Socket::Tcp(socket), Some(tls)) => {
            // A client that does not like the certificate is what TLS is for here.
            if let Ok(socket) = tls.accept(socket).await {
                connection(socket, shared).await;
            }
        }
        (Socket::Tcp(socket), None) => connection(socket, shared).await,
        (Socket::Unix(socket), Some(tls)) => {
            if let Ok(socket) = tls.accept(socket).await {
                connection(socket, shared).await;
            }
        }
        (Socket::Unix(socket), None) => connection(socket, shared).await,
    }
}

async fn connection<S>(socket: S, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let wire = Wire::default();
    let stream = Stream::new(socket, wire.last.clone());
    let raw = wire.raw.clone();
    let service =
        service_fn(move |request| Box::pin(answer(Arc::clone(&shared), wire.clone(), request)));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .serve_connection(TokioIo::new(stream), service);
    // What goes wrong on a connection concerns its client alone.
    let _ = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let mut socket = connection.into_parts().io.into_inner().into_socket();
    let _ = match raw.take() {
        Some(raw) => wire::send(&mut socket, raw).await,
        None => tokio::io::AsyncWriteExt::shutdown(&mut socket).await,
    };
}
