//! The library's log: records with fixed fields. They go to `tracing`, and to a hook for languages
//! without `tracing`.
//!
//! No record has a secret, a name or an address: it names a request by its route.

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

/// How much a record matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LogLevel {
    /// Every request, and every decision to repeat one.
    Debug = 1,
    /// Remarks of the server.
    Info = 2,
    /// What a person should see: the server's warnings, terms of service, options not honoured.
    Warn = 3,
}

impl LogLevel {
    /// The level's name: `debug`, `info` or `warn`.
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

/// Whether anybody listens to what every request gives rise to.
pub(crate) fn is_debugging() -> bool {
    tracing::enabled!(target: "aura_users", tracing::Level::DEBUG)
        || LogLevel::Debug.is_hooked()
        || LogLevel::Debug.is_kept()
}

/// One thing told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LogRecord<'a> {
    /// How much it matters.
    pub level: LogLevel,
    /// What happened, in words; control characters are escaped.
    pub message: &'a str,
    /// The request's method.
    pub method: Option<&'static str>,
    /// The request's route with its parameters unfilled.
    pub route: Option<&'static str>,
    /// Which attempt of the call it was, counted from 1.
    pub attempt: Option<u32>,
    /// The reply's HTTP status.
    pub status: Option<u16>,
    /// The kind of the error it ended with.
    pub kind: Option<ErrorKind>,
    /// How long it took, or how long the pause will be.
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

    pub(crate) fn of(operation: Operation, level: LogLevel, message: &'a str) -> Self {
        Self {
            method: Some(operation.method()),
            route: Some(operation.route()),
            ..Self::new(level, message)
        }
    }

    /// Tells it to whoever listens.
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
        if self.level.is_hooked() && !is_telling() {
            if let Some(hook) = &*HOOK.load() {
                hook.tell(self);
            }
        }
        process::end_if_forked_on_the_librarys_thread();
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

type Tell = Box<dyn Fn(&LogRecord<'_>) + Send + Sync>;

/// What is told every record, until another takes its place.
pub(crate) struct Hook {
    lowest: LogLevel,
    tell: Tell,
    /// Set once another has taken its place: nothing is told to it from then on.
    is_retired: AtomicBool,
    /// How many threads are telling it something. A child counts its own: what other threads were
    /// telling at the fork, nobody finishes there.
    telling: PerProcess<AtomicUsize>,
}

static HOOK: ArcSwapOption<Hook> = ArcSwapOption::const_empty();

/// Above every level while there is no hook: then a record costs one comparison.
static LOWEST: AtomicU8 = AtomicU8::new(u8::MAX);

/// The process whose background thread is telling something; else 0.
static LIBRARYS_THREAD_TELLS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether this thread is telling a record.
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is within a hook. What is made there is not told: it would never end.
pub(crate) fn is_telling() -> bool {
    TELLING.get()
}

/// Whether the library's thread is within a hook, which takes as long as the host likes.
pub(crate) fn is_librarys_thread_telling() -> bool {
    LIBRARYS_THREAD_TELLS.load(Ordering::SeqCst) == process::id()
}

/// Runs `work` in another thread on behalf of one that is within a hook, or is not.
pub(crate) fn telling_as_before<T>(is_telling: bool, work: impl FnOnce() -> T) -> T {
    TELLING.set(is_telling);
    work()
}

/// Runs `future` elsewhere as here: within a hook, or not.
pub(crate) fn telling_as_here<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let is_telling = is_telling();
    let mut future = Box::pin(future);
    poll_fn(move |context| {
        if !is_telling {
            return future.as_mut().poll(context);
        }
        let before = TELLING.replace(true);
        let polled = future.as_mut().poll(context);
        TELLING.set(before);
        polled
    })
}

impl Hook {
    /// Waits until nobody is telling it anything, a second at most: a thread that tells may wait for a
    /// lock that this one holds. Within a hook it does not wait.
    #[cfg(feature = "capi")]
    pub(crate) fn wait(&self) {
        let until = Instant::now() + Duration::from_secs(1);
        while !is_telling()
            && Instant::now() < until
            && self.telling.get().load(Ordering::SeqCst) > 0
        {
            thread::sleep(Duration::from_micros(100));
        }
    }

    fn tell(&self, record: &LogRecord<'_>) {
        let _telling = Telling::begin(self.telling.get());
        // In this order, and the other way round in `replace`: so either this one is waited for,
        // or it sees that it comes too late.
        if !self.is_retired.load(Ordering::SeqCst) && record.level >= self.lowest {
            (self.tell)(record);
        }
    }
}

/// Counts a thread that tells something, also where the hook panics.
struct Telling<'a>(&'a AtomicUsize);

impl<'a> Telling<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        TELLING.set(true);
        if process::is_thread_of_the_library() {
            LIBRARYS_THREAD_TELLS.store(process::id(), Ordering::SeqCst);
        }
        Self(count)
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if process::is_thread_of_the_library() {
            LIBRARYS_THREAD_TELLS.store(0, Ordering::SeqCst);
        }
        TELLING.set(false);
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Has `hook` told every record of at least `level`, in whichever thread it arises. It replaces
/// the hook before it; [`clear_log_hook`] ends it. Programs in Rust listen to `tracing` instead.
///
/// A hook may make calls; what they give rise to is not told. On the library's own thread, where
/// the records of started calls and of a stream's pages arise, a call that waits is refused.
pub fn set_log_hook(level: LogLevel, hook: impl Fn(&LogRecord<'_>) + Send + Sync + 'static) {
    replace(Some((level, Box::new(hook))));
}

/// Ends what [`set_log_hook`] began. A record told at this moment may still arrive.
pub fn clear_log_hook() {
    replace(None);
}

/// Puts a hook in the place of the one before, or none. Gives that one, which may be told a last
/// record at this moment.
pub(crate) fn replace(hook: Option<(LogLevel, Tell)>) -> Option<Arc<Hook>> {
    /// One at a time, so that the hook and the lowest level are of one mind.
    static REPLACING: Global<Mutex<()>> = Global::new(Mutex::default);
    let _one = REPLACING.get().lock().unwrap_or_else(PoisonError::into_inner);
    let lowest = hook.as_ref().map_or(u8::MAX, |(lowest, _)| *lowest as u8);
    let hook = hook.map(|(lowest, tell)| {
        let telling = PerProcess::new(AtomicUsize::default);
        Arc::new(Hook { lowest, tell, is_retired: AtomicBool::new(false), telling })
    });
    let former = HOOK.swap(hook);
    LOWEST.store(lowest, Ordering::Relaxed);
    if let Some(former) = &former {
        former.is_retired.store(true, Ordering::SeqCst);
    }
    former
}
