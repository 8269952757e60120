//! What the core tells goes to Python's logger `aura_users`.

use std::sync::atomic::{AtomicBool, Ordering};

use aura_users::{LogLevel, LogRecord, set_log_hook};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Whether the logger takes debug records, as of the last call: otherwise they do not cost the
/// GIL.
static DEBUG: AtomicBool = AtomicBool::new(false);

/// Has the core tell Python from now on.
pub(crate) fn install() {
    set_log_hook(LogLevel::Debug, |record| {
        if record.level > LogLevel::Debug || DEBUG.load(Ordering::Relaxed) {
            // A record that comes when the interpreter is gone is for nobody.
            Python::try_attach(|py| {
                if let Err(error) = tell(py, record) {
                    error.write_unraisable(py, None);
                }
            });
        }
    });
}

/// Looks at the logger's level. A program that never imported `logging` wants no debug records.
pub(crate) fn refresh(py: Python<'_>) {
    let wanted = || -> PyResult<bool> {
        let modules = py.import("sys")?.getattr("modules")?;
        let logging = modules.cast::<PyDict>()?.get_item("logging")?;
        let Some(logging) = logging else { return Ok(false) };
        logger(&logging)?.call_method1("isEnabledFor", (number(LogLevel::Debug),))?.extract()
    };
    DEBUG.store(wanted().unwrap_or(false), Ordering::Relaxed);
}

fn logger<'py>(logging: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    logging.call_method1("getLogger", ("aura_users",))
}

fn tell(py: Python<'_>, record: &LogRecord<'_>) -> PyResult<()> {
    let logging = py.import("logging")?;
    logger(&logging)?.call_method1("log", (number(record.level), "%s", record.to_string()))?;
    Ok(())
}

/// Python's number for a level.
fn number(level: LogLevel) -> u8 {
    match level {
        LogLevel::Debug => 10,
        LogLevel::Info => 20,
        LogLevel::Warn => 30,
    }
}
