//! The parsers of single headers. They accept any bytes.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{CACHE_CONTROL, DATE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};

use crate::ErrorKind;
use crate::server_text;

/// A header as text, if it is visible ASCII and tabs.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a successful reply is of hexpm, the server of hex.pm.
///
/// Its framework, Phoenix, sends the first two headers with replies that must not be cached. hexpm
/// and its HTTP server, Bandit, each send `vary: accept-encoding`. Other servers with Phoenix and Bandit
/// send it once.
pub(crate) fn are_of_hexpm(headers: &HeaderMap) -> bool {
    let vary = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok());
    let names = vary.flat_map(|value| value.split(',')).map(str::trim);
    headers.contains_key("x-request-id")
        && text(headers, CACHE_CONTROL.as_str()) == Some("max-age=0, private, must-revalidate")
        && names.filter(|name| name.eq_ignore_ascii_case("accept-encoding")).count() > 1
}

/// The kind of a 401, from `www-authenticate` (RFC 9110, 11.6.1).
///
/// hexpm sends `Bearer realm="hex", error="totp_required"` if it requires a one-time password, and
/// `invalid_totp` if that is wrong.
pub(crate) fn challenge(headers: &HeaderMap) -> ErrorKind {
    for value in headers.get_all(WWW_AUTHENTICATE) {
        let Ok(value) = value.to_str() else { continue };
        match auth_param(value, "error") {
            Some("totp_required") => return ErrorKind::OtpRequired,
            Some("invalid_totp") => return ErrorKind::OtpInvalid,
            _ => {}
        }
    }
    ErrorKind::Unauthenticated
}

/// The value of the first parameter `name` in a challenge, unquoted. Quoted pairs (`\"`) are not
/// unescaped, because the values of interest contain none.
fn auth_param<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = challenge;
    loop {
        let equals = rest.find(['=', '"'])?;
        let (before, after) = rest.split_at(equals);
        let key = before.rsplit([' ', '\t', ',']).next().unwrap_or("");
        // Skips a quoted string that is not a value.
        let is_value = after.starts_with('=');
        let after = after.strip_prefix('=').unwrap_or(after);
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = end_of_quoted(quoted)?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None => {
                let end = after.find([',', ' ', '\t']).unwrap_or(after.len());
                (&after[..end], &after[end..])
            }
        };
        if is_value && key.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = next;
    }
}

fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        end
    })
}

/// `Retry-After` in both its forms (RFC 9110, 10.2.3): seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(time_until(until, headers, now))
}

/// The time until `then`, by the server's clock. It is measured from the later of the reply's `Date`,
/// because the clock of this machine may be slow, and now, because a cached reply may be old.
fn time_until(then: SystemTime, headers: &HeaderMap, now: SystemTime) -> Duration {
    let date = text(headers, DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
    let start = date.map_or(now, |date| date.max(now));
    then.duration_since(start).unwrap_or_default()
}

/// The state of a rate-limit window, from `x-ratelimit-*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateWindow {
    /// The requests allowed in the window.
    pub(crate) limit: u64,
    /// The requests left in it.
    pub(crate) remaining: u64,
    /// The time until the next window.
    pub(crate) resets_in: Duration,
}

/// The length of the server's windows. A longer one, from a bug of the server or a wrong clock, would
/// block all calls of a program.
const WINDOW: Duration = Duration::from_secs(60);

pub(crate) fn rate_window(headers: &HeaderMap, now: SystemTime) -> Option<RateWindow> {
    let number = |name| text(headers, name)?.trim().parse::<u64>().ok();
    let reset =
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(number("x-ratelimit-reset")?))?;
    Some(RateWindow {
        limit: number("x-ratelimit-limit")?,
        remaining: number("x-ratelimit-remaining")?,
        resets_in: time_until(reset, headers, now).min(WINDOW),
    })
}

/// A message for the user: `x-hex-message: "text"; level=warn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// Printable and limited in length, because it is logged.
    pub(crate) text: String,
    /// Whether its level is a warning or higher.
    pub(crate) is_warning: bool,
}

pub(crate) fn notice(headers: &HeaderMap) -> Option<Notice> {
    let value = headers.get("x-hex-message")?;
    let value = String::from_utf8_lossy(value.as_bytes());
    let value = value.trim();
    let (text, parameters) = match value.strip_prefix('"') {
        Some(quoted) => match end_of_quoted(quoted) {
            Some(end) => (unescape(&quoted[..end]), &quoted[end + 1..]),
            None => (quoted.to_owned(), ""),
        },
        None => {
            let (text, parameters) = value.split_once(';').unwrap_or((value, ""));
            (text.trim().to_owned(), parameters)
        }
    };
    let is_warning = parameters.split(';').any(|parameter| {
        parameter.trim().strip_prefix("level=").is_some_and(|level| {
            matches!(level.trim_matches('"'), "warn" | "warning" | "error" | "fatal")
        })
    });
    Some(Notice { text: server_text::text(&text), is_warning })
}

