//! Keeps a forked child away from its parent's sockets.
//!
//! A thread may fork while it drives a lane, in a signal handler or in a log callback. The child
//! returns into the middle of the call, with the parent's socket. Bytes that it reads there are
//! lost to the parent. So before `fork()` returns in the child, another descriptor replaces each
//! descriptor of that lane. It is always readable, and reading it as a socket fails. The parent
//! does not notice, and the child sees that the call is not its own.

#[cfg(target_os = "linux")]
pub(super) use linux::watch;

/// On other systems only the check of the process stops the child.
#[cfg(not(target_os = "linux"))]
pub(super) fn watch() {}

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "a child replaces descriptors that others own")]
mod linux {
    use std::ffi::c_int;
    use std::mem::ManuallyDrop;
    use std::os::fd::{FromRawFd, OwnedFd};
    use std::sync::atomic::{AtomicBool, Ordering};

    use nix::errno::Errno;
    use nix::fcntl::OFlag;
    use nix::sys::eventfd::{EfdFlags, EventFd};
    use nix::unistd::dup3;

    use super::super::waits;

    unsafe extern "C" {
        fn pthread_atfork(
            before: Option<extern "C" fn()>,
            in_parent: Option<extern "C" fn()>,
            in_child: Option<extern "C" fn()>,
        ) -> c_int;
    }

    /// Registers the handler for every child that is forked from now on.
    pub(in super::super) fn watch() {
        // No lock, which a fork could copy.
        static WATCHES: AtomicBool = AtomicBool::new(false);
        if !WATCHES.load(Ordering::Relaxed) && !WATCHES.swap(true, Ordering::Relaxed) {
            // SAFETY: the handler is a function of this library, which stays loaded. This fails only if
            // there is no memory left.
            let _ = unsafe { pthread_atfork(None, None, Some(in_child)) };
        }
    }

    /// Runs in the child before its `fork()` returns, maybe within a signal handler: it allocates
    /// nothing and takes no lock.
    extern "C" fn in_child() {
        let before = Errno::last();
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        for descriptor in waits::owned().into_iter().filter(|descriptor| *descriptor >= 0) {
            let Ok(ready) = EventFd::from_value_and_flags(1, flags) else { break };
            // SAFETY: the descriptor is open. Its owner closes it: ManuallyDrop does not.
            let mut owned = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(descriptor) });
            let _ = dup3(&ready, &mut owned, OFlag::O_CLOEXEC);
        }
        before.set();
    }
}
