//! The resolved options of one call. The precedence is: the call, the client, the environment, the
//! default.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use once_cell::race::OnceBox;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::environment::Environment;
use super::option_values;
use super::options::{self, OptionSpec, Options, RateLimit};
use super::route::{self, ALL_PROXY, CGI, EnvProxies, HTTP_PROXY, HTTPS_PROXY};
use crate::log::{LogLevel, LogRecord};
use crate::loopback;
use crate::protocol::request::Headers;
use crate::transport::{Connection, HttpClient, Trust};
use crate::{Error, Result};

/// Set on continuous integration servers. `User-Agent` contains it.
const CI: &str = "CI";
/// Disables the verification of certificates in the official client. This library ignores it.
const UNSAFE_HTTPS: &str = "HEX_UNSAFE_HTTPS";
impl Options {
    /// All environment variables that a client reads, also those that are not of an option. A client
    /// reads them once, when it is created.
    pub fn variables() -> impl Iterator<Item = &'static str> {
        let of_options = Self::SPECS.iter().flat_map(|spec| spec.env).copied();
        of_options.chain(HTTP_PROXY).chain(HTTPS_PROXY).chain(ALL_PROXY).chain([
            CI,
            UNSAFE_HTTPS,
            CGI,
        ])
    }

    /// Sets the environment variables that a client reads, instead of those of the process. Variables
    /// that are not in [`Options::variables`] are ignored. It is an option of a client only.
    ///
    /// This is for hosts that have their own variables, such as worker threads of Node.js. The trusted
    /// roots do not depend on it: `SSL_CERT_FILE` and `SSL_CERT_DIR` are always those of the process.
    #[must_use]
    pub fn environment<N: AsRef<str>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.environment = Environment::of(variables.into_iter().filter_map(|(name, value)| {
            let name = Self::variables().find(|known| *known == name.as_ref())?;
            Some((name, value.into()))
        }));
        self
    }
}

/// The sources of the options of a client.
pub(crate) struct Layers {
    client: Options,
    proxies: EnvProxies,
    /// The trusted certificates of the client's own `ca_file`.
    trust: Arc<Trust>,
    is_ci: bool,
    defaults: Options,
    /// The program's own HTTP client, if it passed one.
    http_client: Option<HttpClient>,
}

/// The options that do not apply to an HTTP client of the program.
const HTTP_CLIENT_OPTIONS: [&str; 4] = ["connect_timeout", "proxy", "no_proxy", "ca_file"];

impl Layers {
    pub(crate) fn new(client: Options, http_client: Option<HttpClient>) -> Result<Self> {
        if http_client.is_some() {
            reject_http_client_options(&client)?;
        }
        let has_ca_file = client.ca_file.is_some();
        let mut layers = Self::read_environment(client)?;
        layers.http_client = http_client;
        let trust = Trust::new(layers.client.ca_file.clone());
        let variable = Options::SPECS.iter().find(|spec| spec.name == "ca_file");
        let variable = variable.and_then(|spec| spec.env.first().copied());
        layers.trust = Arc::new(trust.named_by(variable.filter(|_| !has_ca_file)));
        Ok(layers)
    }

    fn read_environment(client: Options) -> Result<Self> {
        let mut defaults = Options::new();
        for OptionSpec { name, default, .. } in Options::SPECS {
            if let Some(default) = default {
                defaults.set(name, default)?;
            }
        }
        if client.env == Some(false) {
            return Ok(Self {
                client,
                proxies: EnvProxies::default(),
                trust: Arc::new(Trust::new(None)),
                is_ci: false,
                defaults,
                http_client: None,
            });
        }
        let variables = client.environment.clone();
        let mut environment = Options::new();
        for spec in Options::SPECS {
            if let Some((variable, value)) = variables.first_text(spec.env)? {
                environment.set(spec.name, &value).map_err(|error| {
                    Error::invalid_argument(format!("{variable}: {}", error.message()))
                })?;
            }
        }
        if variables.first_set(&[UNSAFE_HTTPS]).is_some() {
            let unsafe_https = "HEX_UNSAFE_HTTPS is ignored, because certificates are always verified; to \
                                trust your own certificate authority, set ca_file";
            LogRecord::new(LogLevel::Warn, unsafe_https).emit();
        }
        Ok(Self {
            client: client.or(&environment),
            proxies: EnvProxies::of(&variables),
            trust: Arc::new(Trust::new(None)),
            is_ci: variables.first_set(&[CI]).is_some(),
            defaults,
            http_client: None,
        })
    }

