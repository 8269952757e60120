//! Lines: connections of HTTP/1.1.
//!
//! A blocking call has one in its lane, and moves it while it waits. `pool` says which calls of a
//! runtime have some; there a task moves each of them. Before a line is used again its socket is
//! looked at, because nothing moves it between two blocking calls.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, Parts, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};

use super::connect::{self, Room, Stream};
use super::failure::{self, BoxError, Failure};
use super::socket::Socket;
use super::{Connection, Outgoing, body};
use crate::protocol::Reply;
use crate::runtime::lane;

type Body = Full<Bytes>;

/// The server closes idle connections after 60 s: be the first to let go.
const LONGEST_IDLE: Duration = Duration::from_secs(50);
const BETWEEN_SWEEPS: Duration = Duration::from_secs(5);

/// Bytes that may come before the end of a reply's head: hyper takes a head of 400 kB, and servers
/// send one or two interim replies (1xx).
const MOST_BEFORE_HEAD: usize = 1 << 20;

/// The lines that nobody is using.
pub(crate) struct Lines {
    /// The one used last is the last.
    kept: Mutex<Vec<Line>>,
    most: usize,
    /// Whether a task closes those that are idle for long.
    is_swept: AtomicBool,
}

/// That of a lane, which is closed with the lane.
impl Default for Lines {
    fn default() -> Self {
        Self::of(1)
    }
}

/// What moves the bytes of a connection, for as long as there is one.
type Machine = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// A connection that a request may be sent on.
struct Line {
    sender: http1::SendRequest<Body>,
    /// What moves its bytes, if the call that waits has to do it: a task would cost it two turns of
    /// a runtime.
    machine: Option<Machine>,
    socket: Socket,
    room: Room,
    connection: Arc<Connection>,
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    /// The header `Host`.
    host: Option<HeaderValue>,
    /// Whether it was kept, so that the server may have left it meanwhile.
    is_reused: bool,
    last_used: Instant,
}

impl Lines {
    pub(super) fn of(most: usize) -> Self {
        Self { kept: Mutex::default(), most, is_swept: AtomicBool::new(false) }
    }

    /// Sends the request and reads the reply.
    pub(super) async fn send(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        outgoing: &mut Outgoing<'_>,
    ) -> Result<Reply, Failure> {
        let mut request = outgoing.request(Full::new);
        let Outgoing { uri, is_sent, on_fresh_connection, max_body, .. } = outgoing;
        let (response, mut line) = loop {
            let kept = if *on_fresh_connection { None } else { self.take(connection, uri) };
            let mut line = match kept {
                Some(mut line) => match line.ready().await {
                    Ok(()) => line,
                    Err(_) => continue,
                },
                // Boxed: it is large and rare, and every call would have room for it on its stack.
                None => Box::pin(Line::open(connection, uri))
                    .await
                    .map_err(|error| failure::no_connection(error, connection))?,
            };
            let was_sent = is_sent.swap(true, Ordering::Relaxed);
            let mut error = match line.send(request).await {
                Ok(response) => break (response, line),
                Err(error) => error,
            };
            let unsent = error.take_message();
            if unsent.is_some() {
                // The connection was over before a byte of the request was sent.
                is_sent.store(was_sent, Ordering::Relaxed);
            }
            match unsent {
                Some(unsent) if line.is_reused => {
                    request = unsent;
                    *request.uri_mut() = uri.clone();
                }
                unsent => {
                    let may_have_arrived = unsent.is_none();
                    let failure = failure::no_reply(error.into_error().into(), line.is_reused);
                    return Err(Failure { may_have_arrived, ..failure });
                }
            }
        };
        let received = SystemTime::now();
        let (head, incoming) = response.into_parts();
        let limit = super::limit(&head, *max_body);
        let packed = drive(&mut line.machine, body::read(incoming, limit)).await;
        if packed.is_ok() {
            self.keep(line, *on_fresh_connection);
        }
        super::finish(head, packed, limit, received).await
    }

    /// A kept line to the origin of `uri` that is still good.
    fn take(&self, connection: &Arc<Connection>, uri: &Uri) -> Option<Line> {
        let mut kept = self.lock();
        while let Some(at) = kept.iter().rposition(|line| line.leads_to(connection, uri)) {
            let line = kept.remove(at);
            if line.is_good(Instant::now()) {
                return Some(line);
            }
        }
        None
    }

