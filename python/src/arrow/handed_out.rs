//! The rows of a record batch while their reader has it, and their way back.
//!
//! The library that reads may fail, because a signal's handler raised an exception, and drop the
//! batches it has read so far. Or the exception comes just after the library gave Python a batch. No
//! code of Python's program has seen such a batch: its rows come back to the stream. What tells it
//! from a batch that the program dropped is the place in the program: it is still the one from which
//! the batch was asked for.
//!
//! A batch that a thread of the library asked for, without Python code below it, has no such place,
//! and its rows do not come back.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};

use pyo3::prelude::*;

use crate::pending::do_soon;
use crate::python_code::{Instruction, holds_gil};
use crate::stream::{ComeBack, Row};

/// What a reader does with its stream.
#[derive(Default)]
pub(super) struct Reading {
    has_failed: AtomicBool,
    batches: Mutex<Vec<Weak<Rows>>>,
}

impl Reading {
    /// Whether the last thing the reader got was an error.
    pub(super) fn has_failed(&self, has_failed: bool) {
        self.has_failed.store(has_failed, Ordering::Relaxed);
    }

    /// The reader knows that it has all rows. It keeps them once the handlers of signals that have
    /// come by then are through.
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
    come_back: Arc<ComeBack>,
    reading: Arc<Reading>,
    asked_by: ThreadId,
    asked_from: Option<Instruction>,
}

impl Rows {
    pub(super) fn new(
        py: Python<'_>,
        rows: Vec<Row>,
        come_back: Arc<ComeBack>,
        reading: &Arc<Reading>,
    ) -> Arc<Self> {
        let rows = Arc::new(Self {
            rows: Mutex::new(rows),
            come_back,
            reading: Arc::clone(reading),
            asked_by: thread::current().id(),
            asked_from: Instruction::current(py),
        });
        reading.lock().push(Arc::downgrade(&rows));
        rows
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reader does not get them.
    pub(super) fn refuse(&self) {
        self.come_back.put(mem::take(&mut *self.lock()));
    }

    /// Whether the program is still where it asked for them, and gets an exception there.
    fn are_unseen(&self) -> bool {
        let has_failed = self.reading.has_failed.load(Ordering::Relaxed);
        // The GIL is not waited for here but by a reader that fails.
        if self.asked_by != thread::current().id() || !(has_failed || holds_gil()) {
            return false;
        }
        let is_there = |py: Python<'_>| {
            let here = Instruction::current(py);
            here.is_some() && here == self.asked_from && (has_failed || PyErr::occurred(py))
        };
        Python::try_attach(is_there).unwrap_or(false)
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if !self.lock().is_empty() && self.are_unseen() {
            self.refuse();
        }
    }
}
