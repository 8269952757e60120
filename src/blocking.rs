//! The blocking API.
//!
//! A blocking call runs in the caller's thread, except through a proxy. Its `_start` form returns a
//! [`Call`] at once, which runs on a thread of the library. You can use both from several threads at
//! once, after a fork and inside a tokio runtime.

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

/// A client whose calls block. Clones are cheap, and threads can share it.
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

/// The state that clones of a client share. Streams and running calls keep parts of it.
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
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) names an invalid option.
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

    /// A handle to the same client whose calls use `options`. They take precedence over the client's.
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        Self { options: Arc::new(options.or(&self.options)), ..self.clone() }
    }

    /// A handle to the same client that calls `interrupted` about twenty times a second, in the
    /// calling thread, while a call waits. If it returns true, the call ends with
    /// [`ErrorKind::Cancelled`](crate::ErrorKind).
    #[must_use]
    pub fn with_interrupt(&self, interrupted: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.with_interrupt_result(Arc::new(move || interrupted().then_some(End::Cancelled)))
    }

    /// Like [`with_interrupt`](Self::with_interrupt), and the result selects how the call ends.
    #[must_use]
    pub(crate) fn with_interrupt_result(&self, interrupt: Ask) -> Self {
        let callback = Some(interrupt);
        Self { interrupt: Interrupt { callback, ..self.interrupt.clone() }, ..self.clone() }
    }

    /// A handle to the same client whose calls and streams end with
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

    /// Starts [`create_user`](Self::create_user) without waiting for its result.
    ///
    /// # Errors
    /// An invalid argument or option. Other errors are the result of the call.
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

    /// Starts [`get_current_user`](Self::get_current_user) without waiting for its result.
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

    /// Starts [`get_user`](Self::get_user) without waiting for its result.
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

    /// Starts [`reset_user_password`](Self::reset_user_password) without waiting for its result.
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
        // Read first, because a signal handler may fork. The child then leaves the call alone.
        let process = process::id();
        let Shared { core, lanes, .. } = &*self.shared;
        let settings = core.settings(&self.options)?;
        runtime::check_may_wait()?;
        self.interrupt.check(request.operation)?;
        if settings.connection.proxy.is_some() || !lane::IS_SUPPORTED {
            // Only the transports of the background thread use proxies.
            return self.start(request, read)?.finish(self.interrupt.callback.as_ref());
        }
        let request = &request;
        let attempts = Attempts::default();
        let result = lanes.get().with(|lane| {
            if lane.process != process {
                return Err(forked(request.operation));
            }
            let connection = Arc::clone(&settings.connection);
            let transport = Transport::Lane(Arc::clone(&lane.slot), connection);
            // The future is too large for a small stack.
            let mut call =
                Box::pin(call::call(core, &settings, &transport, request, read, &attempts));
            let pauses = self.interrupt.callback.is_some();
            let drive = |piece: Driven<'_, T>| lane.run(piece, pauses);
            let result = self.interrupt.run(request.operation, lane.process, call.as_mut(), drive);
            if lane.process != process::id() {
                // The call belongs to the parent. Dropping it here would send a TLS alert on the
                // parent's connection.
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
/// After an error the iterator requests the same page again. Clones are the same stream, and calls
/// on it take turns.
#[derive(Clone)]
pub struct AuditLogs(Arc<Stream>);

struct Stream {
    background: Arc<PerProcess<Background>>,
    interrupt: Interrupt,
    logs: Arc<Mutex<client::AuditLogs>>,
    /// The position of the stream at the start of the last call, and the process of that call.
    page: AtomicU64,
    process: AtomicU64,
}

impl Stream {
    /// Waits for exclusive use of the stream.
    async fn turn(self: Arc<Self>) -> Result<OwnedMutexGuard<client::AuditLogs>> {
        let process = process::id();
        let logs = match Arc::clone(&self.logs).try_lock_owned() {
            Ok(logs) => logs,
            // In a forked child, a call of a parent's thread does not end.
            Err(_) if self.process.load(Ordering::Relaxed) != process => {
                return Err(forked(Operation::StreamAuditLogs).with_hint(
                    "the stream was in use during the fork: open it again, at its page",
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

    /// See [`crate::AuditLogs::page`]. While another call waits for a page, it is the page at which
    /// that call started.
    #[must_use]
    pub fn page(&self) -> u64 {
        match self.0.logs.try_lock() {
            Ok(logs) => logs.page(),
            Err(_) => self.0.page.load(Ordering::Relaxed),
        }
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// As for every call. The stream keeps its position.
    pub fn next_log(&self) -> Result<Option<AuditLog>> {
        match self.next_at_hand() {
            Some(row) => Ok(Some(row)),
            None => self.run(async { self.turn().await?.next().await }),
        }
    }

    /// The next row if it has arrived; `None` if a call has to wait for it.
    #[must_use]
    pub fn next_at_hand(&self) -> Option<AuditLog> {
        self.0.interrupt.check(Operation::StreamAuditLogs).ok()?;
        self.0.logs.try_lock().ok()?.next_at_hand()
    }

    /// Calls `use_json` with the JSON of the next row if it has arrived, and advances.
    #[cfg(feature = "capi")]
    pub(crate) fn with_next_json<R>(&self, use_json: impl FnOnce(&str) -> R) -> Result<Option<R>> {
        self.0.interrupt.check(Operation::StreamAuditLogs)?;
        Ok(self.0.logs.try_lock().ok().and_then(|mut logs| logs.with_next_json(use_json)))
    }

    /// The rest of the current page, or the next page, if it has arrived; `None` if a call has to
    /// wait for it.
    #[cfg(feature = "capi")]
    pub(crate) fn next_arrived_page(&self) -> Result<Option<AuditLogPage>> {
        self.0.interrupt.check(Operation::StreamAuditLogs)?;
        Ok(self.0.logs.try_lock().ok().and_then(|mut logs| logs.next_arrived_page()))
    }

    /// The rest of the current page, or the next page; `None` after the last.
    ///
    /// # Errors
    /// As for every call. The stream keeps its position.
    pub fn next_page(&self) -> Result<Option<AuditLogPage>> {
        self.run(async { self.turn().await?.next_page().await })
    }

    /// Starts [`next_log`](Self::next_log) without waiting for its result. If you drop the call
    /// after its end without taking the result, the row is lost.
    ///
    /// # Errors
    /// A cancelled token. Other errors are the result of the call.
    pub fn next_log_start(&self) -> Result<Call<Option<AuditLog>>> {
        let turn = self.turn();
        self.start(async move { turn.await?.next().await })
    }

    /// Starts [`next_page`](Self::next_page) without waiting for its result: see
    /// [`next_log_start`](Self::next_log_start).
    ///
    /// # Errors
    /// As there.
    pub fn next_page_start(&self) -> Result<Call<Option<AuditLogPage>>> {
        let turn = self.turn();
        self.start(async move { turn.await?.next_page().await })
    }

    /// Waits for exclusive use of the stream. The call joins the queue now, because the background
    /// thread polls new tasks in no particular order.
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
        runtime::check_may_wait()?;
        interrupt.check(Operation::StreamAuditLogs)?;
        runtime::blocking(|| {
            let thread = background.get().thread()?;
            let operation = Operation::StreamAuditLogs;
            // In a child it is dropped and releases the stream. It has no socket of its own.
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
