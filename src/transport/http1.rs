//! HTTP/1.1 connections on hyper.
//!
//! A blocking call has one in its lane, and drives it while it waits. `pool` decides which calls of
//! a runtime use them; there a task drives each connection. Nothing drives a lane's connection
//! between two calls, so its socket is checked before it is used again.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::uri::{Authority, Parts, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};

use super::connect::{self, Room, Stream};
use super::failure::{self, BoxError, Failure, SpeaksTls};
use super::socket::Socket;
use super::{Connection, Outgoing, body, tunnel};
use crate::protocol::Reply;
use crate::runtime::lane;

type Body = Full<Bytes>;

/// The server closes idle connections after 60 s. We close them first.
const MAX_IDLE: Duration = Duration::from_secs(50);
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The connections that no call uses.
pub(crate) struct Http1Pool {
    /// The most recently used one is the last.
    kept: Mutex<Vec<Http1Connection>>,
    max_kept: usize,
    /// How many connections are open, also those in use.
    open: Arc<AtomicUsize>,
    /// Whether a task closes idle connections.
    is_swept: AtomicBool,
}

/// The pool of a lane, which keeps one connection.
impl Default for Http1Pool {
    fn default() -> Self {
        Self::with_limit(1)
    }
}

/// An open connection to one server.
struct Http1Connection {
    sender: http1::SendRequest<Body>,
    /// `None` if a task drives it.
    driver: Option<Driver>,
    socket: Socket,
    room: Room,
    connection: Arc<Connection>,
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    /// The header `Host`.
    host: Option<HeaderValue>,
    /// For a proxy that gets the requests.
    proxy_authorization: Option<HeaderValue>,
    /// Whether it was idle, so that the server may have closed it.
    is_reused: bool,
    last_used: Instant,
    _counted: Counted,
}

