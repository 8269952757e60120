//! A socket that can end after the current reply, without a header that announces it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

// 0, the default: more replies may follow.
const LAST_REPLY: u8 = 1;
const WRITTEN: u8 = 2;

/// Marks the current reply as the last of its connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastReply(Arc<AtomicU8>);

impl LastReply {
    pub(crate) fn set(&self) {
        self.0.store(LAST_REPLY, Ordering::Release);
    }
}

/// After the last reply is flushed, reading returns the end of the stream, and hyper closes.
#[derive(Debug)]
pub(crate) struct Stream<S> {
    socket: S,
    state: LastReply,
    wrote: bool,
    reader: Option<Waker>,
}

impl<S> Stream<S> {
    pub(crate) fn new(socket: S, state: LastReply) -> Self {
        Stream { socket, state, wrote: false, reader: None }
    }

    /// The socket, for bytes that are sent without hyper.
    pub(crate) fn into_socket(self) -> S {
        self.socket
    }

    fn note_write(&mut self, result: &Poll<io::Result<usize>>) {
        if matches!(result, Poll::Ready(Ok(n)) if *n > 0)
            && self.state.0.load(Ordering::Acquire) == LAST_REPLY
        {
            self.wrote = true;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.state.0.load(Ordering::Acquire) == WRITTEN {
            return Poll::Ready(Ok(()));
        }
        self.reader = Some(cx.waker().clone());
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.note_write(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.note_write(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.socket).poll_flush(cx);
        if self.wrote && matches!(result, Poll::Ready(Ok(()))) {
            self.state.0.store(WRITTEN, Ordering::Release);
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
