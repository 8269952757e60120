//! `AuditLogs`, the stream, and its pages.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aura_users::{Result, blocking};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList, PyTuple};

use crate::arrow;
use crate::audit_log::AuditLog;
use crate::errors::{invalid_argument, raised};
use crate::python_code::without_gc;
use crate::stream::{Loading, NextPage, ReturnedRows, Row, Stream};
use crate::{interrupt, log};

/// The caller's own audit log, newest row first: an iterator of AuditLog.
///
/// It returns every row that existed at its start exactly once and in order, even if other rows are
/// written meanwhile. It may return rows that are written meanwhile, but never twice. If the server
/// deletes rows meanwhile, it can skip others: no client can see that.
///
/// After an error the stream keeps its position: the next `next()` requests the same page again. It
/// skips nothing, and an error never ends the log.
///
/// A signal handler that raises, as for KeyboardInterrupt, loses no row. If the exception destroys
/// an unread row, as in `list(stream)`, the stream returns the row again. A comprehension can lose
/// rows: use `rows.extend(stream)`.
///
/// Use a stream in one thread at a time. It is a context manager. If you close or drop it, it
/// cancels its requests.
///
/// >>> with aura_users.stream_audit_logs() as logs:
/// ...     for log in logs:
/// ...         print(log.action, log.user_agent, log.params)
/// key.generate Hex/2.1.1 {'name': 'laptop'}
/// owner.add None {'package': {'name': 'decimal'}}
///
/// Libraries that read Arrow accept it: `polars.DataFrame(client.stream_audit_logs())`.
#[pyclass(frozen, weakref, module = "aura_users")]
pub(crate) struct AuditLogs {
    /// Locked only briefly and with the GIL held: a thread that waits has taken the stream out.
    state: Mutex<State>,
}

enum State {
    Ready(Box<Stream>),
    /// A thread of that process reads it.
    Taken {
        process: u32,
        page: u64,
    },
    Closed {
        page: u64,
    },
}

impl arrow::Source for Py<AuditLogs> {
    fn next_page(&self, py: Python<'_>) -> PyResult<Option<(Vec<Row>, Arc<ReturnedRows>)>> {
        self.get().next(py, |stream| Some((stream.next_rows()?, stream.returned_rows())))
    }

    fn page(&self) -> u64 {
        self.get().page()
    }
}

impl From<blocking::AuditLogs> for AuditLogs {
    fn from(logs: blocking::AuditLogs) -> Self {
        Self { state: Mutex::new(State::Ready(Box::new(logs.into()))) }
    }
}

impl AuditLogs {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the result of `find` for the loaded rows.
    fn find_loaded<T>(&self, find: impl Fn(&mut Stream) -> Option<T>) -> Option<T> {
        match &mut *self.lock() {
            State::Ready(stream) => find(stream),
            _ => None,
        }
    }

    /// Returns the result of `find` for the loaded rows, or else for those of the next page. Every
    /// step that may raise an exception comes before the rows leave the stream.
    pub(crate) fn next<T>(
        &self,
        py: Python<'_>,
        find: impl Fn(&mut Stream) -> Option<T>,
    ) -> PyResult<Option<T>> {
        loop {
            log::deliver(py)?;
            // `list(stream)` runs no Python code and thus no signal handler.
            interrupt::check(py)?;
            if let Some(found) = self.find_loaded(&find) {
                return Ok(Some(found));
            }
            log::refresh(py)?;
            let mut stream = self.take(py)?;
            let (stream, has_page) = py.detach(|| {
                let has_page = stream.turn_page();
                (stream, has_page)
            });
            let closed = self.put_back(stream);
            if !has_page.map_err(|error| raised(py, &error))? {
                log::deliver(py)?;
                return Ok(None);
            }
            if let Some(mut stream) = closed {
                // The page arrived before the stream was closed.
                return Ok(find(&mut stream));
            }
        }
    }

    fn take(&self, py: Python<'_>) -> PyResult<Box<Stream>> {
        let mut state = self.lock();
        let why = match &mut *state {
            State::Ready(stream) => {
                let taken = State::Taken { process: std::process::id(), page: stream.page() };
                return match mem::replace(&mut *state, taken) {
                    State::Ready(stream) => Ok(stream),
                    _ => unreachable!("it was ready"),
                };
            }
            State::Taken { process, .. } if *process == std::process::id() => {
                "another thread is reading the stream"
            }
            State::Taken { .. } => {
                "another thread was reading the stream when this process was forked"
            }
            State::Closed { .. } => "the stream is closed",
        };
        drop(state);
        Err(invalid_argument(py, why))
    }

    /// Puts the stream back, or returns it if it was closed meanwhile.
    fn put_back(&self, mut stream: Box<Stream>) -> Option<Box<Stream>> {
        match &mut *self.lock() {
            State::Closed { page } => {
                *page = stream.page();
                Some(stream)
            }
            state => {
                *state = State::Ready(stream);
                None
            }
        }
    }

