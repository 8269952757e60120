//! A server that goes away must not take the host down: writing to a connection it has closed
//! raises SIGPIPE, which ends a process that has left the signal as it was. Rust's and Python's
//! programs ignore it; C's mostly do not, and a library must not change that for them.
#![allow(unsafe_code)] // the signal mask is the C library's

/// Holds SIGPIPE back in this thread, and in the threads begun meanwhile, until it is dropped.
#[cfg(unix)]
pub(crate) struct Held {
    before: libc::sigset_t,
    /// The mask belongs to one thread.
    _here: std::marker::PhantomData<*const ()>,
}

#[cfg(unix)]
impl Held {
    pub(crate) fn new() -> Self {
        let signal = only_sigpipe();
        let mut before = signal;
        // SAFETY: both point to sets that live here; the call cannot fail with these arguments.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &signal, &mut before) };
        Self { before, _here: std::marker::PhantomData }
    }
}

#[cfg(unix)]
impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: the set was filled by pthread_sigmask.
        if unsafe { libc::sigismember(&self.before, libc::SIGPIPE) } == 1 {
            return;
        }
        take_pending();
        // SAFETY: as in `new`; no place is asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}

/// Takes a SIGPIPE that waits. It is ours: it was not held back before, so none can have waited.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn take_pending() {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the set and the time live here; nothing is asked for in return.
    unsafe { libc::sigtimedwait(&only_sigpipe(), std::ptr::null_mut(), &now) };
}

/// As above, where there is no sigtimedwait.
#[cfg(target_vendor = "apple")]
fn take_pending() {
    let mut pending = only_sigpipe();
    let mut signal = 0;
    // SAFETY: all of it lives here; sigwait returns at once, for the signal is pending.
    unsafe {
        if libc::sigpending(&mut pending) == 0 && libc::sigismember(&pending, libc::SIGPIPE) == 1 {
            libc::sigwait(&only_sigpipe(), &mut signal);
        }
    }
}

#[cfg(unix)]
fn only_sigpipe() -> libc::sigset_t {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: sigemptyset fills the set; sigaddset gets a filled one and a signal there is.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
        set.assume_init()
    }
}

/// There is no such signal here.
#[cfg(not(unix))]
pub(crate) struct Held;

#[cfg(not(unix))]
impl Held {
    pub(crate) fn new() -> Self {
        Self
    }
}
