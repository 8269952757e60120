//! The server of the model: its requests, its answers, and its failures.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::task::yield_now;

use crate::protocol::audit_log::Page;
use crate::{Error, ErrorKind, Result};

/// What happens to one request for a page. After the last fate, every request succeeds at once.
#[derive(Clone, Copy)]
pub(super) struct Fate {
    /// How often the request is polled before the server reads the page.
    pub(super) delay: u8,
    /// How often it is polled after that, before the reply.
    pub(super) reply_delay: u8,
    pub(super) outcome: Outcome,
    /// How many rows are written just before the server reads the page.
    pub(super) written_before: u16,
    /// How many rows are written just after that.
    pub(super) written_after: u16,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Good,
    Fails(ErrorKind),
    Panics,
}

impl fmt::Debug for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delay, reply_delay, outcome, written_before, written_after } = self;
        write!(f, "{outcome:?} {delay} +{written_before} +{written_after} {reply_delay}")
    }
}

impl Fate {
    pub(super) const GOOD: Self = Self {
        delay: 0,
        reply_delay: 0,
        outcome: Outcome::Good,
        written_before: 0,
        written_after: 0,
    };
}

/// The looks of rows, by their number. Rows with equal looks are equal. A row without looks is
/// unique.
#[derive(Clone, Default)]
pub(super) struct Looks(pub(super) Vec<Option<char>>);

/// Runs of equal looks: `10a 250. 3b`.
impl fmt::Debug for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "\"";
        for run in self.0.chunk_by(|one, other| one == other) {
            write!(f, "{separator}{}{}", run.len(), run[0].unwrap_or('.'))?;
            separator = " ";
        }
        f.write_str("\"")
    }
}

#[derive(Default)]
pub(super) struct Server {
    /// How many rows were written. The row with the highest number is the newest.
    pub(super) rows: usize,
    /// Rows beyond these are unique.
    pub(super) looks: Looks,
    /// Whether whole pages may be equal.
    pub(super) has_long_runs: bool,
    /// Whether rows may come too often, because nothing shows by how much they have moved.
    pub(super) may_repeat_rows: bool,
    /// How many rows each page has, from page 1 on. The last size is that of all further pages.
    pub(super) sizes: Vec<usize>,
    /// Filters rows after paging: each of these rows in turn is hidden, or not.
    pub(super) hidden: Vec<bool>,
    /// Whether every second reply has other spaces, and its members in another order.
    pub(super) changes_text: bool,
    /// Whether it sends the first page for every number.
    pub(super) is_unpaged: bool,
    /// Whether it is hexpm, so that a short page is the last.
    pub(super) is_hexpm: bool,
    pub(super) fates: Vec<Fate>,
    pub(super) requested: Vec<u64>,
    pub(super) in_flight: usize,
    pub(super) most_in_flight: usize,
    /// How many failures the reader has not returned yet.
    pub(super) failed: usize,
}

pub(super) type Shared = Arc<Mutex<Server>>;

pub(super) fn lock(server: &Shared) -> MutexGuard<'_, Server> {
    server.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A request in flight. Dropping it ends it.
struct InFlight(Shared);

impl Drop for InFlight {
    fn drop(&mut self) {
        lock(&self.0).in_flight -= 1;
    }
}

impl Server {
    pub(super) fn request(
        shared: &Shared,
        number: u64,
        known: Option<Page>,
    ) -> Pin<Box<dyn Future<Output = Result<Page>> + Send>> {
        let mut server = lock(shared);
        server.requested.push(number);
        assert!(
            server.requested.len() < 5000,
            "requests without an end: {:?}",
            &server.requested[4900..]
        );
        server.in_flight += 1;
        server.most_in_flight = server.most_in_flight.max(server.in_flight);
        let fate = server.fates.pop().unwrap_or(Fate::GOOD);
        let in_flight = InFlight(Arc::clone(shared));
        Box::pin(async move {
            for _ in 0..fate.delay {
                yield_now().await;
            }
            let page = {
                let mut server = lock(&in_flight.0);
                server.rows += usize::from(fate.written_before);
                let page = server.page(number, known.as_ref());
                server.rows += usize::from(fate.written_after);
                server.failed += usize::from(!matches!(fate.outcome, Outcome::Good));
                page
            };
            for _ in 0..fate.reply_delay {
                yield_now().await;
            }
            match fate.outcome {
                Outcome::Good => Ok(page),
                Outcome::Fails(kind) => Err(Error::new(kind, format!("page {number}"))),
                // A panic without its text on the terminal.
                Outcome::Panics => resume_unwind(Box::new(())),
            }
        })
    }

    /// A row's JSON.
    pub(super) fn row(&self, number: usize) -> String {
        match self.looks.0.get(number) {
            Some(Some(look)) => format!(r#"{{"action":"{look}"}}"#),
            _ => format!(r#"{{"action":"row","params":{number}}}"#),
        }
    }

    /// The JSON of all rows from that page on, newest first.
    pub(super) fn rows_from(&self, number: u64) -> Vec<String> {
        let number = if self.is_unpaged { 1 } else { number };
        let skipped = (1..number).map(|page| self.size(page)).sum();
        let rows = (0..self.rows).rev().skip(skipped);
        rows.filter(|number| self.shows(*number)).map(|number| self.row(number)).collect()
    }

    fn shows(&self, number: usize) -> bool {
        self.hidden.is_empty() || !self.hidden[number % self.hidden.len()]
    }

    fn size(&self, number: u64) -> usize {
        let at = usize::try_from(number - 1).unwrap_or(usize::MAX);
        *self.sizes.get(at).or(self.sizes.last()).unwrap_or(&100)
    }

    fn page(&self, number: u64, known: Option<&Page>) -> Page {
        let number = if self.is_unpaged { 1 } else { number };
        let skipped = (1..number).map(|page| self.size(page)).sum();
        let rows = (0..self.rows).rev().skip(skipped).take(self.size(number));
        let rows = rows.filter(|number| self.shows(*number));
        let mut rows: Vec<_> = rows.map(|number| self.row(number)).collect();
        if self.changes_text && self.requested.len() % 2 == 1 {
            for row in &mut rows {
                let members: Vec<_> = row.trim_matches(['{', '}']).rsplit(',').collect();
                *row = format!("{{{}}}", members.join(", "));
            }
        }
        let body = format!("[{}]", rows.join(",")).into();
        let page = Page::read_after(known, body).unwrap();
        if self.is_hexpm { page.of_fixed_size() } else { page }
    }
}
