//! A queue that gets a token from each call that ends, to wait for any number of calls at once.
//!
//! Each process has its own queue behind the same handle. In a forked child it is empty, and the child
//! does not touch its parent's tokens.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::runtime;
use crate::runtime::background::Call;
use crate::runtime::clock::INTERRUPT_INTERVAL;
use crate::runtime::process::{self, PerProcess};
use signal::Signal;

/// A queue of calls that have ended. Clones are the same queue.
///
/// [`Call::complete`] attaches a call. When the call ends, the queue gets its token, in the order in
/// which calls end. [`wait`](Self::wait) takes tokens; [`descriptor`](Self::descriptor) is for event
/// loops. In a forked child the queue is empty and open: attach the child's calls to it.
#[derive(Clone)]
pub struct Completions(Arc<PerProcess<Queue>>);

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    /// Whether a token, a wake-up or the end waits to be taken.
    is_ready: AtomicBool,
}

#[derive(Default)]
struct State {
    tokens: VecDeque<u64>,
    is_woken: bool,
    is_closed: bool,
    /// The threads that wait.
    waiting: Vec<Thread>,
    /// The signal for an event loop, after it has asked for a descriptor.
    signal: Option<Signal>,
}

impl Default for Completions {
    fn default() -> Self {
        Self::new()
    }
}

impl Completions {
    /// An empty queue. It opens no descriptor before you ask for one.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(PerProcess::new(Queue::default)))
    }

    /// Waits for a token, for at most `timeout`, and takes up to `most` tokens.
    ///
    /// Returns no token after the timeout and after [`wake`](Self::wake), and `None` after the queue is
    /// closed. If the thread forks within a signal handler, its child gets no token. On the library's
    /// own thread, such as in a log hook, it does not wait.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>, most: usize) -> Option<Vec<u64>> {
        let (queue, process) = (self.0.get(), process::id());
        let timeout =
            if runtime::check_may_wait().is_ok() { timeout } else { Some(Duration::ZERO) };
        // A time beyond the clock's range is no limit.
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let left = || until.map(|until| until.saturating_duration_since(Instant::now()));
        let this = runtime::this_thread();
        loop {
            {
                let mut state = queue.lock();
                state.waiting.retain(|thread| thread.id() != this.id());
                if let Some(taken) = queue.take(&mut state, most) {
                    return taken;
                }
                if left().is_some_and(|left| left.is_zero()) {
                    return Some(Vec::new());
                }
                state.waiting.push(this.clone());
            }
            // No lock is held here: a signal handler may fork, and the child returns to this loop.
            // No thread wakes the child, so the loop checks regularly.
            while !queue.is_ready.load(Ordering::Acquire) {
                if process != process::id() {
                    return Some(Vec::new());
                }
                match left() {
                    Some(Duration::ZERO) => break,
                    left => thread::park_timeout(
                        left.unwrap_or(INTERRUPT_INTERVAL).min(INTERRUPT_INTERVAL),
                    ),
                }
            }
            if process != process::id() {
                return Some(Vec::new());
            }
        }
    }

    /// Ends one [`wait`](Self::wait): the current one, or else the next.
    pub fn wake(&self) {
        let queue = self.0.get();
        let mut state = queue.lock();
        state.is_woken = true;
        queue.announce(&mut state);
    }

    /// Closes the queue and ends every wait. Attached calls go on, and their tokens are dropped.
    pub fn close(&self) {
        let queue = self.0.get();
        let mut state = queue.lock();
        state.is_closed = true;
        state.tokens = VecDeque::new();
        state.signal = None;
        queue.is_ready.store(true, Ordering::Release);
        for thread in state.waiting.drain(..) {
            thread.unpark();
        }
    }

    /// A descriptor that is readable while [`wait`](Self::wait) would not block: the same one each time.
    /// `None` after the queue is closed, if the process has no descriptor left, and on Windows.
    #[must_use]
    pub fn descriptor(&self) -> Option<i32> {
        let queue = self.0.get();
        let mut state = queue.lock();
        if state.is_closed {
            return None;
        }
        if state.signal.is_none() {
            state.signal = Some(Signal::new()?);
            if queue.is_ready.load(Ordering::Relaxed) {
                queue.announce(&mut state);
            }
        }
        state.signal.as_ref().map(Signal::descriptor)
    }

    fn push(&self, token: u64) {
        let queue = self.0.get();
        let mut state = queue.lock();
        if !state.is_closed {
            state.tokens.push_back(token);
            queue.announce(&mut state);
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces a token. Waking one thread is enough: it wakes another one if it leaves a token.
    fn announce(&self, state: &mut State) {
        self.is_ready.store(true, Ordering::Release);
        if let Some(signal) = &mut state.signal {
            signal.send();
        }
        if let Some(thread) = state.waiting.pop() {
            thread.unpark();
        }
    }

    /// The result of [`Completions::wait`]. `None` if it has to wait.
    #[allow(clippy::option_option)] // the outer one is "wait", the inner one "closed"
    fn take(&self, state: &mut State, most: usize) -> Option<Option<Vec<u64>>> {
        if state.is_closed {
            return Some(None);
        }
        if state.tokens.is_empty() && !state.is_woken {
            return None;
        }
        state.is_woken = false;
        if let Some(signal) = &mut state.signal {
            signal.take_back();
        }
        let count = state.tokens.len().min(most);
        let taken = state.tokens.drain(..count).collect();
        if state.tokens.is_empty() {
            self.is_ready.store(false, Ordering::Release);
            // Frees the memory that many calls at once took.
            if state.tokens.capacity() > 1024 {
                state.tokens = VecDeque::new();
            }
        } else {
            self.announce(state);
        }
        Some(Some(taken))
    }
}

impl<T> Call<T> {
    /// Puts `token` into `queue` when this call ends: at once if it has ended, or if the parent of this
    /// process started it. It comes once, also if the call is cancelled or dropped.
    pub fn complete(&self, queue: &Completions, token: u64) {
        let queue = queue.clone();
        self.on_done(move || queue.push(token));
    }
}

impl std::fmt::Debug for Completions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Completions")
            .field("is_ready", &self.0.get().is_ready)
            .finish_non_exhaustive()
    }
}