fn unescape(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(next) = chars.next() {
        text.extend(if next == '\\' { chars.next() } else { Some(next) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    HeaderValue::from_bytes(value.as_bytes()).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn hexpm_is_recognized_by_a_repeated_vary() {
        for (varies, is_hexpm) in [
            (&["accept-encoding", "accept-encoding"][..], true),
            (&["Accept-Encoding,accept-encoding"], true),
            (&["accept-encoding"], false),
            (&["accept-encoding, origin", "accept"], false),
            (&[], false),
        ] {
            let cached = ("cache-control", "max-age=0, private, must-revalidate");
            let mut pairs = vec![cached, ("x-request-id", "GOqqWUmgaRM8yHEAADPB")];
            pairs.extend(varies.iter().map(|&vary| ("vary", vary)));
            assert_eq!(are_of_hexpm(&headers(&pairs)), is_hexpm, "{varies:?}");
            assert!(!are_of_hexpm(&headers(&pairs[1..])) && !are_of_hexpm(&headers(&pairs[2..])));
        }
    }

    #[test]
    fn a_challenge_is_recognized_by_its_error_parameter() {
        for (value, kind) in [
            (r#"Bearer realm="hex", error="totp_required""#, ErrorKind::OtpRequired),
            (r#"Bearer error="invalid_totp", realm="hex""#, ErrorKind::OtpInvalid),
            ("Bearer error=totp_required", ErrorKind::OtpRequired),
            ("Basic realm=hex", ErrorKind::Unauthenticated),
            (r#"Bearer realm="error=totp_required""#, ErrorKind::Unauthenticated),
            (r#"Bearer realm="a\", error=\"totp_required""#, ErrorKind::Unauthenticated),
            (r#"Bearer x_error="totp_required""#, ErrorKind::Unauthenticated),
            (r#"Bearer error=""#, ErrorKind::Unauthenticated),
            ("\"", ErrorKind::Unauthenticated),
            ("=", ErrorKind::Unauthenticated),
            ("", ErrorKind::Unauthenticated),
        ] {
            assert_eq!(challenge(&headers(&[("www-authenticate", value)])), kind, "{value}");
        }
    }

    #[test]
    fn retry_after_comes_in_seconds_or_as_a_date() {
        let now = SystemTime::UNIX_EPOCH;
        let read = |pairs: &[(&'static str, &str)]| retry_after(&headers(pairs), now);
        assert_eq!(read(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(
            read(&[
                ("retry-after", "Mon, 23 Nov 2026 11:51:42 GMT"),
                ("date", "Mon, 23 Nov 2026 11:51:12 GMT"),
            ]),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            read(&[
                ("retry-after", "Mon, 23 Nov 2026 11:51:02 GMT"),
                ("date", "Mon, 23 Nov 2026 11:51:12 GMT"),
            ]),
            Some(Duration::ZERO)
        );
        assert_eq!(
            read(&[("retry-after", "99999999999999999999999")]),
            Some(Duration::from_secs(u64::MAX))
        );
        for bad in ["", "-1", "1.5", "soon"] {
            assert_eq!(read(&[("retry-after", bad)]), None, "{bad:?}");
        }
    }

    #[test]
    fn a_window_ends_by_the_servers_clock() {
        let read = |reset: &str, now: u64| {
            rate_window(
                &headers(&[
                    ("x-ratelimit-limit", "100"),
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", reset),
                    ("date", "Mon, 23 Nov 2026 11:51:12 GMT"),
                ]),
                SystemTime::UNIX_EPOCH + Duration::from_secs(now),
            )
        };
        let window = read("1795434720", 0).unwrap();
        assert_eq!((window.limit, window.remaining), (100, 0));
        assert_eq!(window.resets_in, Duration::from_secs(48));
        let long_after = read("1795434720", 1_795_440_000).unwrap();
        assert_eq!(long_after.resets_in, Duration::ZERO);
        assert_eq!(read("0", 0).unwrap().resets_in, Duration::ZERO);
        for absurd in ["1795438272", "9999999999999"] {
            assert_eq!(read(absurd, 0).unwrap().resets_in, WINDOW);
        }
        assert_eq!(read("18446744073709551615", 0), None);
        assert_eq!(read("soon", 0), None);
    }

    #[test]
    fn a_notice_cannot_control_the_terminal() {
        let read = |value: &str| notice(&headers(&[("x-hex-message", value)])).unwrap();
        assert_eq!(
            read(r#""update \"hex\""; level=warn"#),
            Notice { text: "update \"hex\"".into(), is_warning: true }
        );
        assert_eq!(read("plain; level=info"), Notice { text: "plain".into(), is_warning: false });
        assert_eq!(read("\"open").text, "open");
        assert_eq!(
            read("\"tab\tright-to-left \u{202e}\"").text,
            "tab\\u{9}right-to-left \\u{202e}"
        );
        let long = read(&format!("\"{}\"", "\t".repeat(100_000))).text;
        assert!(long.len() <= server_text::MAX_TEXT && long.ends_with('…'), "{}", long.len());
    }
}
