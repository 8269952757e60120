//! What ends a call from outside.

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio::sync::Notify;

use crate::operation::Operation;
use crate::runtime::process::{self, PerProcess};
use crate::{Error, ErrorKind, Result};

/// Ends calls and streams from another thread, for good.
///
/// Clones are the same token. Give it to
/// [`blocking::Client::with_cancel_token`](crate::blocking::Client::with_cancel_token).
#[derive(Clone)]
pub struct CancelToken(Arc<Cancelled>);

struct Cancelled {
    flag: AtomicBool,
    /// It has a lock within, which a fork may copy as another thread holds it.
    notify: PerProcess<Notify>,
}

impl Default for CancelToken {
    fn default() -> Self {
        let notify = PerProcess::new(Notify::new);
        Self(Arc::new(Cancelled { flag: AtomicBool::new(false), notify }))
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelToken").field(&self.is_cancelled()).finish()
    }
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
        self.0.notify.get().notify_waiters();
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.flag.load(Ordering::Acquire)
    }

    async fn cancelled(&self) {
        let mut notified = pin!(self.0.notify.get().notified());
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

/// A call that a thread drives.
pub(crate) type Driven<'a, T> = Pin<&'a mut (dyn Future<Output = Result<T>> + 'a)>;

/// What became of a piece of a call.
pub(crate) enum Piece<T> {
    /// It ended.
    Done(Result<T>),
    /// It goes on, in this process or, after a fork, in its own. This is the moment to ask.
    Pause,
}

impl Interrupt {
    /// Refuses what was cancelled before it began.
    pub(crate) fn check(&self, operation: Operation) -> Result<()> {
        if self.token.as_ref().is_some_and(CancelToken::is_cancelled) {
            return Err(Error::new(ErrorKind::Cancelled, "cancelled before anything was sent")
                .with_operation(operation));
        }
        Ok(())
    }

    /// Has `drive` run `future`, of `process`, to its end, or until it is interrupted. Questions are
    /// asked between two pieces of that, when no runtime is around: whoever is asked may make calls,
    /// and fork.
    pub(crate) fn run<T>(
        &self,
        operation: Operation,
        process: u64,
        future: Pin<&mut impl Future<Output = Result<T>>>,
        drive: impl Fn(Driven<'_, T>) -> Piece<T>,
    ) -> Result<T> {
        let mut future = Box::pin(self.end(operation, future));
        loop {
            let piece = drive(future.as_mut());
            let is_pause = matches!(piece, Piece::Pause);
            let is_interrupted = is_pause && self.asked.is_some_and(|interrupted| interrupted());
            if process != process::id() {
                // The token's lock may be held for ever here, by a thread of the parent.
                mem::forget(future);
                return Err(forked(operation));
            }
            match piece {
                Piece::Done(result) => return result,
                Piece::Pause if is_interrupted => return Err(cancelled(operation)),
                Piece::Pause => {}
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

/// The error of a call in a child that was forked while it was under way.
pub(crate) fn forked(operation: Operation) -> Error {
    cancelled(operation)
        .with_hint("it was begun before a fork, by the parent, where it goes on: begin it anew")
}
