//! Lanes: runtimes that their callers drive.
//!
//! A lane's thread may fork while it drives, from a signal's handler or from a log callback. The
//! child comes back into the middle of the call. It must leave the call to its parent: from the
//! poll set, which both share, it would take what the parent waits for. So a lane looks which
//! process it is in before and after each step, and before it waits; and the child gets a poll set
//! of its own before the fork returns there (`poll_set`).

use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::Result;
use crate::runtime::cancel::{Driven, Piece};
use crate::runtime::clock::{Clock, OFTEN};
use crate::runtime::{self, poll_set, process};

/// A runtime that only its caller drives, and what lives on it.
pub(crate) struct Lane<T> {
    runtime: Option<Runtime>,
    clock: Clock,
    pub(crate) process: u64,
    waiting: Arc<Waiting>,
    /// What its user keeps there between two calls.
    pub(crate) slot: T,
    last_used: Instant,
}

impl<T: Default> Lane<T> {
    fn new() -> Result<Self> {
        let process = process::id();
        let waiting = Arc::new(Waiting { process, waker: Mutex::default() });
        let before_waiting = Arc::clone(&waiting);
        let mut builder = runtime::current_thread();
        builder.on_thread_park(move || before_waiting.wake_in_a_child());
        let runtime = builder.build().map_err(runtime::not_given)?;
        Ok(Self {
            process,
            waiting,
            clock: Clock::of(&runtime, OFTEN),
            runtime: Some(runtime),
            slot: T::default(),
            last_used: Instant::now(),
        })
    }
}

impl<T> Lane<T> {
    /// Runs `call` in this thread: to its end, or to the next pause if it `pauses`, or until this
    /// is another process.
    pub(crate) fn run<R>(&self, call: Driven<'_, R>, pauses: bool) -> Piece<R> {
        let Some(runtime) = &self.runtime else { unreachable!("taken only when dropped") };
        let mut piece = pin!(async {
            match pauses {
                false => Piece::Done(call.await),
                true => match Clock::current().until_tick(call).await {
                    Some(result) => Piece::Done(result),
                    None => Piece::Pause,
                },
            }
        });
        let watched = poll_fn(|context| {
            if self.process != process::id() {
                return Poll::Ready(Piece::Pause);
            }
            self.waiting.set(context.waker());
            let polled = piece.as_mut().poll(context);
            // A log callback may have forked.
            if self.process == process::id() { polled } else { Poll::Ready(Piece::Pause) }
        });
        poll_set::driving(self.clock.timer(), || self.clock.within(|| runtime.block_on(watched)))
    }
}

/// Who waits in a lane.
struct Waiting {
    process: u64,
    waker: Mutex<Option<Waker>>,
}

impl Waiting {
    fn set(&self, waker: &Waker) {
        let mut known = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *known {
            Some(known) => known.clone_from(waker),
            None => *known = Some(waker.clone()),
        }
    }

    fn clear(&self) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Has a child look up that would wait for its parent's connections. Only the lane's own thread
    /// comes here, so nobody else holds the lock at a fork.
    fn wake_in_a_child(&self) {
        if self.process != process::id() {
            let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(waker) = &*waker {
                waker.wake_by_ref();
            }
        }
    }
}

impl<T> Drop for Lane<T> {
    /// Whoever drops the client may be inside another runtime, where no runtime may be waited for.
    fn drop(&mut self) {
        // A waker holds the runtime, which holds `waiting`: neither would ever be freed.
        self.waiting.clear();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The lanes nobody is using.
pub(crate) struct Lanes<T>(Arc<Idle<T>>);

struct Idle<T> {
    state: Mutex<State<T>>,
    /// Told when there are to be no more lanes.
    over: Condvar,
    longest: Duration,
}

struct State<T> {
    /// The one used last is the last.
    lanes: Vec<Lane<T>>,
    /// Closes those that are idle for long, while there are any.
    sweeper: Option<JoinHandle<()>>,
    is_over: bool,
}

/// The server closes a connection that is idle for a minute. An older lane has nothing to offer.
const LANE_IDLE: Duration = Duration::from_secs(40);

impl<T: Default + Send + 'static> Lanes<T> {
    pub(crate) fn new() -> Self {
        Self::idle_for(LANE_IDLE)
    }

    fn idle_for(longest: Duration) -> Self {
        let state = State { lanes: Vec::new(), sweeper: None, is_over: false };
        Self(Arc::new(Idle { state: Mutex::new(state), over: Condvar::new(), longest }))
    }

    /// Runs `work` with a lane of its own.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&Lane<T>) -> Result<R>) -> Result<R> {
        let idle = self.0.lock().lanes.pop();
        let mut lane = match idle {
            Some(lane) => lane,
            None => Lane::new()?,
        };
        let result = work(&lane);
        if lane.process != process::id() {
            // The child's: closed there, it would be closed for the parent too.
            mem::forget(lane);
            return result;
        }
        lane.last_used = Instant::now();
        let mut state = self.0.lock();
        state.lanes.push(lane);
        // A program with one thread that calls keeps one lane, and gets no thread for it.
        if state.lanes.len() > 1 && state.sweeper.as_ref().is_none_or(JoinHandle::is_finished) {
            let idle = Arc::clone(&self.0);
            // Without a thread for it, lanes stay open.
            state.sweeper = runtime::spawn("-idle", move || idle.sweep()).ok();
        }
        result
    }
}

impl<T> Idle<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes lanes when they are idle for long, until none is left.
    fn sweep(&self) {
        let mut state = self.lock();
        while !state.is_over {
            let now = Instant::now();
            let age = |lane: &Lane<T>| now.saturating_duration_since(lane.last_used);
            let old = state.lanes.iter().take_while(|lane| age(lane) >= self.longest).count();
            let old: Vec<_> = state.lanes.drain(..old).collect();
            if !old.is_empty() {
                drop(state);
                drop(old);
                state = self.lock();
                continue;
            }
            let Some(oldest) = state.lanes.first() else { return };
            let left = self.longest.saturating_sub(age(oldest));
            let waited = self.over.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl<T> Drop for Lanes<T> {
    /// Nothing of the library is left once its handles are freed.
    fn drop(&mut self) {
        let sweeper = {
            let mut state = self.0.lock();
            state.is_over = true;
            state.sweeper.take()
        };
        self.0.over.notify_all();
        if let Some(sweeper) = sweeper {
            let _ = sweeper.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn lanes_that_nobody_uses_are_closed_without_another_call() {
        let lanes = Lanes::<()>::idle_for(Duration::from_millis(20));
        let all_at_once = Barrier::new(5);
        thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| {
                    lanes.with(|_| {
                        all_at_once.wait();
                        Ok(())
                    })
                });
            }
        });
        // A bound that only stops a hang.
        for _ in 0..6000 {
            if lanes.0.lock().lanes.is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        assert!(lanes.0.lock().lanes.is_empty());
        lanes.with(|_| Ok(())).unwrap();
    }

    #[test]
    fn one_lane_gets_no_thread() {
        let lanes = Lanes::<()>::new();
        for _ in 0..3 {
            lanes.with(|_| Ok(())).unwrap();
        }
        let state = lanes.0.lock();
        assert!(state.lanes.len() == 1 && state.sweeper.is_none());
    }
}
