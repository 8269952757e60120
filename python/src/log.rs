//! What the core tells goes to Python's logger `aura_users`.
//!
//! It is kept until Python has a moment: as a call waits, when it returns, when an event loop wakes.
//! The core never runs a handler within its own work, which may make calls or wait for a lock.
//!
//! While the interpreter ends, what is kept is dropped: `logging` may be gone, and nothing can be
//! imported any more.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use aura_users::{LogLevel, set_log_hook};
use once_cell::race::OnceBox;
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::python_code::{self, call, import};

/// Whether the logger takes debug records, as of the last call: otherwise they cost nothing.
static DEBUG: AtomicBool = AtomicBool::new(false);

/// Whether something is kept: most calls tell nothing, and need not look.
static IS_KEPT: AtomicBool = AtomicBool::new(false);

/// Records kept for Python, of one process.
struct Kept {
    process: u32,
    records: Mutex<Vec<(LogLevel, String)>>,
    /// Those of a forked child, in which the lock above may be held for ever.
    in_child: OnceBox<Kept>,
}

static KEPT: OnceBox<Kept> = OnceBox::new();

impl Kept {
    fn new() -> Self {
        let process = std::process::id();
        Self { process, records: Mutex::default(), in_child: OnceBox::new() }
    }

    /// This process's. It is made without a lock, which a fork could copy.
    fn here() -> &'static Self {
        let mut kept = KEPT.get_or_init(|| Box::new(Self::new()));
        while kept.process != std::process::id() {
            kept = kept.in_child.get_or_init(|| Box::new(Self::new()));
        }
        kept
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(LogLevel, String)>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked of `sys`, found while Python can still import: `is_finalizing`, and `modules`.
static SYS: PyOnceLock<(Py<PyAny>, Py<PyDict>)> = PyOnceLock::new();

fn sys(py: Python<'_>) -> PyResult<&(Py<PyAny>, Py<PyDict>)> {
    SYS.get_or_try_init(py, || {
        let sys = import(py, "sys")?;
        let modules = sys.getattr("modules")?.cast_into::<PyDict>()?;
        Ok((sys.getattr("is_finalizing")?.unbind(), modules.unbind()))
    })
}

fn is_finalizing(py: Python<'_>) -> PyResult<bool> {
    call(sys(py)?.0.bind(py), ())?.is_truthy()
}

/// Has the core tell Python from now on.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    sys(py)?;
    set_log_hook(LogLevel::Debug, |record| {
        if record.level != LogLevel::Debug || DEBUG.load(Ordering::Relaxed) {
            Kept::here().lock().push((record.level, record.to_string()));
            IS_KEPT.store(true, Ordering::Release);
        }
    });
    Ok(())
}

/// Before a call: looks at the logger's level. A program that never imported `logging` wants no
/// debug records.
pub(crate) fn refresh(py: Python<'_>) -> PyResult<()> {
    let wanted = match LOGGER.get(py) {
        Some(logger) => wants_debug(logger.bind(py)),
        None if is_imported(py)? => logger(py).and_then(wants_debug),
        None => Ok(false),
    };
    DEBUG
        .store(wanted.or_else(|error| unless_fatal(py, error).map(|()| false))?, Ordering::Relaxed);
    Ok(())
}

fn is_imported(py: Python<'_>) -> PyResult<bool> {
    sys(py)?.1.bind(py).contains(intern!(py, "logging"))
}

/// What `isEnabledFor` says. This is done for every call, so it runs no code of Python's.
fn wants_debug(logger: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = logger.py();
    let debug = number(LogLevel::Debug).into();
    let disabled_below =
        logger.getattr(intern!(py, "manager"))?.getattr(intern!(py, "_disable"))?;
    if logger.getattr(intern!(py, "disabled"))?.is_truthy()?
        || disabled_below.extract::<i64>()? >= debug
    {
        return Ok(false);
    }
    let mut at = logger.clone();
    while !at.is_none() {
        let level = at.getattr(intern!(py, "level"))?.extract::<i64>()?;
        if level != 0 {
            return Ok(level <= debug);
        }
        at = at.getattr(intern!(py, "parent"))?;
    }
    Ok(true)
}

/// Tells what was kept. Fails with what ends more than a handler, such as `KeyboardInterrupt`.
pub(crate) fn deliver(py: Python<'_>) -> PyResult<()> {
    if !IS_KEPT.load(Ordering::Relaxed) || !IS_KEPT.swap(false, Ordering::Acquire) {
        return Ok(());
    }
    let records = mem::take(&mut *Kept::here().lock());
    if is_finalizing(py)? {
        return Ok(());
    }
    for (level, text) in records {
        tell(py, level, &text).or_else(|error| unless_fatal(py, error))?;
    }
    Ok(())
}

/// A handler that fails fails no call.
fn unless_fatal(py: Python<'_>, error: PyErr) -> PyResult<()> {
    if !error.is_instance_of::<PyException>(py) {
        return Err(error);
    }
    python_code::report(py, error);
    Ok(())
}

static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn logger<'py>(py: Python<'py>) -> PyResult<&'py Bound<'py, PyAny>> {
    let found = LOGGER.get_or_try_init(py, || -> PyResult<_> {
        let get_logger = import(py, "logging")?.getattr("getLogger")?;
        Ok(call(&get_logger, ("aura_users",))?.unbind())
    })?;
    Ok(found.bind(py))
}

fn tell(py: Python<'_>, level: LogLevel, text: &str) -> PyResult<()> {
    let log = logger(py)?.getattr(intern!(py, "log"))?;
    call(&log, (number(level), "%s", text)).map(drop)
}

/// Python's number for a level.
fn number(level: LogLevel) -> u8 {
    match level {
        LogLevel::Debug => 10,
        LogLevel::Info => 20,
        LogLevel::Warn => 30,
    }
}
