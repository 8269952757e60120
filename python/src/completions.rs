//! `Completions`: how an event loop learns which of its calls are done.
//!
//! The core's thread puts a call's token into the loop's queue and makes its descriptor readable;
//! the loop's own thread takes all that is there. So the core's thread never touches Python: it
//! waits for no GIL, and has nothing to crash on when the interpreter ends.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(not(unix))]
use pyo3::exceptions::PyNotImplementedError;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

use crate::log;

/// The calls of one event loop that are done.
#[pyclass(frozen, module = "aura_users._native")]
pub(crate) struct Completions {
    queue: Arc<Queue>,
}

pub(crate) struct Queue {
    done: Mutex<Done>,
    reader: PipeReader,
    process: u32,
}

struct Done {
    tokens: Vec<u64>,
    /// Whether it was said that there are some: there is one byte in the pipe at most, so that
    /// neither end blocks.
    is_told: bool,
    /// Whether a thread reads that byte, and not the loop.
    is_waited_for: bool,
    /// None once it is closed.
    writer: Option<PipeWriter>,
}

impl Queue {
    /// Any thread.
    pub(crate) fn push(&self, token: u64) {
        let mut done = self.lock();
        done.tokens.push(token);
        if !done.is_told
            && let Some(writer) = &mut done.writer
        {
            done.is_told = writer.write_all(&[0]).is_ok();
        }
    }

    /// The loop's thread. In a forked child there is nothing: what comes is the parent's.
    fn take(&self) -> Vec<u64> {
        if self.is_of_another_process() {
            return Vec::new();
        }
        let mut done = self.lock();
        if mem::take(&mut done.is_told) && !done.is_waited_for {
            done.is_told = (&self.reader).read_exact(&mut [0]).is_err();
        }
        mem::take(&mut done.tokens)
    }

    fn lock(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_of_another_process(&self) -> bool {
        self.process != std::process::id()
    }
}

impl Drop for Queue {
    /// A fork may have come in the middle of a push by a thread that is not in the child.
    fn drop(&mut self) {
        if self.is_of_another_process() {
            let done = self.done.get_mut().unwrap_or_else(PoisonError::into_inner);
            mem::forget(mem::take(&mut done.tokens));
        }
    }
}

impl Completions {
    pub(crate) fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }
}

#[pymethods]
impl Completions {
    #[new]
    fn new() -> PyResult<Self> {
        let (reader, writer) = std::io::pipe().map_err(PyOSError::new_err)?;
        let writer = Some(writer);
        let done = Done { tokens: Vec::new(), is_told: false, is_waited_for: false, writer };
        let queue = Queue { done: Mutex::new(done), reader, process: std::process::id() };
        Ok(Self { queue: Arc::new(queue) })
    }

    /// A descriptor that is readable while there is something to take.
    fn fileno(&self) -> PyResult<i32> {
        #[cfg(unix)]
        return Ok(std::os::fd::AsRawFd::as_raw_fd(&self.queue.reader));
        #[cfg(not(unix))]
        Err(PyNotImplementedError::new_err("this system has no descriptors to wait for"))
    }

    /// For loops that cannot watch a descriptor: waits in a thread of its own until there is
    /// something to take; false once it is closed.
    fn wait(&self, py: Python<'_>) -> bool {
        self.queue.lock().is_waited_for = true;
        py.detach(|| (&self.queue.reader).read_exact(&mut [0]).is_ok())
    }

    /// Lets the thread that waits go.
    fn close(&self) {
        self.queue.lock().writer = None;
    }

    /// The tokens of the calls that were done since the last time.
    fn take(&self) -> Vec<u64> {
        self.queue.take()
    }

    /// Tells the logger what those calls had to tell.
    fn deliver_log(&self, py: Python<'_>) -> PyResult<()> {
        log::deliver(py)
    }
}
