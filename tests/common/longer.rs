//! Longer and longer limits, for tests that need something to happen within a short one.

use std::time::Duration;

/// Returns the first attempt that `is_enough`. The limits of the attempts are `first`, and ten and a
/// hundred times as long: on a busy machine a request may not be sent, or a head may not arrive, in
/// time.
pub(crate) fn try_longer<T>(
    first: Duration,
    attempt: impl FnMut(Duration) -> T,
    is_enough: impl FnMut(&T) -> bool,
) -> T {
    let limits = [first, 10 * first, 100 * first];
    limits.into_iter().map(attempt).find(is_enough).expect("an attempt that is not too late")
}
