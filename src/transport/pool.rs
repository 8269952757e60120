//! The connections of an async runtime to one server: reqwest's, or connections of our own.
//!
//! Two cases do not use reqwest: proxies (see `tunnel` and `socks`), and plain http. For plain http,
//! reqwest reads up to 50 MB of interim replies in one turn, and does not count them. A server or a
//! proxy that sends them without an end would delay every other call and deadline of the runtime.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::failure::Failure;
use super::generation::Generation;
use super::http1::Http1Pool;
use super::{Connection, Outgoing};
use crate::protocol::Reply;

/// The connections of one runtime to one server.
pub(crate) struct Pool {
    pub(super) connection: Arc<Connection>,
    /// A request holds one until its reply is read.
    permits: Semaphore,
    route: Route,
}

enum Route {
    /// reqwest's clients, for https without a proxy.
    Reqwest(Mutex<Arc<Generation>>),
    /// A client that the program provides.
    Own(Generation),
    /// Connections of our own.
    Http1Pool(Arc<Http1Pool>),
}

impl Pool {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        let permits = connection.max_connections as usize;
        let uses_http1_pool = !connection.is_https || connection.proxy.is_some();
        let route = match connection.http_client.clone() {
            Some(own) => Route::Own(Generation::with_client(own)),
            None if uses_http1_pool => Route::Http1Pool(Arc::new(Http1Pool::with_limit(permits))),
            None => Route::Reqwest(Mutex::new(Arc::new(Generation::new(Duration::ZERO)))),
        };
        Self { connection, permits: Semaphore::new(permits), route }
    }

    pub(super) async fn send(&self, outgoing: &mut Outgoing<'_>) -> Result<Reply, Failure> {
        outgoing.is_queued.store(true, Ordering::Relaxed);
        // The semaphore is never closed, so this always succeeds.
        let _permit = self.permits.acquire().await;
        outgoing.is_queued.store(false, Ordering::Relaxed);
        match &self.route {
            Route::Http1Pool(pool) => pool.send(&self.connection, outgoing).await,
            Route::Own(generation) => generation.send(&self.connection, outgoing).await,
            Route::Reqwest(current) => {
                if outgoing.on_fresh_connection {
                    self.make_room(current);
                }
                let current = current_generation(current, outgoing.connect_timeout);
                current.send(&self.connection, outgoing).await
            }
        }
    }

    /// Ends the current generation, with its idle connections, if there could be too many with one more.
    fn make_room(&self, current: &Mutex<Arc<Generation>>) {
        let most = self.connection.max_connections as usize;
        let in_use = most.saturating_sub(self.permits.available_permits());
        let current = current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.known_connections() + in_use > most {
            current.end_if_before(Instant::now());
        }
    }

    /// An attempt that began at `since` timed out. Later requests use new connections.
    pub(super) fn timed_out(&self, since: Instant) {
        if let Route::Reqwest(current) = &self.route {
            let current = current.lock().unwrap_or_else(PoisonError::into_inner);
            current.end_if_before(since);
        }
    }
}

/// The current generation, or a new one if that has ended, or has shorter time limits than this.
fn current_generation(
    current: &Mutex<Arc<Generation>>,
    connect_timeout: Duration,
) -> Arc<Generation> {
    let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
    let longest = current.longest_connect;
    if longest < connect_timeout {
        // With room, so that slowly growing limits make few generations.
        let room = if longest.is_zero() { 1 } else { 2 };
        *current = Arc::new(Generation::new(connect_timeout * room));
    } else if current.is_over() {
        *current = Arc::new(Generation::new(longest));
    }
    Arc::clone(&current)
}
