//! The audit log as a stream: every row once and in order, while other rows are written.
//!
//! - `reader`: which pages to request, and which of their rows are exact
//! - `compare`: compares pages that were read at different times
//! - `pair`: compares the rows of two pages
//! - `search`: finds rows that moved to later pages
//! - `stream`: implements `futures_core::Stream`
//! - `sample`: one row of each page that was returned

mod compare;
#[cfg(test)]
mod model;
mod pair;
mod reader;
mod sample;
mod search;
mod stream;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinHandle};

use super::settings::Settings;
use super::{Core, call};
use crate::attempts::Attempts;
use crate::log::{LogLevel, LogRecord, keep_callback_state};
use crate::operation::Operation;
use crate::protocol::audit_log::{AuditLog, Page};
use crate::protocol::{Reply, Request};
use crate::runtime::PerProcess;
use crate::runtime::process;
use crate::transport::Transports;
use crate::{Error, ErrorKind, Result};
use reader::{PageRequest, Reader, Ready};

/// Requests a page, of which an earlier reading may be known.
type Fetch = Arc<dyn Fn(u64, Option<Page>) -> Fetched + Send + Sync>;
type Fetched = Pin<Box<dyn Future<Output = Result<Page>> + Send>>;

/// The caller's own audit log, newest row first.
///
/// Dropping the stream cancels its requests.
///
#[doc = include_str!("../../../docs/audit-log.md")]
pub struct AuditLogs {
    fetch: Fetch,
    reader: Reader,
    /// Oldest first. Replies are taken in this order.
    in_flight: VecDeque<InFlight>,
    current: Ready,
    /// How long to wait for a row: `total_timeout`.
    limit: Duration,
    /// Whether the warning that pages cannot be compared was logged.
    has_warned: bool,
}

/// A request for a page. Dropping it cancels it.
struct InFlight {
    request: PageRequest,
    /// None if the request failed. It is sent again when its page is needed.
    task: Option<JoinHandle<(Result<Page>, Instant)>>,
    /// The error of the request, if it was not returned yet.
    error: Option<Error>,
    process: u64,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // A forked child must not touch the tasks of its parent.
        if let Some(task) = self.task.take().filter(|_| self.process == process::id()) {
            task.abort();
        }
    }
}

/// A page of an audit log, or the rest of a page.
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

    /// Its rows as a JSON array. A whole page is the server's text, byte for byte.
    #[must_use]
    pub fn json(&self) -> Cow<'_, str> {
        self.page.json_from(self.start)
    }

    /// See [`Page::separated_from`].
    #[cfg(feature = "capi")]
    pub(crate) fn separated(&self) -> String {
        self.page.separated_from(self.start)
    }
}

impl AuditLogs {
    pub(crate) fn new(
        core: Arc<Core>,
        transports: Arc<PerProcess<Transports>>,
        settings: Arc<Settings>,
    ) -> Self {
        let (prefetch, page) = (settings.prefetch as usize, settings.page);
        let (is_long, limit) = (settings.expects_many_pages, settings.total_timeout);
        let fetch = move |number, known| {
            let (core, transports, settings) = (core.clone(), transports.clone(), settings.clone());
            let fetched = async move {
                let transport = transports.get().transport(&settings.connection);
                let request = Request::audit_logs(number, known);
                let attempts = Attempts::default();
                let page =
                    call::call(&core, &settings, &transport, &request, Reply::page, &attempts)
                        .await?;
                Ok(if settings.is_hex_pm { page.of_fixed_size() } else { page })
            };
            Box::pin(fetched) as Fetched
        };
        Self { limit, ..Self::with_fetch(Arc::new(fetch), prefetch, page, is_long) }
    }

    fn with_fetch(fetch: Fetch, prefetch: usize, page: u64, is_long: bool) -> Self {
        Self {
            fetch,
            limit: Duration::MAX,
            reader: Reader::new(page, prefetch, is_long),
            in_flight: VecDeque::new(),
            current: Ready { number: page, page: Page::default(), start: 0 },
            has_warned: false,
        }
    }

