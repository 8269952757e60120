//! reqwest's clients, and what we know about their connections.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpInfo;
use tokio::sync::OnceCell;

use super::body::{self, BodyError};
use super::failure::{self, Failure, find};
use super::resolver::Resolver;
use super::{Connection, Outgoing, Trust, connect_limit};
use crate::protocol::Reply;
use crate::{Error, ErrorKind, Result};

/// reqwest closes idle connections after this time, and at the latest after twice this time.
const MAX_IDLE: Duration = Duration::from_secs(28);

/// An HTTP/2 connection is dead if it does not answer for the sum of these two.
const PING_AFTER: Duration = Duration::from_secs(6);
const PONG_WITHIN: Duration = Duration::from_secs(4);

/// Clients that are replaced together. Requests on replaced clients go on.
pub(super) struct Generation {
    clients: OnceCell<Clients>,
    /// The longest `connect_timeout` that its calls may have.
    pub(super) longest_connect: Duration,
    created: Instant,
    /// Whether its connections may be dead.
    is_over: AtomicBool,
    /// When the last reply came.
    last_reply: Mutex<Instant>,
    /// The addresses of connections that have brought a reply.
    known: Mutex<HashSet<Ends>>,
}

struct Clients {
    pooled: reqwest::Client,
    /// Opens a connection for each request and keeps none.
    fresh: reqwest::Client,
}

type Ends = (SocketAddr, SocketAddr);

/// Never so many connections are open at once.
const MAX_KNOWN: usize = 1024;

impl Generation {
    pub(super) fn new(longest_connect: Duration) -> Self {
        Self::with(OnceCell::new(), longest_connect)
    }

    /// Uses a client that the program provides.
    pub(super) fn with_client(own: reqwest::Client) -> Self {
        Self::with(
            OnceCell::new_with(Some(Clients { pooled: own.clone(), fresh: own })),
            Duration::MAX,
        )
    }