    pub(crate) fn resolve(&self, call: &Options) -> Result<Settings> {
        if self.http_client.is_some() {
            reject_http_client_options(call)?;
        }
        if let Some(name) = call.first_client_only() {
            return Err(Error::invalid_argument(format!(
                "{name} is an option of a client, not of a call: set it when you make the client"
            )));
        }
        let options = call.clone().or(&self.client).or(&self.defaults);
        let Options {
            repo_url: Some(repo_url),
            timeout: Some(timeout),
            total_timeout: Some(total_timeout),
            connect_timeout: Some(connect_timeout),
            max_retries: Some(max_retries),
            rate_limit: Some(rate_limit),
            prefetch: Some(prefetch),
            page: Some(page),
            max_body: Some(max_body),
            max_connections: Some(max_connections),
            cache: Some(cache),
            allow_insecure_http: Some(allow_insecure_http),
            api_key,
            otp,
            proxy,
            no_proxy,
            ca_file,
            user_agent,
            client_name,
            env: _,
            environment: _,
        } = options
        else {
            return Err(Error::new(
                crate::ErrorKind::Internal,
                "a bug in the library: an option has no default",
            ));
        };

        let reject =
            |name, why: String| options::rejected(name, options::allowed_values(name), &why);
        let base = option_values::repo_url(&repo_url).map_err(|why| reject("repo_url", why))?;
        let url = Url::parse(&base).map_err(|error| reject("repo_url", error.to_string()))?;
        // `set` has checked these. Their typed methods have not.
        for (name, number, range) in [
            ("page", page, option_values::FROM_ONE),
            ("max_body", max_body, option_values::FROM_ONE),
            ("max_retries", max_retries.into(), option_values::WHOLE),
            ("prefetch", prefetch.into(), option_values::WHOLE),
            ("max_connections", max_connections.into(), option_values::CONNECTIONS),
            ("cache", cache.into(), option_values::COUNT),
        ] {
            if !range.contains(&number) {
                return Err(reject(name, option_values::invalid(&number.to_string())));
            }
        }
        for (name, time) in [
            ("timeout", timeout),
            ("total_timeout", total_timeout),
            ("connect_timeout", connect_timeout),
        ] {
            if !option_values::TIMES.contains(&time) {
                return Err(reject(name, option_values::invalid(&format!("{time:?}"))));
            }
        }
        let proxy = proxy
            .map(|proxy| option_values::proxy(proxy.expose_secret()))
            .transpose()
            .map_err(|why| reject("proxy", why))?;
        let is_https = url.scheme() == "https";
        let no_proxy = no_proxy.as_deref().unwrap_or_default();
        let (proxy, route_error) = match route::find_proxy(&url, proxy, &self.proxies, no_proxy) {
            _ if self.http_client.is_some() => (None, None),
            Ok(proxy) => (proxy, None),
            Err(error) => (None, Some(error.message().to_owned())),
        };
        // A proxy on another machine gets the requests to the loopback too.
        let is_local = loopback::is_host_of(&url) && proxy.as_ref().is_none_or(route::is_local);
        let trust = match self.trust.has_ca_file(ca_file.as_deref()) {
            true => Arc::clone(&self.trust),
            false => Arc::new(Trust::new(ca_file)),
        };
        if let Some(name) = &client_name {
            option_values::comment(name).map_err(|why| reject("client_name", why))?;
        }
        let user_agent =
            user_agent_header(user_agent.as_deref(), client_name.as_deref(), self.is_ci);
        Ok(Settings {
            headers: Headers::new(&user_agent, api_key.as_ref(), otp.as_ref())?,
            rate_key: rate_key(&url, api_key.as_ref()),
            may_send_secrets: is_https || is_local || allow_insecure_http,
            has_credential: api_key.is_some() || otp.is_some(),
            is_hex_pm: matches!(url.host_str(), Some("hex.pm" | "www.hex.pm")),
            connection: Arc::new(Connection {
                origin: url.origin().ascii_serialization(),
                is_https,
                max_connections,
                proxy,
                trust,
                http_client: self.http_client.clone(),
            }),
            route_error,
            base,
            timeout,
            total_timeout,
            connect_timeout,
            max_retries,
            rate_limit,
            prefetch,
            expects_many_pages: Some(prefetch) > self.defaults.prefetch,
            page,
            max_body,
            cache,
        })
    }
}

