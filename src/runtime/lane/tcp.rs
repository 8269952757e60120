//! A TCP socket that a future in a lane reads and writes.

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::PollFlags;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::waits;
use crate::runtime::clock;

/// A socket that waits for nothing but what its lane waits for.
pub(crate) struct TcpStream {
    socket: net::TcpStream,
    /// The last read took all that had come.
    is_drained: bool,
}

/// How much is read at once.
const MOST_READ: usize = 64 << 10;

impl TcpStream {
    /// Connects to the first of `addresses` that answers.
    ///
    /// # Errors
    /// That of the last address, if none answers.
    pub(crate) async fn connect(addresses: Vec<SocketAddr>) -> io::Result<Self> {
        let mut addresses = by_turns(addresses).into_iter();
        let mut attempts = Vec::with_capacity(MOST_ATTEMPTS);
        let mut error = io::Error::new(ErrorKind::NotFound, "the name has no address");
        loop {
            match addresses.next().map(begin) {
                Some(Ok(attempt)) => attempts.push(attempt),
                Some(Err(refused)) => {
                    error = refused;
                    continue;
                }
                None if attempts.is_empty() => return Err(error),
                None => {}
            }
            let has_room = attempts.len() < MOST_ATTEMPTS && addresses.len() > 0;
            let connected = first_connected(&mut attempts, &mut error);
            let connected = match has_room {
                true => clock::timeout_at(Instant::now() + HEAD_START, connected).await.flatten(),
                false => connected.await,
            };
            if let Some(socket) = connected {
                return Ok(Self { socket, is_drained: false });
            }
        }
    }
}

impl AsRawFd for TcpStream {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// What each address has before the next one is tried as well (RFC 8305, 5).
const HEAD_START: Duration = Duration::from_millis(250);
const MOST_ATTEMPTS: usize = waits::MOST;

/// The addresses, with those of the first one's family and of the other by turns (RFC 8305, 4).
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let count = addresses.len();
    let is_first = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == is_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        all.extend(first.next());
        all.extend(second.next());
    }
    all
}

/// Asks for a connection, and does not wait for it.
fn begin(address: SocketAddr) -> io::Result<net::TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // A request is written at once: nothing is gained by waiting for more of it.
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::EINPROGRESS as i32) => Err(error),
        _ => Ok(socket.into()),
    }
}

/// The first of `attempts` that connects. `None` after one that failed, which is removed.
async fn first_connected(
    attempts: &mut Vec<net::TcpStream>,
    error: &mut io::Error,
) -> Option<net::TcpStream> {
    poll_fn(|_| {
        let is_decided = |attempt: &net::TcpStream| {
            waits::poll_socket(attempt.as_raw_fd(), PollFlags::POLLOUT).is_ready()
        };
        let Some(decided) = attempts.iter().position(is_decided) else { return Poll::Pending };
        let attempt = attempts.swap_remove(decided);
        Poll::Ready(match attempt.take_error() {
            Ok(None) => Some(attempt),
            Ok(Some(refused)) | Err(refused) => {
                *error = refused;
                None
            }
        })
    })
    .await
}

impl AsyncRead for TcpStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let descriptor = self.as_raw_fd();
        waits::own(descriptor);
        loop {
            if self.is_drained {
                ready!(waits::poll_socket(descriptor, PollFlags::POLLIN));
                self.is_drained = false;
            }
            let room = buffer.initialize_unfilled_to(buffer.remaining().min(MOST_READ));
            let asked = room.len();
            match (&self.socket).read(room) {
                Ok(count) => {
                    buffer.advance(count);
                    self.is_drained = count < asked && count > 0;
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.is_drained = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        waits::own(self.as_raw_fd());
        loop {
            match (&self.socket).write(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(waits::poll_socket(self.as_raw_fd(), PollFlags::POLLOUT));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.shutdown(Shutdown::Write))
    }
}
