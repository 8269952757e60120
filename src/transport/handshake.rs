//! Starts TLS.
//!
//! A server that refuses its client sends an alert and closes the connection. If the client writes
//! meanwhile, that fails, but the alert can still be read. It is the better error.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;

use super::connect::Duplex;
use super::failure::BoxError;

/// Starts TLS with `host`, over `io`.
pub(super) async fn start(
    host: &str,
    tls: Arc<ClientConfig>,
    io: Box<dyn Duplex>,
) -> Result<Box<dyn Duplex>, BoxError> {
    let server = ServerName::try_from(host.to_owned())?;
    let io = Handshaking { io, is_over: false, failed: None };
    let mut stream = TlsConnector::from(tls).connect(server, io).await?;
    let io = stream.get_mut().0;
    io.is_over = true;
    match io.failed.take() {
        Some(error) => Err(error.into()),
        None => Ok(Box::new(stream)),
    }
}

/// A stream that hides a failed write during the handshake until nothing is left to read.
struct Handshaking {
    io: Box<dyn Duplex>,
    is_over: bool,
    failed: Option<io::Error>,
}

impl Handshaking {
    /// Hides the error of a write, and pretends that it wrote `count`.
    fn hide<T>(&mut self, written: Poll<io::Result<T>>, count: T) -> Poll<io::Result<T>> {
        match written {
            Poll::Ready(Err(error)) if !self.is_over => {
                self.failed.get_or_insert(error);
                Poll::Ready(Ok(count))
            }
            written => written,
        }
    }
}

impl AsyncRead for Handshaking {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(context, buffer);
        let is_end = match &polled {
            Poll::Ready(Ok(())) => buffer.filled().len() == before,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        match self.failed.take_if(|_| is_end) {
            Some(error) => Poll::Ready(Err(error)),
            None => polled,
        }
    }
}

impl AsyncWrite for Handshaking {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, buffer);
        self.hide(written, buffer.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(context);
        self.hide(flushed, ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::find;
    use super::super::tls;
    use super::*;
    use rustls::AlertDescription;

    /// A server that has closed the connection after these bytes, which take a moment.
    struct Closed {
        bytes: &'static [u8],
        has_waited: bool,
    }

    impl AsyncRead for Closed {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if !std::mem::replace(&mut self.has_waited, true) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            buffer.put_slice(std::mem::take(&mut self.bytes));
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Closed {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn an_alert_counts_more_than_a_failed_write() {
        let start = async |bytes| {
            let tls = Arc::new(tls::config(rustls::RootCertStore::empty()).unwrap());
            let closed = Box::new(Closed { bytes, has_waited: false });
            start("localhost", tls, closed).await.err().unwrap()
        };
        let refused = start(&[21, 3, 3, 0, 2, 2, 40]).await;
        let alert = rustls::Error::AlertReceived(AlertDescription::HandshakeFailure);
        assert_eq!(find(&*refused), Some(&alert), "{refused}");
        let closed = start(&[]).await;
        let closed: &io::Error = find(&*closed).unwrap();
        assert_eq!(closed.kind(), io::ErrorKind::BrokenPipe);
    }
}
