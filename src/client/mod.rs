//! The client.
//!
//! - `options`: the declarations of all options
//! - `option_names`: the error of an unknown name, with a suggestion
//! - `option_values`: the parsers of their values
//! - `environment`: the environment variables
//! - `settings`: the resolved options of one call
//! - `route`: the route to a server, direct or through a proxy
//! - `call`: one call, with its deadline, its retries and its redirects
//! - `cache`: a cache of records by ETag
//! - `rate_limit`: the state of the server's rate limit
//! - `audit_logs`: the stream

pub(crate) mod audit_logs;
pub(crate) mod cache;
pub(crate) mod call;
mod environment;
mod option_names;
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

/// The state that blocking and asynchronous clients share.
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

    /// The settings of a call. Without options, they are those of the client.
    pub(crate) fn settings(&self, options: &Options) -> Result<Arc<Settings>> {
        if options.is_empty() {
            return Ok(Arc::clone(&self.settings));
        }
        self.layers.resolve(options).map(Arc::new)
    }

    /// The state of the rate limit for a call with these options.
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

/// An asynchronous client for a tokio runtime.
///
/// Clones are cheap, and share connections and the state of the rate limit. Dropping a future cancels
/// its call.
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
    /// Creates a client with these options. Other options come from the environment, unless the option
    /// `env` is false, and then from the defaults.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) names an invalid option or environment
    /// variable.
    pub fn new(options: Options) -> Result<Self> {
        Core::new(options).map(Self::with_core)
    }

    /// Creates a client that sends its requests with a [`reqwest::Client`] of the program, with its
    /// connections, proxies, certificates and connect timeout. The options `connect_timeout`,
    /// `proxy`, `no_proxy` and `ca_file` and their environment variables do not apply.
    ///
    /// Build it with [`redirect::Policy::none()`](reqwest::redirect::Policy::none): otherwise it may
    /// send a one-time password to another host. Also build it with
    /// [`retry::never()`](reqwest::retry::never): otherwise `attempts` of an error is too low. This
    /// library follows redirects and retries itself. The library's own client closes a connection
    /// after a timeout without a reply, and opens a new one for each POST. Yours may not.
    ///
    /// # Errors
    /// As for [`new`](Self::new), and [`ErrorKind::InvalidArgument`](crate::ErrorKind) for an option
    /// that does not apply.
    pub fn with_http_client(options: Options, http_client: HttpClient) -> Result<Self> {
        Core::with(options, Some(http_client)).map(Self::with_core)
    }

    fn with_core(core: Arc<Core>) -> Self {
        let transports = Arc::new(PerProcess::new(Transports::default));
        Self { core, transports, options: Options::new() }
    }

    /// A handle to the same client whose calls use `options`. They take precedence over the client's.
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        Self { options: options.or(&self.options), ..self.clone() }
    }

    /// Creates a user account. It sends no credential, because the server rejects authenticated
    /// requests.
    ///
    /// The e-mail address is unverified until the user follows the link in the e-mail. Until then
    /// calls with the account's credentials fail with [`ErrorKind::Forbidden`](crate::ErrorKind).
    /// Pass exactly one address in `emails`.
    ///
    /// By creating an account on hex.pm you accept its
    /// [terms of service](https://hex.pm/policies/termsofservice).
    ///
    /// # Errors
    /// [`ErrorKind::Validation`](crate::ErrorKind) with the rejected fields, and
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) if the server does not support it, such as hex.pm
    /// since September 2026. If [`outcome_unknown`](crate::Error::outcome_unknown) is true, the
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

    /// Gets the user that the credential belongs to, with the user's organizations.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind). [`Error::reason`](crate::Error::reason) is why the server
    /// rejected the credential.
    pub async fn get_current_user(&self) -> Result<User> {
        self.run(Request::get_current_user(), Reply::user).await
    }

    /// Gets the public record of a user, by username in any letter case, or by an e-mail address that is
    /// verified and public.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind) if the user does not exist, and
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) for the names `""`, `"."`, `".."` and `"me"`.
    pub async fn get_user(&self, username_or_email: &str) -> Result<User> {
        let request = Request::get_user(username_or_email)?;
        self.run(request, Reply::user).await
    }

    /// Asks the server to send the user an e-mail with a link to reset the password. Servers that
    /// support this return success even if the user does not exist. Success is a 204, or a 200 or 202
    /// with JSON or without a body.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) if the server does not support it, such as hex.pm
    /// since July 2026. If [`outcome_unknown`](crate::Error::outcome_unknown) is true, the server may
    /// have sent the e-mail.
    pub async fn reset_user_password(&self, username_or_email: &str) -> Result<()> {
        let request = Request::reset_user_password(username_or_email)?;
        self.run(request, Reply::nothing).await
    }

    /// Opens the audit log of the credential's user as a stream, newest row first, from the page in the
    /// option `page`.
    ///
    /// # Errors
    /// Only for invalid options. The first request is sent when you ask for the first row.
    pub fn stream_audit_logs(&self) -> Result<AuditLogs> {
        let settings = self.core.settings(&self.options)?;
        Ok(AuditLogs::new(Arc::clone(&self.core), Arc::clone(&self.transports), settings))
    }

    /// The latest state of the server's rate limit for this origin and credential. None before the
    /// first reply, after the end of the window, and for a server on the loopback, which has no limit.
    ///
    /// # Errors
    /// Only for invalid options.
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
