//! For systems without `poll(2)`: there are no lanes, and blocking calls run on the background thread.

use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::runtime::cancel::{Driven, Piece};
use crate::{Error, ErrorKind, Result};

pub(crate) const IS_SUPPORTED: bool = false;

pub(crate) fn is_driving() -> bool {
    false
}

pub(super) fn poll_until(_: Instant) -> Poll<()> {
    Poll::Pending
}

pub(crate) struct Lane<T> {
    pub(crate) process: u64,
    pub(crate) slot: T,
}

impl<T> Lane<T> {
    pub(crate) fn run<R>(&self, _: Driven<'_, R>, _: bool) -> Piece<R> {
        Piece::Pause
    }
}

pub(crate) struct Lanes<T>(PhantomData<fn() -> T>);

impl<T> Lanes<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }

    pub(crate) fn with<R>(&self, _: impl FnOnce(&Lane<T>) -> Result<R>) -> Result<R> {
        Err(Error::new(ErrorKind::Internal, "this system has no lanes"))
    }
}

pub(crate) enum TcpStream {}

impl TcpStream {
    #[allow(clippy::unused_async)] // as on other systems
    pub(crate) async fn connect(_: Vec<SocketAddr>) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match *self {}
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match *self {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match *self {}
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match *self {}
    }
}
