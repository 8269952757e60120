//! The client: makes a call succeed within its time, or returns the reason.
//!
//! - `options`: every option, declared once
//! - `option_values`: reads their values from text
//! - `settings`: the resolved options of one call
//! - `route`: the way to a server, direct or through a proxy
//! - `call`: one operation with its deadline, retries and redirects
//! - `cache`: records kept with their ETag
//! - `rate_limit`: the gate that a call passes before it sends
//! - `audit_logs`: the stream

pub(crate) mod audit_logs;
pub(crate) mod cache;
pub(crate) mod call;
pub(crate) mod option_values;
pub(crate) mod options;
pub(crate) mod rate_limit;
mod route;
pub(crate) mod settings;
#[cfg(test)]
mod slow_reading;

use std::sync::Arc;
use std::time::Instant;

use secrecy::SecretString;

use crate::attempts::Attempts;
use crate::protocol::response::RateLimitState;
use crate::protocol::{Reply, Request};
use crate::runtime::PerProcess;
use crate::transport::{HttpClient, Transports};
use crate::{Result, User};
use cache::Cache;
use call::Read;
pub(crate) use options::Options;
use rate_limit::RateLimits;
use settings::Settings;

pub use audit_logs::AuditLogs;

/// What every face of one client shares.
pub(crate) struct Core {
    layers: settings::Layers,
    settings: Arc<Settings>,
    pub(crate) rate_limits: PerProcess<RateLimits>,
    pub(crate) cache: PerProcess<Cache>,
}

impl Core {
    pub(crate) fn new(options: Options) -> Result<Arc<Self>> {
        Self::with(options, None)
    }

    fn with(options: Options, http_client: Option<HttpClient>) -> Result<Arc<Self>> {
        let layers = settings::Layers::new(options, http_client)?;
        let settings = Arc::new(layers.resolve(&Options::new())?);
        Ok(Arc::new(Self {
            layers,
            settings,
            rate_limits: PerProcess::new(RateLimits::default),
            cache: PerProcess::new(Cache::default),
        }))
    }

    /// The settings of a call: the client's own where the call brings no options.
    pub(crate) fn settings(&self, options: &Options) -> Result<Arc<Settings>> {
        if options.is_empty() {
            return Ok(Arc::clone(&self.settings));
        }
        self.layers.resolve(options).map(Arc::new)
    }

    /// What is known of the rate limit for a call with these options.
    pub(crate) fn rate_limit(&self, options: &Options) -> Result<Option<RateLimitState>> {
        let key = self.settings(options)?.rate_key;
        Ok(self.rate_limits.get().state(key, Instant::now()))
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settings.fmt(f)
    }
}

/// An asynchronous client, to be used within a tokio runtime.
///
/// It is cheap to clone and safe to share: clones share connections and the knowledge of the
/// rate limit. Dropping a future cancels its call.
///
/// ```no_run
/// # async fn example() -> Result<(), aura_users::Error> {
/// use aura_users::{Client, Options};
///
/// let client = Client::new(Options::new().api_key("0123456789abcdef"))?;
/// println!("{}", client.get_user("ericmj").await?.username());
/// let mut logs = client.stream_audit_logs()?;
/// while let Some(log) = logs.next().await? {
///     println!("{}", log.action());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
    transports: Arc<PerProcess<Transports>>,
    options: Options,
}

impl Client {
    /// A client with these options; what they leave open comes from the environment
    /// (unless the option `env` is false) and then from the defaults.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) names the option or the environment
    /// variable whose value is refused.
    pub fn new(options: Options) -> Result<Self> {
        Core::new(options).map(Self::of)
    }