fn reject_http_client_options(options: &Options) -> Result<()> {
    let set = [
        options.connect_timeout.is_some(),
        options.proxy.is_some(),
        options.no_proxy.is_some(),
        options.ca_file.is_some(),
    ];
    match HTTP_CLIENT_OPTIONS.iter().zip(set).find(|(_, is_set)| *is_set) {
        Some((name, _)) => Err(Error::invalid_argument(format!(
            "{name} does not apply to a client with a reqwest::Client of the program: set it on that"
        ))),
        None => Ok(()),
    }
}

/// `tool/1 aura-users/0.1.0 (ruby 3.4; CI)`
fn user_agent_header(program: Option<&str>, client_name: Option<&str>, is_ci: bool) -> String {
    let ours = concat!("aura-users/", env!("CARGO_PKG_VERSION"));
    let program = program.map(|program| format!("{program} ")).unwrap_or_default();
    let comment: Vec<_> = client_name.into_iter().chain(is_ci.then_some("CI")).collect();
    let comment = match comment.is_empty() {
        true => String::new(),
        false => format!(" ({})", comment.join("; ")),
    };
    format!("{program}{ours}{comment}")
}

/// A hash of an origin and a credential.
fn rate_key(url: &Url, api_key: Option<&SecretString>) -> u64 {
    // Created without a lock, because a fork could copy a locked one.
    static STATE: OnceBox<RandomState> = OnceBox::new();
    let mut hasher = STATE.get_or_init(Box::default).build_hasher();
    url.origin().ascii_serialization().hash(&mut hasher);
    api_key.map(ExposeSecret::expose_secret).hash(&mut hasher);
    hasher.finish()
}

