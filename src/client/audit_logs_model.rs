//! The stream against a model of the server that fails at random, on a runtime without sockets
//! and timers.
//!
//! The server keeps what it served; a reader who knows only that checks every step: rows come out
//! exactly once and in order, or an error says which page is missing.

mod server;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use proptest::prelude::*;
use tokio::task::yield_now;

use super::audit_logs::AuditLogs;
use crate::protocol::audit_log::PAGE_SIZE;
use crate::{AuditLog, Error, ErrorKind, Result};
use server::{Fate, Outcome, Server, Shared, lock};

/// What the reader does; after the last of them, reads on to the end.
#[derive(Clone, Copy, Debug)]
enum Step {
    Next,
    NextPage,
    /// Begins `next()` or `next_page()`, and drops it after so many polls.
    Dropped(bool, u8),
    /// Drops the stream, and goes on with a new one at `page()`.
    Resume,
}

/// The reader, and where the model says it stands.
struct Reader {
    server: Shared,
    logs: AuditLogs,
    prefetch: usize,
    number: u64,
    row: usize,
    /// The last page that had rows, or the first.
    last: u64,
    ended: bool,
    read: Vec<String>,
}

impl Reader {
    fn open(server: &Shared, prefetch: usize, page: u64) -> AuditLogs {
        let server = Arc::clone(server);
        AuditLogs::with_fetch(Arc::new(move |number| Server::ask(&server, number)), prefetch, page)
    }

    /// The page the model stands on, if it was served.
    fn page(&self) -> Option<Vec<String>> {
        lock(&self.server).served.get(&self.number).cloned()
    }

    /// Steps over the end of a full page.
    fn turn(&mut self) {
        if self.page().is_some_and(|rows| self.row >= rows.len() && rows.len() >= PAGE_SIZE) {
            (self.number, self.row) = (self.number + 1, 0);
        }
    }

    fn saw(&mut self, rows: &[String]) {
        self.turn();
        let page = self.page().expect("rows come from a page that was served");
        assert_eq!(rows, &page[self.row..self.row + rows.len()], "page {}", self.number);
        assert!(!self.ended && !rows.is_empty());
        self.row += rows.len();
        self.last = self.number;
        self.read.extend_from_slice(rows);
    }

    fn saw_end(&mut self) {
        self.turn();
        let page = self.page().expect("the end is told by a page");
        assert!(page.len() < PAGE_SIZE && self.row == page.len(), "an end before the end");
        self.ended = true;
    }

    fn saw_error(&mut self, error: &Error) {
        self.turn();
        let failed = lock(&self.server).failed.remove(&self.number);
        assert_eq!(Some(error.kind()), failed, "an error of another page than {}", self.number);
        assert!(self.page().is_none() && !self.ended);
    }

    /// One step; false where nothing came of it.
    async fn step(&mut self, step: Step) -> bool {
        let asked = lock(&self.server).asked.len();
        let knew_the_end = self.ended || self.page().is_some_and(|rows| rows.len() < PAGE_SIZE);
        let knew_the_end = knew_the_end && (self.row > 0 || self.ended);
        let came = match step {
            Step::Next | Step::Dropped(false, _) => {
                let Some(result) = polled(step, self.logs.next()).await else { return false };
                self.row_came(result)
            }
            Step::NextPage | Step::Dropped(true, _) => {
                let Some(result) = polled(step, self.logs.next_page()).await else { return false };
                match result {
                    Ok(Some(page)) => {
                        self.saw(&page.rows().map(|row| row.json().to_owned()).collect::<Vec<_>>());
                        assert_eq!(page.number(), self.number);
                    }
                    Ok(None) => self.saw_end(),
                    Err(error) => self.saw_error(&error),
                }
                true
            }
            Step::Resume => {
                let page = self.logs.page();
                self.logs = Self::open(&self.server, self.prefetch, page);
                // The runtime drops what was cancelled.
                yield_now().await;
                let mut server = lock(&self.server);
                assert_eq!(server.in_flight, 0, "dropping the stream cancels what it asked for");
                (server.served, server.failed, server.asked) = Default::default();
                drop(server);
                (self.number, self.row, self.last, self.ended) = (page, 0, page, false);
                self.read.clear();
                return false;
            }
        };
        let server = lock(&self.server);
        assert!(!knew_the_end || asked == server.asked.len(), "asked on after the end");
        came
    }

    fn row_came(&mut self, result: Result<Option<AuditLog>>) -> bool {
        match result {
            Ok(Some(row)) => self.saw(&[row.json().to_owned()]),
            Ok(None) => self.saw_end(),
            Err(error) => self.saw_error(&error),
        }
        true
    }

