//! `AuditLogs`, the stream, and its pages.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec;

use aura_users::{AuditLogPage, Result, blocking};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use crate::arrow;
use crate::audit_log::AuditLog;
use crate::errors::{invalid_argument, raised};
use crate::{interrupt, log};

/// The caller's own audit log, newest row first: an iterator of AuditLog.
///
/// An error keeps the place: the next `next()` asks for the same page again. Nothing is skipped,
/// and a failure is never taken for the end.
///
/// The server pages by offset: a row written meanwhile shifts the pages, so that a row may come
/// twice, once at the end of a page and once at the start of the next.
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

pub(crate) type NextPage = aura_users::Call<Option<AuditLogPage>>;

struct Stream {
    logs: blocking::AuditLogs,
    /// What is left of the page at hand.
    rows: vec::IntoIter<aura_users::AuditLog>,
    number: u64,
}

impl Stream {
    fn page(&self) -> u64 {
        if self.rows.len() > 0 { self.number } else { self.logs.page() }
    }

    /// Makes the next page the one at hand; false where there is none.
    fn turn_page(&mut self) -> Result<bool> {
        let Some(page) = self.logs.next_page()? else { return Ok(false) };
        self.number = page.number();
        self.rows = page.rows().collect::<Vec<_>>().into_iter();
        Ok(true)
    }
}

impl From<blocking::AuditLogs> for AuditLogs {
    fn from(logs: blocking::AuditLogs) -> Self {
        let number = logs.page();
        let stream = Stream { logs, rows: Vec::new().into_iter(), number };
        Self { state: Mutex::new(State::Ready(Box::new(stream))) }
    }
}

impl AuditLogs {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `take` finds in the rows at hand, or in those of the next page.
    fn next<T>(
        &self,
        py: Python<'_>,
        take: impl Fn(&mut vec::IntoIter<aura_users::AuditLog>) -> Option<T>,
    ) -> PyResult<Option<T>> {
        if let State::Ready(stream) = &mut *self.lock()
            && let Some(found) = take(&mut stream.rows)
        {
            return Ok(Some(found));
        }
        // `list(stream)` runs none of Python's code, where somebody would look.
        interrupt::check(py)?;
        log::refresh(py)?;
        let mut stream = self.take(py)?;
        let (stream, turned) = py.detach(|| {
            let turned = stream.turn_page();
            (stream, turned)
        });
        let mut stream = self.give_back(stream);
        // The page is in place: what a handler raises loses no row.
        log::deliver(py)?;
        match turned {
            Ok(true) => Ok(match &mut *self.lock() {
                State::Ready(stream) => take(&mut stream.rows),
                // Closed meanwhile: the page came all the same.
                _ => stream.as_mut().and_then(|stream| take(&mut stream.rows)),
            }),
            Ok(false) => Ok(None),
            Err(error) => Err(raised(py, &error)),
        }
    }

    /// The next page, begun and not waited for.
    pub(crate) fn start_next_page(&self, py: Python<'_>) -> PyResult<Result<NextPage>> {
        match &*self.lock() {
            State::Ready(stream) => Ok(stream.logs.next_page_start()),
            _ => Err(invalid_argument(py, "the stream is closed")),
        }
    }

    /// What is left of the page at hand, or the next page; none after the last.
    pub(crate) fn next_page(&self, py: Python<'_>) -> PyResult<Option<Vec<aura_users::AuditLog>>> {
        self.next(py, |rows| (rows.len() > 0).then(|| rows.collect()))
    }

    fn take(&self, py: Python<'_>) -> PyResult<Box<Stream>> {
        let mut state = self.lock();
        let why = match &*state {
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

    /// Puts the stream back, or hands it out where it was closed meanwhile.
    fn give_back(&self, stream: Box<Stream>) -> Option<Box<Stream>> {
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
}

#[pymethods]
impl AuditLogs {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<AuditLog>> {
        self.next(py, |rows| rows.next().map(AuditLog::from))
    }

    /// The page the next row is on, or after the end the last page there was: to go on another
    /// day, start there with the option `page`.
    #[getter]
    pub(crate) fn page(&self) -> u64 {
        match &*self.lock() {
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
    /// params is JSON text, null where there are no details; extra is a JSON object of the fields
    /// unknown to this library, null where there are none. `requested_schema` is not taken up, as
    /// the interface allows.
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

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Vec<AuditLog>>> {
        let rows = self.logs.get().next_page(py)?;
        Ok(rows.map(|rows| rows.into_iter().map(AuditLog::from).collect()))
    }
}
