//! The expiry time in an OAuth access token, which is a JSON Web Token (RFC 7519).
//!
//! Only the server verifies a token. The time is read for the hint of an error alone. The token is
//! not logged, and its decoded copy is wiped.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::HeaderValue;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use time::OffsetDateTime;

use super::timestamp;

/// Longer payloads are not decoded.
const MAX_PAYLOAD: usize = 8 * 1024;

#[derive(Deserialize)]
struct Claims {
    exp: f64,
}

/// The time at which the token in the header `Authorization: Bearer <token>` expires, if the token
/// contains one.
fn expiry(authorization: &HeaderValue) -> Option<OffsetDateTime> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    let mut parts = token.trim().split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    if !scheme.eq_ignore_ascii_case("Bearer") || payload.len() > MAX_PAYLOAD {
        return None;
    }
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).map(Zeroizing::new);
    let Claims { exp } = serde_json::from_slice(&payload.ok()?).ok()?;
    // The conversion saturates, and a time outside the calendar is an error.
    OffsetDateTime::from_unix_timestamp(exp as i64).ok()
}

/// What to do about a token that the server rejected at `now`.
pub(super) fn hint(authorization: &HeaderValue, now: OffsetDateTime) -> Option<String> {
    let expiry = expiry(authorization)?;
    Some(match expiry <= now {
        true => {
            format!("the access token expired at {}; get a new one", timestamp::format(expiry))
        }
        false => "the access token has not expired, so the server revoked it or another server \
                  issued it; get a new one"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(payload: &str) -> HeaderValue {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
        HeaderValue::from_str(&format!("Bearer eyJhbGciOiJFUzI1NiJ9.{payload}.c2lnbmF0dXJl"))
            .unwrap()
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn an_expired_token_is_named_with_its_time() {
        for payload in [
            r#"{"exp":1795899600}"#,
            r#"{"sub":"1","exp":1795899600.25,"scope":["api"]}"#,
            "{\"exp\":1795899600,\"name\":\"\u{fc}>?\"}",
        ] {
            assert_eq!(
                hint(&bearer(payload), at(1_795_899_600)).unwrap(),
                "the access token expired at 2026-11-28T21:00:00Z; get a new one"
            );
            let early = hint(&bearer(payload), at(1_795_899_599)).unwrap();
            assert!(early.starts_with("the access token has not expired"), "{early}");
        }
        let padded = HeaderValue::from_static("bearer e30.eyJleHAiOjE3OTU4OTk2MDB9====.e30");
        assert!(hint(&padded, at(1_795_899_600)).unwrap().contains("expired at"));
    }

    #[test]
    fn a_token_without_a_time_has_no_hint() {
        for payload in [
            "",
            "{}",
            "[]",
            r#"{"exp":null}"#,
            r#"{"exp":"soon"}"#,
            r#"{"exp":1e300}"#,
            "{\"exp\":1",
        ] {
            assert_eq!(hint(&bearer(payload), at(0)), None, "{payload}");
        }
        let long = format!(r#"{{"exp":1,"x":"{}"}}"#, "a".repeat(MAX_PAYLOAD));
        assert_eq!(hint(&bearer(&long), at(2)), None);
        for text in [
            "eyJleHAiOjF9",
            "Bearer ",
            "Bearer 0123456789abcdef",
            "Bearer e30.eyJleHAiOjF9",
            "Bearer e30.eyJleHAiOjF9.e30.e30",
            "Bearer e30.*.e30",
            "Basic e30.eyJleHAiOjF9.e30",
        ] {
            assert_eq!(hint(&HeaderValue::from_static(text), at(2)), None, "{text}");
        }
    }
}
