//! Calls under way on the background thread while their owner does something else.

use std::future::Future;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

use crate::attempts::Attempts;
use crate::log;
use crate::operation::Operation;
use crate::runtime::cancel::{Ask, End, Interrupt, ended, forked};
use crate::runtime::clock::OFTEN;
use crate::runtime::process;
use crate::runtime::{self, Background, BackgroundThread};
use crate::{Error, ErrorKind, Result};

/// A call under way. Dropping it cancels it.
///
/// It runs on a thread of the library, so nothing need be driven: look whether it is done, wait
/// for it, or be told. In a forked child a call of the parent is over, as cancelled.
pub struct Call<T> {
    shared: Arc<Shared<T>>,
    task: Option<AbortHandle>,
    /// Which turns for as long as the call is there.
    _thread: Arc<BackgroundThread>,
    operation: Operation,
    process: u64,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    is_done: AtomicBool,
    /// Whether it is ended because a deadline of the caller's has passed.
    is_expired: AtomicBool,
}

struct State<T> {
    outcome: Outcome<T>,
    listeners: Vec<Box<dyn FnOnce() + Send>>,
    /// The threads that wait.
    waiting: Vec<Thread>,
}

enum Outcome<T> {
    Running,
    Done(Result<T>),
    Taken,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, result: Result<T>) {
        let (listeners, waiting) = {
            let mut state = self.lock();
            state.outcome = Outcome::Done(result);
            // Within the lock: a listener that comes now is told at once, and may ask.
            self.is_done.store(true, Ordering::Release);
            (mem::take(&mut state.listeners), mem::take(&mut state.waiting))
        };
        for thread in waiting {
            thread.unpark();
        }
        for tell in listeners {
            tell();
        }
    }
}

impl<T> State<T> {
    fn is_running(&self) -> bool {
        matches!(self.outcome, Outcome::Running)
    }
}

/// Sees to it that a call ends, also where its future is dropped half-way.
struct Finish<T> {
    shared: Option<Arc<Shared<T>>>,
    operation: Operation,
    attempts: Arc<Attempts>,
}

impl<T> Drop for Finish<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            let error = if std::thread::panicking() {
                Error::new(ErrorKind::Internal, "a call panicked").with_operation(self.operation)
            } else {
                let is_expired = shared.is_expired.load(Ordering::Relaxed);
                ended(self.operation, if is_expired { End::Expired } else { End::Cancelled })
            };
            shared.finish(Err(error.with_attempts(self.attempts.get())));
        }
    }
}

impl<T: Send + 'static> Call<T> {
    pub(crate) fn spawn(
        background: &Background,
        operation: Operation,
        interrupt: &Interrupt,
        attempts: Arc<Attempts>,
        future: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<Self> {
        let interrupt = interrupt.clone();
        interrupt.check(operation)?;
        let future = log::telling_as_here(future);
        let (listeners, waiting) = (Vec::new(), Vec::new());
        let state = Mutex::new(State { outcome: Outcome::Running, listeners, waiting });
        let (is_done, is_expired) = (AtomicBool::new(false), AtomicBool::new(false));
        let shared = Arc::new(Shared { state, is_done, is_expired });
        let mut finish = Finish { shared: Some(Arc::clone(&shared)), operation, attempts };
        let thread = Arc::clone(background.thread()?);
        let task = thread.spawn(async move {
            let result = interrupt.end(operation, future).await.map_err(|error| {
                let attempts = finish.attempts.get().max(error.attempts());
                error.with_attempts(attempts)
            });
            if let Some(shared) = finish.shared.take() {
                shared.finish(result);
            }
        });
        // The thread's process, not this one: a signal's handler may have forked meanwhile.
        let (task, process) = (Some(task), thread.process);
        Ok(Self { shared, task, _thread: thread, operation, process })
    }
}