    /// What must be true between two steps.
    fn check(&self) {
        let server = lock(&self.server);
        let rows = server.served.get(&self.number).map(Vec::len);
        let page = match rows {
            _ if self.ended => self.last,
            Some(rows) if self.row > 0 && self.row >= rows && rows >= PAGE_SIZE => self.number + 1,
            _ => self.number,
        };
        assert_eq!(self.logs.page(), page, "row {} of page {}", self.row, self.number);
        let most = self.prefetch.max(1);
        assert!(server.most_in_flight <= most, "{} in flight", server.most_in_flight);
        let furthest = server.asked.iter().max().copied().unwrap_or(0);
        let ahead = furthest.saturating_sub(self.last);
        let most = if self.read.is_empty() { 0 } else { most as u64 };
        assert!(ahead <= most, "page {furthest} was asked for on page {}", self.last);
    }
}

/// What `future` gives, within as many polls as the step allows.
async fn polled<T>(step: Step, future: impl Future<Output = T>) -> Option<T> {
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

async fn run(rows: usize, prefetch: usize, page: u64, fates: Vec<Fate>, steps: Vec<Step>) {
    let orderly = |fate: &Fate| fate.inserted == 0 && !matches!(fate.outcome, Outcome::Rows(_));
    let orderly = fates.iter().all(orderly);
    let server = Shared::new(Mutex::new(Server { rows, fates, ..Server::default() }));
    let logs = Reader::open(&server, prefetch, page);
    let mut reader = Reader {
        server: Arc::clone(&server),
        logs,
        prefetch,
        number: page,
        row: 0,
        last: page,
        ended: false,
        read: Vec::new(),
    };
    reader.check();
    let mut from = page;
    for step in steps {
        if matches!(step, Step::Resume) {
            from = reader.logs.page();
        }
        reader.step(step).await;
        reader.check();
    }
    while !reader.ended {
        assert!(reader.step(Step::NextPage).await);
        reader.check();
    }
    for step in [Step::Next, Step::NextPage] {
        reader.step(step).await;
        reader.check();
    }
    if orderly {
        let skipped = usize::try_from(from - 1).unwrap() * PAGE_SIZE;
        let wanted: Vec<_> = (0..rows.saturating_sub(skipped)).rev().collect();
        let read: Vec<usize> = reader.read.iter().map(|row| number(row)).collect();
        assert_eq!(read, wanted, "every row from page {from} on, once, in order");
    }
    drop(reader);
    yield_now().await;
    assert_eq!(lock(&server).in_flight, 0, "dropping the stream cancels what it asked for");
}

fn number(row: &str) -> usize {
    row.trim_end_matches('}').rsplit(':').next().unwrap().parse().unwrap()
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    use ErrorKind::{Connect, Decode, RateLimited, Server, Timeout};
    let outcome = prop_oneof![
        4 => Just(Outcome::Good),
        2 => prop::sample::select(vec![Timeout, Connect, Server, RateLimited, Decode])
            .prop_map(Outcome::Fails),
        1 => Just(Outcome::Panics),
    ];
    let disorderly = prop_oneof![
        8 => outcome.clone(),
        1 => prop_oneof![Just(0), Just(99), Just(100), Just(101), 0..150_usize]
            .prop_map(Outcome::Rows),
    ];
    let fate = |outcome, most| {
        (0..6_u8, outcome, 0..=most).prop_map(|(delay, outcome, inserted)| Fate {
            delay,
            outcome,
            inserted,
        })
    };
    prop_oneof![
        prop::collection::vec(fate(outcome.boxed(), 0_u8), 0..16),
        prop::collection::vec(fate(disorderly.boxed(), 120_u8), 0..16),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Next),
        4 => Just(Step::NextPage),
        4 => (any::<bool>(), 0..4_u8).prop_map(|(page, polls)| Step::Dropped(page, polls)),
        1 => Just(Step::Resume),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    // The failing case is printed in full.
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn rows_come_once_and_in_order_or_an_error_says_so(
        rows in prop_oneof![0..4_usize, (0..6_usize).prop_map(|n| n * PAGE_SIZE), 0..650_usize],
        prefetch in prop_oneof![0..3_usize, 0..8_usize],
        page in prop_oneof![4 => Just(1_u64), 1 => 1..8_u64],
        fates in fates(),
        steps in steps(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(rows, prefetch, page, fates, steps));
    }

    /// `prefetch` 0 is for those who pay for every request: none is sent before it is needed.
    #[test]
    fn without_prefetch_nothing_is_asked_for_early(rows in 0..450_usize, reads in 1..400_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let server = Shared::new(Mutex::new(Server { rows, ..Server::default() }));
            let mut logs = Reader::open(&server, 0, 1);
            for read in 1..=reads {
                let more = logs.next().await.unwrap().is_some();
                let needed = read.min(rows + 1).div_ceil(PAGE_SIZE);
                assert_eq!(lock(&server).asked.len(), needed, "after {read} of {rows} rows");
                if !more {
                    break;
                }
            }
        });
    }
}
