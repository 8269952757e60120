//! `RateLimitState`.

use pyo3::prelude::*;

/// What the server last said of its rate limit.
///
/// >>> with aura_users.Client() as client:
/// ...     user = client.get_user("ericmj")
/// ...     state = client.rate_limit()
/// >>> print(state.remaining, "of", state.limit)
/// 499 of 500
#[pyclass(frozen, eq, get_all, module = "aura_users")]
#[derive(PartialEq)]
pub(crate) struct RateLimitState {
    /// Requests allowed in a window.
    limit: u64,
    /// Requests left in this one, those on their way taken off.
    remaining: u64,
    /// Seconds until the next one, as of the moment it was asked for.
    resets_in: f64,
}

impl From<aura_users::RateLimitState> for RateLimitState {
    fn from(state: aura_users::RateLimitState) -> Self {
        let aura_users::RateLimitState { limit, remaining, resets_in, .. } = state;
        Self { limit, remaining, resets_in: resets_in.as_secs_f64() }
    }
}

#[pymethods]
impl RateLimitState {
    fn __repr__(&self) -> String {
        let Self { limit, remaining, resets_in } = self;
        format!("<RateLimitState {remaining} of {limit} left, {resets_in:.1} s to go>")
    }
}
