//! Parsers of option values.
//!
//! Their errors do not repeat the value, except in [`invalid`] and [`repo_url`].

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// A value, or why it is rejected.
pub(super) type Parsed<T> = Result<T, String>;

/// Longer values are not repeated in errors. A one-time password has 6 digits, a password at least 8
/// characters, and a key 32.
const LONGEST_REPEATED: usize = 5;

/// The reason for a value that an option does not accept.
pub(crate) fn invalid(value: &str) -> String {
    if value.len() <= LONGEST_REPEATED {
        format!("is {value:?}")
    } else {
        "is not valid".to_owned()
    }
}

pub(super) fn any(text: &str) -> Parsed<String> {
    Ok(text.to_owned())
}

pub(super) fn path(text: &str) -> Parsed<PathBuf> {
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text.into()) }
}

const INVALID_PROXY: &str =
    "is not valid: it is not an http, https, socks5 or socks5h URL, or it has no host";

const INVALID_URL: &str = "is not valid: it is not an http or https URL, or it has no host";

/// Whether a URL may contain a secret: before an `@`, or after a `?` or a `#`.
pub(super) fn may_hold_secret(url: &str) -> bool {
    url.contains(['@', '?', '#'])
}

/// Whether an error may repeat this text: it is a URL, and no part of it may be a secret.
fn is_plain_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let is_scheme =
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    // A port has at most five digits. Other text may be a password whose `@` is missing or escaped.
    let address = rest.split('/').next().unwrap_or_default();
    let port = address.rsplit(']').next().and_then(|text| text.split_once(':'));
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    is_scheme
        && port.is_none_or(|(_, port)| is_port(port))
        && !may_hold_secret(text)
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The base URL in its normal form, without a slash at its end.
pub(crate) fn repo_url(text: &str) -> Parsed<String> {
    let url = http_url(text).map_err(|why| match is_plain_url(text) {
        true => format!("is {text:?}: {why}"),
        false => INVALID_URL.to_owned(),
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("contains a user or a password: set the credential as api_key".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("contains a query or a fragment: remove it".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

pub(crate) fn proxy(text: &str) -> Parsed<SecretString> {
    /// The default port of SOCKS. An http URL has its own.
    const PORT: u16 = 1080;
    // The error repeats nothing: the URL may contain a password, and its scheme may be a username
    // (`user:password@host`).
    let no_url = || INVALID_PROXY.to_owned();
    let mut url = Url::parse(text).map_err(|_| no_url())?;
    let is_socks = matches!(url.scheme(), "socks5" | "socks5h");
    if !(is_socks || matches!(url.scheme(), "http" | "https"))
        || url.host_str().is_none_or(str::is_empty)
    {
        return Err(no_url());
    }
    if is_socks && url.port().is_none() {
        url.set_port(Some(PORT)).map_err(|()| no_url())?;
    }
    // The normal form, because its scheme decides if TLS is needed.
    Ok(String::from(url).into())
}

fn http_url(text: &str) -> Parsed<Url> {
    let url = Url::parse(text).map_err(|error| match error {
        // The C library and the Python package do not contain the Unicode tables.
        url::ParseError::IdnaError if !text.is_ascii() => {
            "write an international host name in its ASCII form, xn--…".to_owned()
        }
        error => error.to_string(),
    })?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(format!("its scheme is {scheme}")),
    }
}

pub(super) fn header_text(text: &str) -> Parsed<SecretString> {
    user_agent(text).map(Into::into)
}

pub(super) fn user_agent(text: &str) -> Parsed<String> {
    match text.bytes().position(|byte| byte.is_ascii_control()) {
        Some(at) => Err(format!("contains a control character at byte {at}")),
        None if text.trim().is_empty() => Err("is empty".to_owned()),
        None => Ok(text.to_owned()),
    }
}

/// A comment in `User-Agent`.
pub(crate) fn comment(text: &str) -> Parsed<String> {
    match text.find(['(', ')', '\\']) {
        Some(at) => Err(format!("contains a parenthesis or a backslash at byte {at}")),
        None => user_agent(text),
    }
}

/// The allowed times. Added to any clock, they do not overflow.
pub(crate) const TIMES: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(31_536_000);

pub(super) fn seconds(text: &str) -> Parsed<Duration> {
    let bad = || invalid(text);
    let seconds: f64 = text.trim().parse().map_err(|_| bad())?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| bad())?;
    if TIMES.contains(&time) { Ok(time) } else { Err(bad()) }
}

pub(crate) const WHOLE: RangeInclusive<u64> = 0..=100;
pub(crate) const COUNT: RangeInclusive<u64> = 0..=100_000;
pub(crate) const CONNECTIONS: RangeInclusive<u64> = 1..=100_000;
pub(crate) const FROM_ONE: RangeInclusive<u64> = 1..=u64::MAX;

fn number(text: &str, range: &RangeInclusive<u64>) -> Parsed<u64> {
    match text.trim().parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(invalid(text)),
    }
}

fn small(text: &str, range: &RangeInclusive<u64>) -> Parsed<u32> {
    u32::try_from(number(text, range)?).map_err(|_| invalid(text))
}

pub(super) fn whole(text: &str) -> Parsed<u32> {
    small(text, &WHOLE)
}

pub(super) fn count(text: &str) -> Parsed<u32> {
    small(text, &COUNT)
}

pub(super) fn connections(text: &str) -> Parsed<u32> {
    small(text, &CONNECTIONS)
}

pub(super) fn from_one(text: &str) -> Parsed<u64> {
    number(text, &FROM_ONE)
}

pub(super) fn boolean(text: &str) -> Parsed<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(invalid(text)),
    }
}