    /// A client over the program's own [`reqwest::Client`], with its connections, proxies,
    /// certificates and connect timeout. So the options `connect_timeout`, `proxy`, `no_proxy` and
    /// `ca_file` do not apply, nor do their environment variables.
    ///
    /// Build it with [`redirect::Policy::none()`](reqwest::redirect::Policy::none): otherwise it
    /// may take a one-time password along to another host. Also build it with
    /// [`retry::never()`](reqwest::retry::never), or it sends requests that no error counts. This
    /// library follows redirects and retries itself. Its own client gives up connections that were
    /// silent until a timeout, and opens one for each POST. Here both are up to yours.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`ErrorKind::InvalidArgument`](crate::ErrorKind) if an option is
    /// set that does not apply.
    pub fn with_http_client(options: Options, http_client: HttpClient) -> Result<Self> {
        Core::with(options, Some(http_client)).map(Self::of)
    }

    fn of(core: Arc<Core>) -> Self {
        let transports = Arc::new(PerProcess::new(Transports::default));
        Self { core, transports, options: Options::new() }
    }

    /// The same client with other options for the calls made through the returned handle:
    /// they win over the client's own.
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        Self { options: options.or(&self.options), ..self.clone() }
    }

    /// Makes an account. No credential is sent: the server refuses a creator who is signed in.
    ///
    /// The account's e-mail address is unverified until its owner follows the link in the mail;
    /// until then its credentials get [`ErrorKind::Forbidden`](crate::ErrorKind). `emails` takes
    /// exactly one address: with more, the server fails.
    ///
    /// Making an account on hex.pm means accepting its
    /// [terms of service](https://hex.pm/policies/termsofservice).
    ///
    /// # Errors
    /// [`ErrorKind::Validation`](crate::ErrorKind) with the server's word for each field. An error
    /// whose [`outcome_unknown`](crate::Error::outcome_unknown) is true was not repeated: the
    /// account may exist.
    pub async fn create_user(
        &self,
        username: &str,
        password: impl Into<SecretString>,
        emails: &[&str],
    ) -> Result<User> {
        let request = Request::create_user(username, &password.into(), emails)?;
        self.run(request, Reply::user).await
    }

    /// The user the credential belongs to, with the organizations they are a member of.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind); [`Error::reason`](crate::Error::reason) tells one
    /// refused credential from another.
    pub async fn get_current_user(&self) -> Result<User> {
        self.run(Request::get_current_user(), Reply::user).await
    }

    /// A user's public record, by name in any letter case, or by an address that is verified and
    /// public.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind) where there is no such user; the names `""`,
    /// `"."`, `".."` and `"me"` are refused before anything is sent.
    pub async fn get_user(&self, username_or_email: &str) -> Result<User> {
        let request = Request::get_user(username_or_email)?;
        self.run(request, Reply::user).await
    }

    /// Asks the server to mail its user a link for a new password. Servers that offer this say
    /// yes whether or not there is such a user.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) if the server does not offer it, as hex.pm since
    /// July 2026. If [`outcome_unknown`](crate::Error::outcome_unknown) is true, the mail may have
    /// been sent all the same.
    pub async fn reset_user_password(&self, username_or_email: &str) -> Result<()> {
        let request = Request::reset_user_password(username_or_email)?;
        self.run(request, Reply::nothing).await
    }

    /// The audit log of the credential's user, newest first, from the page of the option `page`.
    ///
    /// # Errors
    /// Only for bad options: nothing is sent before the first row is asked for.
    pub fn stream_audit_logs(&self) -> Result<AuditLogs> {
        let settings = self.core.settings(&self.options)?;
        Ok(AuditLogs::new(Arc::clone(&self.core), Arc::clone(&self.transports), settings))
    }

    /// What the server last said of its rate limit for this origin and credential; none before
    /// the first reply that says something, after the window's end, and on the loopback, which
    /// servers exempt.
    ///
    /// # Errors
    /// Only for bad options.
    pub fn rate_limit(&self) -> Result<Option<RateLimitState>> {
        self.core.rate_limit(&self.options)
    }

    async fn run<T: Send + 'static>(&self, request: Request, read: Read<T>) -> Result<T> {
        let settings = self.core.settings(&self.options)?;
        let transport = self.transports.get().transport(&settings.connection);
        let attempts = Attempts::default();
        call::call(&self.core, &settings, &transport, &request, read, &attempts).await
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("core", &self.core).finish_non_exhaustive()
    }
}
