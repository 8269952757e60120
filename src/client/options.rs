//! Every option, declared once: its type, its default, its environment variables, its meaning.
//!
//! All languages set options by name and text through [`Options::set`], and list them through
//! [`Options::SPECS`].

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::{Error, Result};

/// What is true of an option in every language.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// Its default as text; none where the option is off by default.
    pub default: Option<&'static str>,
    /// The environment variables it is read from, the first one that is set.
    pub env: &'static [&'static str],
    /// The values it takes, as an error message names them.
    pub allowed: &'static str,
    /// What it does.
    pub doc: &'static str,
}

/// What a call does when the server's rate limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimit {
    /// Wait for the next window, where the call's time allows it.
    Wait,
    /// Fail at once with the time to wait.
    Error,
}

macro_rules! options {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident: $type:ty as $argument:ty, $parse:path,
        default $default:expr, env [$($env:literal),*], allowed $allowed:literal;
    )+) => {
        /// Options of a client or of one call. What is not set falls through: from the call to
        /// the client, from the client to the environment, from there to the default.
        #[derive(Clone, Default)]
        pub struct Options {
            $(pub(crate) $name: Option<$type>,)+
        }

        #[allow(clippy::useless_conversion)]
        impl Options {
            /// Every option there is, in the order of the documentation.
            pub const SPECS: &[OptionSpec] = &[$(OptionSpec {
                name: stringify!($name),
                default: $default,
                env: &[$($env),*],
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

            /// Sets the option `name` from text, as the environment and other languages give it.
            ///
            /// # Errors
            /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) names an unknown option or a bad
            /// value, and what is allowed.
            pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
                match name {
                    $(stringify!($name) => {
                        let value = $parse(value).map_err(|why| refused(name, $allowed, &why))?;
                        self.$name = Some(value);
                    })+
                    _ => return Err(unknown(name)),
                }
                Ok(())
            }

            /// Unsets the option `name`.
            ///
            /// # Errors
            /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) names an unknown option.
            pub fn unset(&mut self, name: &str) -> Result<()> {
                match name {
                    $(stringify!($name) => self.$name = None,)+
                    _ => return Err(unknown(name)),
                }
                Ok(())
            }

            /// Whether no option is set.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                true $(&& self.$name.is_none())+
            }

            /// These options, and `others` where these leave one open.
            #[must_use]
            pub(crate) fn or(self, others: &Self) -> Self {
                Self { $($name: self.$name.or_else(|| others.$name.clone()),)+ }
            }
        }

        /// Names the options that are set, and the values of those that are no secret.
        impl fmt::Debug for Options {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut list = f.debug_struct("Options");
                $(if let Some(value) = &self.$name {
                    list.field(stringify!($name), value);
                })+
                list.finish()
            }
        }
    };
}

