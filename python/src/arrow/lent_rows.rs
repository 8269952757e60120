//! The rows of a record batch while a reader has it, and their return to the stream.
//!
//! A signal handler may raise while a library reads: the library fails and drops its batches. Or the
//! handler raises just after the library has returned a batch to Python. The program has not seen
//! such a batch, so its rows return to the stream. A batch that the program drops is different: the
//! program is no longer at the instruction that requested the batch.
//!
//! A batch that a thread of the library requested, without Python code below it, has no such
//! instruction. Its rows do not return.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};

use pyo3::prelude::*;

use crate::pending::do_soon;
use crate::python_code::{Instruction, holds_gil};
use crate::stream::{ReturnedRows, Row};

/// The state of a reader: whether it has failed, and its batches.
#[derive(Default)]
pub(super) struct Reading {
    has_failed: AtomicBool,
    batches: Mutex<Vec<Weak<Rows>>>,
}

impl Reading {
    /// Records whether the reader's last result was an error.
    pub(super) fn has_failed(&self, has_failed: bool) {
        self.has_failed.store(has_failed, Ordering::Relaxed);
    }

    /// The reader has all rows. It keeps them after the handlers of the signals that are pending now.
    pub(super) fn is_over(&self, py: Python<'_>) {
        let batches = mem::take(&mut *self.lock());
        do_soon(py, move || {
            for rows in batches.into_iter().filter_map(|rows| rows.upgrade()) {
                rows.lock().clear();
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Rows>>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rows of a batch. All of its columns hold them.
pub(super) struct Rows {
    rows: Mutex<Vec<Row>>,
    returned_rows: Arc<ReturnedRows>,
    reading: Arc<Reading>,
    thread: ThreadId,
    instruction: Option<Instruction>,
}

impl Rows {
    pub(super) fn new(
        py: Python<'_>,
        rows: Vec<Row>,
        returned_rows: Arc<ReturnedRows>,
        reading: &Arc<Reading>,
    ) -> Arc<Self> {
        let rows = Arc::new(Self {
            rows: Mutex::new(rows),
            returned_rows,
            reading: Arc::clone(reading),
            thread: thread::current().id(),
            instruction: Instruction::current(py),
        });
        reading.lock().push(Arc::downgrade(&rows));
        rows
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the rows to the stream.
    pub(super) fn give_back(&self) {
        self.returned_rows.put(mem::take(&mut *self.lock()));
    }

    /// Returns whether the program gets an exception at the instruction that requested the rows.
    fn are_unseen(&self) -> bool {
        let has_failed = self.reading.has_failed.load(Ordering::Relaxed);
        // Only a reader that fails waits for the GIL here.
        if self.thread != thread::current().id() || !(has_failed || holds_gil()) {
            return false;
        }
        let is_there = |py: Python<'_>| {
            let here = Instruction::current(py);
            here.is_some() && here == self.instruction && (has_failed || PyErr::occurred(py))
        };
        Python::try_attach(is_there).unwrap_or(false)
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if !self.lock().is_empty() && self.are_unseen() {
            self.give_back();
        }
    }
}
