//! Converts times and time spans to and from those of Python's `datetime`.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::pending::raise_soon;
use crate::python_code::{self, import};

/// What this module uses of Python's `datetime`.
struct Classes {
    datetime: Py<PyAny>,
    timedelta: Py<PyAny>,
    utc: Py<PyAny>,
}

static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();

fn classes(py: Python<'_>) -> PyResult<&Classes> {
    CLASSES.get_or_try_init(py, || {
        // CPython's C module. The code in Python around it takes as long to import as the rest of this
        // package. It has the same classes.
        let module = match import(py, "_datetime") {
            Err(error) if error.is_instance_of::<PyException>(py) => import(py, "datetime")?,
            module => module?,
        };
        Ok(Classes {
            datetime: module.getattr("datetime")?.unbind(),
            timedelta: module.getattr("timedelta")?.unbind(),
            utc: module.getattr("timezone")?.getattr("utc")?.unbind(),
        })
    })
}

/// Imports `datetime` now: Python cannot import while it exits.
pub(crate) fn prepare(py: Python<'_>) {
    if let Err(error) = classes(py)
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
    let Classes { datetime, utc, .. } = classes(py)?;
    let args = (year, month, day, hour, minute, second % 60, micro, utc);
    python_code::call(datetime.bind(py), args).map(Some)
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
pub(crate) fn is_delta(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    // If `datetime` cannot be imported, no value is one.
    let Ok(classes) = classes(py) else { return Ok(false) };
    value.is_instance(classes.timedelta.bind(py))
}
