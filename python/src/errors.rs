//! Errors become the exceptions of `aura_users/_errors.py`.

use std::io;

use aura_users::{Error, ErrorKind};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::interrupt;

/// The exception for an error of the core: what a signal's handler raised, where that ended the
/// call.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    if error.kind() == ErrorKind::Cancelled
        && let Some(raised) = interrupt::take()
    {
        return raised;
    }
    let exception = exception(py, "from_json", (error.to_json(), error.to_string()));
    if let Some(cause) = cause(py, error) {
        if exception.is_instance_of::<PyOSError>(py) {
            // Only the number: with the text, too, str() would be Python's own.
            let errno = cause.value(py).getattr("errno");
            let _ = errno.and_then(|errno| exception.value(py).setattr("errno", errno));
        }
        exception.set_cause(py, Some(cause));
    }
    exception
}

/// What the operating system said, where that is what went wrong: an `OSError`, which Python
/// makes a `ConnectionRefusedError` and the like.
fn cause(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let source = std::error::Error::source(error);
    let errno = std::iter::successors(source, |source| source.source())
        .find_map(|source| source.downcast_ref::<io::Error>()?.raw_os_error())?;
    let text = py.import("os").and_then(|os| os.call_method1("strerror", (errno,))).ok()?;
    Some(PyOSError::new_err((errno, text.unbind())))
}

/// An `InvalidArgumentError` found on this side of the core.
pub(crate) fn invalid_argument(py: Python<'_>, message: &str) -> PyErr {
    exception(py, "invalid_argument", (message,))
}

/// Whether it is an exception of this library.
pub(crate) fn is_ours(py: Python<'_>, error: &PyErr) -> bool {
    module(py)
        .and_then(|errors| errors.getattr("AuraError"))
        .is_ok_and(|ours| error.is_instance(py, &ours))
}

fn exception<'py>(
    py: Python<'py>,
    function: &str,
    args: impl pyo3::call::PyCallArgs<'py>,
) -> PyErr {
    module(py)
        .and_then(|errors| errors.getattr(function)?.call1(args))
        .map_or_else(|error| error, PyErr::from_value)
}

fn module<'py>(py: Python<'py>) -> PyResult<&'py Bound<'py, PyModule>> {
    static ERRORS: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let errors =
        ERRORS.get_or_try_init(py, || Ok::<_, PyErr>(py.import("aura_users._errors")?.unbind()))?;
    Ok(errors.bind(py))
}
