//! Errors become the exceptions of `aura_users/_errors.py`.

use std::io;

use aura_users::{Error, ErrorKind};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::interrupt;
use crate::json::decode;
use crate::python_code::{call, import};

/// The exception for an error of the core. If a signal handler ended the call, it is the exception
/// that the handler raised.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    if error.kind() == ErrorKind::Cancelled
        && let Some(raised) = interrupt::take()
    {
        return raised;
    }
    let exception = exception(py, |found| {
        let fields = decode(py, &error.to_json())?;
        call(found.from_fields.bind(py), (fields,))
    });
    if let Some(cause) = cause(py, error) {
        if exception.is_instance_of::<PyOSError>(py) {
            // Only the number: if the text were set too, str() would return Python's own text.
            let errno = cause.value(py).getattr("errno");
            let _ = errno.and_then(|errno| exception.value(py).setattr("errno", errno));
        }
        exception.set_cause(py, Some(cause));
    }
    exception
}

/// The `OSError` behind the error, if the operating system failed. Python makes it a
/// `ConnectionRefusedError` and the like.
fn cause(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let source = std::error::Error::source(error);
    let errno = std::iter::successors(source, |source| source.source())
        .find_map(|source| source.downcast_ref::<io::Error>()?.raw_os_error())?;
    let text = call(found(py).ok()?.strerror.bind(py), (errno,)).ok()?;
    // Created at once: pyo3 creates it lazily, which fails while Python exits.
    let cause = call(py.get_type::<PyOSError>().as_any(), (errno, text)).ok()?;
    Some(PyErr::from_value(cause))
}

/// An `InvalidArgumentError` of this crate, not of the core.
pub(crate) fn invalid_argument(py: Python<'_>, message: &str) -> PyErr {
    exception(py, |found| call(found.invalid_argument.bind(py), (message,)))
}

/// Whether it is an exception of this library.
pub(crate) fn is_ours(py: Python<'_>, error: &PyErr) -> bool {
    found(py).is_ok_and(|found| error.is_instance(py, found.base.bind(py)))
}

fn exception<'py>(
    py: Python<'py>,
    make: impl FnOnce(&Found) -> PyResult<Bound<'py, PyAny>>,
) -> PyErr {
    found(py).and_then(make).map_or_else(|error| error, PyErr::from_value)
}

/// The Python objects that create exceptions, imported while Python can still import.
struct Found {
    base: Py<PyAny>,
    from_fields: Py<PyAny>,
    invalid_argument: Py<PyAny>,
    strerror: Py<PyAny>,
}

fn found(py: Python<'_>) -> PyResult<&Found> {
    static FOUND: PyOnceLock<Found> = PyOnceLock::new();
    FOUND.get_or_try_init(py, || {
        let errors = import(py, "aura_users._errors")?;
        let strerror = import(py, "os")?.getattr("strerror")?.unbind();
        Ok(Found {
            base: errors.getattr("AuraError")?.unbind(),
            from_fields: errors.getattr("from_fields")?.unbind(),
            invalid_argument: errors.getattr("invalid_argument")?.unbind(),
            strerror,
        })
    })
}

/// Imports everything now: Python cannot import while it exits.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    found(py).map(drop)
}
