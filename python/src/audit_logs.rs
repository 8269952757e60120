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
use crate::stream::{ComeBack, Coming, NextPage, Row, Stream};
use crate::{interrupt, log};

/// The caller's own audit log, newest row first: an iterator of AuditLog.
///
/// Every row that was there when reading began comes out exactly once, in order, while other rows
/// are written. Of rows written meanwhile some may come, none of them twice. Rows that the server
/// deletes meanwhile can make it skip others: nobody can see that from outside.
///
/// An error keeps the place: the next `next()` asks for the same page again. Nothing is skipped,
/// and a failure is never taken for the end.
///
/// An exception of a signal's handler, such as KeyboardInterrupt, loses no row. If it destroys a
/// row before anything of the row was read, as in `list(stream)`, the stream gives the row again.
///
/// A stream is for one thread at a time. It is a context manager; closing or dropping it cancels
/// what it asked for ahead.
///
/// >>> with aura_users.stream_audit_logs() as logs:
/// ...     for log in logs:
/// ...         print(log.action, log.user_agent, log.params)
/// key.generate Hex/2.1.1 {'name': 'laptop'}
/// owner.add None {'package': {'name': 'decimal'}}
///
/// Libraries that read Arrow take it as it is: `polars.DataFrame(client.stream_audit_logs())`.
#[pyclass(frozen, module = "aura_users")]
pub(crate) struct AuditLogs {
    /// Locked for moments, with the GIL in hand; a thread that waits has taken the stream out.
    state: Mutex<State>,
}

enum State {
    Ready(Box<Stream>),
    /// In the hands of a thread of this process.
    Taken {
        process: u32,
        page: u64,
    },
    Closed {
        page: u64,
    },
}

impl arrow::Source for Py<AuditLogs> {
    fn next_page(&self, py: Python<'_>) -> PyResult<Option<(Vec<Row>, Arc<ComeBack>)>> {
        self.get().next(py, |stream| Some((stream.next_rows()?, stream.come_back())))
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

    /// What `find` finds in the rows at hand.
    fn at_hand<T>(&self, find: impl Fn(&mut Stream) -> Option<T>) -> Option<T> {
        match &mut *self.lock() {
            State::Ready(stream) => find(stream),
            _ => None,
        }
    }

    /// What `find` finds in the rows at hand, or in those of the next page. Whatever may raise an
    /// exception comes before the rows leave the stream.
    pub(crate) fn next<T>(
        &self,
        py: Python<'_>,
        find: impl Fn(&mut Stream) -> Option<T>,
    ) -> PyResult<Option<T>> {
        loop {
            log::deliver(py)?;
            // `list(stream)` runs none of Python's code, where somebody would look.
            interrupt::check(py)?;
            if let Some(found) = self.at_hand(&find) {
                return Ok(Some(found));
            }
            log::refresh(py)?;
            let mut stream = self.take(py)?;
            let (stream, turned) = py.detach(|| {
                let turned = stream.turn_page();
                (stream, turned)
            });
            let closed = self.give_back(stream);
            if !turned.map_err(|error| raised(py, &error))? {
                log::deliver(py)?;
                return Ok(None);
            }
            if let Some(mut stream) = closed {
                // The page came all the same.
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
                "the stream is being read by another thread"
            }
            State::Taken { .. } => {
                "the stream was being read by another thread when this process was forked"
            }
            State::Closed { .. } => "the stream is closed",
        };
        drop(state);
        Err(invalid_argument(py, why))
    }

    /// Puts the stream back, or hands it out if it was closed meanwhile.
    fn give_back(&self, mut stream: Box<Stream>) -> Option<Box<Stream>> {
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

    /// The next page, begun and not waited for. It is the stream's: whoever asks again before it
    /// is in place gets the same one.
    pub(crate) fn start_next_page(&self, py: Python<'_>) -> PyResult<Result<Coming>> {
        match &mut *self.lock() {
            State::Ready(stream) => Ok(stream.start_next_page()),
            _ => Err(invalid_argument(py, "the stream is closed")),
        }
    }

    /// Puts a page that has come into its place; false if it is the end. Does nothing if the page
    /// is in its place or the stream is closed.
    pub(crate) fn put(&self, call: &Arc<NextPage>) -> Result<bool> {
        let mut state = self.lock();
        let State::Ready(stream) = &mut *state else { return Ok(true) };
        if !stream.coming.as_ref().is_some_and(|coming| Arc::ptr_eq(&coming.call, call)) {
            return Ok(true);
        }
        let Some(result) = call.take() else { return Ok(true) };
        stream.coming = None;
        result.map(|page| stream.put(page))
    }
}

#[pymethods]
impl AuditLogs {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<AuditLog>> {
        // Most rows are at hand. Python looks at its signals right after such a row was returned,
        // and if a handler raises, the row comes back.
        match self.at_hand(Stream::next_row) {
            Some(row) => Ok(Some(row)),
            None => self.next(py, Stream::next_row),
        }
    }

    /// The page the next row is on, or after the end the last page there was: to go on another
    /// day, start there with the option `page`.
    #[getter]
    pub(crate) fn page(&self) -> u64 {
        match &mut *self.lock() {
            State::Ready(stream) => stream.page(),
            State::Taken { page, .. } | State::Closed { page } => *page,
        }
    }

    /// The same rows as an iterator of lists, one for each page; the first is the rest of the
    /// page at hand.
    fn pages(slf: Py<Self>) -> AuditLogPages {
        AuditLogPages { logs: slf }
    }

    /// The same rows for every library that reads Arrow, such as pandas, polars and pyarrow: one
    /// record batch for each page, with the columns action, user_agent, params and extra.
    ///
    /// params is JSON text, null if there are no details; extra is a JSON object of the other
    /// fields, `inserted_at` too, and null if there are none. `requested_schema` is not taken up,
    /// as the interface allows.
    ///
    /// An error is what the reading library makes of it, with our text. The stream keeps its
    /// place: `page` says where, and `next()` raises the error itself.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        slf: Py<Self>,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        arrow::stream(py, slf)
    }

    /// End the stream; reading on raises InvalidArgumentError. A read in another thread ends
    /// first.
    fn close(&self) {
        let page = self.page();
        let former = mem::replace(&mut *self.lock(), State::Closed { page });
        if let State::Ready(stream) = &former
            && let Some(coming) = &stream.coming
        {
            coming.call.cancel();
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
#[pyclass(frozen, module = "aura_users")]
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
}

/// Whether the next row is at hand, for `AsyncAuditLogs`.
#[pyfunction]
pub(crate) fn is_at_hand(logs: &AuditLogs) -> bool {
    logs.at_hand(|stream| stream.is_at_hand().then_some(())).is_some()
}

/// The next row if it is at hand, for `AsyncAuditLogs`.
#[pyfunction]
pub(crate) fn row_at_hand(logs: &AuditLogs) -> Option<AuditLog> {
    logs.at_hand(Stream::next_row)
}

/// The rest of the page at hand if there is any, for `AsyncAuditLogs`.
#[pyfunction]
pub(crate) fn page_at_hand<'py>(
    py: Python<'py>,
    logs: &AuditLogs,
) -> PyResult<Option<Bound<'py, PyList>>> {
    logs.at_hand(Stream::next_page).map(|rows| list(py, rows)).transpose()
}

fn list(py: Python<'_>, rows: Vec<AuditLog>) -> PyResult<Bound<'_, PyList>> {
    without_gc(py, || PyList::new(py, rows))
}
