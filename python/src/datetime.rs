//! Times and spans of time, as Python's `datetime` has them.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyTzInfo};

use crate::python_code::import;

/// The start of 1970, UTC. Who has it has imported `datetime`, so that pyo3 finds it, too.
static EPOCH: PyOnceLock<Py<PyDateTime>> = PyOnceLock::new();

fn epoch(py: Python<'_>) -> PyResult<&Bound<'_, PyDateTime>> {
    let epoch = EPOCH.get_or_try_init(py, || {
        import(py, "datetime")?;
        let epoch = PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&*PyTzInfo::utc(py)?))?;
        PyDelta::new(py, 0, 0, 0, false)?;
        PyResult::Ok(epoch.unbind())
    })?;
    Ok(epoch.bind(py))
}

/// Imports `datetime` for later, when Python may be unable to; it is no harm if it already is.
pub(crate) fn prepare(py: Python<'_>) {
    let _ = epoch(py);
}

/// Aware, in UTC, to the microsecond; none for a time that `datetime` cannot hold, such as one in
/// the year 0.
pub(crate) fn datetime(py: Python<'_>, at: SystemTime) -> PyResult<Option<Bound<'_, PyAny>>> {
    let epoch = epoch(py)?;
    let time = match at.duration_since(UNIX_EPOCH) {
        Ok(after) => epoch.add(after),
        Err(before) => epoch.sub(before.duration()),
    };
    match time {
        Ok(time) => Ok(Some(time)),
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether it is a `datetime.timedelta`.
pub(crate) fn is_delta(value: &Bound<'_, PyAny>) -> bool {
    // If `datetime` cannot be imported any more, nobody has one.
    epoch(value.py()).is_ok() && value.is_instance_of::<PyDelta>()
}
