//! Time limits that end a test that hangs. The tests of the other crates use this file too.
//!
//! A limit is minutes if the work takes seconds. For a slow machine, set `AURA_TEST_SLOWNESS` to
//! how many times slower than usual the tests run.

use std::time::{Duration, Instant};

/// So many seconds, or more on a slow machine.
pub(crate) fn bound(seconds: u64) -> Duration {
    let slowness = std::env::var("AURA_TEST_SLOWNESS")
        .map_or(1, |times| times.parse().expect("AURA_TEST_SLOWNESS is a whole number"));
    Duration::from_secs(seconds * slowness)
}

/// Runs work that ends after `limit`. Fails if it took so much longer that another timeout must
/// have ended it: the shortest default timeout is 10 s.
pub(crate) fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let took = start.elapsed();
    assert!(took < limit + bound(9), "{limit:?} is the limit, but it took {took:?}");
    result
}
