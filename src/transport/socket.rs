//! Looks at the socket of an idle connection.

/// A socket that a connection owns: to be looked at for as long as the connection is there.
pub(super) struct Socket(Number);

#[cfg(unix)]
pub(super) use std::os::fd::AsRawFd as Descriptor;
#[cfg(unix)]
type Number = std::os::fd::RawFd;

/// Anything.
#[cfg(not(unix))]
pub(super) trait Descriptor {}
#[cfg(not(unix))]
impl<T> Descriptor for T {}
#[cfg(not(unix))]
type Number = ();

#[cfg(unix)]
impl Socket {
    pub(super) fn of(stream: &impl Descriptor) -> Self {
        Self(stream.as_raw_fd())
    }

    /// Whether nothing has come since the last reply was read. Bytes that come before a request
    /// are no reply to it (RFC 9112, 9.2), and an end or an error means that the server has left.
    pub(super) fn is_silent(&self) -> bool {
        use nix::errno::Errno;
        use nix::sys::socket::{MsgFlags, recv};
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        matches!(recv(self.0, &mut [0], flags), Err(Errno::EAGAIN))
    }
}

#[cfg(not(unix))]
impl Socket {
    pub(super) fn of(_: &impl Descriptor) -> Self {
        Self(())
    }

    /// Here only what hyper sees counts.
    pub(super) fn is_silent(&self) -> bool {
        true
    }
}
