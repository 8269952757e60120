//! The options. Each is declared once, with its type, default, environment variables and meaning.
//!
//! Every language sets options by name and text with [`Options::set`], and lists them with
//! [`Options::SPECS`].

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::option_values::{
    self, Parsed, TIMES, any, boolean, comment, connections, count, from_one, header_text, invalid,
    may_hold_secret, path, proxy, repo_url, seconds, user_agent, whole,
};
use crate::{Error, Result};

/// An option, as it is in every language.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// Its default as text; none if the option is off by default.
    pub default: Option<&'static str>,
    /// The environment variables it is read from; the first one that is set counts.
    pub env: &'static [&'static str],
    /// What kind of value it takes.
    pub kind: OptionKind,
    /// Whether its value may be or hold a secret.
    pub is_secret: bool,
    /// The values it accepts, in the words of an error message.
    pub allowed: &'static str,
    /// What it does.
    pub doc: &'static str,
}

/// The kind of value that an option takes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum OptionKind {
    /// Text.
    Text,
    /// An http or https URL.
    Url,
    /// The path of a file.
    Path,
    /// Seconds, whole or not: the least and the most.
    Seconds((f64, f64)),
    /// A whole number: the least and the most.
    Whole((u64, u64)),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Boolean,
}

/// The kinds with the limits that their values are held to.
const SECONDS: OptionKind =
    OptionKind::Seconds((TIMES.start().as_secs_f64(), TIMES.end().as_secs_f64()));
const WHOLE: OptionKind = whole_of(&option_values::WHOLE);
const COUNT: OptionKind = whole_of(&option_values::COUNT);
const CONNECTIONS: OptionKind = whole_of(&option_values::CONNECTIONS);
const FROM_ONE: OptionKind = whole_of(&option_values::FROM_ONE);

const fn whole_of(range: &RangeInclusive<u64>) -> OptionKind {
    OptionKind::Whole((*range.start(), *range.end()))
}

/// What a call does when the server's rate limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimit {
    /// Wait for the next window, if the call's time allows it.
    Wait,
    /// Fail at once. The error says how long to wait.
    Error,
}

macro_rules! options {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident: $type:ty as $argument:ty, $parse:path, $kind:expr,
        default $default:expr, env [$($env:literal),*], allowed $allowed:literal;
    )+) => {
        /// Options of a client or of one call. An option that is not set comes from the next in
        /// this order: the call, the client, the environment, the default.
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
                kind: $kind,
                is_secret: matches!(stringify!($type).as_bytes(), b"SecretString"),
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

            /// Sets the option `name` from text, as the environment and other languages do.
            ///
            /// # Errors
            /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) if the option is unknown or does
            /// not accept the value. The message lists what is allowed. It does not repeat a name
            /// or a value that may be a secret.
            pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
                match name {
                    $(stringify!($name) => {
                        let value = $parse(value).map_err(|why| refused(name, $allowed, &why))?;
                        self.$name = Some(value);
                    })+
                    _ => return Err(unknown(name, value)),
                }
                Ok(())
            }

            /// Unsets the option `name`.
            ///
            /// # Errors
            /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) if the option is unknown.
            pub fn unset(&mut self, name: &str) -> Result<()> {
                match name {
                    $(stringify!($name) => self.$name = None,)+
                    _ => return Err(unknown(name, "")),
                }
                Ok(())
            }

            /// Whether no option is set.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                true $(&& self.$name.is_none())+
            }

            /// These options, and those of `others` that are not set here.
            #[must_use]
            pub(crate) fn or(self, others: &Self) -> Self {
                Self { $($name: self.$name.or_else(|| others.$name.clone()),)+ }
            }
        }

        /// Shows the options that are set, with the values of those that are no secret.
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
                list.finish()
            }
        }
    };
}

