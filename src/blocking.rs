//! The blocking client: the same calls for threads that wait.
//!
//! A call runs in the caller's thread, without a hand-off to another. Its `_start` form returns at
//! once with a [`Call`] that runs on a thread of the library. All of this works from many threads
//! at once, after a fork, and inside a tokio runtime.

use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use secrecy::SecretString;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::attempts::Attempts;
use crate::client::call::{self, Read};
use crate::client::{self, Core, Options};
use crate::operation::Operation;
use crate::protocol::{Reply, Request};
use crate::runtime::background::Call;
use crate::runtime::cancel::{Ask, CancelToken, Driven, End, Interrupt, forked};
use crate::runtime::lane::{self, Lanes};
use crate::runtime::process::{self, PerProcess};
use crate::runtime::{self, Background};
use crate::transport::{Http1Pool, Transport, Transports};
use crate::{AuditLog, AuditLogPage, RateLimitState, Result, User};

/// A client whose calls block. It is cheap to clone and safe to share between threads.
///
/// ```no_run
/// # fn main() -> Result<(), aura_users::Error> {
/// use aura_users::{Options, blocking::Client};
///
/// let client = Client::new(Options::new().api_key("0123456789abcdef"))?;
/// println!("{}", client.get_user("ericmj")?.username());
/// for log in client.stream_audit_logs()? {
///     println!("{}", log?.action());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    options: Arc<Options>,
    interrupt: Interrupt,
}

/// What a client's clones share. Streams and calls under way keep parts of it.
struct Shared {
    core: Arc<Core>,
    lanes: PerProcess<Lanes<Arc<Http1Pool>>>,
    transports: Arc<PerProcess<Transports>>,
    background: Arc<PerProcess<Background>>,
}

impl Client {
    /// See [`crate::Client::new`].
    ///
    /// # Errors
    /// A bad option, named.
    pub fn new(options: Options) -> Result<Self> {
        let shared = Shared {
            core: Core::new(options)?,
            lanes: PerProcess::new(Lanes::new),
            transports: Arc::new(PerProcess::new(Transports::default)),
            background: Arc::new(PerProcess::new(Background::default)),
        };
        Ok(Self {
            shared: Arc::new(shared),
            options: Arc::default(),
            interrupt: Interrupt::default(),
        })
    }

