//! The options. Each is declared once, with its type, default, environment variables and
//! documentation.
//!
//! All languages set options by name and text with [`Options::set`], and list them with
//! [`Options::SPECS`].

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::environment::Environment;
use super::option_names::unknown_option;
use super::option_values::{
    self, Parsed, TIMES, any, boolean, comment, connections, count, from_one, header_text, invalid,
    may_hold_secret, path, proxy, repo_url, seconds, user_agent, whole,
};
use crate::{Error, Result};

/// The declaration of an option.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// Its default as text. None if it is not set by default.
    pub default: Option<&'static str>,
    /// Its environment variables. The first one that is set is used.
    pub env: &'static [&'static str],
    /// The type of its value.
    pub kind: OptionKind,
    /// Whether its value may be or contain a secret.
    pub is_secret: bool,
    /// Whether it is an option of a client only. A call with this option fails.
    pub is_client_only: bool,
    /// The allowed values, as error messages name them.
    pub allowed: &'static str,
    /// What it does.
    pub doc: &'static str,
}

/// The type of the value of an option.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum OptionKind {
    /// Text.
    Text,
    /// An http or https URL.
    Url,
    /// The path of a file.
    Path,
    /// Seconds, also fractions: the minimum and the maximum.
    Seconds((f64, f64)),
    /// A whole number: the minimum and the maximum.
    Whole((u64, u64)),
    /// One of these values.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Boolean,
}

/// The types with their limits.
const SECONDS: OptionKind =
    OptionKind::Seconds((TIMES.start().as_secs_f64(), TIMES.end().as_secs_f64()));
const WHOLE: OptionKind = whole_in(&option_values::WHOLE);
const COUNT: OptionKind = whole_in(&option_values::COUNT);
const CONNECTIONS: OptionKind = whole_in(&option_values::CONNECTIONS);
const FROM_ONE: OptionKind = whole_in(&option_values::FROM_ONE);

const fn whole_in(range: &RangeInclusive<u64>) -> OptionKind {
    OptionKind::Whole((*range.start(), *range.end()))
}

/// What a call does if the server's rate limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimit {
    /// Wait until the limit resets, if `total_timeout` is long enough.
    Wait,
    /// Fail at once. The error contains how long to wait.
    Error,
}

macro_rules! options {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident: $type:ty as $argument:ty, $parse:path, $kind:expr,
        default $default:expr, env [$($env:literal),*], allowed $allowed:literal;
    )+) => {
        /// Options of a client or of one call. The value of an option that is not set comes from the
        /// next in this order: the call, the client, the environment, the default.
        #[derive(Clone, Default)]
        pub struct Options {
            $(pub(crate) $name: Option<$type>,)+
            pub(crate) environment: Environment,
        }

        #[allow(clippy::useless_conversion)]
        impl Options {
            /// All options, in the order of the documentation.
            pub const SPECS: &[OptionSpec] = &[$(OptionSpec {
                name: stringify!($name),
                default: $default,
                env: &[$($env),*],
                kind: $kind,
                is_secret: matches!(stringify!($type).as_bytes(), b"SecretString"),
                is_client_only: matches!(stringify!($name).as_bytes(), b"env"),
                allowed: $allowed,
                doc: concat!($($doc),+).trim_ascii(),
            },)+];

            $(
                $(#[doc = $doc])+
                #[must_use]
                pub fn $name(mut self, value: $argument) -> Self {
                    self.$name = Some(value.into());
                    self
                }
            )+

            /// Sets the option `name` from text.
            ///
            /// # Errors
            /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) if the option does not exist or does
            /// not accept the value. The message contains the allowed values. It does not repeat a
            /// name or a value that may be a secret.
            pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
                match name {
                    $(stringify!($name) => {
                        let value = $parse(value).map_err(|why| rejected(name, $allowed, &why))?;
                        self.$name = Some(value);
                    })+
                    _ => return Err(unknown_option(name, value, &names())),
                }
                Ok(())
            }

            /// Unsets the option `name`.
            ///
            /// # Errors
            /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) if the option does not exist.
            pub fn unset(&mut self, name: &str) -> Result<()> {
                match name {
                    $(stringify!($name) => self.$name = None,)+
                    _ => return Err(unknown_option(name, "", &names())),
                }
                Ok(())
            }

            /// The first option that is set and is for clients only.
            pub(crate) fn first_client_only(&self) -> Option<&'static str> {
                let is_set = [$(self.$name.is_some()),+];
                let mut specs = Self::SPECS.iter().zip(is_set);
                let first = specs.find(|(spec, is_set)| spec.is_client_only && *is_set);
                let environment = (!self.environment.is_of_process()).then_some("environment");
                first.map(|(spec, _)| spec.name).or(environment)
            }

            /// Whether no option is set.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.environment.is_of_process() $(&& self.$name.is_none())+
            }

            /// These options, completed with those of `others`.
            #[must_use]
            pub(crate) fn or(self, others: &Self) -> Self {
                Self {
                    $($name: self.$name.or_else(|| others.$name.clone()),)+
                    environment: self.environment.or(&others.environment),
                }
            }
        }

        /// Shows the options that are set, without secrets.
        impl fmt::Debug for Options {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut list = f.debug_struct("Options");
                $(if let Some(value) = &self.$name {
                    let shown = format!("{value:?}");
                    match stringify!($name) {
                        "repo_url" if may_hold_secret(&shown) => {
                            list.field("repo_url", &format_args!("[REDACTED]"))
                        }
                        name => list.field(name, value),
                    };
                })+
                if !self.environment.is_of_process() {
                    list.field("environment", &format_args!("[REDACTED]"));
                }
                list.finish()
            }
        }
    };
}

