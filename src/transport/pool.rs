//! What a runtime drives, for one way to one server: reqwest's pools, or lines.
//!
//! Lines lead where reqwest does not do: through tunnels (see `tunnel`), and directly to plain http.
//! There, reqwest reads up to 50 MB of interim replies at a time, and nobody can count them. A server
//! that sends them without an end would hold up the runtime, with every other call and deadline.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::Semaphore;

use super::failure::Failure;
use super::generation::Generation;
use super::line::Lines;
use super::{Connection, Outgoing};
use crate::protocol::Reply;

/// The connections of one runtime for one way to one server.
pub(crate) struct Pool {
    pub(super) connection: Arc<Connection>,
    /// A request has one of them until its reply was read.
    seats: Semaphore,
    way: Way,
}

enum Way {
    /// Over reqwest.
    Reqwest(Mutex<Arc<Generation>>),
    /// Over a client of the program.
    Own(Generation),
    /// Connections that each call moves itself.
    Lines(Arc<Lines>),
}

impl Pool {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        let seats = connection.max_connections as usize;
        let on_lines = match &connection.proxy {
            None => !connection.is_https,
            Some(proxy) => connection.is_https && !proxy.is_socks(),
        };
        let way = match connection.http_client.clone() {
            Some(own) => Way::Own(Generation::over(own)),
            None if on_lines => Way::Lines(Arc::new(Lines::of(seats))),
            None => Way::Reqwest(Mutex::new(Arc::new(Generation::new()))),
        };
        Self { connection, seats: Semaphore::new(seats), way }
    }

    pub(super) async fn send(&self, outgoing: &mut Outgoing<'_>) -> Result<Reply, Failure> {
        // It is never closed, so this always gives a seat.
        let _seat = self.seats.acquire().await;
        match &self.way {
            Way::Lines(lines) => lines.send(&self.connection, outgoing).await,
            Way::Own(generation) => generation.send(&self.connection, outgoing).await,
            Way::Reqwest(current) => latest(current).send(&self.connection, outgoing).await,
        }
    }

    /// An attempt that began at `since` timed out: later requests go over new connections.
    pub(super) fn timed_out(&self, since: Instant) {
        if let Way::Reqwest(current) = &self.way {
            let current = current.lock().unwrap_or_else(PoisonError::into_inner);
            current.end_if_before(since);
        }
    }
}

/// The generation of today, or a new one after the end of the last.
fn latest(current: &Mutex<Arc<Generation>>) -> Arc<Generation> {
    let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
    if current.is_over() {
        *current = Arc::new(Generation::new());
    }
    Arc::clone(&current)
}
