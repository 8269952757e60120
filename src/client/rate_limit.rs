//! The server's rate limit: fixed windows by the server's clock, from the headers `x-ratelimit-*`, for
//! each origin and credential.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::protocol::headers::RateWindow;
use crate::protocol::response::RateLimitState;

/// The windows that a client knows.
#[derive(Default)]
pub(crate) struct RateLimits(Mutex<Windows>);

#[derive(Default)]
struct Windows {
    states: HashMap<u64, State>,
    /// How many were left when those that had ended were last removed.
    kept: usize,
}

#[derive(Clone, Copy)]
struct State {
    limit: u64,
    remaining: u64,
    ends: Instant,
}

/// The ends of one window in two replies may differ, because clocks have a resolution of a second.
const SAME_WINDOW: Duration = Duration::from_secs(5);

/// Up to this number, windows that have ended are kept.
const FEW_STATES: usize = 256;

impl RateLimits {
    /// Reserves a request in the window, or returns the time until the next window.
    pub(crate) fn take(&self, key: u64, now: Instant) -> Result<(), Duration> {
        let mut windows = self.lock();
        let states = &mut windows.states;
        let Some(state) = states.get_mut(&key) else { return Ok(()) };
        if state.ends <= now {
            states.remove(&key);
        } else if state.remaining == 0 {
            return Err(state.ends - now);
        } else {
            state.remaining -= 1;
        }
        Ok(())
    }

    pub(crate) fn state(&self, key: u64, now: Instant) -> Option<RateLimitState> {
        let State { limit, remaining, ends } = *self.lock().states.get(&key)?;
        let resets_in = ends.checked_duration_since(now).filter(|wait| !wait.is_zero())?;
        Some(RateLimitState { limit, remaining, resets_in })
    }

    /// Updates the window from a reply. Replies arrive out of order, so the lowest count is correct.
    pub(crate) fn learn(&self, key: u64, window: RateWindow, now: Instant) {
        let ends = now + window.resets_in;
        let mut windows = self.lock();
        windows.remove_ended(now);
        let state = windows.states.entry(key).or_insert(State {
            limit: window.limit,
            remaining: window.remaining,
            ends,
        });
        if ends.saturating_duration_since(state.ends) > SAME_WINDOW {
            *state = State { limit: window.limit, remaining: window.remaining, ends };
        } else {
            state.remaining = state.remaining.min(window.remaining);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Windows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Windows {
    /// Removes windows that have ended, if the number of windows has doubled since the last time. So
    /// a client with many credentials does not search all of them at each reply.
    fn remove_ended(&mut self, now: Instant) {
        if self.states.len() >= FEW_STATES.max(2 * self.kept) {
            self.states.retain(|_, state| state.ends > now);
            self.kept = self.states.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(remaining: u64, seconds: u64) -> RateWindow {
        RateWindow { limit: 100, remaining, resets_in: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_used_up_window_delays_the_next_request() {
        let limits = RateLimits::default();
        let start = Instant::now();
        assert_eq!(limits.take(1, start), Ok(()));
        limits.learn(1, window(1, 30), start);
        assert_eq!(limits.take(1, start), Ok(()));
        let state = limits.state(1, start).unwrap();
        assert_eq!((state.limit, state.remaining), (100, 0));
        assert_eq!(limits.take(1, start), Err(Duration::from_secs(30)));
        assert_eq!(limits.take(2, start), Ok(()), "another credential has its own window");
        let later = start + Duration::from_secs(30);
        assert_eq!(limits.state(1, later), None);
        assert_eq!(limits.take(1, later), Ok(()));
    }

    #[test]
    fn a_late_reply_does_not_open_the_window_again() {
        let limits = RateLimits::default();
        let start = Instant::now();
        limits.learn(1, window(0, 30), start);
        limits.learn(1, window(7, 30), start);
        assert!(limits.take(1, start).is_err());
        limits.learn(1, window(99, 60), start + Duration::from_secs(30));
        assert_eq!(limits.take(1, start + Duration::from_secs(30)), Ok(()));
    }

    #[test]
    fn windows_that_have_ended_are_removed() {
        let limits = RateLimits::default();
        let start = Instant::now();
        for key in 0..1000 {
            limits.learn(key, window(1, 30), start);
        }
        assert_eq!(limits.lock().states.len(), 1000, "none has ended");
        assert_eq!(limits.lock().kept, 512, "the last search was at 512 windows");
        let later = start + Duration::from_secs(30);
        for key in 1000..3000 {
            limits.learn(key, window(1, 30), later);
        }
        let limits = limits.lock();
        assert!(limits.states.len() <= 2000, "{} windows", limits.states.len());
        assert!(limits.states.keys().all(|key| *key >= 1000), "windows that have ended are left");
    }
}