    /// The same client with other options for the calls made through the returned handle:
    /// they win over the client's own.
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        Self { options: Arc::new(options.or(&self.options)), ..self.clone() }
    }

    /// The same client, with `interrupted` asked about twenty times a second, in the calling
    /// thread, while a call waits: where it says true the call ends with
    /// [`ErrorKind::Cancelled`](crate::ErrorKind).
    #[must_use]
    pub fn with_interrupt(&self, interrupted: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.with_ask(Arc::new(move || interrupted().then_some(End::Cancelled)))
    }

    /// As [`with_interrupt`](Self::with_interrupt), with an answer that says how the call ends.
    #[must_use]
    pub(crate) fn with_ask(&self, ask: Ask) -> Self {
        let asked = Some(ask);
        Self { interrupt: Interrupt { asked, ..self.interrupt.clone() }, ..self.clone() }
    }

    /// The same client, whose calls and streams end with
    /// [`ErrorKind::Cancelled`](crate::ErrorKind) when `token` is cancelled.
    #[must_use]
    pub fn with_cancel_token(&self, token: CancelToken) -> Self {
        let token = Some(token);
        Self { interrupt: Interrupt { token, ..self.interrupt.clone() }, ..self.clone() }
    }

    /// See [`crate::Client::create_user`].
    ///
    /// # Errors
    /// As there.
    pub fn create_user(
        &self,
        username: &str,
        password: impl Into<SecretString>,
        emails: &[&str],
    ) -> Result<User> {
        let request = Request::create_user(username, &password.into(), emails)?;
        self.run(request, Reply::user)
    }

    /// [`create_user`](Self::create_user), begun and not waited for.
    ///
    /// # Errors
    /// Bad arguments and options; the others come with the call's result.
    pub fn create_user_start(
        &self,
        username: &str,
        password: impl Into<SecretString>,
        emails: &[&str],
    ) -> Result<Call<User>> {
        let request = Request::create_user(username, &password.into(), emails)?;
        self.start(request, Reply::user)
    }

    /// See [`crate::Client::get_current_user`].
    ///
    /// # Errors
    /// As there.
    pub fn get_current_user(&self) -> Result<User> {
        self.run(Request::get_current_user(), Reply::user)
    }

    /// [`get_current_user`](Self::get_current_user), begun and not waited for.
    ///
    /// # Errors
    /// As [`create_user_start`](Self::create_user_start).
    pub fn get_current_user_start(&self) -> Result<Call<User>> {
        self.start(Request::get_current_user(), Reply::user)
    }

    /// See [`crate::Client::get_user`].
    ///
    /// # Errors
    /// As there.
    pub fn get_user(&self, username_or_email: &str) -> Result<User> {
        self.run(Request::get_user(username_or_email)?, Reply::user)
    }

    /// [`get_user`](Self::get_user), begun and not waited for.
    ///
    /// # Errors
    /// As [`create_user_start`](Self::create_user_start).
    pub fn get_user_start(&self, username_or_email: &str) -> Result<Call<User>> {
        self.start(Request::get_user(username_or_email)?, Reply::user)
    }

    /// See [`crate::Client::reset_user_password`].
    ///
    /// # Errors
    /// As there.
    pub fn reset_user_password(&self, username_or_email: &str) -> Result<()> {
        let request = Request::reset_user_password(username_or_email)?;
        self.run(request, Reply::nothing)
    }

    /// [`reset_user_password`](Self::reset_user_password), begun and not waited for.
    ///
    /// # Errors
    /// As [`create_user_start`](Self::create_user_start).
    pub fn reset_user_password_start(&self, username_or_email: &str) -> Result<Call<()>> {
        let request = Request::reset_user_password(username_or_email)?;
        self.start(request, Reply::nothing)
    }

    /// See [`crate::Client::stream_audit_logs`].
    ///
    /// # Errors
    /// As there.
    pub fn stream_audit_logs(&self) -> Result<AuditLogs> {
        let Shared { core, transports, background, .. } = &*self.shared;
        let settings = core.settings(&self.options)?;
        let logs = client::AuditLogs::new(Arc::clone(core), Arc::clone(transports), settings);
        Ok(AuditLogs::new(logs, Arc::clone(background), self.interrupt.clone()))
    }

    /// See [`crate::Client::rate_limit`].
    ///
    /// # Errors
    /// As there.
    pub fn rate_limit(&self) -> Result<Option<RateLimitState>> {
        self.shared.core.rate_limit(&self.options)
    }

    fn run<T: Send + 'static>(&self, request: Request, read: Read<T>) -> Result<T> {
        let Shared { core, lanes, .. } = &*self.shared;
        let settings = core.settings(&self.options)?;
        runtime::may_wait()?;
        self.interrupt.check(request.operation)?;
        if settings.connection.proxy.is_some() || !lane::IS_SUPPORTED {
            // Only the background thread knows the way.
            return self.start(request, read)?.finish(self.interrupt.asked.as_ref());
        }
        let request = &request;
        let attempts = Attempts::default();
        let result = lanes.get().with(|lane| {
            let connection = Arc::clone(&settings.connection);
            let transport = Transport::Lane(Arc::clone(&lane.slot), connection);
            // It is large, and a small stack may have no room for it.
            let mut call =
                Box::pin(call::call(core, &settings, &transport, request, read, &attempts));
            let pauses = self.interrupt.asked.is_some();
            let drive = |piece: Driven<'_, T>| lane.run(piece, pauses);
            let result = self.interrupt.run(request.operation, lane.process, call.as_mut(), drive);
            if lane.process != process::id() {
                // A child leaves the call to its parent. Dropped here, it would say good-bye on a
                // TLS connection of the parent's.
                mem::forget(call);
            }
            result
        });
        result.map_err(|error| error.with_attempts(attempts.get()))
    }

    fn start<T: Send + 'static>(&self, request: Request, read: Read<T>) -> Result<Call<T>> {
        let Shared { core, transports, background, .. } = &*self.shared;
        let settings = core.settings(&self.options)?;
        let operation = request.operation;
        let (core, transports) = (Arc::clone(core), Arc::clone(transports));
        let attempts = Arc::new(Attempts::default());
        let counted = Arc::clone(&attempts);
        let call = async move {
            let transport = transports.get().transport(&settings.connection);
            call::call(&core, &settings, &transport, &request, read, &counted).await
        };
        Call::spawn(background.get(), operation, &self.interrupt, attempts, call)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("blocking::Client").field("core", &self.shared.core).finish_non_exhaustive()
    }
}

/// The caller's own audit log, newest row first: see [`crate::AuditLogs`].
///
/// As an iterator it gives an error and then, asked again, tries the same page again. Clones are
/// the same stream; calls on it take turns.
#[derive(Clone)]
pub struct AuditLogs(Arc<Stream>);

struct Stream {
    background: Arc<PerProcess<Background>>,
    interrupt: Interrupt,
    logs: Arc<Mutex<client::AuditLogs>>,
    /// Where the stream stands while somebody waits for a page of it, and whose process that is.
    page: AtomicU64,
    process: AtomicU64,
}