    /// Takes a line back whose reply was read to its end.
    fn keep(self: &Arc<Self>, mut line: Line, was_fresh: bool) {
        if line.sender.is_closed() {
            return;
        }
        line.is_reused = true;
        line.last_used = Instant::now();
        let mut kept = self.lock();
        // One that was opened although there is another is not needed twice.
        if was_fresh && kept.iter().any(|other| other.leads_where(&line)) {
            return;
        }
        if kept.len() == self.most {
            kept.remove(0);
        }
        kept.push(line);
        drop(kept);
        if self.most > 1 {
            self.sweep_later();
        }
    }

    /// Has a task of the runtime close those that are idle for long, for as long as there are any.
    fn sweep_later(self: &Arc<Self>) {
        if self.is_swept.swap(true, Ordering::SeqCst) {
            return;
        }
        let lines = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(BETWEEN_SWEEPS).await;
                match lines.upgrade() {
                    Some(lines) if lines.sweep() => {}
                    _ => return,
                }
            }
        });
    }

    /// Closes those that are idle for long. Whether to do it again.
    fn sweep(&self) -> bool {
        let (mut kept, now) = (self.lock(), Instant::now());
        kept.retain(|line| !line.is_old(now));
        if kept.is_empty() {
            self.is_swept.store(false, Ordering::SeqCst);
        }
        !kept.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Line>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    async fn open(connection: &Arc<Connection>, uri: &Uri) -> Result<Self, BoxError> {
        let Stream { io, socket, room } = connect::open(connection, uri).await?;
        // No writev: see `connect::Tcp`.
        let builder = &mut http1::Builder::new();
        builder.writev(false).allow_obsolete_multiline_headers_in_responses(true);
        let (sender, machine) = builder.handshake(io).await?;
        let machine = match lane::is_driving() {
            true => Some(Box::pin(machine) as Machine),
            false => {
                tokio::spawn(machine);
                None
            }
        };
        Ok(Self {
            sender,
            machine,
            socket,
            room,
            connection: Arc::clone(connection),
            scheme: uri.scheme().cloned(),
            authority: uri.authority().cloned(),
            host: uri.authority().and_then(host),
            is_reused: false,
            last_used: Instant::now(),
        })
    }

    fn leads_to(&self, connection: &Arc<Connection>, uri: &Uri) -> bool {
        // As they are written: to compare without regard to case takes longer, and they never differ.
        self.authority.as_ref().map(Authority::as_str) == uri.authority().map(Authority::as_str)
            && self.scheme.as_ref() == uri.scheme()
            && (Arc::ptr_eq(&self.connection, connection) || self.connection == *connection)
    }

    fn leads_where(&self, other: &Self) -> bool {
        self.authority == other.authority
            && self.scheme == other.scheme
            && self.connection == other.connection
    }

    fn is_old(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_used) > LONGEST_IDLE
    }

    fn is_good(&self, now: Instant) -> bool {
        !self.sender.is_closed() && !self.is_old(now) && self.socket.is_silent()
    }

    /// Waits until the last exchange is over for hyper too.
    async fn ready(&mut self) -> hyper::Result<()> {
        drive(&mut self.machine, self.sender.ready()).await
    }

    /// Sends a request whose URI is whole; gives it back if not a byte of it was sent.
    async fn send(
        &mut self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Body>>> {
        if let Some(host) = &self.host {
            request.headers_mut().insert(HOST, host.clone());
        }
        let mut parts = Parts::default();
        parts.path_and_query = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
        self.room.set(MOST_BEFORE_HEAD);
        let response = self.sender.try_send_request(request);
        let response = drive(&mut self.machine, response).await;
        self.room.set(usize::MAX);
        response
    }
}

/// Waits for `future`, which waits for what `machine` brings.
async fn drive<F: Future>(machine: &mut Option<Machine>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        if let Poll::Ready(result) = future.as_mut().poll(context) {
            return Poll::Ready(result);
        }
        let Some(moved) = machine else { return Poll::Pending };
        if moved.as_mut().poll(context).is_ready() {
            // Why the connection ended, the future knows.
            *machine = None;
        }
        future.as_mut().poll(context)
    })
    .await
}

/// `Host`, without a user and a password.
fn host(authority: &Authority) -> Option<HeaderValue> {
    let text = authority.as_str();
    HeaderValue::from_str(text.rsplit_once('@').map_or(text, |(_, host)| host)).ok()
}
