//! Converts times and time spans to and from those of Python's `datetime`.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyTzInfo};

use crate::pending::raise_soon;
use crate::python_code::import;

/// The start of 1970, UTC. Once it exists, `datetime` is imported, so pyo3 finds it too.
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

/// Imports `datetime` now: Python cannot import while it exits.
pub(crate) fn prepare(py: Python<'_>) {
    if let Err(error) = epoch(py)
        && !error.is_instance_of::<PyException>(py)
    {
        // Ctrl-C during the import.
        raise_soon(py, error);
    }
}

/// Returns an aware `datetime` in UTC, to the microsecond. Returns none if `datetime` cannot hold
/// the time, such as one in the year 0.
pub(crate) fn datetime(py: Python<'_>, at: SystemTime) -> PyResult<Option<Bound<'_, PyAny>>> {
    const DAY: i128 = 24 * 60 * 60 * 1_000_000;
    let micros = match at.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_micros() as i128,
        Err(before) => -(before.duration().as_nanos().div_ceil(1000) as i128),
    };
    let (year, month, day) = date(micros.div_euclid(DAY));
    let Ok(year @ 1..=9999) = i32::try_from(year) else { return Ok(None) };
    let of_day = micros.rem_euclid(DAY) as u64;
    let (second, micro) = (of_day / 1_000_000, of_day % 1_000_000);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let utc = epoch(py)?.getattr(intern!(py, "tzinfo"))?;
    PyDateTime::new(
        py,
        year,
        month,
        day,
        hour as u8,
        minute as u8,
        (second % 60) as u8,
        micro as u32,
        Some(utc.cast()?),
    )
    .map(|time| Some(time.into_any()))
}

/// The year, month and day of a day that is counted from 1970-01-01. A `timedelta` would do
/// the same, but creating one crashes Python 3.13.0 while the interpreter exits.
fn date(days: i128) -> (i128, u8, u8) {
    // Counted from March of the year 0, so that a leap day is the last one of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (era * 400 + year_of_era, if month < 10 { month + 3 } else { month - 9 });
    (if month <= 2 { year + 1 } else { year }, month as u8, day as u8)
}

/// Returns whether the value is a `datetime.timedelta`.
pub(crate) fn is_delta(value: &Bound<'_, PyAny>) -> bool {
    // If `datetime` cannot be imported, no value is one.
    epoch(value.py()).is_ok() && value.is_instance_of::<PyDelta>()
}
