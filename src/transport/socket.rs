//! Looks at the socket of an idle connection.

use tokio::net::TcpStream;

/// A socket that a connection owns: to be looked at for as long as the connection is there.
pub(super) struct Socket(Descriptor);

#[cfg(unix)]
type Descriptor = std::os::fd::RawFd;
#[cfg(not(unix))]
type Descriptor = ();

impl Socket {
    #[cfg(unix)]
    pub(super) fn of(stream: &TcpStream) -> Self {
        use std::os::fd::AsRawFd;
        Self(stream.as_raw_fd())
    }

    /// Whether nothing has come since the last reply was read. Bytes that come before a request
    /// are no reply to it (RFC 9112, 9.2), and an end or an error means that the server has left.
    #[cfg(unix)]
    pub(super) fn is_silent(&self) -> bool {
        use nix::errno::Errno;
        use nix::sys::socket::{MsgFlags, recv};
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        matches!(recv(self.0, &mut [0], flags), Err(Errno::EAGAIN))
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &TcpStream) -> Self {
        Self(())
    }

    /// Here only what hyper sees counts.
    #[cfg(not(unix))]
    pub(super) fn is_silent(&self) -> bool {
        true
    }
}
