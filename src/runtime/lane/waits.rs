//! The events that the thread of a lane waits for.
//!
//! While a future is polled, it registers its events here. Then the lane waits for all of them with
//! one `poll(2)`. The cells have no destructor, so they work while a thread ends, and a forked
//! child can read them.

use std::array;
use std::cell::Cell;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::sync::atomic::{Ordering, compiler_fence};
use std::task::Poll;
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::fork;
use crate::runtime::process;

/// The most sockets that one future has at once: each attempt to connect has one.
pub(super) const MAX_SOCKETS: usize = 4;
/// The sockets, and the lane's wake-up.
const MAX_DESCRIPTORS: usize = MAX_SOCKETS + 1;

/// The state of the lane that this thread drives.
struct Current {
    is_driving: Cell<bool>,
    /// The process that the lane belongs to.
    process: Cell<u64>,
    until: Cell<Option<Instant>>,
    sockets: [Cell<Watched>; MAX_SOCKETS],
    /// The descriptors that a forked child must not touch.
    owned: [Cell<RawFd>; MAX_DESCRIPTORS],
}

#[derive(Clone, Copy)]
struct Watched {
    descriptor: RawFd,
    wants: PollFlags,
    is_ready: bool,
}

const NO_DESCRIPTOR: RawFd = -1;
const NONE: Watched =
    Watched { descriptor: NO_DESCRIPTOR, wants: PollFlags::empty(), is_ready: false };

thread_local! {
    static CURRENT: Current = const {
        Current {
            is_driving: Cell::new(false),
            process: Cell::new(0),
            until: Cell::new(None),
            sockets: [const { Cell::new(NONE) }; MAX_SOCKETS],
            owned: [const { Cell::new(NO_DESCRIPTOR) }; MAX_DESCRIPTORS],
        }
    };
}

/// Whether this thread drives a lane.
pub(crate) fn is_driving() -> bool {
    CURRENT.with(|current| current.is_driving.get())
}

/// Ready at `ends` and later.
pub(crate) fn poll_until(ends: Instant) -> Poll<()> {
    if Instant::now() >= ends {
        return Poll::Ready(());
    }
    CURRENT.with(|current| {
        let soonest = current.until.get().map_or(ends, |until| until.min(ends));
        current.until.set(Some(soonest));
    });
    Poll::Pending
}

/// Ready once after the lane has waited until the socket `descriptor` is ready for `wants`.
pub(super) fn poll_socket(descriptor: RawFd, wants: PollFlags) -> Poll<()> {
    CURRENT.with(|current| {
        let known = |socket: &&Cell<Watched>| {
            let watched = socket.get();
            watched.descriptor == descriptor && watched.wants == wants
        };
        let free = |socket: &&Cell<Watched>| socket.get().descriptor == NO_DESCRIPTOR;
        let mut sockets = current.sockets.iter();
        let Some(socket) = sockets.clone().find(known).or_else(|| sockets.find(free)) else {
            // There is no space to wait for it, so the caller has to try.
            return Poll::Ready(());
        };
        if socket.get().is_ready {
            socket.set(NONE);
            return Poll::Ready(());
        }
        socket.set(Watched { descriptor, wants, is_ready: false });
        Poll::Pending
    })
}

/// Keeps a forked child from the socket `descriptor`. Call it before each use of the socket.
///
/// A child that is forked before this returns gets an error; one that is forked afterwards has
/// another descriptor instead (`fork`).
///
/// # Errors
/// This is a forked child, and the socket is its parent's.
pub(crate) fn own(descriptor: RawFd) -> io::Result<()> {
    CURRENT.with(|current| {
        if !current.is_driving.get() {
            return Ok(());
        }
        let owned = &current.owned;
        let is_known = owned.iter().any(|owned| owned.get() == descriptor);
        let free = owned.iter().find(|owned| owned.get() == NO_DESCRIPTOR);
        match free.filter(|_| !is_known) {
            Some(free) => free.set(descriptor),
            None if is_known => {}
            None => return Err(io::Error::other("a call has too many sockets")),
        }
        // A signal handler may fork between any two instructions. The descriptor is noted first.
        compiler_fence(Ordering::SeqCst);
        if current.process.get() != process::id() {
            return Err(io::Error::other("the socket belongs to the parent of this process"));
        }
        Ok(())
    })
}