/// The settings of one call.
pub(crate) struct Settings {
    /// The base URL without a slash at its end.
    pub(crate) base: String,
    pub(crate) headers: Headers,
    pub(crate) timeout: Duration,
    pub(crate) total_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) rate_limit: RateLimit,
    pub(crate) prefetch: u32,
    /// Whether `prefetch` is above the default, so that the caller expects a long log.
    pub(crate) expects_many_pages: bool,
    pub(crate) page: u64,
    pub(crate) max_body: u64,
    pub(crate) cache: u32,
    pub(crate) connection: Arc<Connection>,
    /// Why no request can be sent: the proxy variable of the environment is invalid.
    pub(crate) route_error: Option<String>,
    pub(crate) rate_key: u64,
    pub(crate) may_send_secrets: bool,
    pub(crate) has_credential: bool,
    pub(crate) is_hex_pm: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("repo_url", &self.base)
            .field("has_credential", &self.has_credential)
            .field("timeout", &self.timeout)
            .field("total_timeout", &self.total_timeout)
            .field("max_retries", &self.max_retries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(client: Options, call: &Options) -> Result<Settings> {
        Layers::new(client.env(false), None)?.resolve(call)
    }

    #[test]
    fn the_call_overrides_the_client_and_the_client_the_default() {
        let client = Options::new().repo_url("http://localhost:4000/api/").max_retries(7);
        let both = settings(client.clone(), &Options::new().max_retries(0)).unwrap();
        assert_eq!((both.base.as_str(), both.max_retries), ("http://localhost:4000/api", 0));
        assert_eq!(both.timeout, Duration::from_secs(15));
        assert_eq!(settings(client, &Options::new()).unwrap().max_retries, 7);
    }

    #[test]
    fn a_call_with_an_option_of_a_client_is_refused() {
        for call in [Options::new().env(true), Options::new().env(false).max_retries(1)] {
            let error = settings(Options::new(), &call).err().unwrap();
            assert_eq!(error.kind(), crate::ErrorKind::InvalidArgument);
            assert!(error.message().starts_with("env is an option of a client"), "{error}");
        }
    }

    #[test]
    fn secrets_are_sent_only_over_tls_or_to_the_loopback() {
        for (url, may) in [
            ("https://hex.pm/api", true),
            ("http://hex.pm/api", false),
            ("http://localhost/api", true),
            ("http://hex.localhost:4000/api", true),
            ("http://127.8.9.1/api", true),
            ("http://[::1]:4000/api", true),
            ("http://[::ffff:127.0.0.1]/api", true),
            ("http://localhost.example.com/api", false),
            ("http://10.0.0.1/api", false),
        ] {
            let options = Options::new().repo_url(url);
            assert_eq!(
                settings(options.clone(), &Options::new()).unwrap().may_send_secrets,
                may,
                "{url}"
            );
            let allowed = settings(options.allow_insecure_http(true), &Options::new()).unwrap();
            assert!(allowed.may_send_secrets, "{url}");
        }
    }

    #[test]
    fn a_remote_proxy_makes_the_loopback_insecure() {
        for (proxy, may) in [("http://proxy.example:3128", false), ("http://[::1]:3128", true)] {
            let options = Options::new().repo_url("http://localhost:4000").proxy(proxy);
            let settings = settings(options, &Options::new()).unwrap();
            assert_eq!(settings.may_send_secrets, may, "{proxy}");
        }
    }

    #[test]
    fn typed_options_are_checked_too() {
        for options in [
            Options::new().repo_url("hex.pm"),
            Options::new().page(0),
            Options::new().max_body(0),
            Options::new().max_retries(101),
            Options::new().prefetch(u32::MAX),
            Options::new().timeout(Duration::ZERO),
            Options::new().total_timeout(Duration::MAX),
            Options::new().proxy("nonsense"),
            Options::new().api_key("a\nb"),
            Options::new().user_agent("a\nb"),
            Options::new().client_name("ruby (3.4)"),
        ] {
            let error = settings(options.clone(), &Options::new()).err().unwrap();
            assert_eq!(error.kind(), crate::ErrorKind::InvalidArgument, "{options:?}");
        }
    }

    #[test]
    fn the_rate_limit_belongs_to_an_origin_and_a_credential() {
        let key = |url: &str, key: &str| {
            settings(Options::new().repo_url(url).api_key(key), &Options::new()).unwrap().rate_key
        };
        let base = key("https://hex.pm/api", "a");
        assert_eq!(base, key("https://hex.pm:443/other", "a"));
        assert_ne!(base, key("https://hex.pm/api", "b"));
        assert_ne!(base, key("https://hex.example/api", "a"));
    }

    #[test]
    fn our_name_follows_the_programs() {
        let ours = concat!("aura-users/", env!("CARGO_PKG_VERSION"));
        assert_eq!(user_agent_header(None, None, false), ours);
        assert_eq!(user_agent_header(Some("tool/1"), None, true), format!("tool/1 {ours} (CI)"));
        assert_eq!(
            user_agent_header(Some("tool/1"), Some("ruby 3.4"), true),
            format!("tool/1 {ours} (ruby 3.4; CI)")
        );
        assert_eq!(user_agent_header(None, Some("go"), false), format!("{ours} (go)"));
    }
}
