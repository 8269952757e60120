//! Signals while a call waits: the core asks now and then, and the exception of a signal's
//! handler (`KeyboardInterrupt`) takes the place of the core's "cancelled".

use std::cell::RefCell;

use pyo3::prelude::*;

thread_local! {
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Runs the handlers of pending signals; whether one raised. In other threads than Python's main
/// one it does nothing and says false.
pub(crate) fn interrupted() -> bool {
    // Without an interpreter there is nobody left to wait for the call.
    Python::try_attach(|py| match py.check_signals() {
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
