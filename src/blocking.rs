//! The blocking face: the same calls for threads that wait.
//!
//! A call runs in the caller's thread, without a hand-off to another. All of this may be used
//! from many threads at once, after a fork, and inside a tokio runtime.

use std::sync::Arc;

use secrecy::SecretString;

use crate::client::{self, Core, Options, call};
use crate::protocol::{Operation, Reply, Request};
use crate::runtime::{self, Interrupt, Lanes, PerProcess};
use crate::transport::Transports;
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
    core: Arc<Core>,
    lanes: Arc<PerProcess<Lanes>>,
    background: Arc<PerProcess<Transports>>,
    options: Options,
    interrupted: Option<fn() -> bool>,
}

impl Client {
    /// See [`crate::Client::new`].
    ///
    /// # Errors
    /// A bad option, named.
    pub fn new(options: Options) -> Result<Self> {
        Ok(Self {
            core: Core::new(options)?,
            lanes: Arc::new(PerProcess::new(Lanes::default)),
            background: Arc::new(PerProcess::new(Transports::default)),
            options: Options::new(),
            interrupted: None,
        })
    }

    /// The same client with other options for the calls made through the returned handle:
    /// they win over the client's own.
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        Self { options: options.or(&self.options), ..self.clone() }
    }

    /// The same client, with `interrupted` asked about twenty times a second, in the calling
    /// thread, while a call waits: where it says true the call ends with
    /// [`ErrorKind::Cancelled`](crate::ErrorKind).
    #[must_use]
    pub fn with_interrupt(&self, interrupted: fn() -> bool) -> Self {
        Self { interrupted: Some(interrupted), ..self.clone() }
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
        self.run(&request, |reply| reply.user(Operation::CreateUser))
    }

    /// See [`crate::Client::get_current_user`].
    ///
    /// # Errors
    /// As there.
    pub fn get_current_user(&self) -> Result<User> {
        self.run(&Request::get_current_user(), |reply| reply.user(Operation::GetCurrentUser))
    }

    /// See [`crate::Client::get_user`].
    ///
    /// # Errors
    /// As there.
    pub fn get_user(&self, username_or_email: &str) -> Result<User> {
        self.run(&Request::get_user(username_or_email)?, |reply| reply.user(Operation::GetUser))
    }

    /// See [`crate::Client::reset_user_password`].
    ///
    /// # Errors
    /// As there.
    pub fn reset_user_password(&self, username_or_email: &str) -> Result<()> {
        let request = Request::reset_user_password(username_or_email)?;
        self.run(&request, |reply| reply.nothing(Operation::ResetUserPassword))
    }

    /// See [`crate::Client::stream_audit_logs`].
    ///
    /// # Errors
    /// As there.
    pub fn stream_audit_logs(&self) -> Result<AuditLogs> {
        let settings = self.core.settings(&self.options)?;
        let logs =
            client::AuditLogs::new(Arc::clone(&self.core), Arc::clone(&self.background), settings);
        Ok(AuditLogs { logs, interrupted: self.interrupted })
    }

    /// See [`crate::Client::rate_limit`].
    ///
    /// # Errors
    /// As there.
    pub fn rate_limit(&self) -> Result<Option<RateLimitState>> {
        self.core.rate_limit(&self.options)
    }

    fn run<T: Send>(
        &self,
        request: &Request,
        read: impl Fn(Reply) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        let settings = self.core.settings(&self.options)?;
        runtime::blocking(|| {
            self.lanes.get().with(|lane| {
                let transport = lane.transports.transport(&settings.connection)?;
                let call = call::call(&self.core, &settings, &transport, request, read);
                lane.run(call, interrupt(&self.interrupted))
            })
        })
    }
}

fn interrupt(interrupted: &Option<fn() -> bool>) -> Interrupt<'_> {
    interrupted.as_ref().map(|interrupted| interrupted as &dyn Fn() -> bool)
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("blocking::Client").field("core", &self.core).finish_non_exhaustive()
    }
}

/// The caller's own audit log, newest row first: see [`crate::AuditLogs`].
///
/// As an iterator it gives an error and then, asked again, tries the same page again.
#[derive(Debug)]
pub struct AuditLogs {
    logs: client::AuditLogs,
    interrupted: Option<fn() -> bool>,
}

impl AuditLogs {
    /// See [`crate::AuditLogs::page`].
    #[must_use]
    pub fn page(&self) -> u64 {
        self.logs.page()
    }

    /// The next row; none after the last.
    ///
    /// # Errors
    /// Those of any call; the stream keeps its place.
    pub fn next_log(&mut self) -> Result<Option<AuditLog>> {
        if let Some(row) = self.logs.next_in_page() {
            return Ok(Some(row));
        }
        let Self { logs, interrupted } = self;
        runtime::blocking(|| runtime::run_on_background(logs.next(), interrupt(interrupted)))
    }

    /// The rest of the page at hand, or the next page; none after the last.
    ///
    /// # Errors
    /// Those of any call; the stream keeps its place.
    pub fn next_page(&mut self) -> Result<Option<AuditLogPage>> {
        let Self { logs, interrupted } = self;
        runtime::blocking(|| runtime::run_on_background(logs.next_page(), interrupt(interrupted)))
    }
}

impl Iterator for AuditLogs {
    type Item = Result<AuditLog>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_log().transpose()
    }
}