    /// The page of the next row. After the end, it is the last page with rows, or the first page
    /// requested if none had rows. To continue later, start there with the option `page`.
    #[must_use]
    pub fn page(&self) -> u64 {
        let Ready { number, page, start } = &self.current;
        match self.reader.next_number() {
            Some(next) if *start >= page.len() => next,
            _ => *number,
        }
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// As for every call. The stream keeps its position.
    pub async fn next(&mut self) -> Result<Option<AuditLog>> {
        loop {
            let row = self.next_at_hand();
            if row.is_some() || !self.turn_page().await? {
                return Ok(row);
            }
        }
    }

    /// The next row of the current page.
    pub(crate) fn next_at_hand(&mut self) -> Option<AuditLog> {
        let row = self.current.page.row(self.current.start)?;
        self.current.start += 1;
        Some(row)
    }

    /// Calls `use_json` with the JSON of the next row of the current page, and advances.
    #[cfg(feature = "capi")]
    pub(crate) fn with_next_json<R>(&mut self, use_json: impl FnOnce(&str) -> R) -> Option<R> {
        let result = use_json(self.current.page.row_json(self.current.start)?);
        self.current.start += 1;
        Some(result)
    }

    /// The rest of the current page, or the next page if its rows have arrived.
    #[cfg(feature = "capi")]
    pub(crate) fn next_arrived_page(&mut self) -> Option<AuditLogPage> {
        if self.current.start >= self.current.page.len() {
            self.current = self.reader.take_ready()?;
        }
        self.take_rest_of_page()
    }

    fn take_rest_of_page(&mut self) -> Option<AuditLogPage> {
        let Ready { number, page, start } = &mut self.current;
        let first = mem::replace(start, page.len());
        (first < page.len()).then(|| AuditLogPage {
            number: *number,
            page: page.clone(),
            start: first,
        })
    }

    /// The rest of the current page, or the next page; `None` after the last.
    ///
    /// # Errors
    /// As for every call. The stream keeps its position.
    pub async fn next_page(&mut self) -> Result<Option<AuditLogPage>> {
        loop {
            let page = self.take_rest_of_page();
            if page.is_some() || !self.turn_page().await? {
                return Ok(page);
            }
        }
    }

    /// Makes the next page the current one. False if there is none.
    async fn turn_page(&mut self) -> Result<bool> {
        let began = Instant::now();
        let mut has_read = false;
        loop {
            if let Some(ready) = self.reader.take_ready() {
                self.current = ready;
                self.take_arrived().await;
                self.send(false);
                return Ok(true);
            }
            if self.reader.is_over() {
                return Ok(false);
            }
            if self.reader.is_unpaged() {
                return Err(unpaged());
            }
            if has_read && began.elapsed() >= self.limit {
                return Err(self.overtaken());
            }
            self.send(true);
            self.take_next().await?;
            has_read = true;
        }
    }

    /// The error if pages arrive, and none has a row that the caller does not have yet.
    fn overtaken(&self) -> Error {
        let message = format!(
            "no new row within total_timeout ({} s): the log grows faster than it is read",
            self.limit.as_secs_f64()
        );
        Error::new(ErrorKind::Timeout, message)
            .with_hint("read on when the account is less busy: the stream keeps its position")
            .with_operation(Operation::StreamAuditLogs)
    }

    /// Takes the replies that have arrived, in order, up to the first error.
    async fn take_arrived(&mut self) {
        while self.in_flight.front().is_some_and(|front| {
            front.process == process::id()
                && front.task.as_ref().is_some_and(JoinHandle::is_finished)
        }) {
            if let Err(error) = self.take_next().await {
                // The caller gets the rows before it first.
                if let Some(front) = self.in_flight.front_mut() {
                    front.error = Some(error);
                }
                return;
            }
        }
    }

    /// Waits for the reply to the oldest request, and takes it.
    async fn take_next(&mut self) -> Result<()> {
        let Some(front) = self.in_flight.front_mut() else { return Err(no_request()) };
        if let Some(error) = front.error.take() {
            return Err(error);
        }
        let Some(task) = &mut front.task else { return Err(no_request()) };
        let result = task.await;
        front.task = None;
        let (page, arrived) = match result {
            Ok((page, arrived)) => (page?, arrived),
            Err(error) => return Err(task_error(&error)),
        };
        let request = front.request;
        self.in_flight.pop_front();
        if self.reader.receive(request, page, arrived) {
            self.in_flight.clear();
        }
        if self.reader.is_incomparable() && !mem::replace(&mut self.has_warned, true) {
            let message = "too many rows of the log are equal or change while it is read, so rows \
                           can be repeated while others are written";
            LogRecord::for_operation(Operation::StreamAuditLogs, LogLevel::Warn, message).emit();
        }
        Ok(())
    }

    /// Sends the requests that are due, and repeats those that failed. A forked child repeats the
    /// requests of its parent, which do not end in the child.
    fn send(&mut self, is_waiting: bool) {
        let process = process::id();
        let has_unseen_error = self.in_flight.front().is_some_and(|front| front.error.is_some());
        for InFlight { request, task, process: sender, .. } in &mut self.in_flight {
            let is_lost = *sender != process;
            if is_lost || task.is_none() && is_waiting && !has_unseen_error {
                *request = self.reader.renew(*request);
                let known = self.reader.known_reading(*request);
                *task = Some(spawn((self.fetch)(request.number, known)));
                *sender = process;
            }
        }
        let mut requests = Vec::new();
        self.reader.plan(is_waiting, &mut requests);
        for request in requests {
            let known = self.reader.known_reading(request);
            let task = Some(spawn((self.fetch)(request.number, known)));
            self.in_flight.push_back(InFlight { request, task, error: None, process });
        }
    }
}

/// Requests a page. If a log callback reads the stream, the request is not logged.
fn spawn(
    fetched: impl Future<Output = Result<Page>> + Send + 'static,
) -> JoinHandle<(Result<Page>, Instant)> {
    tokio::spawn(keep_callback_state(async move {
        let page = fetched.await;
        (page, Instant::now())
    }))
}

impl std::fmt::Debug for AuditLogs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLogs").field("page", &self.page()).finish_non_exhaustive()
    }
}

fn unpaged() -> Error {
    let message = "the server answers every page of the audit log with the same rows";
    Error::new(ErrorKind::Decode, message)
        .with_hint("the server ignores the parameter page, so its first page is the whole log")
        .with_operation(Operation::StreamAuditLogs)
}

fn task_error(error: &JoinError) -> Error {
    let (kind, message) = if error.is_cancelled() {
        (ErrorKind::Cancelled, "the runtime of the stream was shut down")
    } else {
        (ErrorKind::Internal, "a bug in the library: reading a page panicked")
    };
    Error::new(kind, message).with_operation(Operation::StreamAuditLogs)
}

fn no_request() -> Error {
    Error::new(
        ErrorKind::Internal,
        "a bug in the library: the stream waits for a page that it did not request",
    )
    .with_operation(Operation::StreamAuditLogs)
}