/// Counts a connection while it is open.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Http1Pool {
    pub(super) fn with_limit(max_kept: usize) -> Self {
        Self {
            kept: Mutex::default(),
            max_kept,
            open: Arc::default(),
            is_swept: AtomicBool::new(false),
        }
    }

    /// Sends the request and reads the reply.
    pub(super) async fn send(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        outgoing: &mut Outgoing<'_>,
    ) -> Result<Reply, Failure> {
        let mut request = outgoing.request(Full::new);
        let Outgoing { uri, is_sent, on_fresh_connection, connect_timeout, .. } = &*outgoing;
        let (response, mut conn) = loop {
            let kept = if *on_fresh_connection { None } else { self.take(connection, uri) };
            let mut conn = match kept {
                Some(mut conn) => match conn.ready().await {
                    Ok(()) => conn,
                    Err(_) => continue,
                },
                None => {
                    self.make_room();
                    let counted = Counted::new(&self.open);
                    // Boxed, because it is large and every call would reserve stack for it.
                    Box::pin(Http1Connection::open(connection, uri, *connect_timeout, counted))
                        .await
                        .map_err(|error| failure::no_connection(error, connection))?
                }
            };
            let was_sent = is_sent.swap(true, Ordering::Relaxed);
            let mut error = match conn.send(request).await {
                Ok(response) => break (response, conn),
                Err(error) => error,
            };
            let unsent = error.take_message();
            if unsent.is_some() {
                // The connection ended before a byte of the request was sent.
                is_sent.store(was_sent, Ordering::Relaxed);
            }
            match unsent {
                Some(unsent) if conn.is_reused => {
                    request = unsent;
                    *request.uri_mut() = uri.clone();
                }
                unsent => {
                    let may_have_arrived = unsent.is_none();
                    let error: BoxError = match conn.room.is_alert() && !connection.is_https {
                        true => SpeaksTls(error.into_error()).into(),
                        false => error.into_error().into(),
                    };
                    let failure = failure::no_reply(error, conn.is_reused, connection);
                    return Err(Failure { may_have_arrived, ..failure });
                }
            }
        };
        let received = SystemTime::now();
        let (head, incoming) = response.into_parts();
        let limit = super::limit(&head, outgoing);
        conn.room.start_body(limit.bytes());
        let packed = drive(&mut conn.driver, body::read(incoming, limit)).await;
        conn.room.end();
        // After a 101 the connection speaks another protocol.
        if packed.is_ok() && head.status != StatusCode::SWITCHING_PROTOCOLS {
            self.keep(conn, *on_fresh_connection);
        }
        super::finish(head, packed, limit, received).await
    }

    /// Takes a kept connection to the origin of `uri` that can be used.
    fn take(&self, connection: &Arc<Connection>, uri: &Uri) -> Option<Http1Connection> {
        let mut kept = self.lock();
        while let Some(at) = kept.iter().rposition(|conn| conn.matches(connection, uri)) {
            let conn = kept.remove(at);
            if conn.is_usable(Instant::now()) {
                return Some(conn);
            }
        }
        None
    }

    /// Closes idle connections if there are too many with one more.
    fn make_room(&self) {
        let mut kept = self.lock();
        while !kept.is_empty() && self.open.load(Ordering::Relaxed) >= self.max_kept {
            kept.remove(0);
        }
    }

    /// Keeps a connection whose reply was read to its end.
    fn keep(self: &Arc<Self>, mut conn: Http1Connection, was_fresh: bool) {
        if conn.sender.is_closed() {
            return;
        }
        conn.is_reused = true;
        conn.last_used = Instant::now();
        let mut kept = self.lock();
        // A request that must not be repeated opened it although there is another one.
        if was_fresh && kept.iter().any(|other| other.is_same_way(&conn)) {
            return;
        }
        if kept.len() == self.max_kept {
            kept.remove(0);
        }
        kept.push(conn);
        drop(kept);
        if self.max_kept > 1 {
            self.start_sweeping();
        }
    }

    /// Starts a task that closes idle connections until none is left.
    fn start_sweeping(self: &Arc<Self>) {
        if self.is_swept.swap(true, Ordering::SeqCst) {
            return;
        }
        let pool = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP_INTERVAL).await;
                match pool.upgrade() {
                    Some(pool) if pool.sweep() => {}
                    _ => return,
                }
            }
        });
    }

    /// Closes connections that were idle for too long. Returns whether some are left.
    fn sweep(&self) -> bool {
        let (mut kept, now) = (self.lock(), Instant::now());
        kept.retain(|conn| !conn.is_expired(now));
        if kept.is_empty() {
            self.is_swept.store(false, Ordering::SeqCst);
        }
        !kept.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Http1Connection>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Http1Connection {
    async fn open(
        connection: &Arc<Connection>,
        uri: &Uri,
        limit: Duration,
        counted: Counted,
    ) -> Result<Self, BoxError> {
        let proxy_authorization = match connection.forwarder() {
            Some(proxy) => tunnel::authorization(proxy)?,
            None => None,
        };
        let Stream { io, socket, room } = connect::open(connection, uri, limit).await?;
        // No writev: see `connect::Tcp`.
        let builder = &mut http1::Builder::new();
        builder.writev(false).allow_obsolete_multiline_headers_in_responses(true);
        let (sender, driver) = builder.handshake(io).await?;
        let driver = match lane::is_driving() {
            true => Some(Driver::new(driver)),
            false => {
                tokio::spawn(driver);
                None
            }
        };
        Ok(Self {
            sender,
            driver,
            socket,
            room,
            connection: Arc::clone(connection),
            scheme: uri.scheme().cloned(),
            authority: uri.authority().cloned(),
            host: uri.authority().and_then(host),
            proxy_authorization,
            is_reused: false,
            last_used: Instant::now(),
            _counted: counted,
        })
    }

    fn matches(&self, connection: &Arc<Connection>, uri: &Uri) -> bool {
        // Compared as text: that is faster, and the case never differs.
        self.authority.as_ref().map(Authority::as_str) == uri.authority().map(Authority::as_str)
            && self.scheme.as_ref() == uri.scheme()
            && (Arc::ptr_eq(&self.connection, connection) || self.connection == *connection)
    }

    fn is_same_way(&self, other: &Self) -> bool {
        self.authority == other.authority
            && self.scheme == other.scheme
            && self.connection == other.connection
    }

    fn is_expired(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_used) > MAX_IDLE
    }

    fn is_usable(&self, now: Instant) -> bool {
        !self.sender.is_closed() && !self.is_expired(now) && self.socket.is_silent()
    }

    /// Waits until hyper has finished the last exchange.
    async fn ready(&mut self) -> hyper::Result<()> {
        drive(&mut self.driver, self.sender.ready()).await
    }

    /// Sends a request. The error returns the request if no byte of it was sent.
    async fn send(
        &mut self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Body>>> {
        if let Some(host) = &self.host {
            request.headers_mut().insert(HOST, host.clone());
        }
        if let Some(authorization) = &self.proxy_authorization {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        if self.connection.forwarder().is_none() {
            let mut parts = Parts::default();
            parts.path_and_query = request.uri().path_and_query().cloned();
            *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
        }
        self.room.start_head();
        let response = self.sender.try_send_request(request);
        drive(&mut self.driver, response).await
    }
}

/// A connection that no task drives.
struct Driver {
    /// `None` after the connection has ended. The sender learns it then.
    hyper: Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>,
    wakeup: Arc<Wakeup>,
    waker: Waker,
}

/// Whether the connection and the future that waits for it have woken each other. In a lane nothing
/// else wakes them: a socket has no waker there.
#[derive(Default)]
struct Wakeup(AtomicBool);

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Driver {
    fn new(hyper: impl Future<Output = hyper::Result<()>> + Send + 'static) -> Self {
        let wakeup = Arc::<Wakeup>::default();
        Self { hyper: Some(Box::pin(hyper)), waker: Arc::clone(&wakeup).into(), wakeup }
    }
}

/// After so many turns the deadline is checked.
const MAX_TURNS: usize = 8;

/// Waits for `future`, and drives the connection that it depends on.
async fn drive<F: Future>(driver: &mut Option<Driver>, future: F) -> F::Output {
    let Some(Driver { hyper, wakeup, waker }) = driver else { return future.await };
    let mut future = pin!(future);
    poll_fn(|context| {
        let mut inner = Context::from_waker(waker);
        for _ in 0..MAX_TURNS {
            if let Poll::Ready(result) = future.as_mut().poll(&mut inner) {
                return Poll::Ready(result);
            }
            wakeup.0.store(false, Ordering::Relaxed);
            // The future returns the reason if the connection ends.
            if hyper.as_mut().is_some_and(|hyper| hyper.as_mut().poll(&mut inner).is_ready()) {
                *hyper = None;
                continue;
            }
            if !wakeup.0.load(Ordering::Relaxed) {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// The header `Host`, without a user and a password.
fn host(authority: &Authority) -> Option<HeaderValue> {
    let text = authority.as_str();
    HeaderValue::from_str(text.rsplit_once('@').map_or(text, |(_, host)| host)).ok()
}
