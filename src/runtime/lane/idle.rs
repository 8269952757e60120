//! The lanes that no thread uses.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Lane;
use crate::Result;
use crate::runtime::{self, process};

/// The lanes that no thread uses.
pub(crate) struct Lanes<T>(Arc<Idle<T>>);

struct Idle<T> {
    state: Mutex<State<T>>,
    /// Notified when the lanes are dropped.
    over: Condvar,
    longest: Duration,
}

struct State<T> {
    /// The most recently used one is the last.
    lanes: Vec<Lane<T>>,
    /// Closes those that are idle for long, while there are any.
    sweeper: Option<JoinHandle<()>>,
    is_over: bool,
}

/// The server closes a connection that is idle for a minute. An older lane is useless.
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
            // This is a forked child. If it closed the lane, the lane would be closed for the
            // parent too.
            mem::forget(lane);
            return result;
        }
        lane.last_used = Instant::now();
        let mut state = self.0.lock();
        state.lanes.push(lane);
        // A program that calls from one thread keeps one lane, and needs no sweeper.
        if state.lanes.len() > 1 && state.sweeper.as_ref().is_none_or(JoinHandle::is_finished) {
            let idle = Arc::clone(&self.0);
            // Without a sweeper, lanes stay open.
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
    /// Ends the sweeper, so that no thread is left after the handles are freed.
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
    fn unused_lanes_are_closed_without_another_call() {
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
        // This bound only stops a hang.
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
