//! Connections that are kept: for one request at a time, or for many at once where they speak
//! HTTP/2.
//!
//! Who moves them? A task of the runtime, so that they notice what the server closes while they
//! are idle. But nobody turns a lane's runtime between two calls: there whoever uses a connection
//! moves it.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, Parts, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::TokioExecutor;

use super::connector::{BoxError, Connector};
use super::driver::{Driver, Machine};

type Body = Full<Bytes>;

/// The connections of one runtime, and the way to new ones.
pub(super) struct Pool {
    pub(super) connector: Connector,
    is_of_lane: bool,
    /// The one used last is the last.
    kept: Mutex<Vec<Connection>>,
}

/// A connection that a request may be sent on.
pub(super) struct Connection {
    sender: Sender,
    driver: Driver,
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    /// Whether requests go to a proxy, which wants whole URLs.
    is_proxied: bool,
    /// Whether it was kept, so that the server may have left it meanwhile.
    pub(super) is_reused: bool,
    last_used: Instant,
}

enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

/// The server closes idle connections after 60 s: be the first to let go.
const LONGEST_IDLE: Duration = Duration::from_secs(55);

/// A connection that was good a moment ago is not looked at again: three turns of the runtime cost
/// a tenth of a call on the same machine, and a GET that meets a dead one is sent again anyway.
const JUST_USED: Duration = Duration::from_millis(50);

impl Pool {
    pub(super) fn new(connector: Connector, is_of_lane: bool) -> Self {
        Self { connector, is_of_lane, kept: Mutex::default() }
    }

    /// A connection to the origin of `uri`: one that is kept and still good, or a new one.
    pub(super) async fn connection(
        &self,
        uri: &Uri,
        is_fresh: bool,
    ) -> Result<Connection, BoxError> {
        let now = Instant::now();
        while let Some(mut kept) = if is_fresh { None } else { self.take(uri, now) } {
            if self.is_of_lane && now.saturating_duration_since(kept.last_used) > JUST_USED {
                kept.look().await;
            }
            if kept.is_ready().await {
                return Ok(kept);
            }
        }
        // Boxed: it is large and rare, and every call would have room for it on its stack.
        Box::pin(self.connect(uri)).await
    }

    fn take(&self, uri: &Uri, now: Instant) -> Option<Connection> {
        let mut all = self.lock();
        loop {
            let at = all.iter().rposition(|kept| kept.leads_to(uri))?;
            let kept = &mut all[at];
            if kept.is_over(now) {
                all.remove(at);
            } else if let Some(shared) = kept.shared() {
                kept.last_used = now;
                return Some(shared);
            } else {
                return Some(all.remove(at));
            }
        }
    }

    /// Takes a connection back whose reply was read to its end.
    pub(super) fn keep(&self, mut connection: Connection) {
        if let Sender::Http1(_) = connection.sender {
            let now = Instant::now();
            connection.is_reused = true;
            connection.last_used = now;
            let mut all = self.lock();
            all.retain(|kept| !kept.is_over(now));
            all.push(connection);
        }
    }

    async fn connect(&self, uri: &Uri) -> Result<Connection, BoxError> {
        let stream = self.connector.open(uri.clone()).await?;
        let (is_h2, is_proxied) = (stream.is_h2, stream.is_proxied);
        let mut machine: Option<Machine> = None;
        let sender = if is_h2 {
            let builder = http2::Builder::new(TokioExecutor::new());
            let (sender, connection) = builder.handshake(stream).await?;
            tokio::spawn(connection);
            Sender::Http2(sender)
        } else {
            // See `connector::Tcp`.
            let (sender, connection) =
                http1::Builder::new().writev(false).handshake(stream).await?;
            if self.is_of_lane {
                machine = Some(Box::pin(connection));
            } else {
                tokio::spawn(connection);
            }
            Sender::Http1(sender)
        };
        let connection = Connection {
            sender,
            driver: Driver::new(machine),
            scheme: uri.scheme().cloned(),
            authority: uri.authority().cloned(),
            is_proxied,
            is_reused: false,
            last_used: Instant::now(),
        };
        // Others may use it from now on.
        self.lock().extend(connection.shared());
        Ok(connection)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    fn leads_to(&self, uri: &Uri) -> bool {
        self.authority.as_ref() == uri.authority() && self.scheme.as_ref() == uri.scheme()
    }

    fn is_over(&self, now: Instant) -> bool {
        let is_closed = match &self.sender {
            Sender::Http1(sender) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        };
        is_closed || now.saturating_duration_since(self.last_used) > LONGEST_IDLE
    }

    /// The same for another request at the same time, where it takes more than one.
    fn shared(&self) -> Option<Self> {
        let Sender::Http2(sender) = &self.sender else { return None };
        Some(Self {
            sender: Sender::Http2(sender.clone()),
            driver: Driver::new(None),
            scheme: self.scheme.clone(),
            authority: self.authority.clone(),
            is_reused: true,
            ..*self
        })
    }

    /// Lets it notice that the server closed it, which nobody did since it was last used: one turn
    /// of the runtime looks at the sockets, the next runs the tasks that move connections.
    async fn look(&mut self) {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.driver.look();
    }

    /// Waits until the reply before is over; false where the connection is.
    async fn is_ready(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1(sender) => self.driver.drive(pin!(sender.ready())).await.is_ok(),
            Sender::Http2(sender) => self.driver.drive(pin!(sender.ready())).await.is_ok(),
        }
    }

    /// Sends a request whose URI is whole; gives it back where not a byte of it was sent.
    pub(super) async fn send(
        &mut self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Body>>> {
        match &mut self.sender {
            Sender::Http1(sender) => {
                if let Some(host) = self.authority.as_ref().and_then(host) {
                    request.headers_mut().insert(HOST, host);
                }
                if !self.is_proxied {
                    let mut parts = Parts::default();
                    parts.path_and_query = request.uri().path_and_query().cloned();
                    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
                }
                self.driver.drive(pin!(sender.try_send_request(request))).await
            }
            Sender::Http2(sender) => {
                self.driver.drive(pin!(sender.try_send_request(request))).await
            }
        }
    }

    /// Waits for `reading`, which reads the reply's body.
    pub(super) async fn drive<F: Future>(&mut self, reading: F) -> F::Output {
        self.driver.drive(pin!(reading)).await
    }
}

fn host(authority: &Authority) -> Option<HeaderValue> {
    HeaderValue::from_str(authority.as_str()).ok()
}
