//! The poll set of a lane, and what a fork makes of it.
//!
//! A child of a fork has its parent's descriptors, and behind them the parent's own poll set, timer
//! and sockets. Whichever of the two waits or reads takes away what the other waits for. That
//! matters if a thread forks while it drives a lane, in a signal's handler or in a log callback:
//! the child comes back into the middle of a call. So before `fork()` returns in the child, all
//! descriptors of that lane are exchanged there for one that is always ready and brings nothing. The
//! child finds out at once that the call is not its own, and the parent does not notice.

#[cfg(target_os = "linux")]
pub(crate) use linux::driving;

#[cfg(not(target_os = "linux"))]
pub(crate) fn driving<T>(_: Option<i32>, work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "descriptors are exchanged under the feet of their owner")]
mod linux {
    use std::cell::Cell;
    use std::ffi::c_int;
    use std::fmt::Write;
    use std::mem::ManuallyDrop;
    use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
    use std::str::from_utf8;
    use std::sync::atomic::{AtomicBool, Ordering};

    use nix::errno::Errno;
    use nix::fcntl::{OFlag, open};
    use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
    use nix::sys::eventfd::{EfdFlags, EventFd};
    use nix::sys::stat::Mode;
    use nix::unistd::{dup3, read};

    thread_local! {
        /// The timer in the poll set that this thread drives.
        static TIMER: Cell<Option<RawFd>> = const { Cell::new(None) };
    }

    /// Runs `work`, which waits on the poll set that `timer` is in.
    pub(crate) fn driving<T>(timer: Option<RawFd>, work: impl FnOnce() -> T) -> T {
        struct Restore(Option<RawFd>);

        impl Drop for Restore {
            fn drop(&mut self) {
                TIMER.set(self.0);
            }
        }

        mind_forks();
        let _restore = Restore(TIMER.replace(timer));
        work()
    }

    fn mind_forks() {
        unsafe extern "C" {
            fn pthread_atfork(
                before: Option<extern "C" fn()>,
                in_parent: Option<extern "C" fn()>,
                in_child: Option<extern "C" fn()>,
            ) -> c_int;
        }

        // No lock, which a fork could copy.
        static MINDS: AtomicBool = AtomicBool::new(false);
        if !MINDS.load(Ordering::Relaxed) && !MINDS.swap(true, Ordering::Relaxed) {
            // SAFETY: the handler is a function of this library, which stays loaded. Refused for
            // want of memory alone.
            let _ = unsafe { pthread_atfork(None, None, Some(in_child)) };
        }
    }

    /// Runs in the child before its `fork()` returns, maybe within a signal's handler: it allocates
    /// nothing and takes no lock.
    extern "C" fn in_child() {
        if let Some(timer) = TIMER.get() {
            let before = Errno::last();
            // Where it fails, the child finds out when it next would wait.
            let _ = exchange(timer);
            before.set();
        }
    }

    /// Nothing beyond is looked at: descriptors are given away from the lowest on.
    const HIGHEST: RawFd = 65536;
    /// A poll set has two descriptors of its own; what it watches in a lane is less than this.
    const MOST: usize = 64;

    fn exchange(timer: RawFd) -> nix::Result<()> {
        let (mut sets, mut watched, mut data) = (List::default(), List::default(), 0);
        for descriptor in 0..HIGHEST {
            if sets.count >= 2 && descriptor > timer {
                break;
            }
            let mut of_this = List::default();
            if let Some(of_timer) = look_into(descriptor, timer, &mut of_this) {
                (watched, data) = (of_this, of_timer);
                sets.add(descriptor);
            }
        }
        let ready = EventFd::from_value_and_flags(1, EfdFlags::EFD_CLOEXEC)?;
        let fresh = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        // With the word by which the runtime knows its timer.
        fresh.add(&ready, EpollEvent::new(EpollFlags::EPOLLIN, data))?;
        // It stays open for as long as there is something to be ready.
        let ready = ManuallyDrop::new(ready);
        for descriptor in sets.all() {
            put(&fresh.0, *descriptor)?;
        }
        for descriptor in watched.all() {
            put(&*ready, *descriptor)?;
        }
        Ok(())
    }

    /// Puts `new` in the place of an open descriptor.
    fn put(new: impl AsFd, descriptor: RawFd) -> nix::Result<()> {
        // SAFETY: the descriptor is open, and stays its owner's: it is not closed here.
        let mut known = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(descriptor) });
        dup3(new, &mut known, OFlag::O_CLOEXEC)
    }

    /// What the poll set behind `descriptor` watches, and by which word it tells of `timer`; none if
    /// it is no poll set, or another.
    fn look_into(descriptor: RawFd, timer: RawFd, watched: &mut List) -> Option<u64> {
        let mut path = Text::default();
        write!(path, "/proc/self/fdinfo/{descriptor}").ok()?;
        let info = open(path.as_str()?, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()).ok()?;
        let mut text = [0; 8192];
        let mut length = 0;
        while let Ok(count @ 1..) = read(&info, &mut text[length..]) {
            length += count;
        }
        let mut of_timer = None;
        for line in from_utf8(&text[..length]).ok()?.lines() {
            // tfd:        8 events: 80002019 data:     55d0c0ffee00  pos:0 ino:1058 sdev:e
            let Some(line) = line.strip_prefix("tfd:") else { continue };
            let mut words = line.split_whitespace();
            let descriptor: RawFd = words.next()?.parse().ok()?;
            watched.add(descriptor);
            if descriptor == timer {
                let data = words.skip_while(|word| *word != "data:").nth(1)?;
                of_timer = u64::from_str_radix(data, 16).ok();
            }
        }
        of_timer
    }

    /// Descriptors, without memory from elsewhere.
    struct List {
        known: [RawFd; MOST],
        count: usize,
    }

    impl Default for List {
        fn default() -> Self {
            Self { known: [0; MOST], count: 0 }
        }
    }

    impl List {
        fn add(&mut self, descriptor: RawFd) {
            if let Some(place) = self.known.get_mut(self.count) {
                *place = descriptor;
                self.count += 1;
            }
        }

        fn all(&self) -> &[RawFd] {
            &self.known[..self.count]
        }
    }

    /// Text, without memory from elsewhere.
    #[derive(Default)]
    struct Text {
        bytes: [u8; 32],
        length: usize,
    }

    impl Text {
        fn as_str(&self) -> Option<&str> {
            from_utf8(&self.bytes[..self.length]).ok()
        }
    }

    impl Write for Text {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            let end = self.length + text.len();
            let place = self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?;
            place.copy_from_slice(text.as_bytes());
            self.length = end;
            Ok(())
        }
    }
}
