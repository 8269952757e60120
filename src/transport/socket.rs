//! Checks the socket of an idle connection.

#[cfg(unix)]
use crate::runtime::lane;

/// The socket of a connection, to be checked while the connection is open.
pub(super) struct Socket(Number);

#[cfg(unix)]
pub(super) use std::os::fd::AsRawFd as Descriptor;
#[cfg(unix)]
type Number = std::os::fd::RawFd;

/// Implemented by every type: other systems have no such number.
#[cfg(not(unix))]
pub(super) trait Descriptor {}
#[cfg(not(unix))]
impl<T> Descriptor for T {}
#[cfg(not(unix))]
type Number = ();

#[cfg(unix)]
impl Socket {
    pub(super) fn new(stream: &impl Descriptor) -> Self {
        Self(stream.as_raw_fd())
    }

    /// Whether nothing has arrived since the last reply. Bytes that arrive before a request are no
    /// reply to it (RFC 9112, 9.2). An end or an error means that the server has closed it.
    pub(super) fn is_silent(&self) -> bool {
        use nix::errno::Errno;
        use nix::sys::socket::{MsgFlags, recv};
        if lane::own(self.0).is_err() {
            return false;
        }
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        matches!(recv(self.0, &mut [0], flags), Err(Errno::EAGAIN))
    }
}

#[cfg(not(unix))]
impl Socket {
    pub(super) fn new(_: &impl Descriptor) -> Self {
        Self(())
    }

    /// On these systems, only hyper checks the connection.
    pub(super) fn is_silent(&self) -> bool {
        true
    }
}
