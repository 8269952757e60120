//! Calls under way on the background thread while their owner does something else.

use std::future::Future;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;

use crate::cancel::{Interrupt, cancelled};
use crate::client::call::Attempts;
use crate::protocol::Operation;
use crate::runtime::{Background, BackgroundThread};
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
    process: u32,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    done: Condvar,
}

struct State<T> {
    outcome: Outcome<T>,
    listeners: Vec<Box<dyn FnOnce() + Send>>,
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
        let listeners = {
            let mut state = self.lock();
            state.outcome = Outcome::Done(result);
            mem::take(&mut state.listeners)
        };
        self.done.notify_all();
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
                cancelled(self.operation)
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
        let state = State { outcome: Outcome::Running, listeners: Vec::new() };
        let shared = Arc::new(Shared { state: Mutex::new(state), done: Condvar::new() });
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
        let task = Some(task);
        Ok(Self { shared, task, _thread: thread, operation, process: std::process::id() })
    }
}

impl<T> Call<T> {
    /// Whether it has ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_of_another_process() || !self.shared.lock().is_running()
    }

    /// Waits until it has ended, `timeout` at most. Whether it has.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        if self.is_of_another_process() {
            return true;
        }
        let state = self.shared.lock();
        let is_running = |state: &mut State<T>| state.is_running();
        let state = match timeout {
            None => self.shared.done.wait_while(state, is_running),
            Some(timeout) => self
                .shared
                .done
                .wait_timeout_while(state, timeout, is_running)
                .map(|(state, _)| state)
                .map_err(|error| PoisonError::new(error.into_inner().0)),
        };
        !state.unwrap_or_else(PoisonError::into_inner).is_running()
    }

    /// The result, once; none while the call runs, and after it was taken.
    #[must_use]
    pub fn take(&self) -> Option<Result<T>> {
        if self.is_of_another_process() {
            let error = cancelled(self.operation)
                .with_hint("it was begun before a fork, by the parent: begin it anew");
            return Some(Err(error));
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

    /// Asks it to end. The end comes soon: as [`ErrorKind::Cancelled`], or as the result where
    /// that came first.
    pub fn cancel(&self) {
        if let Some(task) = self.task.as_ref().filter(|_| !self.is_of_another_process()) {
            task.abort();
        }
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

    /// Looks at the result without taking it; none while the call runs, and after it was taken.
    #[cfg(feature = "capi")]
    pub(crate) fn peek<R>(&self, look: impl FnOnce(&Result<T>) -> R) -> Option<R> {
        match &self.shared.lock().outcome {
            Outcome::Done(result) => Some(look(result)),
            _ => None,
        }
    }

    fn is_of_another_process(&self) -> bool {
        self.process != std::process::id()
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
