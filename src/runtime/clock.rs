//! Timeouts and pauses of a call, in a lane or in a runtime of tokio.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::runtime::lane;

/// How often a call is asked whether to go on.
pub(crate) const INTERRUPT_INTERVAL: Duration = Duration::from_millis(50);

/// Returns what `future` returns; `None` if `ends` comes first.
pub(crate) async fn timeout_at<T>(ends: Instant, future: impl Future<Output = T>) -> Option<T> {
    if !lane::is_driving() {
        return tokio::time::timeout_at(ends, future).await.ok();
    }
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => lane::poll_until(ends.into_std()).map(|()| None),
    })
    .await
}

/// Like [`timeout_at`], with a time from now on.
pub(crate) async fn timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    match Instant::now().checked_add(limit) {
        Some(ends) => timeout_at(ends, future).await,
        // No clock reaches it.
        None => Some(future.await),
    }
}

pub(crate) async fn sleep(time: Duration) {
    timeout(time, pending::<()>()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_not_met_early() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for millis in [0, 20, 170] {
            let ends = Instant::now() + Duration::from_millis(millis);
            assert_eq!(runtime.block_on(timeout_at(ends, pending::<()>())), None);
            assert!(Instant::now() >= ends, "{millis} ms");
        }
        let ends = Instant::now() + Duration::from_secs(3600);
        assert_eq!(runtime.block_on(timeout_at(ends, async { 7 })), Some(7));
        assert_eq!(runtime.block_on(timeout(Duration::MAX, async { 7 })), Some(7));
    }
}