options! {
    /// The base URL of the API.
    repo_url: String as impl Into<String>, repo_url, OptionKind::Url,
        default Some("https://hex.pm/api"), env ["HEX_API_URL", "HEX_API"],
        allowed "an http or https URL without a user, a query and a fragment";
    /// The API key. It is sent as `Authorization: <key>`. For an OAuth token, write `Bearer <token>`.
    api_key: SecretString as impl Into<SecretString>, header_text, OptionKind::Text,
        default None, env ["HEX_API_KEY"], allowed "text without control characters";
    /// The one-time password. It is sent as `X-Hex-OTP`.
    otp: SecretString as impl Into<SecretString>, header_text, OptionKind::Text,
        default None, env ["HEX_OTP"], allowed "text without control characters";
    /// The timeout of one attempt.
    timeout: Duration as Duration, seconds, SECONDS,
        default Some("15"), env ["HEX_HTTP_TIMEOUT"], allowed "seconds from 0.001 to 31536000";
    /// The timeout of the whole call. It includes retries and waits for the rate limit.
    total_timeout: Duration as Duration, seconds, SECONDS,
        default Some("120"), env [], allowed "seconds from 0.001 to 31536000";
    /// The timeout of connecting. It includes the TLS handshake.
    connect_timeout: Duration as Duration, seconds, SECONDS,
        default Some("10"), env [], allowed "seconds from 0.001 to 31536000";
    /// The maximum number of retries. A GET is retried after a connection failure and after 429, 502,
    /// 503 and 504. A POST is retried only if the server cannot have processed it.
    max_retries: u32 as u32, whole, WHOLE,
        default Some("2"), env [], allowed "a whole number from 0 to 100";
    /// What a call does if the server's rate limit is reached: wait until it resets, or fail.
    rate_limit: RateLimit as RateLimit, rate_limit, OptionKind::Choice(&["wait", "error"]),
        default Some("wait"), env [], allowed "wait or error";
    /// The maximum number of audit-log pages to request ahead. The stream starts with few and requests
    /// more while it reads. With a value above the default, it requests all of them from the second
    /// page on.
    prefetch: u32 as u32, whole, WHOLE,
        default Some("4"), env [], allowed "a whole number from 0 to 100";
    /// The first page of the audit log to read.
    page: u64 as u64, from_one, FROM_ONE,
        default Some("1"), env [], allowed "a whole number, at least 1";
    /// The proxy for all requests. The URL may contain the user and the password of the proxy. If it
    /// is not set, the environment variables `http_proxy`, `https_proxy` and `all_proxy` are used,
    /// except for servers on the loopback.
    proxy: SecretString as impl Into<SecretString>, proxy, OptionKind::Url,
        default None, env [], allowed "an http, https, socks5 or socks5h URL";
    /// The hosts to connect to without a proxy, separated by commas or spaces: domains, which include
    /// their subdomains, addresses and networks, each with an optional port; or `*` for all.
    no_proxy: String as impl Into<String>, any, OptionKind::Text,
        default None, env ["no_proxy", "NO_PROXY"],
        allowed "domains, addresses and networks, separated by commas, or *";
    /// A PEM file of root certificates to trust in addition to those of the system.
    ca_file: PathBuf as impl Into<PathBuf>, path, OptionKind::Path,
        default None, env ["HEX_CACERTS_PATH"], allowed "the path of a PEM file";
    /// The name of the program. It precedes the name of the library in `User-Agent`. The server stores
    /// the first 255 code points of `User-Agent` in every audit row.
    user_agent: String as impl Into<String>, user_agent, OptionKind::Text,
        default None, env [], allowed "text without control characters";
    /// The name and version of a library that uses this one, such as a language binding. It follows the
    /// name of this library in `User-Agent`, in parentheses.
    client_name: String as impl Into<String>, comment, OptionKind::Text,
        default None, env [], allowed "text without control characters, parentheses and backslashes";
    /// The maximum size of a reply in bytes, after decompression.
    max_body: u64 as u64, from_one, FROM_ONE,
        default Some("16777216"), env [], allowed "a whole number of bytes, at least 1";
    /// The maximum number of connections to one server for started calls, streams and asynchronous
    /// clients. Further calls wait for a connection, and their timeouts apply.
    max_connections: u32 as u32, connections, CONNECTIONS,
        default Some("64"), env ["HEX_HTTP_CONCURRENCY"], allowed "a whole number from 1 to 100000";
    /// The maximum number of user records to cache in memory, by ETag. The server answers 304 if a
    /// cached record has not changed.
    cache: u32 as u32, count, COUNT,
        default Some("0"), env [], allowed "a whole number from 0 to 100000";
    /// Whether to send a credential over plain http to a server that is not on the loopback.
    allow_insecure_http: bool as bool, boolean, OptionKind::Boolean,
        default Some("false"), env [], allowed "true, false, 1, 0, yes, no, on or off";
    /// Whether to read options from the environment. It is an option of a client only.
    env: bool as bool, boolean, OptionKind::Boolean,
        default Some("true"), env [], allowed "true, false, 1, 0, yes, no, on or off";
}

