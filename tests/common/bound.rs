//! Time bounds that end a test that hangs. The tests of the other crates here use this file too.
//!
//! A bound is minutes where the work takes seconds, and grows with `AURA_TEST_SLOWNESS`: how many
//! times slower than usual the tests run, which you may set for a slow machine.

use std::time::{Duration, Instant};

/// So many seconds, or more on a slow machine.
pub(crate) fn bound(seconds: u64) -> Duration {
    let slowness = std::env::var("AURA_TEST_SLOWNESS")
        .map_or(1, |times| times.parse().expect("AURA_TEST_SLOWNESS is a whole number"));
    Duration::from_secs(seconds * slowness)
}

/// Does what ends after `limit`, and fails if it took so much longer that something else must have
/// ended it: the shortest of the default timeouts is 10 s.
pub(crate) fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let took = start.elapsed();
    assert!(took < limit + bound(9), "{limit:?} is the limit, but it took {took:?}");
    result
}
