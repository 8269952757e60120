//! What a reply contains besides its record.

use std::time::Duration;

/// What a successful reply contained besides its record: see [`User::response`](crate::User::response).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The server's `x-request-id`: its operators find the call by it.
    pub request_id: Option<String>,
    /// The rate limit as this reply reported it.
    pub rate_limit: Option<RateLimitState>,
}

/// The state of the server's rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitState {
    /// Requests allowed in a window.
    pub limit: u64,
    /// Requests left in this window. A client also subtracts the requests that it has sent since.
    pub remaining: u64,
    /// Time until the next window.
    pub resets_in: Duration,
}
