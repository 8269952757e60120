//! The audit log as a stream: every row exactly once, in order, while other rows are written.
//!
//! - `reader`: which pages to request, and which of their rows are exact
//! - `compare`: pages that the server read at different times
//! - `search`: for rows that moved too far down to be seen
//! - `stream`: the trait of that name
//! - `sample`: one row of each page that was handed out

mod compare;
#[cfg(test)]
mod model;
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
use std::time::Instant;

use tokio::task::{JoinError, JoinHandle};

use super::settings::Settings;
use super::{Core, call};
use crate::attempts::Attempts;
use crate::log::{LogLevel, LogRecord};
use crate::operation::Operation;
use crate::protocol::audit_log::{AuditLog, Page};
use crate::protocol::{Reply, Request};
use crate::runtime::PerProcess;
use crate::runtime::process;
use crate::transport::Transports;
use crate::{Error, ErrorKind, Result};
use reader::{PageRequest, Reader, Ready};

type Fetch = Arc<dyn Fn(u64) -> Pin<Box<dyn Future<Output = Result<Page>> + Send>> + Send + Sync>;

/// The caller's own audit log, newest row first.
///
/// Every row that existed when the reading began comes out exactly once, in order, also if other
/// rows are written meanwhile. Rows that are written during the reading may come or not, and never
/// twice.
///
/// The server pages by offset and rows have no id, so there are limits that no client can see:
///
/// - If the server deletes rows meanwhile, the stream can skip others.
/// - Rows that look alike can come too often, and very rarely be missing, if they lie at the ends of
///   pages while rows are written.
/// - If more than half a page of rows is written between two requests, rows can come twice.
///
/// An error keeps the place: the next call requests the same page again. Nothing is skipped, and
/// a failure is never taken for the end. Dropping the stream cancels its requests.
///
/// To be exact, the stream reads one page again now and then: on long logs once for every four
/// pages with the default `prefetch`. A log of one page costs one request, a log of two pages two.
pub struct AuditLogs {
    fetch: Fetch,
    reader: Reader,
    /// Oldest first. Replies are taken in this order.
    in_flight: VecDeque<InFlight>,
    current: Ready,
    /// Whether the log was told that pages cannot be compared.
    has_warned: bool,
}

