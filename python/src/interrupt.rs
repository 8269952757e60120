//! Signals while a call waits: the core asks regularly, and the exception of a signal handler
//! (`KeyboardInterrupt`) replaces the core's error `cancelled`.
//!
//! The core does nothing in this thread while a handler runs, so a handler may make calls.

use std::cell::{Cell, RefCell};

use pyo3::prelude::*;

use crate::log;
use crate::python_code::{check_signals, ends_python};

thread_local! {
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
    /// Whether this thread makes calls while the interpreter exits, for example in a `__del__`. Only
    /// the exiting thread can.
    static ENDS_PYTHON: Cell<bool> = const { Cell::new(false) };
}

/// Before a call: runs the handlers of pending signals.
pub(crate) fn check(py: Python<'_>) -> PyResult<()> {
    if ends_python(py) {
        ENDS_PYTHON.set(true);
    }
    check_signals(py)
}

/// Logs kept records and runs the handlers of pending signals. Returns whether one raised. Only
/// Python's main thread has pending signals.
pub(crate) fn interrupted() -> bool {
    let asked = Python::try_attach(|py| match log::deliver(py).and_then(|()| check_signals(py)) {
        Ok(()) => false,
        Err(error) => {
            RAISED.with_borrow_mut(|raised| *raised = Some(error));
            true
        }
    });
    // An exiting interpreter handles no signals and logs nothing. Its last thread continues. No
    // program is left to wait for the calls of the others.
    asked.unwrap_or(!ENDS_PYTHON.get())
}

/// Takes the exception that a handler raised in this thread.
pub(crate) fn take() -> Option<PyErr> {
    RAISED.take()
}
