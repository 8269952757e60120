//! Started calls, which run on the background thread.

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
use crate::runtime::clock::INTERRUPT_INTERVAL;
use crate::runtime::process;
use crate::runtime::{self, Background, BackgroundThread};
use crate::{Error, ErrorKind, Result};

/// A started call. Dropping it cancels it.
///
/// It runs on a thread of the library. Check whether it is done, wait for it, or register a callback. In
/// a forked child a call of the parent has ended as cancelled.
pub struct Call<T> {
    shared: Arc<Shared<T>>,
    task: Option<AbortHandle>,
    /// Keeps the thread running while the call exists.
    _thread: Arc<BackgroundThread>,
    operation: Operation,
    process: u64,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    is_done: AtomicBool,
    /// Whether a deadline of the caller ends it.
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
            // Set while the lock is held, so that a listener that is added later is called at once.
            self.is_done.store(true, Ordering::Release);
            (mem::take(&mut state.listeners), mem::take(&mut state.waiting))
        };
        for thread in waiting {
            thread.unpark();
        }
        for listener in listeners {
            listener();
        }
    }
}

impl<T> State<T> {
    fn is_running(&self) -> bool {
        matches!(self.outcome, Outcome::Running)
    }
}

/// Ends the call, also if its future is dropped before its end.
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
        let future = log::keep_callback_state(future);
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
        // The thread's process, because a signal handler may have forked meanwhile.
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

    /// Waits until the call ends, for at most `timeout`. Returns whether it has ended. It does not wait on
    /// the library's own thread, such as in a log hook: the call runs there.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        if self.is_done() || runtime::check_may_wait().is_err() {
            return self.is_done();
        }
        let until = timeout.map(|timeout| Instant::now().checked_add(timeout));
        let until = until.flatten();
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            return false;
        }
        let this = runtime::this_thread();
        {
            let mut state = self.shared.lock();
            if !state.is_running() {
                return true;
            }
            state.waiting.push(this.clone());
        }
        // From here on no lock is held: a signal handler may fork, and the child returns to this
        // loop. No thread wakes the child, so the loop checks regularly.
        loop {
            if self.is_done() {
                return true;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break;
            }
            thread::park_timeout(left.unwrap_or(INTERRUPT_INTERVAL).min(INTERRUPT_INTERVAL));
        }
        let mut state = self.shared.lock();
        if let Some(at) = state.waiting.iter().position(|thread| thread.id() == this.id()) {
            state.waiting.swap_remove(at);
        }
        !state.is_running()
    }

    /// Returns the result once; `None` while the call runs, and after it was taken.
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

    /// Waits for the call's end and returns its result. Meanwhile it asks the caller whether to go
    /// on.
    pub(crate) fn finish(self, callback: Option<&Ask>) -> Result<T> {
        let mut end = End::Cancelled;
        while !self.wait(callback.map(|_| INTERRUPT_INTERVAL)) {
            let Some(asked_end) = callback.and_then(|ask| ask()) else { continue };
            end = asked_end;
            match end {
                End::Cancelled => self.cancel(),
                End::Expired => self.expire(),
            }
            let _ = self.wait(Some(INTERRUPT_INTERVAL));
            break;
        }
        self.take().unwrap_or_else(|| Err(ended(self.operation, end)))
    }

    /// Asks the call to end. It ends soon with [`ErrorKind::Cancelled`], or with its result if that comes
    /// first.
    pub fn cancel(&self) {
        if let Some(task) = self.task.as_ref().filter(|_| !self.is_of_another_process()) {
            task.abort();
        }
    }

    /// Like [`cancel`](Self::cancel), for a deadline of the caller: the call ends with
    /// [`ErrorKind::Timeout`].
    pub fn expire(&self) {
        self.shared.is_expired.store(true, Ordering::Relaxed);
        self.cancel();
    }

    /// Calls `listener` when the call ends, on the library's thread, which must not be blocked. If the
    /// call has ended, calls it at once in this thread.
    pub fn on_done(&self, listener: impl FnOnce() + Send + 'static) {
        if !self.is_of_another_process() {
            let mut state = self.shared.lock();
            if state.is_running() {
                state.listeners.push(Box::new(listener));
                return;
            }
        }
        listener();
    }

    /// Reads the result without taking it; `None` while the call runs, after it was taken, and in
    /// another process.
    #[cfg(feature = "capi")]
    pub(crate) fn peek<R>(&self, read: impl FnOnce(&Result<T>) -> R) -> Option<R> {
        if self.is_of_another_process() {
            return None;
        }
        match &self.shared.lock().outcome {
            Outcome::Done(result) => Some(read(result)),
            _ => None,
        }
    }

    /// Whether a parent of this process started it. There the call goes on.
    pub(crate) fn is_of_another_process(&self) -> bool {
        self.process != process::id()
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        if self.is_of_another_process() {
            // The parent's task, with its sockets, must not be closed here.
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