options! {
    /// Base of the API.
    repo_url: String as impl Into<String>, repo_url,
        default Some("https://hex.pm/api"), env ["HEX_API_URL"],
        allowed "an http or https URL without user, query and fragment";
    /// API key, sent as `Authorization: <key>`; `Bearer <token>` is sent as it is.
    api_key: SecretString as impl Into<SecretString>, header_text,
        default None, env ["HEX_API_KEY"], allowed "text without control characters";
    /// One-time password, sent as `X-Hex-OTP`.
    otp: SecretString as impl Into<SecretString>, header_text,
        default None, env ["HEX_OTP"], allowed "text without control characters";
    /// Time for one attempt.
    timeout: Duration as Duration, seconds,
        default Some("15"), env ["HEX_HTTP_TIMEOUT"], allowed "seconds, from 0.001 to 31536000";
    /// Time for the whole call, retries and waiting for a rate limit included.
    total_timeout: Duration as Duration, seconds,
        default Some("120"), env [], allowed "seconds, from 0.001 to 31536000";
    /// Time to connect, TLS handshake included.
    connect_timeout: Duration as Duration, seconds,
        default Some("10"), env [], allowed "seconds, from 0.001 to 31536000";
    /// How often a call is repeated where repeating is safe: a GET after a connection failure,
    /// 429, 502, 503 or 504; a POST only when nothing can have reached the server.
    max_retries: u32 as u32, whole, default Some("2"), env [], allowed "a whole number from 0 to 100";
    /// What a call does when the rate limit is reached.
    rate_limit: RateLimit as RateLimit, rate_limit,
        default Some("wait"), env [], allowed "wait or error";
    /// Pages of the audit log asked for ahead, 0 for none: from the first full page on, or with more
    /// than the default from the start.
    prefetch: u32 as u32, whole, default Some("4"), env [], allowed "a whole number from 0 to 100";
    /// First page of the audit log to read.
    page: u64 as u64, from_one, default Some("1"), env [], allowed "a whole number from 1 on";
    /// Proxy for every request; user and password in its URL are the proxy's. Without it, the
    /// environment's `http_proxy` and `https_proxy` count, but never for the loopback.
    proxy: SecretString as impl Into<SecretString>, proxy,
        default None, env [], allowed "an http or https URL";
    /// Hosts that are reached without a proxy, separated by commas.
    no_proxy: String as impl Into<String>, any,
        default None, env ["no_proxy", "NO_PROXY"],
        allowed "host names, .domains, addresses and networks, separated by commas";
    /// File of further trusted root certificates, PEM.
    ca_file: PathBuf as impl Into<PathBuf>, path,
        default None, env ["HEX_CACERTS_PATH"], allowed "the path of a PEM file";
    /// Name of the program, put in front of ours in `User-Agent`. The server keeps 255 code
    /// points of it in every audit row.
    user_agent: String as impl Into<String>, user_agent,
        default None, env [], allowed "text without control characters";
    /// Largest reply accepted, in bytes after decompression.
    max_body: u64 as u64, from_one, default Some("16777216"), env [], allowed "bytes, from 1 on";
    /// User records kept in memory with their ETag, so that asking for one again costs a 304; 0
    /// keeps none.
    cache: u32 as u32, count, default Some("0"), env [], allowed "a whole number from 0 to 100000";
    /// Whether a credential may be sent over plain http beyond the loopback.
    allow_insecure_http: bool as bool, boolean, default Some("false"), env [], allowed "true or false";
    /// Whether options are read from the environment. A client's option, not a call's.
    env: bool as bool, boolean, default Some("true"), env [], allowed "true or false";
}

impl Options {
    /// No option set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

fn unknown(name: &str) -> Error {
    let names: Vec<_> = Options::SPECS.iter().map(|spec| spec.name).collect();
    Error::invalid_argument(format!(
        "unknown option {name:?}: the options are {}",
        names.join(", ")
    ))
}

/// `why` says what is wrong with the value, and repeats it only where it cannot be a secret.
pub(crate) fn refused(name: &str, allowed: &str, why: &str) -> Error {
    Error::invalid_argument(format!("{name} {why}; allowed: {allowed}"))
}

/// What `refused` wants to know of an option that is set by its typed method.
pub(crate) fn allowed(name: &str) -> &'static str {
    Options::SPECS.iter().find(|spec| spec.name == name).map_or("", |spec| spec.allowed)
}

type Parsed<T> = Result<T, String>;

fn any(text: &str) -> Parsed<String> {
    Ok(text.to_owned())
}

fn path(text: &str) -> Parsed<PathBuf> {
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text.into()) }
}

const NO_URL: &str = "is not usable: it is no http or https URL, or has no host";