impl<T> Call<T> {
    /// Whether it has ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_of_another_process() || self.shared.is_done.load(Ordering::Acquire)
    }

    /// Waits until it has ended, `timeout` at most. Whether it has. On the library's own thread, as
    /// in a log hook, it does not wait: the call ends there.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        if self.is_done() || runtime::may_wait().is_err() {
            return self.is_done();
        }
        let until = timeout.map(|timeout| Instant::now().checked_add(timeout));
        let until = until.flatten();
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            return false;
        }
        let this = thread::current();
        {
            let mut state = self.shared.lock();
            if !state.is_running() {
                return true;
            }
            state.waiting.push(this.clone());
        }
        // No lock is held or needed from here on: a signal's handler may fork, and its child comes
        // back here. Nobody wakes it, so it has to look by itself.
        loop {
            if self.is_done() {
                return true;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break;
            }
            thread::park_timeout(left.unwrap_or(OFTEN).min(OFTEN));
        }
        let mut state = self.shared.lock();
        if let Some(at) = state.waiting.iter().position(|thread| thread.id() == this.id()) {
            state.waiting.swap_remove(at);
        }
        !state.is_running()
    }

    /// The result, once; none while the call runs, and after it was taken.
    #[must_use]
    pub fn take(&self) -> Option<Result<T>> {
        if self.is_of_another_process() {
            return Some(Err(forked(self.operation)));
        }
        let mut state = self.shared.lock();
        match mem::replace(&mut state.outcome, Outcome::Taken) {
            Outcome::Done(result) => Some(result),
            other => {
                state.outcome = other;
                None
            }
        }
    }

    /// Waits until it has ended, and asks meanwhile whether to go on. Returns its result.
    pub(crate) fn finish(self, asked: Option<&Ask>) -> Result<T> {
        let mut end = End::Cancelled;
        while !self.wait(asked.map(|_| OFTEN)) {
            let Some(asked) = asked.and_then(|ask| ask()) else { continue };
            end = asked;
            match end {
                End::Cancelled => self.cancel(),
                End::Expired => self.expire(),
            }
            let _ = self.wait(Some(OFTEN));
            break;
        }
        self.take().unwrap_or_else(|| Err(ended(self.operation, end)))
    }

    /// Asks it to end. The end comes soon: as [`ErrorKind::Cancelled`], or as the result where
    /// that came first.
    pub fn cancel(&self) {
        if let Some(task) = self.task.as_ref().filter(|_| !self.is_of_another_process()) {
            task.abort();
        }
    }

    /// As [`cancel`](Self::cancel), because a deadline of the caller's has passed: the end comes as
    /// [`ErrorKind::Timeout`].
    pub fn expire(&self) {
        self.shared.is_expired.store(true, Ordering::Relaxed);
        self.cancel();
    }

    /// Has `tell` called when the call ends, on the library's thread, which must not be kept; at
    /// once and here where it has ended.
    pub fn on_done(&self, tell: impl FnOnce() + Send + 'static) {
        if !self.is_of_another_process() {
            let mut state = self.shared.lock();
            if state.is_running() {
                state.listeners.push(Box::new(tell));
                return;
            }
        }
        tell();
    }

    /// Looks at the result without taking it; none while the call runs, after it was taken, and in
    /// another process.
    #[cfg(feature = "capi")]
    pub(crate) fn peek<R>(&self, look: impl FnOnce(&Result<T>) -> R) -> Option<R> {
        if self.is_of_another_process() {
            return None;
        }
        match &self.shared.lock().outcome {
            Outcome::Done(result) => Some(look(result)),
            _ => None,
        }
    }

    /// Whether the parent of this process began it, which goes on with it.
    pub(crate) fn is_of_another_process(&self) -> bool {
        self.process != process::id()
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        if self.is_of_another_process() {
            // What the parent's task holds, sockets among it, is not closed here.
            mem::forget(self.task.take());
        } else {
            self.cancel();
        }
    }
}

impl<T> std::fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("route", &self.operation.route())
            .field("done", &self.is_done())
            .finish_non_exhaustive()
    }
}