options! {
    /// Base URL of the API.
    repo_url: String as impl Into<String>, repo_url, OptionKind::Url,
        default Some("https://hex.pm/api"), env ["HEX_API_URL", "HEX_API"],
        allowed "an http or https URL without user, query and fragment";
    /// API key, sent as `Authorization: <key>`; `Bearer <token>` is sent as it is.
    api_key: SecretString as impl Into<SecretString>, header_text, OptionKind::Text,
        default None, env ["HEX_API_KEY"], allowed "text without control characters";
    /// One-time password, sent as `X-Hex-OTP`.
    otp: SecretString as impl Into<SecretString>, header_text, OptionKind::Text,
        default None, env ["HEX_OTP"], allowed "text without control characters";
    /// Time for one attempt.
    timeout: Duration as Duration, seconds, SECONDS,
        default Some("15"), env ["HEX_HTTP_TIMEOUT"], allowed "seconds, from 0.001 to 31536000";
    /// Time for the whole call, with its retries and its waits for the rate limit.
    total_timeout: Duration as Duration, seconds, SECONDS,
        default Some("120"), env [], allowed "seconds, from 0.001 to 31536000";
    /// Time to connect, with the TLS handshake.
    connect_timeout: Duration as Duration, seconds, SECONDS,
        default Some("10"), env [], allowed "seconds, from 0.001 to 31536000";
    /// How often a call is retried if that is safe: a GET after a connection failure, 429, 502, 503
    /// or 504; a POST only if nothing can have reached the server.
    max_retries: u32 as u32, whole, WHOLE,
        default Some("2"), env [], allowed "a whole number from 0 to 100";
    /// What a call does when the rate limit is reached.
    rate_limit: RateLimit as RateLimit, rate_limit, OptionKind::Choice(&["wait", "error"]),
        default Some("wait"), env [], allowed "wait or error";
    /// Pages of the audit log requested ahead, 0 for none. The number grows while the log is read;
    /// with more than the default, all of them are requested from the second page on.
    prefetch: u32 as u32, whole, WHOLE,
        default Some("4"), env [], allowed "a whole number from 0 to 100";
    /// First page of the audit log to read.
    page: u64 as u64, from_one, FROM_ONE,
        default Some("1"), env [], allowed "a whole number from 1 on";
    /// Proxy for every request. Its URL may hold the proxy's user and password. If it is not set,
    /// the environment's `http_proxy`, `https_proxy` and `all_proxy` count, except for the loopback.
    proxy: SecretString as impl Into<SecretString>, proxy, OptionKind::Url,
        default None, env [], allowed "an http, https, socks5 or socks5h URL";
    /// Hosts that are reached without a proxy, separated by commas or blanks: names with all below
    /// them, addresses and networks, each with a port or without; or `*`.
    no_proxy: String as impl Into<String>, any, OptionKind::Text,
        default None, env ["no_proxy", "NO_PROXY"],
        allowed "host names, .domains, addresses and networks, separated by commas";
    /// PEM file of root certificates to trust in addition to the system's.
    ca_file: PathBuf as impl Into<PathBuf>, path, OptionKind::Path,
        default None, env ["HEX_CACERTS_PATH"], allowed "the path of a PEM file";
    /// Name of the program, which precedes the library's in `User-Agent`. The server keeps 255 code
    /// points of it in every audit row.
    user_agent: String as impl Into<String>, user_agent, OptionKind::Text,
        default None, env [], allowed "text without control characters";
    /// Name and version of what is built on this library, such as a binding and its language. It
    /// stands in `User-Agent` in parentheses behind the library's name.
    client_name: String as impl Into<String>, comment, OptionKind::Text,
        default None, env [], allowed "text without control characters, parentheses and backslashes";
    /// Largest reply accepted, in bytes after decompression.
    max_body: u64 as u64, from_one, FROM_ONE,
        default Some("16777216"), env [], allowed "bytes, from 1 on";
    /// Connections to one server at once, of started calls, streams and asynchronous clients. More
    /// calls wait for their turn, within their time.
    max_connections: u32 as u32, connections, CONNECTIONS,
        default Some("64"), env ["HEX_HTTP_CONCURRENCY"], allowed "a whole number from 1 to 100000";
    /// How many user records are kept in memory with their ETag. The server answers 304 if such a
    /// record did not change.
    cache: u32 as u32, count, COUNT,
        default Some("0"), env [], allowed "a whole number from 0 to 100000";
    /// Whether a credential may be sent over plain http beyond the loopback.
    allow_insecure_http: bool as bool, boolean, OptionKind::Boolean,
        default Some("false"), env [], allowed "true or false, also 1 or 0, yes or no, on or off";
    /// Whether options are read from the environment. An option of a client, not of a call.
    env: bool as bool, boolean, OptionKind::Boolean,
        default Some("true"), env [], allowed "true or false, also 1 or 0, yes or no, on or off";
}

