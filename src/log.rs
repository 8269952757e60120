//! What the library tells while it works, in a fixed vocabulary: to `tracing`, and to a hook for
//! languages that have no `tracing`.
//!
//! Nothing told holds a secret, a name or an address: requests go by their route.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::ErrorKind;
use crate::protocol::Operation;

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
    fn is_hooked(self) -> bool {
        self as u8 >= LOWEST.load(Ordering::Relaxed)
    }
}

/// Whether anybody listens to what every request gives rise to.
pub(crate) fn is_debugging() -> bool {
    tracing::enabled!(target: "aura_users", tracing::Level::DEBUG) || LogLevel::Debug.is_hooked()
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
        if self.level.is_hooked() {
            if let Some(hook) = &*HOOK.load() {
                hook.0(self);
            }
        }
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

struct Hook(Box<dyn Fn(&LogRecord<'_>) + Send + Sync>);

static HOOK: ArcSwapOption<Hook> = ArcSwapOption::const_empty();

/// Above every level while there is no hook: then a record costs one comparison.
static LOWEST: AtomicU8 = AtomicU8::new(u8::MAX);

/// Has `hook` told every record of at least `level`, in whichever thread it arises. It replaces
/// the hook before it; [`clear_log_hook`] ends it. Programs in Rust listen to `tracing` instead.
pub fn set_log_hook(level: LogLevel, hook: impl Fn(&LogRecord<'_>) + Send + Sync + 'static) {
    HOOK.store(Some(Arc::new(Hook(Box::new(hook)))));
    LOWEST.store(level as u8, Ordering::Relaxed);
}

/// Ends what [`set_log_hook`] began. A record told at this moment may still arrive.
pub fn clear_log_hook() {
    LOWEST.store(u8::MAX, Ordering::Relaxed);
    HOOK.store(None);
}
