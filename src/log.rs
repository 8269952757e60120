//! Log records: for `tracing`, and for a hook in languages without `tracing`.
//!
//! A record contains no secret, username or address. It names a request by its route.

#[cfg(feature = "capi")]
pub(crate) mod kept;

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
#[cfg(feature = "capi")]
use std::thread;
use std::time::Duration;
#[cfg(feature = "capi")]
use std::time::Instant;

use arc_swap::ArcSwapOption;

use crate::ErrorKind;
use crate::operation::Operation;
use crate::runtime::process::{self, Global, PerProcess};

/// The level of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LogLevel {
    /// Every request, and every retry.
    Debug = 1,
    /// Messages of the server.
    Info = 2,
    /// Warnings that a user should see: of the server, terms of service, ignored options.
    Warn = 3,
}

impl LogLevel {
    /// The name of the level: `debug`, `info` or `warn`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
        }
    }

    #[cfg(feature = "capi")]
    fn is_kept(self) -> bool {
        kept::is_kept(self)
    }

    #[cfg(not(feature = "capi"))]
    fn is_kept(self) -> bool {
        false
    }

    fn is_hooked(self) -> bool {
        self as u8 >= LOWEST.load(Ordering::Relaxed)
    }
}

/// Whether anything receives the records of level debug.
pub(crate) fn is_debugging() -> bool {
    tracing::enabled!(target: "aura_users", tracing::Level::DEBUG)
        || LogLevel::Debug.is_hooked()
        || LogLevel::Debug.is_kept()
}

/// A log record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LogRecord<'a> {
    /// Its level.
    pub level: LogLevel,
    /// What happened. Control characters are escaped.
    pub message: &'a str,
    /// The request's method.
    pub method: Option<&'static str>,
    /// The request's route with its parameters unfilled.
    pub route: Option<&'static str>,
    /// The number of the attempt, counted from 1.
    pub attempt: Option<u32>,
    /// The reply's HTTP status.
    pub status: Option<u16>,
    /// The kind of the error, if the request failed.
    pub kind: Option<ErrorKind>,
    /// The duration of the request, or of the pause before a retry.
    pub elapsed: Option<Duration>,
    /// The reply's `x-request-id`.
    pub request_id: Option<&'a str>,
}

impl<'a> LogRecord<'a> {
    pub(crate) fn new(level: LogLevel, message: &'a str) -> Self {
        Self {
            level,
            message,
            method: None,
            route: None,
            attempt: None,
            status: None,
            kind: None,
            elapsed: None,
            request_id: None,
        }
    }

    pub(crate) fn for_operation(operation: Operation, level: LogLevel, message: &'a str) -> Self {
        Self {
            method: Some(operation.method()),
            route: Some(operation.route()),
            ..Self::new(level, message)
        }
    }

    /// Passes the record to `tracing`, the store and the hook.
    pub(crate) fn emit(&self) {
        macro_rules! event {
            ($level:ident) => {
                tracing::event!(
                    target: "aura_users",
                    tracing::Level::$level,
                    method = self.method,
                    route = self.route,
                    attempt = self.attempt,
                    status = self.status,
                    kind = self.kind.map(ErrorKind::as_str),
                    elapsed_ms = self.elapsed.map(|time| time.as_secs_f64() * 1e3),
                    request_id = self.request_id,
                    "{}", self.message
                )
            };
        }
        match self.level {
            LogLevel::Debug => event!(DEBUG),
            LogLevel::Info => event!(INFO),
            LogLevel::Warn => event!(WARN),
        }
        #[cfg(feature = "capi")]
        if self.level.is_kept() {
            kept::push(self);
        }
        if self.level.is_hooked() && !is_in_callback() {
            if let Some(hook) = &*HOOK.load() {
                hook.call(self);
            }
        }
        process::exit_if_forked_on_background_thread();
    }
}

/// `GET /users/me: request (attempt 1, status 200, 12 ms, request id …)`
impl fmt::Display for LogRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(method), Some(route)) = (self.method, self.route) {
            write!(f, "{method} {route}: ")?;
        }
        f.write_str(self.message)?;
        let details = [
            self.attempt.map(|attempt| format!("attempt {attempt}")),
            self.status.map(|status| format!("status {status}")),
            self.kind.map(|kind| kind.to_string()),
            self.elapsed.map(|time| format!("{} ms", time.as_millis())),
            self.request_id.map(|id| format!("request id {id}")),
        ];
        let details: Vec<_> = details.into_iter().flatten().collect();
        if details.is_empty() { Ok(()) } else { write!(f, " ({})", details.join(", ")) }
    }
}