/// The base URL in its normal form, without a slash at its end.
pub(crate) fn repo_url(text: &str) -> Parsed<String> {
    // What stands before an @ or behind a ? may be a secret, also where the URL cannot be read.
    let url = http_url(text).map_err(|why| match text.contains(['@', '?']) {
        true => NO_URL.to_owned(),
        false => format!("is {text:?}: {why}"),
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("names a user or a password: a credential goes into api_key".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

pub(crate) fn proxy(text: &str) -> Parsed<SecretString> {
    match http_url(text) {
        // In its normal form: its scheme decides whether TLS is needed.
        Ok(url) => Ok(String::from(url).into()),
        // It may hold a password, and a scheme may be a name (`user:password@host`): nothing of
        // it is repeated.
        Err(_) => Err(NO_URL.to_owned()),
    }
}

fn http_url(text: &str) -> Parsed<Url> {
    let url = Url::parse(text).map_err(|error| match error {
        // The C library and the Python package come without Unicode's tables for it.
        url::ParseError::IdnaError if !text.is_ascii() => {
            "an international host name is written in its ASCII form here, xn--…".to_owned()
        }
        error => error.to_string(),
    })?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(format!("its scheme is {scheme}")),
    }
}

fn header_text(text: &str) -> Parsed<SecretString> {
    user_agent(text).map(Into::into)
}

fn user_agent(text: &str) -> Parsed<String> {
    match text.bytes().position(|byte| byte.is_ascii_control()) {
        Some(at) => Err(format!("has a control character at byte {at}")),
        None if text.trim().is_empty() => Err("is empty".to_owned()),
        None => Ok(text.to_owned()),
    }
}

/// The times there can be: added to any clock, they do not overflow.
pub(crate) const TIMES: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(31_536_000);

fn seconds(text: &str) -> Parsed<Duration> {
    let bad = || format!("is {text:?}");
    let seconds: f64 = text.trim().parse().map_err(|_| bad())?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| bad())?;
    if TIMES.contains(&time) { Ok(time) } else { Err(bad()) }
}

pub(crate) const WHOLE: RangeInclusive<u64> = 0..=100;
pub(crate) const COUNT: RangeInclusive<u64> = 0..=100_000;
pub(crate) const FROM_ONE: RangeInclusive<u64> = 1..=u64::MAX;

fn number(text: &str, range: &RangeInclusive<u64>) -> Parsed<u64> {
    match text.trim().parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("is {text:?}")),
    }
}

fn small(text: &str, range: &RangeInclusive<u64>) -> Parsed<u32> {
    u32::try_from(number(text, range)?).map_err(|_| format!("is {text:?}"))
}

fn whole(text: &str) -> Parsed<u32> {
    small(text, &WHOLE)
}

fn count(text: &str) -> Parsed<u32> {
    small(text, &COUNT)
}

fn from_one(text: &str) -> Parsed<u64> {
    number(text, &FROM_ONE)
}

fn boolean(text: &str) -> Parsed<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("is {text:?}")),
    }
}

fn rate_limit(text: &str) -> Parsed<RateLimit> {
    match text {
        "wait" => Ok(RateLimit::Wait),
        "error" => Ok(RateLimit::Error),
        _ => Err(format!("is {text:?}")),
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
    fn an_unknown_option_is_named_with_those_there_are() {
        let error = Options::new().set("repo-url", "x").unwrap_err();
        assert!(
            error
                .message()
                .starts_with("unknown option \"repo-url\": the options are repo_url, api_key")
        );
    }

    #[test]
    fn bad_values() {
        for (name, value, why) in [
            ("repo_url", "ftp://hex.pm", "is \"ftp://hex.pm\": its scheme is ftp"),
            ("repo_url", "https://eric:pw@hex.pm/api", "names a user or a password"),
            ("repo_url", "https://hex.pm/api?a=b", "has a query"),
            ("timeout", "0", "is \"0\""),
            ("timeout", "-1", "is \"-1\""),
            ("timeout", "nan", "is \"nan\""),
            ("timeout", "inf", "is \"inf\""),
            ("page", "0", "is \"0\""),
            ("page", "-1", "is \"-1\""),
            ("page", "1.5", "is \"1.5\""),
            ("max_body", "0", "is \"0\""),
            ("rate_limit", "Wait", "is \"Wait\""),
            ("proxy", "socks5://user:pw@host", "is no http or https URL"),
            ("api_key", "", "is empty"),
        ] {
            let error = Options::new().set(name, value).unwrap_err();
            assert!(error.message().contains(why), "{name}: {error}");
            assert!(!error.message().contains("pw"), "{error}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let options = Options::new().api_key("0123456789abcdef").timeout(Duration::from_secs(3));
        let text = format!("{options:?}");
        assert!(text.contains("api_key") && text.contains("timeout: 3s"), "{text}");
        assert!(!text.contains("0123"), "{text}");
    }
}
