//! `Completions`: how an event loop learns which of its calls are done.
//!
//! It is the core's queue. The core's thread never touches Python: it never waits for the GIL, and
//! cannot crash when the interpreter exits.

use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

#[cfg(not(unix))]
use pyo3::exceptions::PyNotImplementedError;
#[cfg(unix)]
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

use crate::log;

/// The calls of one event loop that are done.
#[pyclass(frozen, weakref, module = "aura_users._native")]
pub(crate) struct Completions {
    pub(crate) queue: aura_users::Completions,
    /// The tokens that the waiting thread has taken for the loop.
    taken: Mutex<Vec<u64>>,
}

impl Completions {
    fn taken(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Completions {
    #[new]
    fn new() -> Self {
        Self { queue: aura_users::Completions::new(), taken: Mutex::default() }
    }

    /// Return a descriptor that is readable while there are tokens to take.
    fn fileno(&self) -> PyResult<i32> {
        #[cfg(unix)]
        return self.queue.descriptor().ok_or_else(|| {
            PyOSError::new_err("no descriptor: too many are open, or the queue is closed")
        });
        #[cfg(not(unix))]
        Err(PyNotImplementedError::new_err("this system has no descriptors to wait for"))
    }

    /// Wait until there are tokens to take. Return False if the queue is closed.
    ///
    /// This is for a thread beside a loop that cannot watch a descriptor.
    fn wait(&self, py: Python<'_>) -> bool {
        let Some(tokens) = py.detach(|| self.queue.wait(None, usize::MAX)) else { return false };
        self.taken().extend(tokens);
        true
    }

    /// End the waiting thread.
    fn close(&self) {
        self.queue.close();
    }

    /// Return the tokens of the calls that have ended since the last time.
    fn take(&self) -> Vec<u64> {
        let mut tokens = mem::take(&mut *self.taken());
        tokens.extend(self.queue.wait(Some(Duration::ZERO), usize::MAX).unwrap_or_default());
        tokens
    }

    /// Log the records of those calls.
    fn deliver_log(&self, py: Python<'_>) -> PyResult<()> {
        log::deliver(py)
    }
}
