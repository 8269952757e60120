//! The rows of a stream: the loaded ones, and those that return to it.
//!
//! A row that the program gets is a Python object. CPython may raise the exception of a signal
//! handler after it has the object and before the program stores it: the exception destroys the
//! object. Or it destroys the list that `list(stream)` was filling. Such a row is unread, so it
//! returns to the stream, and the stream returns it again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec;

use aura_users::{AuditLogPage, Result, blocking};
use pyo3::prelude::*;

use crate::audit_log::AuditLog;

/// The rows that return to one stream.
#[derive(Default)]
pub(crate) struct ReturnedRows {
    rows: Mutex<Vec<Row>>,
    /// Most streams have none, and this is faster to read than the list.
    is_any: AtomicBool,
}

impl ReturnedRows {
    pub(crate) fn put(&self, rows: impl IntoIterator<Item = Row>) {
        self.lock().extend(rows);
        self.is_any.store(true, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A row, how many rows of its stream are before it, and its page's number.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) log: aura_users::AuditLog,
    position: u64,
    page: u64,
}

/// A row that the program has got. It returns to its stream if it is destroyed unread.
pub(crate) struct LentRow {
    row: Row,
    returned_rows: Option<Arc<ReturnedRows>>,
    is_read: AtomicBool,
}

impl LentRow {
    /// A row without a stream.
    pub(crate) fn alone(log: aura_users::AuditLog) -> Self {
        let row = Row { log, position: 0, page: 0 };
        Self { row, returned_rows: None, is_read: AtomicBool::new(true) }
    }

    /// Reads the row. It does not return to the stream any more.
    pub(crate) fn read(&self) -> &aura_users::AuditLog {
        self.is_read.store(true, Ordering::Relaxed);
        &self.row.log
    }

    /// Reads the row without effect on its return, to compare rows or to put them into a set.
    pub(crate) fn peek(&self) -> &aura_users::AuditLog {
        &self.row.log
    }
}

impl Drop for LentRow {
    fn drop(&mut self) {
        let Some(returned_rows) = &self.returned_rows else { return };
        // If an exception is set in this thread, the exception destroys the object.
        if !self.is_read.load(Ordering::Relaxed)
            && Python::try_attach(PyErr::occurred).unwrap_or(false)
        {
            returned_rows.put([self.row.clone()]);
        }
    }
}

/// An open stream of the core, and its loaded rows.
pub(crate) struct Stream {
    logs: blocking::AuditLogs,
    /// The rest of the current page.
    rows: vec::IntoIter<aura_users::AuditLog>,
    /// The page's number.
    number: u64,
    /// The number of rows that were taken from pages so far.
    taken: u64,
    /// Rows that have returned, the first one last.
    returned: Vec<Row>,
    returned_rows: Arc<ReturnedRows>,
    /// The page that loads for an event loop.
    pub(crate) loading: Option<Loading>,
}

/// A call that loads the next page.
pub(crate) type NextPage = aura_users::Call<Option<AuditLogPage>>;

/// A page that loads, and the position of the stream until it is in place.
#[derive(Clone)]
pub(crate) struct Loading {
    pub(crate) call: Arc<NextPage>,
    page: u64,
    /// The process that has started it.
    pub(crate) process: u32,
}

impl From<blocking::AuditLogs> for Stream {
    fn from(logs: blocking::AuditLogs) -> Self {
        let number = logs.page();
        let rows = Vec::new().into_iter();
        let returned_rows = Arc::default();
        Self { logs, rows, number, taken: 0, returned: Vec::new(), returned_rows, loading: None }
    }
}

impl Stream {
    /// The page of the next row.
    pub(crate) fn page(&mut self) -> u64 {
        self.collect_returned_rows();
        if let Some(row) = self.returned.last() {
            row.page
        } else if self.rows.len() > 0 {
            self.number
        } else if let Some(loading) = &self.loading {
            loading.page
        } else {
            self.logs.page()
        }
    }

    /// Returns whether the next row is loaded.
    pub(crate) fn is_loaded(&mut self) -> bool {
        self.collect_returned_rows();
        !self.returned.is_empty() || self.rows.len() > 0
    }

    /// Loads the next page. Returns false if there is none.
    pub(crate) fn turn_page(&mut self) -> Result<bool> {
        let next = self.logs.next_page()?;
        Ok(self.put(next))
    }

    /// Starts to load the next page, unless it loads already.
    pub(crate) fn start_next_page(&mut self) -> Result<Loading> {
        if let Some(loading) = &self.loading {
            return Ok(loading.clone());
        }
        let page = self.logs.page();
        let call = Arc::new(self.logs.next_page_start()?);
        let loading = Loading { call, page, process: std::process::id() };
        Ok(self.loading.insert(loading).clone())
    }

    /// Makes a page the current one. Returns false if there is none.
    pub(crate) fn put(&mut self, page: Option<AuditLogPage>) -> bool {
        let Some(page) = page else { return false };
        self.number = page.number();
        self.rows = page.rows().collect::<Vec<_>>().into_iter();
        true
    }

    /// Returns the next row, if it is loaded.
    pub(crate) fn next_row(&mut self) -> Option<AuditLog> {
        self.collect_returned_rows();
        let row = self.returned.pop().or_else(|| self.next_of_page())?;
        Some(self.lend(row))
    }

    /// Returns the rest of the current page, or none if no row is loaded.
    pub(crate) fn next_page(&mut self) -> Option<Vec<AuditLog>> {
        let rows = self.next_rows()?;
        Some(rows.into_iter().map(|row| self.lend(row)).collect())
    }

    /// Returns the same rows, but they do not return to the stream by themselves. The caller
    /// returns unread ones.
    pub(crate) fn next_rows(&mut self) -> Option<Vec<Row>> {
        let page = self.page();
        let mut rows = Vec::with_capacity(self.rows.len());
        while let Some(row) = self.returned.pop_if(|row| row.page == page) {
            rows.push(row);
        }
        if rows.is_empty() || page == self.number {
            rows.extend(std::iter::from_fn(|| self.next_of_page()));
        }
        (!rows.is_empty()).then_some(rows)
    }

    pub(crate) fn returned_rows(&self) -> Arc<ReturnedRows> {
        Arc::clone(&self.returned_rows)
    }

    fn next_of_page(&mut self) -> Option<Row> {
        let log = self.rows.next()?;
        let position = self.taken;
        self.taken += 1;
        Some(Row { log, position, page: self.number })
    }

    fn lend(&self, row: Row) -> AuditLog {
        let returned_rows = Some(Arc::clone(&self.returned_rows));
        LentRow { row, returned_rows, is_read: AtomicBool::new(false) }.into()
    }

    fn collect_returned_rows(&mut self) {
        if self.returned_rows.is_any.load(Ordering::Acquire) {
            self.returned_rows.is_any.store(false, Ordering::Relaxed);
            self.returned.append(&mut *self.returned_rows.lock());
            self.returned.sort_by_key(|row| std::cmp::Reverse(row.position));
        }
    }
}
