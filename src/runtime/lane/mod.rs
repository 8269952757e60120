//! Lanes: a thread that waits for one reply moves the bytes itself.
//!
//! - here: runs one future in the calling thread, with no runtime behind it
//! - `waits`: the sockets, times and wake-ups that the thread waits for
//! - `tcp`: a socket that such a future reads and writes
//! - `wakeup`: how another thread wakes it
//! - `fork`: keeps a forked child away from its parent's sockets
//! - `idle`: the lanes that no thread uses
//!
//! A lane needs two descriptors: its socket, and the one that wakes it. The next deadline is the time
//! limit of `poll(2)`, so a lane has no timer of its own.

mod fork;
mod idle;
mod tcp;
mod waits;
mod wakeup;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::task::unconstrained;

use crate::Result;
use crate::runtime::cancel::{Driven, Piece};
use crate::runtime::clock::INTERRUPT_INTERVAL;
use crate::runtime::{self, process};
pub(crate) use idle::Lanes;
pub(crate) use tcp::TcpStream;
use waits::Waits;
pub(super) use waits::poll_until;
pub(crate) use waits::{is_driving, own};
use wakeup::Wakeup;

pub(crate) const IS_SUPPORTED: bool = true;

/// Runs one call at a time in the thread that waits for it, and keeps what the next call can use.
pub(crate) struct Lane<T> {
    pub(crate) process: u64,
    wakeup: Arc<Wakeup>,
    waker: Waker,
    /// The state that the user of the lane keeps between two calls.
    pub(crate) slot: T,
    last_used: Instant,
}

impl<T: Default> Lane<T> {
    fn new() -> Result<Self> {
        // Read first: a child that is forked after this shares the wake-up with its parent.
        let process = process::id();
        let wakeup = Arc::new(Wakeup::new().map_err(runtime::exhausted)?);
        Ok(Self {
            process,
            waker: Arc::clone(&wakeup).into(),
            wakeup,
            slot: T::default(),
            last_used: Instant::now(),
        })
    }
}

impl<T> Lane<T> {
    /// Runs `call` in this thread: to its end, or to the next pause if it `pauses`.
    ///
    /// A log callback or a signal handler may fork in the middle of this. The child must leave the
    /// call to its parent, so there this returns a pause.
    pub(crate) fn run<R>(&self, call: Driven<'_, R>, pauses: bool) -> Piece<R> {
        let waits = Waits::start(self.wakeup.descriptor(), self.process);
        // If the caller is a task of a runtime, that runtime must not limit this future's turns.
        let mut call = pin!(unconstrained(call));
        let pause = pauses.then(|| Instant::now() + INTERRUPT_INTERVAL);
        let mut context = Context::from_waker(&self.waker);
        while self.process == process::id() {
            waits.clear();
            let polled = call.as_mut().poll(&mut context);
            if self.process != process::id() {
                break;
            }
            if let Poll::Ready(result) = polled {
                return Piece::Done(result);
            }
            if pause.is_some_and(|pause| Instant::now() >= pause) {
                break;
            }
            self.wakeup.sleep(|| waits.wait(pause));
        }
        Piece::Pause
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::runtime::clock;

    pub(super) fn run<R>(future: impl Future<Output = R>) -> R {
        let lane = Lane::<()>::new().unwrap();
        match lane.run(pin!(async { Ok(future.await) }), false) {
            Piece::Done(result) => result.unwrap(),
            Piece::Pause => panic!("nobody forked"),
        }
    }

    #[test]
    fn another_thread_wakes_it() {
        for delay in [0, 1, 20] {
            let (send, received) = tokio::sync::oneshot::channel();
            let sender = thread::spawn(move || {
                thread::sleep(Duration::from_millis(delay));
                send.send(7).unwrap();
            });
            assert_eq!(run(received), Ok(7));
            sender.join().unwrap();
        }
    }

    #[test]
    fn a_future_that_wakes_itself_is_polled_again() {
        let mut polls = 0;
        let count = poll_fn(|context| {
            polls += 1;
            context.waker().wake_by_ref();
            if polls < 5 { Poll::Pending } else { Poll::Ready(polls) }
        });
        assert_eq!(run(count), 5);
    }

    #[test]
    fn a_deadline_ends_a_future_that_never_waits() {
        let busy = poll_fn(|context| {
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let ends = Instant::now() + Duration::from_millis(20);
        assert_eq!(run(clock::timeout_at(ends.into(), busy)), None);
        assert!(Instant::now() >= ends);
    }

    #[test]
    fn a_pause_comes_while_nothing_happens() {
        let lane = Lane::<()>::new().unwrap();
        let mut never = pin!(pending::<Result<()>>());
        let started = Instant::now();
        assert!(matches!(lane.run(never.as_mut(), true), Piece::Pause));
        assert!(started.elapsed() >= INTERRUPT_INTERVAL);
    }

    #[test]
    fn an_inner_lane_restores_the_outer_one() {
        let outer = async {
            assert!(run(async { is_driving() }));
            clock::sleep(Duration::from_millis(5)).await;
            is_driving()
        };
        assert!(run(outer));
        assert!(!is_driving());
    }
}