type Callback = Box<dyn Fn(&LogRecord<'_>) + Send + Sync>;

/// The receiver of the records, until another replaces it.
pub(crate) struct Hook {
    lowest: LogLevel,
    callback: Callback,
    /// Whether another has replaced it. Then it gets no further records.
    is_replaced: AtomicBool,
    /// How many threads run the callback. A forked child counts its own threads only.
    running: PerProcess<AtomicUsize>,
}

static HOOK: ArcSwapOption<Hook> = ArcSwapOption::const_empty();

/// The lowest level of the hook. Above all levels if there is no hook.
static LOWEST: AtomicU8 = AtomicU8::new(u8::MAX);

/// The process whose background thread runs the callback, otherwise 0.
static LIBRARYS_THREAD_IN_CALLBACK: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether this thread runs the callback.
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread runs the callback. Records from inside it are dropped, to prevent recursion.
pub(crate) fn is_in_callback() -> bool {
    IN_CALLBACK.get()
}

/// Whether the library's thread runs the callback, which may take any time.
pub(crate) fn is_librarys_thread_in_callback() -> bool {
    LIBRARYS_THREAD_IN_CALLBACK.load(Ordering::SeqCst) == process::id()
}

/// Runs `work` in another thread, for a thread that runs the callback or does not.
pub(crate) fn with_callback_state<T>(is_in_callback: bool, work: impl FnOnce() -> T) -> T {
    IN_CALLBACK.set(is_in_callback);
    work()
}

/// A future that, in any thread, counts as inside the callback if this thread is inside it.
pub(crate) fn keep_callback_state<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let is_in_callback = is_in_callback();
    let mut future = Box::pin(future);
    poll_fn(move |context| {
        if !is_in_callback {
            return future.as_mut().poll(context);
        }
        without_log_hook(|| future.as_mut().poll(context))
    })
}

impl Hook {
    /// Waits for at most one second until no thread runs the callback: it may need a lock of this
    /// thread. Inside a callback it does not wait.
    #[cfg(feature = "capi")]
    pub(crate) fn wait(&self) {
        let until = Instant::now() + Duration::from_secs(1);
        while !is_in_callback()
            && Instant::now() < until
            && self.running.get().load(Ordering::SeqCst) > 0
        {
            thread::sleep(Duration::from_micros(100));
        }
    }

    fn call(&self, record: &LogRecord<'_>) {
        let _running = Running::start(self.running.get());
        // `replace_hook` does this in the opposite order. So either it waits for this thread, or this
        // thread sees the replacement.
        if !self.is_replaced.load(Ordering::SeqCst) && record.level >= self.lowest {
            (self.callback)(record);
        }
    }
}

/// Counts a thread while it runs the callback, also if the callback panics.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn start(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        IN_CALLBACK.set(true);
        if process::is_background_thread() {
            LIBRARYS_THREAD_IN_CALLBACK.store(process::id(), Ordering::SeqCst);
        }
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if process::is_background_thread() {
            LIBRARYS_THREAD_IN_CALLBACK.store(0, Ordering::SeqCst);
        }
        IN_CALLBACK.set(false);
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Calls `hook` with every record of `level` and above, in the thread of the record. It replaces the
/// previous hook, and [`clear_log_hook`] removes it. Programs in Rust can use `tracing` instead.
///
/// A hook may make calls, whose records are dropped. On the library's own thread, which runs started
/// calls and fetches pages, a blocking call fails.
pub fn set_log_hook(level: LogLevel, hook: impl Fn(&LogRecord<'_>) + Send + Sync + 'static) {
    replace_hook(Some((level, Box::new(hook))));
}

/// Runs `work`, whose calls count as made by the hook: the hook gets no records of them, of the calls
/// that `work` starts and of the pages that its streams request.
///
/// It is for a hook that stores records for a logger. Pass them to the logger within `work`, so that a
/// logger that makes a call for each record does not log for ever.
pub fn without_log_hook<T>(work: impl FnOnce() -> T) -> T {
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            IN_CALLBACK.set(self.0);
        }
    }

    let _restore = Restore(IN_CALLBACK.replace(true));
    work()
}

/// Removes the hook of [`set_log_hook`]. Another thread may pass a last record to it.
pub fn clear_log_hook() {
    replace_hook(None);
}

/// Replaces the hook, or removes it. Returns the previous hook, which another thread may still call.
pub(crate) fn replace_hook(hook: Option<(LogLevel, Callback)>) -> Option<Arc<Hook>> {
    /// Keeps the hook and the lowest level consistent.
    static REPLACING: Global<Mutex<()>> = Global::new(Mutex::default);
    let _lock = REPLACING.get().lock().unwrap_or_else(PoisonError::into_inner);
    let lowest = hook.as_ref().map_or(u8::MAX, |(lowest, _)| *lowest as u8);
    let hook = hook.map(|(lowest, callback)| {
        let running = PerProcess::new(AtomicUsize::default);
        Arc::new(Hook { lowest, callback, is_replaced: AtomicBool::new(false), running })
    });
    let previous = HOOK.swap(hook);
    LOWEST.store(lowest, Ordering::Relaxed);
    if let Some(previous) = &previous {
        previous.is_replaced.store(true, Ordering::SeqCst);
    }
    previous
}
