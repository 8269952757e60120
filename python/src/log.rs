//! What the core tells goes to Python's logger `aura_users`.
//!
//! A thread of Python tells it at once. The core's own threads never touch Python: what they have
//! to tell is kept until a call returns or an event loop wakes.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use aura_users::{LogLevel, set_log_hook};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Whether the logger takes debug records, as of the last call: otherwise they cost nothing.
static DEBUG: AtomicBool = AtomicBool::new(false);

/// Records kept for Python, of one process.
struct Kept {
    process: u32,
    records: Mutex<Vec<(LogLevel, String)>>,
    /// Those of a forked child, in which the lock above may be held for ever.
    in_child: OnceLock<Box<Kept>>,
}

static KEPT: OnceLock<Kept> = OnceLock::new();

impl Kept {
    fn new() -> Self {
        let process = std::process::id();
        Self { process, records: Mutex::default(), in_child: OnceLock::new() }
    }

    /// This process's. `refresh` is the first to ask, with the GIL in hand, so that no fork comes
    /// in the middle of making it.
    fn here() -> &'static Self {
        let mut kept = KEPT.get_or_init(Self::new);
        while kept.process != std::process::id() {
            kept = kept.in_child.get_or_init(|| Box::new(Self::new()));
        }
        kept
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(LogLevel, String)>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has the core tell Python from now on.
pub(crate) fn install() {
    set_log_hook(LogLevel::Debug, |record| {
        if record.level == LogLevel::Debug && !DEBUG.load(Ordering::Relaxed) {
            return;
        }
        if is_a_thread_of_the_core() {
            Kept::here().lock().push((record.level, record.to_string()));
        } else {
            // A record that comes when the interpreter is gone is for nobody.
            Python::try_attach(|py| tell(py, record.level, &record.to_string()));
        }
    });
}

fn is_a_thread_of_the_core() -> bool {
    std::thread::current().name().is_some_and(|name| name.starts_with("aura-users"))
}

/// Before a call: looks at the logger's level. A program that never imported `logging` wants no
/// debug records.
pub(crate) fn refresh(py: Python<'_>) {
    Kept::here();
    let wanted = || -> PyResult<bool> {
        if LOGGER.get(py).is_none() {
            let modules = py.import("sys")?.getattr("modules")?;
            if !modules.contains("logging")? {
                return Ok(false);
            }
        }
        logger(py)?.call_method1("isEnabledFor", (number(LogLevel::Debug),))?.extract()
    };
    DEBUG.store(wanted().unwrap_or(false), Ordering::Relaxed);
}

/// Tells what the core's own threads had to tell.
pub(crate) fn deliver(py: Python<'_>) {
    let records = mem::take(&mut *Kept::here().lock());
    for (level, text) in records {
        tell(py, level, &text);
    }
}

static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn logger<'py>(py: Python<'py>) -> PyResult<&'py Bound<'py, PyAny>> {
    let found = LOGGER.get_or_try_init(py, || -> PyResult<_> {
        Ok(py.import("logging")?.call_method1("getLogger", ("aura_users",))?.unbind())
    })?;
    Ok(found.bind(py))
}

/// A handler that fails fails no call.
fn tell(py: Python<'_>, level: LogLevel, text: &str) {
    let told =
        logger(py).and_then(|logger| logger.call_method1("log", (number(level), "%s", text)));
    if let Err(error) = told {
        error.write_unraisable(py, None);
    }
}

/// Python's number for a level.
fn number(level: LogLevel) -> u8 {
    match level {
        LogLevel::Debug => 10,
        LogLevel::Info => 20,
        LogLevel::Warn => 30,
    }
}
