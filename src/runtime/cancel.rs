//! Ends a call from outside.

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use tokio::sync::Notify;

use crate::operation::Operation;
use crate::runtime::process::{self, PerProcess};
use crate::{Error, ErrorKind, Result};

/// Permanently ends calls and streams from another thread.
///
/// Clones are the same token. Pass it to
/// [`blocking::Client::with_cancel_token`](crate::blocking::Client::with_cancel_token).
#[derive(Clone)]
pub struct CancelToken(Arc<Cancelled>);

struct Cancelled {
    /// The number of an [`End`], or 0.
    end: AtomicU8,
    /// It contains a lock, which a fork may copy while another thread holds it.
    notify: PerProcess<Notify>,
}

impl Default for CancelToken {
    fn default() -> Self {
        let notify = PerProcess::new(Notify::new);
        Self(Arc::new(Cancelled { end: AtomicU8::new(0), notify }))
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

    /// Ends all calls with this token, also future ones. Any thread may call this.
    pub fn cancel(&self) {
        self.end(End::Cancelled);
    }

    /// Like [`cancel`](Self::cancel), for a deadline of the caller: the calls end with
    /// [`ErrorKind::Timeout`].
    pub fn expire(&self) {
        self.end(End::Expired);
    }

    fn end(&self, end: End) {
        // Only the first one counts.
        let _ = self.0.end.compare_exchange(0, end as u8, Ordering::Release, Ordering::Relaxed);
        self.0.notify.get().notify_waiters();
    }

    /// Whether it was cancelled, or has expired.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.ended().is_some()
    }

    fn ended(&self) -> Option<End> {
        match self.0.end.load(Ordering::Acquire) {
            0 => None,
            end if end == End::Expired as u8 => Some(End::Expired),
            _ => Some(End::Cancelled),
        }
    }

    async fn cancelled(&self) -> End {
        let mut notified = pin!(self.0.notify.get().notified());
        // Registered before the check, so that no cancellation is missed.
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
        self.ended().unwrap_or(End::Cancelled)
    }
}

/// How a call is ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The caller cancelled it.
    Cancelled = 1,
    /// A deadline of the caller has expired.
    Expired = 2,
}

/// Asks the caller's thread whether its call is to end.
pub(crate) type Ask = Arc<dyn Fn() -> Option<End> + Send + Sync>;

/// The causes that may end a call: a token, and a callback in the caller's thread.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    pub(crate) token: Option<CancelToken>,
    pub(crate) callback: Option<Ask>,
}

/// A call that a thread drives.
pub(crate) type Driven<'a, T> = Pin<&'a mut (dyn Future<Output = Result<T>> + 'a)>;

/// The result of driving a call for a while.
pub(crate) enum Piece<T> {
    /// It ended.
    Done(Result<T>),
    /// It goes on: in this process or, after a fork, in the parent. The callback may run now.
    Pause,
}

impl Interrupt {
    /// Returns an error if the token is cancelled before the call starts.
    pub(crate) fn check(&self, operation: Operation) -> Result<()> {
        let (kind, message) = match self.token.as_ref().and_then(CancelToken::ended) {
            None => return Ok(()),
            Some(End::Cancelled) => (ErrorKind::Cancelled, "cancelled before anything was sent"),
            Some(End::Expired) => {
                (ErrorKind::Timeout, "the caller's deadline passed before anything was sent")
            }
        };
        Err(Error::new(kind, message).with_operation(operation))
    }

    /// Runs `future` of `process` with `drive`, to its end or until it is interrupted. The callback
    /// runs between two pieces, so it may make calls and fork.
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
            let end = match (&piece, &self.callback) {
                (Piece::Pause, Some(ask)) => ask(),
                _ => None,
            };
            if process != process::id() {
                // In a child, the token's lock may be held for ever by a thread of the parent.
                mem::forget(future);
                return Err(forked(operation));
            }
            match (piece, end) {
                (Piece::Done(result), _) => return result,
                (Piece::Pause, Some(end)) => return Err(ended(operation, end)),
                (Piece::Pause, None) => {}
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
            if let Poll::Ready(end) = token.as_mut().poll(context) {
                return Poll::Ready(Err(ended(operation, end)));
            }
            future.as_mut().poll(context)
        })
        .await
    }
}

/// The error of a call that was ended while it was under way.
pub(crate) fn ended(operation: Operation, end: End) -> Error {
    let (kind, message) = match end {
        End::Cancelled => (ErrorKind::Cancelled, "the call was cancelled before its reply came"),
        End::Expired => (ErrorKind::Timeout, "the caller's deadline passed before the reply came"),
    };
    Error::new(kind, message)
        .with_operation(operation)
        .with_outcome_unknown(!operation.is_repeatable())
}

/// The error of a call in a child that was forked while it was under way.
pub(crate) fn forked(operation: Operation) -> Error {
    ended(operation, End::Cancelled).with_hint(
        "the call started before a fork and goes on in the parent: start it again in this process",
    )
}
