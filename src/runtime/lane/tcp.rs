//! A TCP socket for the future in a lane.

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::PollFlags;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::waits;
use crate::runtime::clock;

/// A socket whose reads and writes wait in the lane of their thread.
pub(crate) struct TcpStream {
    socket: net::TcpStream,
    /// Reads go here first, and are copied from here. To read into the uninitialized buffer of the
    /// caller would be unsafe, and to initialize that for each read takes longer than the copy.
    received: Box<[u8]>,
    /// Whether the last read took all bytes that had arrived.
    is_drained: bool,
}

/// How much is read at once: a usual record and its headers have 2 kB.
const MAX_READ: usize = 16 << 10;

impl TcpStream {
    /// Connects to the first of `addresses` that answers.
    ///
    /// # Errors
    /// That of the last address, if none answers.
    pub(crate) async fn connect(addresses: Vec<SocketAddr>) -> io::Result<Self> {
        let mut addresses = alternate(addresses).into_iter();
        let mut attempts = Vec::with_capacity(MAX_ATTEMPTS);
        let mut error = io::Error::new(ErrorKind::NotFound, "the name has no address");
        loop {
            match addresses.next().map(start) {
                Some(Ok(attempt)) => attempts.push(attempt),
                Some(Err(refused)) => {
                    error = refused;
                    continue;
                }
                None if attempts.is_empty() => return Err(error),
                None => {}
            }
            let has_room = attempts.len() < MAX_ATTEMPTS && addresses.len() > 0;
            let connected = first_connected(&mut attempts, &mut error);
            let connected = match has_room {
                true => clock::timeout_at(Instant::now() + HEAD_START, connected).await.flatten(),
                false => connected.await,
            };
            if let Some(connected) = connected {
                return Ok(connected);
            }
        }
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        waits::forget_socket(self.as_raw_fd());
    }
}

impl AsRawFd for TcpStream {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// How long each address has before the next one is tried as well (RFC 8305, 5).
const HEAD_START: Duration = Duration::from_millis(250);
const MAX_ATTEMPTS: usize = waits::MAX_SOCKETS;

/// Alternates the addresses of the first one's family and of the other family (RFC 8305, 4).
fn alternate(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let count = addresses.len();
    let is_ipv4_first = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == is_ipv4_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        all.extend(first.next());
        all.extend(second.next());
    }
    all
}

/// Starts to connect, and does not wait.
fn start(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    let received = vec![0; MAX_READ].into_boxed_slice();
    let stream = TcpStream { socket: socket.into(), received, is_drained: false };
    waits::own(stream.as_raw_fd())?;
    let socket = SockRef::from(&stream.socket);
    socket.set_nonblocking(true)?;
    // A request is written in one piece, so it must not wait for more.
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::EINPROGRESS as i32) => Err(error),
        _ => Ok(stream),
    }
}

/// Waits for the first of `attempts` that connects. If one fails, removes it and returns `None`.
async fn first_connected(
    attempts: &mut Vec<TcpStream>,
    error: &mut io::Error,
) -> Option<TcpStream> {
    poll_fn(|_| {
        let is_decided = |attempt: &TcpStream| {
            waits::poll_socket(attempt.as_raw_fd(), PollFlags::POLLOUT).is_ready()
        };
        let Some(decided) = attempts.iter().position(is_decided) else { return Poll::Pending };
        let attempt = attempts.swap_remove(decided);
        Poll::Ready(match attempt.socket.take_error() {
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
        let Self { socket, received, is_drained } = &mut *self;
        waits::own(socket.as_raw_fd())?;
        let room = buffer.remaining().min(received.len());
        let received = &mut received[..room];
        loop {
            if *is_drained {
                ready!(waits::poll_socket(socket.as_raw_fd(), PollFlags::POLLIN));
                *is_drained = false;
            }
            match socket.read(received) {
                Ok(count) => {
                    buffer.put_slice(&received[..count]);
                    *is_drained = count < room && count > 0;
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => *is_drained = true,
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
        waits::own(self.as_raw_fd())?;
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    use super::super::tests::run;
    use super::*;

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An address without a listener.
    fn closed() -> SocketAddr {
        listener().1
    }

    /// An address that answers no attempt to connect, because its queue is full.
    fn silent() -> (Socket, Vec<net::TcpStream>, SocketAddr) {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let brief = Duration::from_millis(200);
        let mut queue = Vec::new();
        while let Ok(waiting) = net::TcpStream::connect_timeout(&address, brief) {
            queue.push(waiting);
        }
        (listener, queue, address)
    }

    fn peer_of(connected: io::Result<TcpStream>) -> SocketAddr {
        connected.unwrap().socket.peer_addr().unwrap()
    }

    #[test]
    fn the_families_take_turns() {
        let [a, b, c] = [1, 2, 3].map(|port| SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
        let [x, y] = [4, 5].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        assert_eq!(alternate(vec![a, b, c, x, y]), [a, x, b, y, c]);
        assert_eq!(alternate(vec![x, a, b]), [x, a, b]);
        assert_eq!(alternate(Vec::new()), []);
    }

    #[test]
    fn an_address_that_refuses_is_skipped() {
        let (_good, address) = listener();
        let all = vec![closed(), closed(), address];
        assert_eq!(peer_of(run(TcpStream::connect(all))), address);
        let error = run(TcpStream::connect(vec![closed(), closed()])).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(run(TcpStream::connect(Vec::new())).err().unwrap().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_silent_address_delays_the_next_one_briefly() {
        let (_listener, _queue, mute) = silent();
        let (_good, address) = listener();
        for silent in 1..MAX_ATTEMPTS {
            let all = [vec![mute; silent], vec![closed(), address]].concat();
            assert_eq!(peer_of(run(TcpStream::connect(all))), address, "{silent}");
        }
    }

    #[test]
    fn a_reused_descriptor_is_not_ready() {
        let is_ready = run(async {
            let (_good, address) = listener();
            let stream = TcpStream::connect(vec![address]).await.unwrap();
            let number = stream.as_raw_fd();
            let mut polls = 0;
            // The lane finds it writable, but no future waits for that.
            poll_fn(|_| {
                polls += 1;
                match polls {
                    1 => waits::poll_socket(number, PollFlags::POLLOUT),
                    _ => Poll::Ready(()),
                }
            })
            .await;
            drop(stream);
            waits::poll_socket(number, PollFlags::POLLOUT).is_ready()
        });
        assert!(!is_ready);
    }
}
