//! How a call waits for a time to pass.
//!
//! A wait of the system with a time limit costs a call over the loopback a twentieth more than one
//! without: it sets a timer and takes it back. So our own runtimes have a timer on Linux that is
//! set when it went off, and not for each call: it tells now and then that it is time to look at
//! the clock. Only what ends soon is waited for to the point.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};

/// How often a call is asked whether to go on.
pub(crate) const OFTEN: Duration = Duration::from_millis(50);

/// Often enough for deadlines, where thousands of calls may wait.
pub(crate) const SELDOM: Duration = Duration::from_secs(1);

/// What tells futures that time passes: a timer that all of them share, or, in a runtime that is
/// not ours, a timer for each.
#[derive(Clone, Default)]
pub(crate) struct Clock(Option<Arc<ticker::Ticker>>);

thread_local! {
    static CURRENT: RefCell<Clock> = const { RefCell::new(Clock(None)) };
}

impl Clock {
    /// The clock for what runs on `runtime`.
    pub(crate) fn of(runtime: &Runtime, tick: Duration) -> Self {
        Self(ticker::Ticker::start(runtime, tick))
    }

    /// The descriptor of its timer, if it has one.
    pub(crate) fn timer(&self) -> Option<i32> {
        self.0.as_ref().map(|ticker| ticker.descriptor())
    }

    /// The clock of what runs in this thread.
    pub(crate) fn current() -> Self {
        CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
    }

    /// Runs `work`, whose clock this is.
    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Restore(Clock);

        impl Drop for Restore {
            fn drop(&mut self) {
                let _ = CURRENT.try_with(|current| current.replace(mem::take(&mut self.0)));
            }
        }

        let before = CURRENT.try_with(|current| current.replace(self.clone()));
        let _restore = Restore(before.unwrap_or_default());
        work()
    }

    /// What `future` gives, unless `ends` comes first; it is `now`.
    pub(crate) async fn timeout_at<T>(
        &self,
        mut now: Instant,
        ends: Instant,
        future: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        let mut future = pin!(future);
        if let Some(ticker) = &self.0 {
            while ends.saturating_duration_since(now) > 2 * ticker.period {
                if let Some(result) = self.until_tick(future.as_mut()).await {
                    return Ok(result);
                }
                now = Instant::now();
            }
        }
        timeout_at(ends, future).await
    }

    /// What `future` gives, or none after a tick, which may have begun before.
    pub(crate) async fn until_tick<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let Some(ticker) = &self.0 else { return timeout(OFTEN, future).await.ok() };
        let (mut future, mut tick) = (pin!(future), pin!(ticker.tick()));
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => tick.as_mut().poll(context).map(|()| None),
        })
        .await
    }
}

#[cfg(target_os = "linux")]
mod ticker {
    use std::os::fd::{AsFd, AsRawFd, RawFd};
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use nix::sys::time::TimeSpec;
    use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;
    use tokio::runtime::Runtime;
    use tokio::sync::Notify;

    /// A timer that goes off once, and is set again by who waits next.
    pub(super) struct Ticker {
        pub(super) period: Duration,
        timer: AsyncFd<Timer>,
        is_set: AtomicBool,
        ticked: Notify,
    }

    struct Timer(TimerFd);

    impl AsRawFd for Timer {
        fn as_raw_fd(&self) -> RawFd {
            self.0.as_fd().as_raw_fd()
        }
    }

