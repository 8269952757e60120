//! What ends a call from outside.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::protocol::Operation;
use crate::{Error, ErrorKind, Result};

/// Ends calls and streams from another thread, for good.
///
/// Clones are the same token. Give it to
/// [`blocking::Client::with_cancel_token`](crate::blocking::Client::with_cancel_token).
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<Cancelled>);

#[derive(Debug, Default)]
struct Cancelled {
    flag: AtomicBool,
    notify: Notify,
}

impl CancelToken {
    /// A token that has not been cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends what waits with this token, and what will ever begin with it. Any thread.
    pub fn cancel(&self) {
        self.0.flag.store(true, Ordering::Release);
        self.0.notify.notify_waiters();
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.flag.load(Ordering::Acquire)
    }

    async fn cancelled(&self) {
        let mut notified = pin!(self.0.notify.notified());
        // Enlisted first, so that no cancellation falls between the look and the wait.
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }
}

/// What may end a call: a token, and a question to the caller's own thread.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    pub(crate) token: Option<CancelToken>,
    pub(crate) asked: Option<fn() -> bool>,
}

/// A piece of a call: its result, or none where it is to be asked whether to go on.
pub(crate) type Piece<'a, T> = Pin<&'a mut (dyn Future<Output = Option<Result<T>>> + 'a)>;

impl Interrupt {
    /// Refuses what was cancelled before it began.
    pub(crate) fn check(&self, operation: Operation) -> Result<()> {
        if self.token.as_ref().is_some_and(CancelToken::is_cancelled) {
            return Err(Error::new(ErrorKind::Cancelled, "cancelled before anything was sent")
                .with_operation(operation));
        }
        Ok(())
    }

    /// Has `drive` run `future` to its end, or until it is interrupted. Questions are asked between
    /// two pieces of that, when no runtime is around: whoever is asked may make calls, too.
    pub(crate) fn run<T>(
        &self,
        operation: Operation,
        future: impl Future<Output = Result<T>>,
        drive: impl Fn(Piece<'_, T>) -> Option<Result<T>>,
    ) -> Result<T> {
        let mut future = pin!(self.end(operation, future));
        loop {
            let piece = async {
                match self.asked {
                    None => Some(future.as_mut().await),
                    Some(_) => Clock::current().until_tick(future.as_mut()).await,
                }
            };
            if let Some(result) = drive(pin!(piece)) {
                return result;
            }
            if self.asked.is_some_and(|interrupted| interrupted()) {
                return Err(cancelled(operation));
            }
        }
    }

    /// Runs `future` to its end, or until its token is cancelled.
    pub(crate) async fn end<T>(
        &self,
        operation: Operation,
        future: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let Some(token) = &self.token else { return future.await };
        let mut future = pin!(future);
        let mut token = pin!(token.cancelled());
        poll_fn(|context| {
            if token.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(cancelled(operation)));
            }
            future.as_mut().poll(context)
        })
        .await
    }
}

/// The error of a call that was ended while it was under way.
pub(crate) fn cancelled(operation: Operation) -> Error {
    Error::new(ErrorKind::Cancelled, "the call was cancelled before its reply came")
        .with_operation(operation)
        .with_outcome_unknown(!operation.is_repeatable())
}