impl Stream {
    /// Waits for its turn.
    async fn turn(self: Arc<Self>) -> Result<OwnedMutexGuard<client::AuditLogs>> {
        let process = process::id();
        let logs = match Arc::clone(&self.logs).try_lock_owned() {
            Ok(logs) => logs,
            // Nobody in a forked child ends what a thread of its parent had begun.
            Err(_) if self.process.load(Ordering::Relaxed) != process => {
                return Err(forked(Operation::StreamAuditLogs).with_hint(
                    "the stream was in use when the process was forked: open it anew, at its page",
                ));
            }
            Err(_) => Arc::clone(&self.logs).lock_owned().await,
        };
        self.page.store(logs.page(), Ordering::Relaxed);
        self.process.store(process, Ordering::Relaxed);
        Ok(logs)
    }
}

impl AuditLogs {
    fn new(
        logs: client::AuditLogs,
        background: Arc<PerProcess<Background>>,
        interrupt: Interrupt,
    ) -> Self {
        let stream = Stream {
            background,
            interrupt,
            page: AtomicU64::new(logs.page()),
            process: AtomicU64::new(process::id()),
            logs: Arc::new(Mutex::new(logs)),
        };
        Self(Arc::new(stream))
    }

    /// See [`crate::AuditLogs::page`]. While another call waits for a page, it is where that call
    /// began.
    #[must_use]
    pub fn page(&self) -> u64 {
        match self.0.logs.try_lock() {
            Ok(logs) => logs.page(),
            Err(_) => self.0.page.load(Ordering::Relaxed),
        }
    }

    /// The next row; none after the last.
    ///
    /// # Errors
    /// Those of any call; the stream keeps its place.
    pub fn next_log(&self) -> Result<Option<AuditLog>> {
        match self.next_in_page() {
            Some(row) => Ok(Some(row)),
            None => self.run(async { self.turn().await?.next().await }),
        }
    }

    /// The next row where it is at hand; none where it has to be waited for.
    #[must_use]
    pub fn next_in_page(&self) -> Option<AuditLog> {
        self.0.interrupt.check(Operation::StreamAuditLogs).ok()?;
        self.0.logs.try_lock().ok()?.next_in_page()
    }

    /// [`next_in_page`](Self::next_in_page) for who wants no more than to look at the row's JSON.
    #[cfg(feature = "capi")]
    pub(crate) fn look_in_page<R>(&self, look: impl FnOnce(&str) -> R) -> Result<Option<R>> {
        self.0.interrupt.check(Operation::StreamAuditLogs)?;
        Ok(self.0.logs.try_lock().ok().and_then(|mut logs| logs.pass_in_page(look)))
    }

    /// The rest of the page at hand, or the next page; none after the last.
    ///
    /// # Errors
    /// Those of any call; the stream keeps its place.
    pub fn next_page(&self) -> Result<Option<AuditLogPage>> {
        self.run(async { self.turn().await?.next_page().await })
    }

    /// [`next_log`](Self::next_log), begun and not waited for. A row that has come belongs to the
    /// call: one that is dropped without being taken takes it along.
    ///
    /// # Errors
    /// A token that was cancelled; the others come with the call's result.
    pub fn next_log_start(&self) -> Result<Call<Option<AuditLog>>> {
        let turn = self.turn();
        self.start(async move { turn.await?.next().await })
    }

    /// [`next_page`](Self::next_page), begun and not waited for; see
    /// [`next_log_start`](Self::next_log_start).
    ///
    /// # Errors
    /// As there.
    pub fn next_page_start(&self) -> Result<Call<Option<AuditLogPage>>> {
        let turn = self.turn();
        self.start(async move { turn.await?.next_page().await })
    }

    /// A turn at the stream. Its place in the queue is taken here and now: the background thread
    /// looks at its tasks for the first time in no order to rely on.
    fn turn(
        &self,
    ) -> impl Future<Output = Result<OwnedMutexGuard<client::AuditLogs>>> + Send + 'static {
        let mut turn = Box::pin(Arc::clone(&self.0).turn());
        let at_once = turn.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        async move {
            match at_once {
                Poll::Ready(turn) => turn,
                Poll::Pending => turn.await,
            }
        }
    }

    fn run<T: Send>(&self, next: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let Stream { background, interrupt, .. } = &*self.0;
        runtime::may_wait()?;
        interrupt.check(Operation::StreamAuditLogs)?;
        runtime::blocking(|| {
            let thread = background.get().thread()?;
            let operation = Operation::StreamAuditLogs;
            // In a child it is dropped, and gives the stream back: it has no socket of its own.
            let next = pin!(next);
            interrupt.run(operation, thread.process, next, |piece| thread.run(piece))
        })
    }

    fn start<T: Send + 'static>(
        &self,
        next: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<Call<T>> {
        let Stream { background, interrupt, .. } = &*self.0;
        let (operation, attempts) = (Operation::StreamAuditLogs, Arc::default());
        Call::spawn(background.get(), operation, interrupt, attempts, next)
    }
}

impl Iterator for AuditLogs {
    type Item = Result<AuditLog>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_log().transpose()
    }
}

impl std::fmt::Debug for AuditLogs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("blocking::AuditLogs").field("page", &self.page()).finish_non_exhaustive()
    }
}