    /// Starts to load the next page. It belongs to the stream: until it is in place, another call
    /// returns the same one.
    pub(crate) fn start_next_page(&self, py: Python<'_>) -> PyResult<Result<Loading>> {
        match &mut *self.lock() {
            State::Ready(stream) => Ok(stream.start_next_page()),
            _ => Err(invalid_argument(py, "the stream is closed")),
        }
    }

    /// Puts a page that has arrived into its place. Returns false at the end. Does nothing if the
    /// page is in its place or the stream is closed.
    pub(crate) fn put(&self, call: &Arc<NextPage>) -> Result<bool> {
        let mut state = self.lock();
        let State::Ready(stream) = &mut *state else { return Ok(true) };
        if !stream.loading.as_ref().is_some_and(|loading| Arc::ptr_eq(&loading.call, call)) {
            return Ok(true);
        }
        let Some(result) = call.take() else { return Ok(true) };
        stream.loading = None;
        result.map(|page| stream.put(page))
    }
}

#[pymethods]
impl AuditLogs {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<AuditLog>> {
        // Most rows are loaded. Python runs signal handlers after it has such a row, and if a
        // handler raises, the row returns to the stream.
        match self.find_loaded(Stream::next_row) {
            Some(row) => Ok(Some(row)),
            None => self.next(py, Stream::next_row),
        }
    }

    /// The page of the next row, or after the end the last page. Pass it as the option `page` to
    /// continue another day.
    #[getter]
    pub(crate) fn page(&self) -> u64 {
        match &mut *self.lock() {
            State::Ready(stream) => stream.page(),
            State::Taken { page, .. } | State::Closed { page } => *page,
        }
    }

    /// Return an iterator over the same rows as lists, one list a page. The first list is the rest
    /// of the current page.
    fn pages(slf: Py<Self>) -> AuditLogPages {
        AuditLogPages { logs: slf }
    }

    /// Return the same rows for libraries that read Arrow, such as pandas, polars and pyarrow.
    ///
    /// Each page is a record batch with the columns action, user_agent, params and extra. params is
    /// JSON text, or null if there are no details. extra is a JSON object of the other fields,
    /// `inserted_at` too, or null if there are none. `requested_schema` is ignored, as the interface
    /// allows.
    ///
    /// If a page fails, the reading library raises its own error with our text. The stream keeps
    /// its position: `page` returns it, and `next()` raises the error itself.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        slf: Py<Self>,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        arrow::stream(py, slf)
    }

    /// End the stream. Reading it raises InvalidArgumentError from then on.
    ///
    /// A read in another thread ends first.
    fn close(&self) {
        let page = self.page();
        let former = mem::replace(&mut *self.lock(), State::Closed { page });
        if let State::Ready(stream) = &former
            && let Some(loading) = &stream.loading
        {
            loading.call.cancel();
        }
        drop(former);
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.close();
    }

    fn __repr__(&self) -> String {
        let closed = if matches!(&*self.lock(), State::Closed { .. }) { " (closed)" } else { "" };
        format!("<aura_users.AuditLogs at page {}{closed}>", self.page())
    }
}

/// The pages of an AuditLogs: an iterator of lists of AuditLog.
///
/// >>> [len(page) for page in aura_users.stream_audit_logs().pages()]
/// [2]
#[pyclass(frozen, weakref, module = "aura_users")]
pub(crate) struct AuditLogPages {
    logs: Py<AuditLogs>,
}

#[pymethods]
impl AuditLogPages {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.logs.get().next(py, Stream::next_page)?.map(|rows| list(py, rows)).transpose()
    }

    fn __repr__(&self) -> String {
        self.logs.get().__repr__().replacen("AuditLogs", "AuditLogPages", 1)
    }
}

/// Returns whether the next row is loaded, for `AsyncAuditLogs`.
#[pyfunction]
pub(crate) fn is_loaded(logs: &AuditLogs) -> bool {
    logs.find_loaded(|stream| stream.is_loaded().then_some(())).is_some()
}

/// Returns the next row if it is loaded, for `AsyncAuditLogs`.
#[pyfunction]
pub(crate) fn loaded_row(logs: &AuditLogs) -> Option<AuditLog> {
    logs.find_loaded(Stream::next_row)
}

/// Returns the rest of the current page if there is any, for `AsyncAuditLogs`.
#[pyfunction]
pub(crate) fn loaded_page<'py>(
    py: Python<'py>,
    logs: &AuditLogs,
) -> PyResult<Option<Bound<'py, PyList>>> {
    logs.find_loaded(Stream::next_page).map(|rows| list(py, rows)).transpose()
}

fn list(py: Python<'_>, rows: Vec<AuditLog>) -> PyResult<Bound<'_, PyList>> {
    without_gc(py, || PyList::new(py, rows))
}