#[cfg(unix)]
mod signal {
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    /// A pair of sockets: one end is watched, and the other one sends one byte at a time.
    pub(super) struct Signal {
        watched: UnixStream,
        writer: UnixStream,
        is_signalled: bool,
    }

    impl Signal {
        pub(super) fn new() -> Option<Self> {
            let (watched, writer) = UnixStream::pair().ok()?;
            watched.set_nonblocking(true).ok()?;
            writer.set_nonblocking(true).ok()?;
            Some(Self { watched, writer, is_signalled: false })
        }

        pub(super) fn send(&mut self) {
            if !self.is_signalled {
                self.is_signalled = self.writer.write(&[1]).is_ok();
            }
        }

        /// The byte may have been read: some event loops read what they watch.
        pub(super) fn take_back(&mut self) {
            if self.is_signalled {
                self.is_signalled = false;
                let _ = self.watched.read(&mut [0; 8]);
            }
        }

        pub(super) fn descriptor(&self) -> i32 {
            self.watched.as_raw_fd()
        }
    }
}

#[cfg(not(unix))]
mod signal {
    pub(super) enum Signal {}

    impl Signal {
        pub(super) fn new() -> Option<Self> {
            None
        }

        pub(super) fn send(&mut self) {
            match *self {}
        }

        pub(super) fn take_back(&mut self) {
            match *self {}
        }

        pub(super) fn descriptor(&self) -> i32 {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

    #[test]
    fn tokens_come_in_order_and_once() {
        let queue = Completions::new();
        assert_eq!(queue.wait(AT_ONCE, 10), Some(vec![]));
        (0..5).for_each(|token| queue.push(token));
        assert_eq!(queue.wait(None, 3), Some(vec![0, 1, 2]));
        assert_eq!(queue.wait(None, 3), Some(vec![3, 4]));
        assert_eq!(queue.wait(AT_ONCE, 3), Some(vec![]));
    }

    #[test]
    fn a_wake_is_kept_for_the_next_wait() {
        let queue = Completions::new();
        queue.wake();
        queue.wake();
        assert_eq!(queue.wait(None, 1), Some(vec![]));
        queue.push(7);
        queue.wake();
        assert_eq!(queue.wait(None, 1), Some(vec![7]));
        assert_eq!(queue.wait(AT_ONCE, 1), Some(vec![]));
    }

    #[test]
    fn closing_ends_every_wait() {
        let queue = Completions::new();
        thread::scope(|scope| {
            let waiting = [0, 1, 2].map(|_| scope.spawn(|| queue.wait(None, 1)));
            while queue.0.get().lock().waiting.len() < waiting.len() {
                thread::yield_now();
            }
            queue.close();
            for thread in waiting {
                assert_eq!(thread.join().unwrap(), None);
            }
        });
        queue.push(1);
        assert_eq!(queue.wait(None, 1), None);
        assert_eq!(queue.descriptor(), None);
    }

    #[test]
    fn many_threads_share_the_tokens() {
        const TOKENS: u64 = 10_000;
        let queue = Completions::new();
        let mut all: Vec<u64> = thread::scope(|scope| {
            let takers = [0; 4].map(|_| {
                scope.spawn(|| {
                    let mut mine = Vec::new();
                    while let Some(tokens) = queue.wait(None, 7) {
                        mine.extend(tokens);
                    }
                    mine
                })
            });
            let pushers = [0, 1].map(|first| {
                let queue = &queue;
                scope.spawn(move || (first..TOKENS).step_by(2).for_each(|token| queue.push(token)))
            });
            pushers.into_iter().for_each(|thread| thread.join().unwrap());
            while !queue.0.get().lock().tokens.is_empty() {
                thread::yield_now();
            }
            queue.close();
            takers.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        all.sort_unstable();
        assert!(all.into_iter().eq(0..TOKENS));
    }
}
