//! Signals while a call waits: the core asks now and then, and the exception of a signal's
//! handler (`KeyboardInterrupt`) takes the place of the core's "cancelled".
//!
//! Nothing of the core is under way in this thread while a handler runs: it may make calls itself.

use std::cell::RefCell;

use pyo3::prelude::*;

use crate::log;

thread_local! {
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Tells what there is to log and runs the handlers of pending signals, which in other threads than
/// Python's main one there are none of; whether one raised.
pub(crate) fn interrupted() -> bool {
    // Without an interpreter there is nobody left to wait for the call.
    Python::try_attach(|py| match log::deliver(py).and_then(|()| py.check_signals()) {
        Ok(()) => false,
        Err(error) => {
            RAISED.with_borrow_mut(|raised| *raised = Some(error));
            true
        }
    })
    .unwrap_or(true)
}

/// What a handler raised in this thread, once.
pub(crate) fn take() -> Option<PyErr> {
    RAISED.take()
}