    fn with(clients: OnceCell<Clients>, longest_connect: Duration) -> Self {
        let now = Instant::now();
        Self {
            clients,
            longest_connect,
            created: now,
            is_over: AtomicBool::new(false),
            last_reply: Mutex::new(now),
            known: Mutex::default(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// How many connections have brought a reply. Some of them may be closed.
    pub(super) fn known_connections(&self) -> usize {
        lock(&self.known).len()
    }

    /// Ends it if it was created before `since`.
    pub(super) fn end_if_before(&self, since: Instant) {
        if self.created <= since {
            self.is_over.store(true, Ordering::Relaxed);
        }
    }

    pub(super) async fn send(
        &self,
        connection: &Connection,
        outgoing: &mut Outgoing<'_>,
    ) -> Result<Reply, Failure> {
        // The runtime checks its sockets once before this continues. So a kept connection that has
        // received data since its last reply is closed, and not used again.
        tokio::task::yield_now().await;
        let new_clients = || Clients::new(&connection.trust, self.longest_connect);
        let clients = self.clients.get_or_try_init(new_clients).await?;
        let client = match outgoing.on_fresh_connection {
            true => &clients.fresh,
            false => &clients.pooled,
        };
        let sent_flag = SentFlag { is_sent: outgoing.is_sent, sent: Arc::default() };
        let sent = Arc::clone(&sent_flag.sent);
        let request = outgoing
            .request(|body| reqwest::Body::wrap(TrackedBody { body: Full::new(body), sent }));
        let request = reqwest::Request::try_from(request).map_err(|error| {
            Error::invalid_argument("the request's URL is refused").with_source(error)
        })?;
        let silence = SilenceGuard { generation: self, began: Instant::now() };
        let executed = client.execute(request);
        let response = connect_limit::scope(outgoing.connect_timeout, executed).await;
        let received = SystemTime::now();
        let response = match response {
            Ok(response) => response,
            Err(error) => {
                silence.disarm();
                return Err(self.failure(error, &sent_flag, connection));
            }
        };
        let (head, incoming) = http::Response::from(response).into_parts();
        if let Some(info) = head.extensions.get::<HttpInfo>() {
            self.remember((info.local_addr(), info.remote_addr()));
        }
        *lock(&self.last_reply) = Instant::now();
        let limit = super::limit(&head, outgoing);
        let announced = match head.status {
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => 0,
            _ => incoming.size_hint().lower(),
        };
        // A server may reset a stream without an error, and hyper takes that as the end of the body.
        let packed = body::read(incoming, limit).await;
        let packed = packed.and_then(|packed| body::check_length(packed, announced));
        if packed.as_ref().is_err_and(BodyError::is_late) {
            self.end_if_before(silence.began);
        }
        silence.disarm();
        super::finish(head, packed, limit, received).await
    }

    fn failure(
        &self,
        error: reqwest::Error,
        sent_flag: &SentFlag<'_>,
        connection: &Connection,
    ) -> Failure {
        // The URL contains a name.
        let error = error.without_url();
        if error.is_connect() {
            return failure::no_connection(error.into(), connection);
        }
        let is_reused = find::<legacy::Error>(&error)
            .and_then(legacy::Error::connect_info)
            .is_some_and(|connected| {
                let mut extras = http::Extensions::new();
                connected.get_extras(&mut extras);
                let ends =
                    extras.get().map(|info: &HttpInfo| (info.local_addr(), info.remote_addr()));
                ends.is_none_or(|ends| lock(&self.known).contains(&ends))
            });
        let was_sent = sent_flag.sent.load(Ordering::Relaxed);
        // Our clients have no other timeout for this.
        let is_dead = connection.http_client.is_none() && error.is_timeout();
        let failure = match is_dead {
            true => failure::dead_connection(error.into(), PING_AFTER + PONG_WITHIN),
            false => failure::no_reply(error.into(), is_reused, connection),
        };
        Failure { may_have_arrived: failure.may_have_arrived && was_sent, ..failure }
    }

    fn remember(&self, ends: Ends) {
        let mut known = lock(&self.known);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(ends);
    }
}

impl Clients {
    async fn new(trust: &Trust, longest_connect: Duration) -> Result<Self> {
        let tls = trust.config().await?.with_http2();
        Ok(Self {
            pooled: client(tls.clone(), longest_connect, usize::MAX)?,
            fresh: client(tls, longest_connect, 0)?,
        })
    }
}

fn client(
    tls: rustls::ClientConfig,
    longest_connect: Duration,
    most_idle: usize,
) -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        // The client does redirects, retries and timeouts.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .dns_resolver(Resolver)
        // Each address of a name gets its share of this time.
        .connect_timeout(longest_connect)
        .connector_layer(connect_limit::PerCall)
        .pool_idle_timeout(MAX_IDLE)
        .pool_max_idle_per_host(most_idle)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http2_keep_alive_interval(PING_AFTER)
        .http2_keep_alive_timeout(PONG_WITHIN)
        .build()
        .map_err(|error| {
            Error::new(ErrorKind::Internal, "reqwest could not be set up")
                .with_source(error.without_url())
        })
}

/// Records whether the request was sent, also if the call is dropped.
struct SentFlag<'a> {
    is_sent: &'a AtomicBool,
    sent: Arc<AtomicBool>,
}

impl Drop for SentFlag<'_> {
    fn drop(&mut self) {
        if self.sent.load(Ordering::Relaxed) {
            self.is_sent.store(true, Ordering::Relaxed);
        }
    }
}

/// A request's body. It records that a connection has taken the request: hyper asks at that moment
/// whether there is a body to send.
struct TrackedBody {
    body: Full<Bytes>,
    sent: Arc<AtomicBool>,
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = <Full<Bytes> as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.sent.store(true, Ordering::Relaxed);
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request that waits. If it is dropped, and no reply came from the server meanwhile, the
/// connections may be dead.
struct SilenceGuard<'a> {
    generation: &'a Generation,
    began: Instant,
}

impl SilenceGuard<'_> {
    fn disarm(self) {
        std::mem::forget(self);
    }
}

impl Drop for SilenceGuard<'_> {
    fn drop(&mut self) {
        if *lock(&self.generation.last_reply) <= self.began {
            self.generation.end_if_before(self.began);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
