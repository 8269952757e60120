//! An exception for later: for callers that can take an error's text, but not the error.

#![allow(unsafe_code, reason = "pyo3 has no other way to Python's pending calls")]

use std::ffi::{c_int, c_void};

use pyo3::ffi;
use pyo3::prelude::*;

/// Has Python's main thread raise `error` as soon as it runs Python code again.
pub(crate) fn raise_soon(_attached: Python<'_>, error: PyErr) {
    let error: *mut c_void = Box::into_raw(Box::new(error)).cast();
    // SAFETY: `raise` takes what is passed along with it, once.
    if unsafe { ffi::Py_AddPendingCall(Some(raise), error) } != 0 {
        // There are too many already: one of those will do.
        // SAFETY: nobody else has taken it.
        drop(unsafe { Box::from_raw(error.cast::<PyErr>()) });
    }
}

extern "C" fn raise(error: *mut c_void) -> c_int {
    // SAFETY: Python passes what `raise_soon` gave, and calls once.
    let error = unsafe { Box::from_raw(error.cast::<PyErr>()) };
    Python::attach(|py| error.restore(py));
    -1
}
