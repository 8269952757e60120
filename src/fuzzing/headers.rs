//! Single headers.

use std::time::{Duration, Instant, SystemTime};

use http::header::{DATE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};

use super::assert_printable;
use super::reply::{line, new};
use crate::client::rate_limit::RateLimits;
use crate::operation::Operation;
use crate::protocol::headers;
use crate::server_text::MAX_TEXT;
use crate::{Error, ErrorKind};

/// Each line is a value of `www-authenticate`.
pub fn challenge(data: &[u8]) {
    let mut map = HeaderMap::new();
    for value in data.split(|byte| *byte == b'\n').take(16) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            map.append(WWW_AUTHENTICATE, value);
        }
    }
    let kind = headers::challenge(&map);
    let holds = |word: &str| {
        map.get_all(WWW_AUTHENTICATE).iter().any(|value| {
            value.to_str().is_ok_and(|text| {
                text.contains(word) && text.to_ascii_lowercase().contains("error=")
            })
        })
    };
    match kind {
        ErrorKind::OtpRequired => assert!(holds("totp_required")),
        ErrorKind::OtpInvalid => assert!(holds("invalid_totp")),
        other => assert_eq!(other, ErrorKind::Unauthenticated),
    }
    let error = new(401, map, Vec::new()).nothing(Operation::GetUser);
    assert_eq!(error.map_err(|error| error.kind()), Err(kind));
}

/// The value of `x-hex-message`.
pub fn notice(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let map = HeaderMap::from_iter([(http::HeaderName::from_static("x-hex-message"), value)]);
    let notice = headers::notice(&map).expect("there is one");
    assert_printable("the notice", &notice.text);
    // The longest escape is \u{10ffff}. Bytes that are not UTF-8 become U+FFFD.
    assert!(notice.text.len() <= (10 * data.len()).min(MAX_TEXT));
    assert!(!notice.is_warning || data.windows(6).any(|bytes| bytes == b"level="));
}

/// The lines are the local unix time, `x-ratelimit-limit`, `-remaining`, `-reset`, `Retry-After`
/// and `Date`. An empty line means that the header is missing.
pub fn limits(data: &[u8]) {
    let mut rest = data;
    let mut next = || {
        let (value, after) = line(rest).unwrap_or((rest, &[]));
        rest = after;
        value
    };
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.trim().parse::<u64>().ok();
    let Some(unix) = number(next()) else { return };
    let Some(now) = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(unix)) else { return };
    let mut map = HeaderMap::new();
    for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        insert(&mut map, name, next());
    }
    insert(&mut map, RETRY_AFTER.as_str(), next());
    insert(&mut map, DATE.as_str(), next());

    if let Some(wait) = headers::retry_after(&map, now) {
        let value = map[RETRY_AFTER].as_bytes();
        if let Some(seconds) = number(value) {
            assert_eq!(wait, Duration::from_secs(seconds));
        }
        // An error can contain every value, as text and as JSON.
        super::assert_error(&Error::new(ErrorKind::RateLimited, "").with_retry_after(Some(wait)));
    }
    let Some(window) = headers::rate_window(&map, now) else { return };
    let reset = number(map["x-ratelimit-reset"].as_bytes()).expect("a window has one");
    assert!(window.resets_in.as_secs() <= reset.saturating_sub(unix), "longer than until {reset}");

    let limits = RateLimits::default();
    let start = Instant::now();
    for (key, at) in [(1, start), (1, start), (1, start + Duration::from_secs(60)), (2, start)] {
        limits.learn(key, window, at);
        if let Err(wait) = limits.take(key, at) {
            assert!(wait <= window.resets_in, "a wait beyond the window's end");
        }
    }
}

fn insert(map: &mut HeaderMap, name: &'static str, value: &[u8]) {
    match HeaderValue::from_bytes(value) {
        Ok(value) if !value.is_empty() => drop(map.insert(name, value)),
        _ => {}
    }
}