impl Options {
    /// No option set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// A name is repeated only if it looks like the name of an option, and if the value does not: a
/// program that swaps the two has its key where the name should be.
fn unknown(name: &str, value: &str) -> Error {
    let names: Vec<_> = Options::SPECS.iter().map(|spec| spec.name).collect();
    let is_swapped = names.contains(&value.trim().to_ascii_lowercase().replace('-', "_").as_str());
    let is_name = (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'));
    let what = match (is_swapped, is_name) {
        (true, _) => {
            " (its value is the name of an option: check that they are not swapped)".into()
        }
        (false, true) => format!(" {name:?}"),
        (false, false) => String::new(),
    };
    Error::invalid_argument(format!("unknown option{what}: the options are {}", names.join(", ")))
}

/// Longer names are no mistyped names of options.
const LONGEST_NAME: usize = 24;

/// The error of an option that does not accept its value.
///
/// `why` says what is wrong with the value, but a program may have set the wrong option to a secret.
/// So `why` repeats a value only if it is shorter than every secret (see [`invalid`]), or if it is a
/// URL without a user, a query and a fragment (see [`repo_url`]).
pub(crate) fn refused(name: &str, allowed: &str, why: &str) -> Error {
    Error::invalid_argument(format!("{name} {why}; allowed: {allowed}"))
}

/// The values that the option `name` accepts, for [`refused`].
pub(crate) fn allowed(name: &str) -> &'static str {
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
            ("repo_url", "ftp://hex.pm/#pw", "is no http or https URL"),
            ("repo_url", "ftp://hex.pm/?pw", "is no http or https URL"),
            ("repo_url", "hex.pm/pw", "is no http or https URL"),
            ("repo_url", "pw:0", "is no http or https URL"),
            ("timeout", "0", "is \"0\""),
            ("timeout", "0.0001", "timeout is not valid; allowed: seconds, from 0.001"),
            ("timeout", "-1", "is \"-1\""),
            ("timeout", "nan", "is \"nan\""),
            ("timeout", "inf", "is \"inf\""),
            ("page", "0", "is \"0\""),
            ("page", "-1", "is \"-1\""),
            ("page", "1.5", "is \"1.5\""),
            ("max_body", "0", "is \"0\""),
            ("rate_limit", "Wait", "is \"Wait\""),
            ("rate_limit", "waiting", "is not valid"),
            ("proxy", "socks4://user:pw@host", "is no http, https, socks5 or socks5h URL"),
            ("proxy", "socks5://user:pw@", "or has no host"),
            ("api_key", "", "is empty"),
        ] {
            let error = Options::new().set(name, value).unwrap_err();
            assert!(error.message().contains(why), "{name}: {error}");
            assert!(!error.message().contains("pw"), "{error}");
        }
    }

    #[test]
    fn a_secret_that_was_given_to_the_wrong_option_is_not_repeated() {
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
                assert!(error.message().starts_with("unknown option: the options"), "{error}");
            }
        }
        let error = Options::new().set("correct", "api_key").unwrap_err();
        assert!(!error.message().contains("correct"), "{error}");
    }

    #[test]
    fn secrets_do_not_print() {
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
