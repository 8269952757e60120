//! A generation of reqwest's clients, and what is known of their connections.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpInfo;
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;

use super::failure::{self, BoxError, Failure, find};
use super::resolver::Resolver;
use super::{Connection, Outgoing, body};
use crate::protocol::Reply;
use crate::{Error, ErrorKind, Result};

/// Idle connections are closed after this, and at the latest after twice as long.
const LONGEST_IDLE: Duration = Duration::from_secs(28);

/// An HTTP/2 connection that does not answer for these two together is dead.
const PING_AFTER: Duration = Duration::from_secs(6);
const PONG_WITHIN: Duration = Duration::from_secs(4);

/// Clients that are replaced together. What is under way on those that were replaced goes on.
pub(super) struct Generation {
    clients: OnceCell<Clients>,
    begun: Instant,
    /// Whether its connections may be dead.
    is_over: AtomicBool,
    /// When a reply last came over one of its connections.
    heard: Mutex<Instant>,
    /// The ends of connections that have brought a reply.
    known: Mutex<HashSet<Ends>>,
}

struct Clients {
    pooled: reqwest::Client,
    /// Opens a connection for each request, and keeps none.
    fresh: reqwest::Client,
}

type Ends = (SocketAddr, SocketAddr);

/// More connections than are ever open at once.
const MOST_KNOWN: usize = 1024;

impl Generation {
    pub(super) fn new() -> Self {
        Self::with(OnceCell::new())
    }

    /// Over a client of the program's.
    pub(super) fn over(own: reqwest::Client) -> Self {
        Self::with(OnceCell::new_with(Some(Clients { pooled: own.clone(), fresh: own })))
    }

    fn with(clients: OnceCell<Clients>) -> Self {
        let now = Instant::now();
        Self {
            clients,
            begun: now,
            is_over: AtomicBool::new(false),
            heard: Mutex::new(now),
            known: Mutex::default(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Ends it if it was there at `since`.
    pub(super) fn end_if_before(&self, since: Instant) {
        if self.begun <= since {
            self.is_over.store(true, Ordering::Relaxed);
        }
    }

    pub(super) async fn send(
        &self,
        connection: &Connection,
        outgoing: &mut Outgoing<'_>,
    ) -> Result<Reply, Failure> {
        // The runtime looks at its sockets once before it goes on here. So a kept connection that
        // has brought something since its last reply is closed, and not used again.
        tokio::task::yield_now().await;
        let clients = self.clients.get_or_try_init(|| Clients::new(connection)).await?;
        let client = match outgoing.on_fresh_connection {
            true => &clients.fresh,
            false => &clients.pooled,
        };
        let noticed = Noticed { is_sent: outgoing.is_sent, sent: Arc::default() };
        let sent = Arc::clone(&noticed.sent);
        let request =
            outgoing.request(|body| reqwest::Body::wrap(Sending { body: Full::new(body), sent }));
        let request = reqwest::Request::try_from(request).map_err(|error| {
            Error::invalid_argument("the request's URL is refused").with_source(error)
        })?;
        let silence = Silence { generation: self, began: Instant::now() };
        let response = client.execute(request).await;
        let received = SystemTime::now();
        let response = match response {
            Ok(response) => response,
            Err(error) => {
                silence.end();
                return Err(self.failure(error, &noticed, connection));
            }
        };
        let (head, incoming) = http::Response::from(response).into_parts();
        if let Some(info) = head.extensions.get::<HttpInfo>() {
            self.remember((info.local_addr(), info.remote_addr()));
        }
        *lock(&self.heard) = Instant::now();
        let limit = super::limit(&head, outgoing.max_body);
        let packed = body::read(incoming, limit).await;
        silence.end();
        super::finish(head, packed, limit, received).await
    }

    fn failure(
        &self,
        error: reqwest::Error,
        noticed: &Noticed<'_>,
        connection: &Connection,
    ) -> Failure {
        // It would repeat the URL, which holds a name.
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
        let was_sent = noticed.sent.load(Ordering::Relaxed);
        let failure = failure::no_reply(BoxError::from(error), is_reused);
        Failure { may_have_arrived: failure.may_have_arrived && was_sent, ..failure }
    }

    fn remember(&self, ends: Ends) {
        let mut known = lock(&self.known);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(ends);
    }
}

impl Clients {
    async fn new(connection: &Connection) -> Result<Self> {
        let https_proxy = connection
            .proxy
            .as_ref()
            .is_some_and(|proxy| proxy.url.expose_secret().starts_with("https:"));
        let tls = if connection.is_https || https_proxy {
            // A proxy that plain http is asked from is spoken to in HTTP/1.1 alone.
            connection.trust.config().await?.config(connection.is_https)
        } else {
            super::tls::without_roots()?
        };
        Ok(Self {
            pooled: client(connection, tls.clone(), usize::MAX)?,
            fresh: client(connection, tls, 0)?,
        })
    }
}

fn client(
    connection: &Connection,
    tls: rustls::ClientConfig,
    most_idle: usize,
) -> Result<reqwest::Client> {
    let failed = |error: reqwest::Error| {
        Error::new(ErrorKind::Internal, "reqwest could not be set up")
            .with_source(error.without_url())
    };
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        // Redirects, repetitions and time limits are ours.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .dns_resolver(Resolver)
        .connect_timeout(connection.connect_timeout)
        .pool_idle_timeout(LONGEST_IDLE)
        .pool_max_idle_per_host(most_idle)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http2_keep_alive_interval(PING_AFTER)
        .http2_keep_alive_timeout(PONG_WITHIN);
    if let Some(proxy) = &connection.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy.url.expose_secret()).map_err(failed)?);
    }
    builder.build().map_err(failed)
}

/// Tells the call whether its request was sent, also if the call ends before.
struct Noticed<'a> {
    is_sent: &'a AtomicBool,
    sent: Arc<AtomicBool>,
}

impl Drop for Noticed<'_> {
    fn drop(&mut self) {
        if self.sent.load(Ordering::Relaxed) {
            self.is_sent.store(true, Ordering::Relaxed);
        }
    }
}

/// A request's body, which notices when a connection takes the request: hyper asks then, and not
/// before, whether there is a body to send.
struct Sending {
    body: Full<Bytes>,
    sent: Arc<AtomicBool>,
}

impl Body for Sending {
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

/// A request that waits. If it is given up and nothing has come from the server meanwhile, the
/// connections may be dead.
struct Silence<'a> {
    generation: &'a Generation,
    began: Instant,
}

impl Silence<'_> {
    fn end(self) {
        std::mem::forget(self);
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        if *lock(&self.generation.heard) <= self.began {
            self.generation.end_if_before(self.began);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
