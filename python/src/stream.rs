//! The rows of a stream: those at hand, and those that come back.
//!
//! A row that is handed out is a Python object. CPython may raise an exception, such as that of a
//! signal's handler, after we returned the object and before the caller has it in a variable: the
//! exception destroys the object. Or it destroys the list in which `list(stream)` was gathering
//! rows. Nobody has read such a row, so it comes back and is handed out again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec;

use aura_users::{AuditLogPage, Result, blocking};
use pyo3::prelude::*;

use crate::audit_log::AuditLog;

/// Where rows of one stream come back to.
#[derive(Default)]
pub(crate) struct ComeBack {
    rows: Mutex<Vec<Row>>,
    /// Most streams never see one: this is quicker to ask.
    is_any: AtomicBool,
}

impl ComeBack {
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
    place: u64,
    page: u64,
}

/// A row that was handed out, and its way back.
pub(crate) struct HandedOut {
    row: Row,
    way_back: Option<Arc<ComeBack>>,
    is_read: AtomicBool,
}

impl HandedOut {
    /// A row of no stream.
    pub(crate) fn alone(log: aura_users::AuditLog) -> Self {
        let row = Row { log, place: 0, page: 0 };
        Self { row, way_back: None, is_read: AtomicBool::new(true) }
    }

    /// Reads the row, which stays with its reader from now on.
    pub(crate) fn read(&self) -> &aura_users::AuditLog {
        self.is_read.store(true, Ordering::Relaxed);
        &self.row.log
    }

    /// Looks at the row without reading it: two rows are compared, or one is put into a set.
    pub(crate) fn glance(&self) -> &aura_users::AuditLog {
        &self.row.log
    }
}

impl Drop for HandedOut {
    fn drop(&mut self) {
        let Some(way_back) = &self.way_back else { return };
        // What is destroyed while an exception is on its way is destroyed by the exception.
        if !self.is_read.load(Ordering::Relaxed)
            && Python::try_attach(PyErr::occurred).unwrap_or(false)
        {
            way_back.put([self.row.clone()]);
        }
    }
}

/// An open stream of the core, and its rows at hand.
pub(crate) struct Stream {
    logs: blocking::AuditLogs,
    /// What is left of the page at hand.
    rows: vec::IntoIter<aura_users::AuditLog>,
    /// The page's number.
    number: u64,
    /// How many rows were taken from pages so far.
    taken: u64,
    /// Rows that came back, the first one last.
    again: Vec<Row>,
    come_back: Arc<ComeBack>,
    /// The page that was begun for an event loop.
    pub(crate) coming: Option<Coming>,
}

/// The next page, begun and not waited for.
pub(crate) type NextPage = aura_users::Call<Option<AuditLogPage>>;

/// A page on its way, and where the stream stands until it is in place.
#[derive(Clone)]
pub(crate) struct Coming {
    pub(crate) call: Arc<NextPage>,
    page: u64,
    /// Who began it.
    pub(crate) process: u32,
}

impl From<blocking::AuditLogs> for Stream {
    fn from(logs: blocking::AuditLogs) -> Self {
        let number = logs.page();
        let rows = Vec::new().into_iter();
        let come_back = Arc::default();
        Self { logs, rows, number, taken: 0, again: Vec::new(), come_back, coming: None }
    }
}

impl Stream {
    /// The page of the next row.
    pub(crate) fn page(&mut self) -> u64 {
        self.look_for_rows_that_came_back();
        if let Some(row) = self.again.last() {
            row.page
        } else if self.rows.len() > 0 {
            self.number
        } else if let Some(coming) = &self.coming {
            coming.page
        } else {
            self.logs.page()
        }
    }

    /// Whether the next row need not be waited for.
    pub(crate) fn is_at_hand(&mut self) -> bool {
        self.look_for_rows_that_came_back();
        !self.again.is_empty() || self.rows.len() > 0
    }

    /// Makes the next page the one at hand; false if there is none.
    pub(crate) fn turn_page(&mut self) -> Result<bool> {
        let next = self.logs.next_page()?;
        Ok(self.put(next))
    }

    /// The next page, begun; the one that was begun before, if it is still on its way.
    pub(crate) fn start_next_page(&mut self) -> Result<Coming> {
        if let Some(coming) = &self.coming {
            return Ok(coming.clone());
        }
        let page = self.logs.page();
        let call = Arc::new(self.logs.next_page_start()?);
        let coming = Coming { call, page, process: std::process::id() };
        Ok(self.coming.insert(coming).clone())
    }

    /// Puts a page at hand; false if there is none.
    pub(crate) fn put(&mut self, page: Option<AuditLogPage>) -> bool {
        let Some(page) = page else { return false };
        self.number = page.number();
        self.rows = page.rows().collect::<Vec<_>>().into_iter();
        true
    }

    /// The next row, if it is at hand.
    pub(crate) fn next_row(&mut self) -> Option<AuditLog> {
        self.look_for_rows_that_came_back();
        let row = self.again.pop().or_else(|| self.next_of_page())?;
        Some(self.hand_out(row))
    }

    /// The rest of the page at hand, or none if there is no row at hand.
    pub(crate) fn next_page(&mut self) -> Option<Vec<AuditLog>> {
        let rows = self.next_rows()?;
        Some(rows.into_iter().map(|row| self.hand_out(row)).collect())
    }

    /// The same for who sees to it that rows come back.
    pub(crate) fn next_rows(&mut self) -> Option<Vec<Row>> {
        let page = self.page();
        let mut rows = Vec::with_capacity(self.rows.len());
        while let Some(row) = self.again.pop_if(|row| row.page == page) {
            rows.push(row);
        }
        if rows.is_empty() || page == self.number {
            rows.extend(std::iter::from_fn(|| self.next_of_page()));
        }
        (!rows.is_empty()).then_some(rows)
    }

    pub(crate) fn come_back(&self) -> Arc<ComeBack> {
        Arc::clone(&self.come_back)
    }

    fn next_of_page(&mut self) -> Option<Row> {
        let log = self.rows.next()?;
        let place = self.taken;
        self.taken += 1;
        Some(Row { log, place, page: self.number })
    }

    fn hand_out(&self, row: Row) -> AuditLog {
        let way_back = Some(Arc::clone(&self.come_back));
        HandedOut { row, way_back, is_read: AtomicBool::new(false) }.into()
    }

    fn look_for_rows_that_came_back(&mut self) {
        if self.come_back.is_any.load(Ordering::Acquire) {
            self.come_back.is_any.store(false, Ordering::Relaxed);
            self.again.append(&mut *self.come_back.lock());
            self.again.sort_by_key(|row| std::cmp::Reverse(row.place));
        }
    }
}