    impl Ticker {
        /// None where the system has no such timer, or no descriptor left for one.
        #[allow(unsafe_code, reason = "tokio asks for a promise about a raw descriptor")]
        pub(super) fn start(runtime: &Runtime, period: Duration) -> Option<Arc<Self>> {
            let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
            let timer = Timer(TimerFd::new(ClockId::CLOCK_MONOTONIC, flags).ok()?);
            let within = runtime.enter();
            // SAFETY: the timer owns its descriptor, which is neither changed nor closed before
            // both are dropped.
            let timer = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) };
            drop(within);
            let (is_set, ticked) = (AtomicBool::new(false), Notify::new());
            let ticker = Arc::new(Self { period, timer: timer.ok()?, is_set, ticked });
            runtime.spawn(Arc::clone(&ticker).run());
            Some(ticker)
        }

        pub(super) fn descriptor(&self) -> RawFd {
            self.timer.as_raw_fd()
        }

        /// Tells those who wait, until the runtime ends.
        async fn run(self: Arc<Self>) {
            while let Ok(mut guard) = self.timer.readable().await {
                // It is not read: setting it again makes it unreadable.
                guard.clear_ready();
                // In this order, and the other way round in `tick`: so nobody waits for a timer
                // that is not set.
                self.is_set.store(false, Ordering::SeqCst);
                self.ticked.notify_waiters();
            }
        }

        pub(super) async fn tick(&self) {
            let mut ticked = pin!(self.ticked.notified());
            ticked.as_mut().enable();
            if !self.is_set.swap(true, Ordering::SeqCst) {
                let once = Expiration::OneShot(TimeSpec::from_duration(self.period));
                // Refused is only what is no timer, or no time.
                let _ = self.timer.get_ref().0.set(once, TimerSetTimeFlags::empty());
            }
            ticked.await;
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod ticker {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::runtime::Runtime;

    /// There is none: each future has a timer.
    pub(super) struct Ticker {
        pub(super) period: Duration,
        never: Infallible,
    }

    impl Ticker {
        pub(super) fn start(_: &Runtime, _: Duration) -> Option<Arc<Self>> {
            None
        }

        pub(super) fn descriptor(&self) -> i32 {
            match self.never {}
        }

        pub(super) async fn tick(&self) {
            match self.never {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    fn runtime() -> Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn a_deadline_is_not_met_early() {
        let runtime = runtime();
        for clock in [Clock::of(&runtime, OFTEN), Clock::of(&runtime, SELDOM), Clock::default()] {
            for millis in [0, 20, 170, 260] {
                let started = Instant::now();
                let ends = started + Duration::from_millis(millis);
                let waiting = async { clock.timeout_at(started, ends, pending::<()>()).await };
                assert!(runtime.block_on(waiting).is_err());
                assert!(Instant::now() >= ends, "{millis} ms");
            }
            let now = Instant::now();
            let ends = now + Duration::from_secs(3600);
            let done = async { clock.timeout_at(now, ends, async { 7 }).await };
            assert_eq!(runtime.block_on(done), Ok(7));
        }
    }

    #[test]
    fn everybody_who_waits_sees_the_tick() {
        let runtime = runtime();
        let clock = Clock::of(&runtime, OFTEN);
        runtime.block_on(async {
            let waiting: Vec<_> = (0..10)
                .map(|_| {
                    let clock = clock.clone();
                    tokio::spawn(async move { clock.until_tick(pending::<()>()).await })
                })
                .collect();
            for task in waiting {
                assert_eq!(task.await.unwrap(), None);
            }
            // Who waits again at every tick keeps none from who waits around it.
            let again = async {
                loop {
                    assert_eq!(clock.until_tick(pending::<()>()).await, None);
                }
            };
            assert_eq!(clock.until_tick::<()>(again).await, None);
        });
        // As a lane does: nobody turns the runtime as the timer goes off.
        runtime.block_on(async { clock.until_tick(async {}).await });
        std::thread::sleep(2 * OFTEN);
        for _ in 0..3 {
            assert_eq!(runtime.block_on(clock.until_tick(pending::<()>())), None);
        }
    }

    #[test]
    fn a_clock_is_the_threads_while_it_works() {
        let runtime = runtime();
        let clock = Clock::of(&runtime, OFTEN);
        let is_default = || Clock::current().0.is_none();
        clock.within(|| {
            assert_eq!(is_default(), clock.0.is_none());
            Clock::default().within(|| assert!(is_default()));
            assert_eq!(is_default(), clock.0.is_none());
        });
        assert!(is_default());
    }
}
