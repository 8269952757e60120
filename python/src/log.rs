//! The core's log records go to Python's logger `aura_users`, with their fields as `extra`.
//!
//! They are kept until Python runs: while a call waits, when it returns, when an event loop wakes.
//! The core never runs a handler during its own work: a handler may call the library or wait for a
//! lock.
//!
//! While the interpreter exits, kept records are dropped: `logging` may be gone, and nothing can be
//! imported.

use std::cell::Cell;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use aura_users::{ErrorKind, LogLevel, LogRecord, set_log_hook, without_log_hook};
use once_cell::race::OnceBox;
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::python_code::{self, call, call_with, import};

/// Whether the logger takes debug records, as of the last call. If not, they cost nothing.
static DEBUG: AtomicBool = AtomicBool::new(false);

/// Whether a record is kept. Most calls log nothing, and read only this.
static IS_KEPT: AtomicBool = AtomicBool::new(false);

/// A record of the core, for Python.
struct Record {
    level: LogLevel,
    /// The whole record in a sentence.
    text: String,
    event: String,
    method: Option<&'static str>,
    route: Option<&'static str>,
    attempt: Option<u32>,
    status: Option<u16>,
    kind: Option<&'static str>,
    elapsed_ms: Option<f64>,
    request_id: Option<String>,
}

impl From<&LogRecord<'_>> for Record {
    fn from(record: &LogRecord<'_>) -> Self {
        Self {
            level: record.level,
            text: record.to_string(),
            event: record.message.to_owned(),
            method: record.method,
            route: record.route,
            attempt: record.attempt,
            status: record.status,
            kind: record.kind.map(ErrorKind::as_str),
            elapsed_ms: record.elapsed.map(|time| time.as_secs_f64() * 1e3),
            request_id: record.request_id.map(str::to_owned),
        }
    }
}

impl Record {
    /// The fields as attributes of a `logging.LogRecord`. All are set, so that a format string can
    /// name each of them.
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let extra = PyDict::new(py);
        extra.set_item(intern!(py, "event"), &self.event)?;
        extra.set_item(intern!(py, "method"), self.method)?;
        extra.set_item(intern!(py, "route"), self.route)?;
        extra.set_item(intern!(py, "attempt"), self.attempt)?;
        extra.set_item(intern!(py, "status"), self.status)?;
        extra.set_item(intern!(py, "kind"), self.kind)?;
        extra.set_item(intern!(py, "elapsed_ms"), self.elapsed_ms)?;
        extra.set_item(intern!(py, "request_id"), &self.request_id)?;
        Ok(extra)
    }
}

/// The kept records of one process.
struct Kept {
    process: u32,
    records: Mutex<Vec<Record>>,
    /// The records of a forked child, in which the lock above may be held forever.
    in_child: OnceBox<Kept>,
}

static KEPT: OnceBox<Kept> = OnceBox::new();

impl Kept {
    fn new() -> Self {
        let process = std::process::id();
        Self { process, records: Mutex::default(), in_child: OnceBox::new() }
    }

    /// The records of this process. It is created without a lock, which a fork could copy.
    fn here() -> &'static Self {
        let mut kept = KEPT.get_or_init(|| Box::new(Self::new()));
        while kept.process != std::process::id() {
            kept = kept.in_child.get_or_init(|| Box::new(Self::new()));
        }
        kept
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `sys.is_finalizing` and `sys.modules`, imported while Python can still import.
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

/// Sends the core's records to Python from now on.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    sys(py)?;
    set_log_hook(LogLevel::Debug, |record| {
        if record.level != LogLevel::Debug || DEBUG.load(Ordering::Relaxed) {
            Kept::here().lock().push(record.into());
            IS_KEPT.store(true, Ordering::Release);
        }
    });
    Ok(())
}

/// Before a call: reads the logger's level. A program that did not import `logging` gets no debug
/// records.
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

/// The result of `isEnabledFor`. Every call needs it, so it runs no Python code.
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

thread_local! {
    static IS_DELIVERING: Cell<bool> = const { Cell::new(false) };
}

/// Logs the kept records. Fails with `KeyboardInterrupt` and the like, if a handler raises it.
///
/// A handler may make calls, which are not logged: their records would go to the same handler.
pub(crate) fn deliver(py: Python<'_>) -> PyResult<()> {
    if !IS_KEPT.load(Ordering::Relaxed) || IS_DELIVERING.replace(true) {
        return Ok(());
    }
    let delivered = without_log_hook(|| deliver_kept(py));
    IS_DELIVERING.set(false);
    delivered
}

fn deliver_kept(py: Python<'_>) -> PyResult<()> {
    if !IS_KEPT.swap(false, Ordering::Acquire) {
        return Ok(());
    }
    let records = mem::take(&mut *Kept::here().lock());
    if is_finalizing(py)? {
        return Ok(());
    }
    for record in records {
        log(py, &record).or_else(|error| unless_fatal(py, error))?;
    }
    Ok(())
}

/// An error of a handler is no error of the call.
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

fn log(py: Python<'_>, record: &Record) -> PyResult<()> {
    let log = logger(py)?.getattr(intern!(py, "log"))?;
    let keywords = PyDict::new(py);
    keywords.set_item(intern!(py, "extra"), record.extra(py)?)?;
    call_with(&log, (number(record.level), "%s", &record.text), &keywords).map(drop)
}

/// Python's number for a level.
fn number(level: LogLevel) -> u8 {
    match level {
        LogLevel::Debug => 10,
        LogLevel::Info => 20,
        LogLevel::Warn => 30,
    }
}