/// Forgets a socket before it is closed. Afterwards another socket or file may get its number.
pub(super) fn forget_socket(descriptor: RawFd) {
    CURRENT.with(|current| {
        for owned in current.owned.iter().filter(|owned| owned.get() == descriptor) {
            owned.set(NO_DESCRIPTOR);
        }
        for socket in current.sockets.iter().filter(|socket| socket.get().descriptor == descriptor)
        {
            socket.set(NONE);
        }
    });
}

/// The descriptors that [`own`] has noted.
pub(super) fn owned() -> [RawFd; MAX_DESCRIPTORS] {
    CURRENT.with(|current| current.owned.each_ref().map(Cell::get))
}

/// Makes this thread drive a lane, until it is dropped.
pub(super) struct Waits {
    wakeup: RawFd,
    /// A log callback may make a call in the middle of another one.
    outer: Saved,
}

struct Saved {
    is_driving: bool,
    process: u64,
    sockets: [Watched; MAX_SOCKETS],
    owned: [RawFd; MAX_DESCRIPTORS],
}

impl Current {
    fn replace(&self, new: &Saved) -> Saved {
        let sockets = self.sockets.each_ref().map(Cell::get);
        let (is_driving, process) = (self.is_driving.get(), self.process.get());
        let outer = Saved { is_driving, process, sockets, owned: owned() };
        self.is_driving.set(new.is_driving);
        self.process.set(new.process);
        self.until.set(None);
        self.sockets.iter().zip(new.sockets).for_each(|(cell, socket)| cell.set(socket));
        self.owned.iter().zip(new.owned).for_each(|(cell, descriptor)| cell.set(descriptor));
        outer
    }
}

impl Waits {
    pub(super) fn start(wakeup: RawFd, process: u64) -> Self {
        fork::watch();
        let mut owned = [NO_DESCRIPTOR; MAX_DESCRIPTORS];
        owned[0] = wakeup;
        let new = Saved { is_driving: true, process, sockets: [NONE; MAX_SOCKETS], owned };
        Self { wakeup, outer: CURRENT.with(|current| current.replace(&new)) }
    }

    /// Clears the future's events before it is polled again. Ready sockets stay ready.
    pub(super) fn clear(&self) {
        CURRENT.with(|current| {
            current.until.set(None);
            for socket in &current.sockets {
                if !socket.get().is_ready {
                    socket.set(NONE);
                }
            }
        });
    }

    /// Waits until something is ready, until the time that was noted, or until `pause`. Returns whether
    /// the wake-up is ready.
    #[allow(unsafe_code, reason = "descriptors are kept as numbers, which a forked child can read")]
    pub(super) fn wait(&self, pause: Option<Instant>) -> bool {
        // SAFETY: the lane owns its wake-up. Each socket is owned by the future that noted it when
        // it was last polled, and that future is not dropped before this returns.
        let borrowed = |descriptor| unsafe { BorrowedFd::borrow_raw(descriptor) };
        CURRENT.with(|current| {
            let wakeup = || PollFd::new(borrowed(self.wakeup), PollFlags::POLLIN);
            let mut polled: [PollFd<'_>; MAX_DESCRIPTORS] = array::from_fn(|_| wakeup());
            let mut sockets = [&current.sockets[0]; MAX_SOCKETS];
            let mut count = 0;
            for socket in &current.sockets {
                let watched = socket.get();
                if watched.descriptor != NO_DESCRIPTOR && !watched.is_ready {
                    polled[1 + count] = PollFd::new(borrowed(watched.descriptor), watched.wants);
                    sockets[count] = socket;
                    count += 1;
                }
            }
            let until = [current.until.get(), pause].into_iter().flatten().min();
            // A signal ends it early, and nothing is ready then.
            let _ = poll(&mut polled[..=count], limit(until));
            let is_ready = |polled: &PollFd<'_>| polled.revents().is_some_and(|is| !is.is_empty());
            for (socket, polled) in sockets.iter().zip(&polled[1..=count]) {
                socket.set(Watched { is_ready: is_ready(polled), ..socket.get() });
            }
            is_ready(&polled[0])
        })
    }
}

/// How long to wait, in milliseconds: rounded up, so that the time has come then.
fn limit(until: Option<Instant>) -> PollTimeout {
    let Some(until) = until else { return PollTimeout::NONE };
    let left = until.saturating_duration_since(Instant::now());
    let millis = left.as_micros().div_ceil(1000);
    PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
}

impl Drop for Waits {
    fn drop(&mut self) {
        CURRENT.with(|current| current.replace(&self.outer));
    }
}
