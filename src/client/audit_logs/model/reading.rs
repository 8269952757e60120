//! Reads the log of a model server with random steps, and checks what came.

use std::collections::{BTreeMap, HashMap};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use serde_json::value::RawValue;
use tokio::task::yield_now;

use super::super::AuditLogs;
use super::server::{Server, Shared, lock};
use crate::Result;

/// A step of the reader. After the last step it reads to the end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Next,
    NextPage,
    /// Starts `next()` or `next_page()`, and drops the future after this number of polls.
    Dropped(bool, u8),
    /// Drops the stream, and continues with a new one from `page()`.
    Resume,
    /// Does nothing while this number of rows is written.
    Pause(u16),
}

pub(super) struct Reader {
    server: Shared,
    pub(super) logs: AuditLogs,
    prefetch: usize,
    /// The rows that existed when the reading started.
    pub(super) existed: Vec<String>,
    pub(super) read: Vec<String>,
    pub(super) is_over: bool,
}

impl Reader {
    pub(super) fn new(server: &Shared, prefetch: usize, page: u64) -> Self {
        let fetch = Arc::clone(server);
        let fetch = Arc::new(move |number, known| Server::request(&fetch, number, known));
        Self {
            server: Arc::clone(server),
            logs: AuditLogs::with_fetch(fetch, prefetch, page, prefetch > 4),
            prefetch,
            existed: lock(server).rows_from(page),
            read: Vec::new(),
            is_over: false,
        }
    }

    pub(super) async fn step(&mut self, step: Step) {
        let requested = lock(&self.server).requested.len();
        let was_over = self.is_over;
        match step {
            Step::Next | Step::Dropped(false, _) => {
                let row = poll_for(step, self.logs.next()).await;
                self.take(row, |row| vec![model_json(row.raw_json())]);
            }
            Step::NextPage | Step::Dropped(true, _) => {
                let page = poll_for(step, self.logs.next_page()).await;
                self.take(page, |page| page.rows().map(|row| model_json(row.raw_json())).collect());
            }
            Step::Resume => {
                *self = Self::new(&self.server, self.prefetch, self.logs.page());
                // The runtime drops the cancelled requests.
                yield_now().await;
                let mut server = lock(&self.server);
                assert_eq!(server.in_flight, 0, "dropping the stream cancels its requests");
                server.failed = 0;
            }
            Step::Pause(written) => {
                lock(&self.server).rows += usize::from(written);
                yield_now().await;
            }
        }
        let server = lock(&self.server);
        assert!(
            !was_over || self.read.is_empty() || requested == server.requested.len(),
            "after the end"
        );
        let most = self.prefetch.max(1) + 1;
        assert!(server.most_in_flight <= most, "{} in flight", server.most_in_flight);
    }

    fn take<T>(&mut self, result: Option<Result<Option<T>>>, rows: impl Fn(T) -> Vec<String>) {
        match result {
            None => {}
            Some(Ok(Some(it))) => {
                let rows = rows(it);
                assert!(!self.is_over && !rows.is_empty());
                self.read.extend(rows);
            }
            Some(Ok(None)) => self.is_over = true,
            Some(Err(error)) => {
                assert!(!self.is_over);
                let mut server = lock(&self.server);
                assert!(server.failed > 0, "{error}");
                server.failed -= 1;
            }
        }
    }

    /// Checks that no row is lost. Checks that no row is repeated, except that equal rows may be if
    /// `may_repeat_equal`, and all rows if `may_repeat_rows` or the server filters them.
    pub(super) fn check(&self, may_repeat_equal: bool) {
        let mut read = self.read.iter();
        for (at, row) in self.existed.iter().enumerate() {
            assert!(read.any(|it| it == row), "row {at}, {row}, is lost or out of order");
        }
        let may_repeat_rows = {
            let server = lock(&self.server);
            server.may_repeat_rows || !server.hidden.is_empty()
        };
        if may_repeat_rows {
            return;
        }
        // The rows that were written later come before the others.
        let is_exact = self.read.ends_with(&self.existed);
        assert!(may_repeat_equal || is_exact, "old rows are repeated");
        let mut counts = HashMap::<String, usize>::new();
        for row in lock(&self.server).rows_from(1) {
            *counts.entry(row).or_default() += 1;
        }
        for row in &self.read {
            let count = counts.get_mut(row).expect("a row that was written");
            if *count > 0 {
                *count -= 1;
            } else {
                let is_unique = row.contains("params");
                assert!(may_repeat_equal && !is_unique, "{row} is repeated");
            }
        }
    }
}

/// The text of the row in the model, however the server wrote it.
fn model_json(row: &str) -> String {
    let members: BTreeMap<&str, &RawValue> = serde_json::from_str(row).unwrap();
    serde_json::to_string(&members).unwrap()
}

/// Polls `future` as often as the step allows, and returns its result.
async fn poll_for<T>(step: Step, future: impl Future<Output = T>) -> Option<T> {
    let polls = if let Step::Dropped(_, polls) = step { usize::from(polls) } else { usize::MAX };
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(result) = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
            return Some(result);
        }
        yield_now().await;
    }
    None
}

/// Reads to the end. Returns the numbers of the pages that were requested.
pub(super) async fn run(server: Server, prefetch: usize, page: u64, steps: Vec<Step>) -> Vec<u64> {
    let may_repeat_equal = server.has_long_runs;
    let server = Arc::new(Mutex::new(server));
    let mut reader = Reader::new(&server, prefetch, page);
    for step in steps {
        reader.step(step).await;
    }
    for times in 0.. {
        assert!(times < 100_000, "no end");
        if reader.is_over {
            break;
        }
        reader.step(Step::NextPage).await;
    }
    reader.check(may_repeat_equal);
    reader.step(Step::Next).await;
    reader.step(Step::NextPage).await;
    assert!(reader.is_over);
    drop(reader);
    yield_now().await;
    let server = lock(&server);
    assert_eq!(server.in_flight, 0, "dropping the stream cancels its requests");
    server.requested.clone()
}
