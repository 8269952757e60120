//! Keeps signals away from the library's threads. They belong to the host, which may handle them in a
//! thread of its own or from a descriptor. So the library's threads block them all.
//!
//! The background thread lives as long as a handle needs it. After `pthread_exit()` in main it may
//! be the only thread left. Then no thread would handle a signal, and SIGTERM would stay pending
//! forever. So a signal that stays pending wakes the background thread. If it is alone, it unblocks
//! signals.

#[cfg(target_os = "linux")]
pub(crate) use alone::take_signals_when_alone;

/// The start of the names of the library's threads.
pub(crate) const NAME: &str = "aura-users";

/// Runs `start`, whose new threads block all signals.
#[cfg(unix)]
pub(crate) fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    use nix::sys::signal::{SigSet, SigmaskHow};

    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK);
    let started = start();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    started
}

#[cfg(not(unix))]
pub(crate) fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    start()
}

#[cfg(not(target_os = "linux"))]
pub(crate) async fn take_signals_when_alone() -> std::io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
mod alone {
    use std::os::fd::{AsFd, AsRawFd, RawFd};
    use std::path::Path;
    use std::time::Duration;
    use std::{fs, io};

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use nix::sys::signal::{SigSet, SigmaskHow, Signal};
    use nix::sys::signalfd::{SfdFlags, SignalFd};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// How often a pending signal is checked again.
    const PATIENCE: Duration = Duration::from_millis(500);

    struct Pending(SignalFd);

    impl AsRawFd for Pending {
        fn as_raw_fd(&self) -> RawFd {
            self.0.as_raw_fd()
        }
    }

    /// Runs on the background thread until that takes signals.
    #[allow(unsafe_code, reason = "tokio asks for a promise about a raw descriptor")]
    pub(crate) async fn take_signals_when_alone() -> io::Result<()> {
        let ending = signals_that_end();
        // It is never read, because that would take the signal. It only becomes readable.
        let pending =
            SignalFd::with_flags(&ending, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        // SAFETY: it owns its descriptor, which is neither changed nor closed before both are
        // dropped.
        let pending =
            unsafe { AsyncFd::register_with_interest(Pending(pending), Interest::READABLE) }?;
        loop {
            pending.readable().await?.clear_ready();
            // A host that blocks the signal may be about to fetch it.
            while is_any_pending(&pending.get_ref().0) {
                if is_alone() {
                    // The pending signal is delivered now.
                    ending.thread_swap_mask(SigmaskHow::SIG_UNBLOCK)?;
                    return Ok(());
                }
                tokio::time::sleep(PATIENCE).await;
            }
        }
    }

    /// The signals that end a process, or that a host often handles.
    fn signals_that_end() -> SigSet {
        [
            Signal::SIGHUP,
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGTERM,
            Signal::SIGALRM,
            Signal::SIGUSR1,
            Signal::SIGUSR2,
        ]
        .into_iter()
        .collect()
    }

    fn is_any_pending(pending: &SignalFd) -> bool {
        let mut looked_at = [PollFd::new(pending.as_fd(), PollFlags::POLLIN)];
        poll(&mut looked_at, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }

    /// Whether every thread of the host has ended. The first one remains as a zombie until the process
    /// ends.
    fn is_alone() -> bool {
        if !matches!(name_and_state("/proc/self/stat"), Some((_, 'Z' | 'X'))) {
            return false;
        }
        let Ok(tasks) = fs::read_dir("/proc/self/task") else { return false };
        tasks.filter_map(Result::ok).all(|task| {
            // `None` if the thread ended meanwhile.
            name_and_state(task.path().join("stat")).is_none_or(|(name, state)| {
                matches!(state, 'Z' | 'X') || name.starts_with(super::NAME)
            })
        })
    }

    fn name_and_state(stat: impl AsRef<Path>) -> Option<(String, char)> {
        // 4711 (a name that may hold anything) Z …
        let stat = fs::read_to_string(stat).ok()?;
        let (start, rest) = stat.rsplit_once(')')?;
        let (_, name) = start.split_once('(')?;
        Some((name.to_owned(), rest.trim_start().chars().next()?))
    }
}