fn names() -> Vec<&'static str> {
    Options::SPECS.iter().map(|spec| spec.name).collect()
}

impl Options {
    /// No option set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// The error of an option that does not accept its value.
///
/// A program may have set the wrong option to a secret. So `why` repeats a value only if it is shorter
/// than every secret (see [`invalid`]), or if it is a plain URL (see [`repo_url`]).
pub(crate) fn rejected(name: &str, allowed: &str, why: &str) -> Error {
    Error::invalid_argument(format!("{name} {why}; allowed: {allowed}"))
}

/// The allowed values of the option `name`.
pub(crate) fn allowed_values(name: &str) -> &'static str {
    Options::SPECS.iter().find(|spec| spec.name == name).map_or("", |spec| spec.allowed)
}

fn rate_limit(text: &str) -> Parsed<RateLimit> {
    match text {
        "wait" => Ok(RateLimit::Wait),
        "error" => Ok(RateLimit::Error),
        _ => Err(invalid(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn every_option_takes_its_default_and_refuses_nonsense_by_name() {
        for spec in Options::SPECS {
            if let Some(default) = spec.default {
                Options::new().set(spec.name, default).unwrap();
            }
            if !matches!(spec.name, "no_proxy" | "ca_file") {
                let error = Options::new().set(spec.name, "\u{7}").unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidArgument);
                assert!(error.message().starts_with(spec.name), "{error}");
                assert!(error.message().ends_with(spec.allowed), "{error}");
            }
            assert!(!spec.doc.is_empty() && !spec.allowed.is_empty());
        }
    }

    #[test]
    fn an_unknown_option_is_named_with_a_suggestion_and_all_options() {
        for (name, start) in [
            (
                "repo-url",
                "unknown option \"repo-url\". Did you mean `repo_url`? The options are repo",
            ),
            ("tiemout", "unknown option \"tiemout\". Did you mean `timeout`? The options are"),
            ("timeuot", "unknown option \"timeuot\". Did you mean `timeout`? The options are"),
            ("apikey", "unknown option \"apikey\". Did you mean `api_key`?"),
            ("apiKey", "unknown option. Did you mean `api_key`?"),
            ("retries", "unknown option \"retries\". Did you mean `max_retries`?"),
            ("max_retry", "unknown option \"max_retry\". Did you mean `max_retries`?"),
            ("max", "unknown option \"max\". The options are"),
            ("op", "unknown option \"op\". The options are"),
            ("base_url", "unknown option \"base_url\". The options are"),
            ("", "unknown option. The options are"),
        ] {
            let mut options = Options::new();
            for error in [options.set(name, "x"), options.unset(name)].map(Result::unwrap_err) {
                assert!(error.message().starts_with(start), "{name}: {error}");
                assert!(error.message().contains("The options are repo_url, api_key"), "{error}");
            }
        }
    }

    #[test]
    fn one_option_is_for_clients_only() {
        assert_eq!(Options::new().timeout(Duration::from_secs(1)).first_client_only(), None);
        assert_eq!(Options::new().page(1).env(true).first_client_only(), Some("env"));
        let environment = Options::new().environment([("HEX_OTP", "1")]);
        assert_eq!(environment.first_client_only(), Some("environment"));
        let scopes = Options::SPECS.iter().filter(|spec| spec.is_client_only);
        assert_eq!(scopes.map(|spec| spec.name).collect::<Vec<_>>(), ["env"]);
    }

    #[test]
    fn bad_values() {
        for (name, value, why) in [
            ("repo_url", "ftp://hex.pm", "is \"ftp://hex.pm\": its scheme is ftp"),
            ("repo_url", "https://eric:pw@hex.pm/api", "contains a user or a password"),
            ("repo_url", "https://hex.pm/api?a=b", "contains a query"),
            ("repo_url", "ftp://hex.pm/#pw", "is not an http or https URL"),
            ("repo_url", "ftp://hex.pm/?pw", "is not an http or https URL"),
            ("repo_url", "hex.pm/pw", "is not an http or https URL"),
            ("repo_url", "pw:0", "is not an http or https URL"),
            ("repo_url", "key=pw\nurl=https://hex.pm", "is not an http or https URL"),
            ("repo_url", "pw, https://hex.pm", "is not an http or https URL"),
            ("repo_url", "https://eric:pw%40hex.pm/api", "is not an http or https URL"),
            ("repo_url", "https://eric:pw/api", "is not an http or https URL"),
            ("repo_url", "https://[::1]:pw/api", "is not an http or https URL"),
            ("repo_url", "https://hex.pm:99999/api", "is \"https://hex.pm:99999/api\": "),
            ("repo_url", "ftp://hex.pm pw", "is not an http or https URL"),
            ("timeout", "0", "is \"0\""),
            ("timeout", "0.0001", "timeout is not valid; allowed: seconds from 0.001"),
            ("timeout", "-1", "is \"-1\""),
            ("timeout", "nan", "is \"nan\""),
            ("timeout", "inf", "is \"inf\""),
            ("page", "0", "is \"0\""),
            ("page", "-1", "is \"-1\""),
            ("page", "1.5", "is \"1.5\""),
            ("max_body", "0", "is \"0\""),
            ("rate_limit", "Wait", "is \"Wait\""),
            ("rate_limit", "waiting", "is not valid"),
            ("proxy", "socks4://user:pw@host", "is not an http, https, socks5 or socks5h URL"),
            ("proxy", "socks5://user:pw@", "or it has no host"),
            ("api_key", "", "is empty"),
        ] {
            let error = Options::new().set(name, value).unwrap_err();
            assert!(error.message().contains(why), "{name}: {error}");
            assert!(!error.message().contains("pw"), "{error}");
        }
    }

    #[test]
    fn a_secret_in_the_wrong_option_is_not_repeated() {
        const SECRETS: [&str; 4] =
            ["0123456789abcdef0123456789abcdef", "123456", "hunter-2-forever", "Bearer eyJhbGciOi"];
        for secret in SECRETS {
            for spec in Options::SPECS {
                let mut options = Options::new();
                if let Err(error) = options.set(spec.name, secret) {
                    assert!(!error.to_string().contains(secret), "{error}");
                }
                for swapped in [spec.name.to_owned(), spec.name.to_uppercase()] {
                    let error = options.set(secret, &swapped).unwrap_err();
                    assert!(!error.to_string().contains(secret), "{error}");
                    assert!(error.message().contains("swapped"), "{error}");
                }
            }
            for error in [Options::new().unset(secret), Options::new().set(secret, "x")]
                .map(Result::unwrap_err)
            {
                assert!(error.message().starts_with("unknown option. The options"), "{error}");
            }
        }
        let error = Options::new().set("correct", "api_key").unwrap_err();
        assert!(!error.message().contains("correct"), "{error}");
    }

    #[test]
    fn debug_output_has_no_secrets() {
        for url in ["https://eric:pw@hex.pm", "https://hex.pm?pw", "https://hex.pm#pw"] {
            let text = format!("{:?}", Options::new().repo_url(url));
            assert!(text.contains("repo_url") && !text.contains("pw"), "{text}");
        }
        let options = Options::new().api_key("0123456789abcdef").timeout(Duration::from_secs(3));
        let text = format!("{options:?}");
        assert!(text.contains("api_key") && text.contains("timeout: 3s"), "{text}");
        assert!(!text.contains("0123"), "{text}");
    }
}
