//! The server's rate limit: fixed windows by the server's clock, from the headers `x-ratelimit-*`, for
//! each origin and credential.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::protocol::headers::RateWindow;
use crate::protocol::response::RateLimitState;

/// The windows that a client knows.
#[derive(Default)]
pub(crate) struct RateLimits(Mutex<HashMap<u64, State>>);

#[derive(Clone, Copy)]
struct State {
    limit: u64,
    remaining: u64,
    ends: Instant,
}

/// The ends of one window in two replies may differ, because clocks have a resolution of a second.
const SAME_WINDOW: Duration = Duration::from_secs(5);

/// Beyond this number, windows that have ended are removed.
const MOST_STATES: usize = 256;

impl RateLimits {
    /// Reserves a request in the window, or returns the time until the next window.
    pub(crate) fn take(&self, key: u64, now: Instant) -> Result<(), Duration> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { limit, remaining, ends } = *states.get(&key)?;
        let resets_in = ends.checked_duration_since(now).filter(|wait| !wait.is_zero())?;
        Some(RateLimitState { limit, remaining, resets_in })
    }

    /// Updates the window from a reply. Replies arrive out of order, so the lowest count is correct.
    pub(crate) fn learn(&self, key: u64, window: RateWindow, now: Instant) {
        let ends = now + window.resets_in;
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if states.len() >= MOST_STATES {
            states.retain(|_, state| state.ends > now);
        }
        let state = states.entry(key).or_insert(State {
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
}
