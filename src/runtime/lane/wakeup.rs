//! How another thread wakes a lane: a cancellation, a look-up that ended, a large reply that was read.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use descriptor::Descriptor;

/// The waker of a lane.
pub(super) struct Wakeup {
    is_woken: AtomicBool,
    is_asleep: AtomicBool,
    /// Readable after a wake-up of a thread that sleeps.
    descriptor: Descriptor,
}

impl Wakeup {
    pub(super) fn new() -> io::Result<Self> {
        let (is_woken, is_asleep) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Self { is_woken, is_asleep, descriptor: Descriptor::new()? })
    }

    pub(super) fn descriptor(&self) -> i32 {
        self.descriptor.raw()
    }

    /// Calls `wait`, which returns whether the descriptor is readable. It does not call it if the
    /// lane was woken since the last time.
    pub(super) fn sleep(&self, wait: impl FnOnce() -> bool) {
        // `wake` uses the opposite order, so one of the two sees the other.
        self.is_asleep.store(true, Ordering::SeqCst);
        if !self.is_woken.load(Ordering::SeqCst) && wait() {
            self.descriptor.clear();
        }
        self.is_asleep.store(false, Ordering::SeqCst);
        self.is_woken.store(false, Ordering::SeqCst);
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let was_woken = self.is_woken.swap(true, Ordering::SeqCst);
        if !was_woken && self.is_asleep.load(Ordering::SeqCst) {
            self.descriptor.set();
        }
    }
}

#[cfg(target_os = "linux")]
mod descriptor {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd};

    use nix::sys::eventfd::{EfdFlags, EventFd};

    pub(super) struct Descriptor(EventFd);

    impl Descriptor {
        pub(super) fn new() -> io::Result<Self> {
            let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
            Ok(Self(EventFd::from_flags(flags)?))
        }

        pub(super) fn raw(&self) -> i32 {
            self.0.as_fd().as_raw_fd()
        }

        pub(super) fn set(&self) {
            // It fails only if the descriptor is readable already.
            let _ = self.0.write(1);
        }

        pub(super) fn clear(&self) {
            let _ = self.0.read();
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod descriptor {
    use std::io::{self, Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    pub(super) struct Descriptor {
        watched: UnixStream,
        other: UnixStream,
    }

    impl Descriptor {
        pub(super) fn new() -> io::Result<Self> {
            let (watched, other) = UnixStream::pair()?;
            watched.set_nonblocking(true)?;
            other.set_nonblocking(true)?;
            Ok(Self { watched, other })
        }

        pub(super) fn raw(&self) -> i32 {
            self.watched.as_raw_fd()
        }

        pub(super) fn set(&self) {
            let _ = (&self.other).write(&[1]);
        }

        pub(super) fn clear(&self) {
            let _ = (&self.watched).read(&mut [0; 64]);
        }
    }
}
