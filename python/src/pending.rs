//! Work for the time when Python's main thread runs Python code again, after the signal handlers.

#![allow(unsafe_code, reason = "pyo3 has no other way to Python's pending calls")]

use std::ffi::{c_int, c_void};

use pyo3::ffi;
use pyo3::prelude::*;

type Work = Box<dyn FnOnce() -> PyResult<()> + Send>;

/// Raises `error` later, for callers that accept an error's text but not the error.
pub(crate) fn raise_soon(py: Python<'_>, error: PyErr) {
    // If Python's list is full, the error is dropped: the list has other errors.
    drop(soon(py, Box::new(|| Err(error))));
}

/// Does `work` later, or at once if Python's list is full.
pub(crate) fn do_soon(py: Python<'_>, work: impl FnOnce() + Send + 'static) {
    let work = || {
        work();
        Ok(())
    };
    if let Some(work) = soon(py, Box::new(work)) {
        let _ = work();
    }
}

/// Returns the work if Python's list is full.
fn soon(_attached: Python<'_>, work: Work) -> Option<Work> {
    let work: *mut c_void = Box::into_raw(Box::new(work)).cast();
    // SAFETY: `run` takes the work that is passed with it, once.
    let refused = unsafe { ffi::Py_AddPendingCall(Some(run), work) } != 0;
    // SAFETY: Python has refused it, so this is the only owner.
    refused.then(|| *unsafe { Box::from_raw(work.cast::<Work>()) })
}

extern "C" fn run(work: *mut c_void) -> c_int {
    // SAFETY: Python passes the pointer from `soon`, and calls once.
    let work = unsafe { Box::from_raw(work.cast::<Work>()) };
    match work() {
        Ok(()) => 0,
        Err(error) => {
            Python::attach(|py| error.restore(py));
            -1
        }
    }
}