/// A request for a page. Dropping it cancels it.
struct InFlight {
    ask: PageRequest,
    /// None if it failed: then it is sent again when its page is needed.
    task: Option<JoinHandle<(Result<Page>, Instant)>>,
    /// Why it failed, if nobody was told yet.
    error: Option<Error>,
    process: u64,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // A task of the parent of this process is left alone.
        if let Some(task) = self.task.take().filter(|_| self.process == process::id()) {
            task.abort();
        }
    }
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
                let transport = transports.get().transport(&settings.connection);
                let request = Request::audit_logs(number);
                let attempts = Attempts::default();
                let page =
                    call::call(&core, &settings, &transport, &request, Reply::page, &attempts)
                        .await?;
                Ok(if settings.is_hex_pm { page.of_fixed_size() } else { page })
            };
            Box::pin(fetched) as Pin<Box<dyn Future<Output = Result<Page>> + Send>>
        };
        Self::with_fetch(Arc::new(fetch), prefetch, page, is_long)
    }

    fn with_fetch(fetch: Fetch, prefetch: usize, page: u64, is_long: bool) -> Self {
        Self {
            fetch,
            reader: Reader::new(page, prefetch, is_long),
            in_flight: VecDeque::new(),
            current: Ready { number: page, page: Page::default(), start: 0 },
            has_warned: false,
        }
    }

    /// The page that the next row is on. After the end, the last page that had rows, or the first
    /// page requested if none had. To go on another day, start there with the option `page`.
    #[must_use]
    pub fn page(&self) -> u64 {
        let Ready { number, page, start } = &self.current;
        match self.reader.next_number() {
            Some(next) if *start >= page.len() => next,
            _ => *number,
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

    /// The next row, if it needs no waiting.
    pub(crate) fn next_in_page(&mut self) -> Option<AuditLog> {
        let row = self.current.page.row(self.current.start)?;
        self.current.start += 1;
        Some(row)
    }

    /// Shows the JSON of the next row, if it needs no waiting, and goes on to the one after it.
    #[cfg(feature = "capi")]
    pub(crate) fn pass_in_page<R>(&mut self, look: impl FnOnce(&str) -> R) -> Option<R> {
        let looked = look(self.current.page.row_json(self.current.start)?);
        self.current.start += 1;
        Some(looked)
    }

    /// The rest of the page at hand, or the next page; none after the last.
    ///
    /// # Errors
    /// Those of any call; the stream keeps its place.
    pub async fn next_page(&mut self) -> Result<Option<AuditLogPage>> {
        loop {
            let Ready { number, page, start } = &mut self.current;
            if *start < page.len() {
                let start = mem::replace(start, page.len());
                return Ok(Some(AuditLogPage { number: *number, page: page.clone(), start }));
            }
            if !self.turn_page().await? {
                return Ok(None);
            }
        }
    }

    /// Makes the next page the current one; false if there is none.
    async fn turn_page(&mut self) -> Result<bool> {
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
            self.send(true);
            self.take_next().await?;
        }
    }

    /// Takes the replies that are there, in order, as far as they are good.
    async fn take_arrived(&mut self) {
        while self.in_flight.front().is_some_and(|front| {
            front.process == process::id()
                && front.task.as_ref().is_some_and(JoinHandle::is_finished)
        }) {
            if let Err(error) = self.take_next().await {
                // The caller has a row to look at first.
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
        let ask = front.ask;
        self.in_flight.pop_front();
        if self.reader.receive(ask, page, arrived) {
            self.in_flight.clear();
        }
        if self.reader.is_incomparable() && !mem::replace(&mut self.has_warned, true) {
            let message = "the server shows other rows each time a page is read: rows that are \
                           written while the log is read can repeat others";
            LogRecord::of(Operation::StreamAuditLogs, LogLevel::Warn, message).emit();
        }
        Ok(())
    }

    /// Sends what is to be sent now, and again what failed. After a fork, nobody in the child will
    /// ever finish what the parent sent.
    fn send(&mut self, is_waiting: bool) {
        let process = process::id();
        let has_unseen_error = self.in_flight.front().is_some_and(|front| front.error.is_some());
        for InFlight { ask, task, process: of, .. } in &mut self.in_flight {
            let is_lost = *of != process;
            if is_lost || task.is_none() && is_waiting && !has_unseen_error {
                *ask = self.reader.renew(*ask);
                *task = Some(spawn((self.fetch)(ask.number)));
                *of = process;
            }
        }
        let mut asks = Vec::new();
        self.reader.plan(is_waiting, &mut asks);
        for ask in asks {
            let task = Some(spawn((self.fetch)(ask.number)));
            self.in_flight.push_back(InFlight { ask, task, error: None, process });
        }
    }
}

fn spawn(
    fetched: impl Future<Output = Result<Page>> + Send + 'static,
) -> JoinHandle<(Result<Page>, Instant)> {
    tokio::spawn(async move {
        let page = fetched.await;
        (page, Instant::now())
    })
}

impl std::fmt::Debug for AuditLogs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLogs").field("page", &self.page()).finish_non_exhaustive()
    }
}

fn task_error(error: &JoinError) -> Error {
    let (kind, message) = if error.is_cancelled() {
        (ErrorKind::Cancelled, "the runtime of the stream ended")
    } else {
        (ErrorKind::Internal, "reading a page panicked")
    };
    Error::new(kind, message).with_operation(Operation::StreamAuditLogs)
}

fn no_request() -> Error {
    Error::new(ErrorKind::Internal, "the stream waits for a page that it did not request")
        .with_operation(Operation::StreamAuditLogs)
}
