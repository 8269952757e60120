//! Signals while a call waits: the core asks now and then, and the exception of a signal's handler
//! (`KeyboardInterrupt`) takes the place of the core's "cancelled".
//!
//! Nothing of the core is under way in this thread while a handler runs: it may make calls itself.

use std::cell::{Cell, RefCell};

use pyo3::prelude::*;

use crate::log;
use crate::python_code::{check_signals, ends_python};

thread_local! {
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
    /// Whether this thread makes calls although the interpreter ends, which only the thread can
    /// that ends it: from a `__del__`, for example.
    static ENDS_PYTHON: Cell<bool> = const { Cell::new(false) };
}

/// Before a call: runs the handlers of signals that have come.
pub(crate) fn check(py: Python<'_>) -> PyResult<()> {
    if ends_python(py) {
        ENDS_PYTHON.set(true);
    }
    check_signals(py)
}

/// Tells what there is to log and runs the handlers of pending signals, which in other threads than
/// Python's main one there are none of; whether one raised.
pub(crate) fn interrupted() -> bool {
    let asked = Python::try_attach(|py| match log::deliver(py).and_then(|()| check_signals(py)) {
        Ok(()) => false,
        Err(error) => {
            RAISED.with_borrow_mut(|raised| *raised = Some(error));
            true
        }
    });
    // An interpreter that ends handles no signals and logs nothing. Its last thread goes on; nobody
    // is left to wait for the call of another one.
    asked.unwrap_or(!ENDS_PYTHON.get())
}

/// What a handler raised in this thread, once.
pub(crate) fn take() -> Option<PyErr> {
    RAISED.take()
}
