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
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
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
    /// Dropped before the runtime.
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
pub(crate) struct Lanes<T>(Mutex<Vec<Lane<T>>>);

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// As long as the server keeps an idle connection: a lane that is older has nothing to offer.
const LANE_IDLE: Duration = Duration::from_secs(60);

impl<T: Default> Lanes<T> {
    /// Runs `work` with a lane of its own.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&Lane<T>) -> Result<R>) -> Result<R> {
        let idle = self.lock().pop();
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
        let now = Instant::now();
        lane.last_used = now;
        let expired = {
            let mut lanes = self.lock();
            lanes.push(lane);
            // The last used is the first taken, so the oldest are at the front.
            let is_expired =
                |lane: &&Lane<T>| now.saturating_duration_since(lane.last_used) > LANE_IDLE;
            let expired = lanes.iter().take_while(is_expired).count();
            lanes.drain(..expired).collect::<Vec<_>>()
        };
        drop(expired);
        result
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Lane<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
