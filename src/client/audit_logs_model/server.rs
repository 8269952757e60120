//! The server of the model: what it is asked, what it serves, and how it fails.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::task::yield_now;

use crate::protocol::audit_log::{PAGE_SIZE, Page};
use crate::{Error, ErrorKind, Result};

/// What happens to one request for a page; after the last of them, everything goes well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fate {
    /// How often the request is polled in vain.
    pub(super) delay: u8,
    pub(super) outcome: Outcome,
    /// Rows that somebody writes before the server looks: they shift the pages.
    pub(super) inserted: u8,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Good,
    /// A page cut or stretched to so many rows.
    Rows(usize),
    Fails(ErrorKind),
    Panics,
}

#[derive(Default)]
pub(super) struct Server {
    pub(super) rows: usize,
    pub(super) fates: Vec<Fate>,
    pub(super) asked: Vec<u64>,
    pub(super) in_flight: usize,
    pub(super) most_in_flight: usize,
    pub(super) served: BTreeMap<u64, Vec<String>>,
    /// The pages whose request failed since they were last asked for, and how.
    pub(super) failed: BTreeMap<u64, ErrorKind>,
}

pub(super) type Shared = Arc<Mutex<Server>>;

pub(super) fn lock(server: &Shared) -> MutexGuard<'_, Server> {
    server.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A request on its way, however it ends.
struct InFlight(Shared);

impl Drop for InFlight {
    fn drop(&mut self) {
        lock(&self.0).in_flight -= 1;
    }
}

impl Server {
    pub(super) fn ask(
        shared: &Shared,
        number: u64,
    ) -> Pin<Box<dyn Future<Output = Result<Page>> + Send>> {
        let mut server = lock(shared);
        server.asked.push(number);
        server.in_flight += 1;
        server.most_in_flight = server.most_in_flight.max(server.in_flight);
        let good = Fate { delay: 0, outcome: Outcome::Good, inserted: 0 };
        let fate = server.fates.pop().unwrap_or(good);
        let in_flight = InFlight(Arc::clone(shared));
        Box::pin(async move {
            for _ in 0..fate.delay {
                yield_now().await;
            }
            let mut server = lock(&in_flight.0);
            server.rows += usize::from(fate.inserted);
            let result = server.answer(number, fate.outcome);
            drop(server);
            if matches!(fate.outcome, Outcome::Panics) {
                // As a panic, but without its text on the terminal.
                resume_unwind(Box::new(()));
            }
            result
        })
    }

    fn answer(&mut self, number: u64, outcome: Outcome) -> Result<Page> {
        let length = match outcome {
            Outcome::Good => PAGE_SIZE,
            Outcome::Rows(rows) => rows,
            Outcome::Fails(kind) => {
                self.failed.insert(number, kind);
                return Err(Error::new(kind, format!("page {number}")));
            }
            Outcome::Panics => {
                self.failed.insert(number, ErrorKind::Internal);
                return Err(Error::new(ErrorKind::Internal, "panics instead"));
            }
        };
        // Newest first: the row written last has the highest number.
        let skipped = usize::try_from(number - 1).unwrap() * PAGE_SIZE;
        let rows: Vec<_> = (0..self.rows.saturating_sub(skipped))
            .rev()
            .take(length)
            .map(|n| format!(r#"{{"action":"page {number}","params":{n}}}"#))
            .collect();
        let page = Page::read(format!("[{}]", rows.join(",")).into()).unwrap();
        let before = self.served.insert(number, rows);
        assert!(before.is_none(), "page {number} was asked for although it had been served");
        Ok(page)
    }
}
