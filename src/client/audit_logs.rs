//! The audit log as a stream: pages asked for ahead, handed out in order, none lost.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::call::Attempts;
use super::settings::Settings;
use super::{Core, call};
use crate::protocol::audit_log::{AuditLog, PAGE_SIZE, Page};
use crate::protocol::{Operation, Reply, Request};
use crate::runtime::PerProcess;
use crate::transport::Transports;
use crate::{Error, ErrorKind, Result};

type Fetch = Arc<dyn Fn(u64) -> Pin<Box<dyn Future<Output = Result<Page>> + Send>> + Send + Sync>;

/// The caller's own audit log, newest row first.
///
/// An error keeps the place: the next call asks for the same page again. Nothing is skipped, and
/// a failure is never taken for the end. Dropping the stream cancels what it asked for ahead.
///
/// The server pages by offset: a row written meanwhile shifts the pages, so that a row may come
/// twice, once at the end of a page and once at the start of the next.
pub struct AuditLogs {
    fetch: Fetch,
    prefetch: usize,
    /// The pages asked for, in order; an entry without a task failed and is asked for again.
    ahead: VecDeque<(u64, Option<Task>)>,
    /// The page that follows those.
    following: Option<u64>,
    current: Current,
    /// Whether a full page was seen, or the caller expects many: before that, asking ahead would be
    /// asking past the end of most logs.
    is_long: bool,
}

struct Current {
    number: u64,
    page: Option<Page>,
    next_row: usize,
}

/// A page of an audit log, or what was left of it.
#[derive(Clone, Debug)]
pub struct AuditLogPage {
    number: u64,
    page: Page,
    start: usize,
}

impl AuditLogPage {
    /// Which page it is, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its rows.
    pub fn rows(&self) -> impl Iterator<Item = AuditLog> + '_ {
        (self.start..self.page.len()).filter_map(|index| self.page.row(index))
    }

    /// Its rows as a JSON array; a whole page is the server's own text, byte for byte.
    #[must_use]
    pub fn json(&self) -> Cow<'_, str> {
        self.page.json_from(self.start)
    }
}

impl AuditLogs {
    pub(crate) fn new(
        core: Arc<Core>,
        transports: Arc<PerProcess<Transports>>,
        settings: Arc<Settings>,
    ) -> Self {
        let (prefetch, page) = (settings.prefetch as usize, settings.page);
        let is_long = settings.expects_many_pages;
        let fetch = move |number| {
            let (core, transports, settings) = (core.clone(), transports.clone(), settings.clone());
            let fetched = async move {
                let transport = transports.get().transport(&settings.connection)?;
                let request = Request::audit_logs(number);
                let attempts = Attempts::default();
                call::call(&core, &settings, &transport, &request, Reply::page, &attempts).await
            };
            Box::pin(fetched) as Pin<Box<dyn Future<Output = Result<Page>> + Send>>
        };
        Self { is_long, ..Self::with_fetch(Arc::new(fetch), prefetch, page) }
    }

    pub(super) fn with_fetch(fetch: Fetch, prefetch: usize, page: u64) -> Self {
        Self {
            fetch,
            prefetch,
            ahead: VecDeque::new(),
            following: Some(page),
            current: Current { number: page, page: None, next_row: 0 },
            is_long: false,
        }
    }

    /// The page the next row is on; after the end the last page that had rows, or the first one
    /// asked for where none had. To go on another day, start there with the option `page`.
    #[must_use]
    pub fn page(&self) -> u64 {
        match &self.current.page {
            Some(page) if self.current.next_row >= page.len() => self
                .ahead
                .front()
                .map(|(number, _)| *number)
                .or(self.following)
                .unwrap_or(self.current.number),
            _ => self.current.number,
        }
    }

    /// The next row; none after the last.
    ///
    /// # Errors
    /// Those of any call; the stream keeps its place.
    pub async fn next(&mut self) -> Result<Option<AuditLog>> {
        loop {
            let row = self.next_in_page();
            if row.is_some() || !self.turn_page().await? {
                return Ok(row);
            }
        }
    }

    /// The next row, where it needs no waiting.
    pub(crate) fn next_in_page(&mut self) -> Option<AuditLog> {
        let row = self.current.page.as_ref()?.row(self.current.next_row)?;
        self.current.next_row += 1;
        Some(row)
    }

    /// Looks at the JSON of the next row, where it needs no waiting, and goes on to the one after it.
    #[cfg(feature = "capi")]
    pub(crate) fn pass_in_page<R>(&mut self, look: impl FnOnce(&str) -> R) -> Option<R> {
        let looked = look(self.current.page.as_ref()?.row_json(self.current.next_row)?);
        self.current.next_row += 1;
        Some(looked)
    }

    /// The rest of the page at hand, or the next page; none after the last.
    ///
    /// # Errors
    /// Those of any call; the stream keeps its place.
    pub async fn next_page(&mut self) -> Result<Option<AuditLogPage>> {
        loop {
            let Current { number, page, next_row } = &mut self.current;
            if let Some(page) = page.as_ref().filter(|page| *next_row < page.len()) {
                let start = mem::replace(next_row, page.len());
                return Ok(Some(AuditLogPage { number: *number, page: page.clone(), start }));
            }
            if !self.turn_page().await? {
                return Ok(None);
            }
        }
    }

    /// Makes the next page the current one; false where there is none.
    async fn turn_page(&mut self) -> Result<bool> {
        let process = std::process::id();
        self.ask(if self.is_long { self.prefetch.max(1) } else { 1 }, process);
        let Some((number, Some(task))) = self.ahead.front_mut() else { return Ok(false) };
        let number = *number;
        let page = match (&mut task.handle).await {
            Ok(Ok(page)) => page,
            failed => {
                self.ahead[0].1 = None;
                return Err(
                    failed.map_or_else(task_error, |result| result.err().unwrap_or_else(no_task))
                );
            }
        };
        self.ahead.pop_front();
        if page.len() < PAGE_SIZE {
            self.ahead.clear();
            self.following = None;
            if page.len() == 0 {
                return Ok(false);
            }
        }
        self.is_long = true;
        self.current = Current { number, page: Some(page), next_row: 0 };
        self.ask(self.prefetch, process);
        Ok(true)
    }

    /// Sees to it that `most` pages are on their way in this process, as far as there are any. After
    /// a fork, nobody in the child will ever finish what the parent began.
    fn ask(&mut self, most: usize, process: u32) {
        while self.ahead.len() < most {
            let Some(number) = self.following else { break };
            self.ahead.push_back((number, None));
            self.following = number.checked_add(1);
        }
        for (number, task) in &mut self.ahead {
            if task.as_ref().is_none_or(|task| task.process != process) {
                let handle = tokio::spawn((self.fetch)(*number));
                *task = Some(Task { handle, process });
            }
        }
    }
}

impl std::fmt::Debug for AuditLogs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLogs").field("page", &self.page()).finish_non_exhaustive()
    }
}

fn task_error(error: tokio::task::JoinError) -> Error {
    let (kind, message) = if error.is_cancelled() {
        (ErrorKind::Cancelled, "the runtime of the stream ended")
    } else {
        (ErrorKind::Internal, "reading a page panicked")
    };
    Error::new(kind, message).with_operation(Operation::StreamAuditLogs)
}

fn no_task() -> Error {
    Error::new(ErrorKind::Internal, "a page failed without an error")
}

/// A page on its way, cancelled when dropped.
struct Task {
    handle: JoinHandle<Result<Page>>,
    process: u32,
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.handle.is_finished() && self.process == std::process::id() {
            self.handle.abort();
        }
    }
}
