//! The request of each operation.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::Serialize;

use super::audit_log::Page;
use super::token;
use crate::operation::Operation;
use crate::{Error, Result};

/// A request without the base URL and the headers of the options.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    /// The path and the query, percent-encoded, to be appended to `repo_url`.
    pub(crate) target: String,
    pub(crate) body: Option<Body>,
    /// An earlier reading of the requested page. The server often sends the same text again.
    pub(crate) known: Option<Page>,
}

/// A JSON body with a password. It is wiped when its last copy is dropped, and not printed.
#[derive(Clone)]
pub(crate) struct Body(Arc<Zeroizing<Vec<u8>>>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Body([redacted])")
    }
}

impl Request {
    fn new(operation: Operation, target: impl Into<String>) -> Self {
        Self { operation, target: target.into(), body: None, known: None }
    }

    pub(crate) fn create_user(
        username: &str,
        password: &SecretString,
        emails: &[&str],
    ) -> Result<Self> {
        if emails.len() > 1 {
            return Err(Error::invalid_argument(format!(
                "emails contains {} addresses, but the server accepts exactly one: add the others \
                 after the account is created",
                emails.len()
            ))
            .with_operation(Operation::CreateUser));
        }
        #[derive(Serialize)]
        struct Address<'a> {
            email: &'a str,
        }
        #[derive(Serialize)]
        struct NewUser<'a> {
            username: &'a str,
            password: &'a str,
            emails: Vec<Address<'a>>,
        }
        let user = NewUser {
            username,
            password: password.expose_secret(),
            emails: emails.iter().map(|email| Address { email }).collect(),
        };
        // Space for every byte escaped as \u00XX. A reallocation would leave a copy that is not wiped.
        let room = 64
            + 6 * (username.len() + password.expose_secret().len())
            + emails.iter().map(|email| 16 + 6 * email.len()).sum::<usize>();
        let mut body = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *body, &user).map_err(|error| {
            Error::new(
                crate::ErrorKind::Internal,
                "a bug in the library: the request body could not be written",
            )
            .with_source(error)
        })?;
        let mut request = Self::new(Operation::CreateUser, "/users");
        request.body = Some(Body(Arc::new(body)));
        Ok(request)
    }

    pub(crate) fn get_current_user() -> Self {
        Self::new(Operation::GetCurrentUser, "/users/me")
    }

    pub(crate) fn get_user(username_or_email: &str) -> Result<Self> {
        let name = segment(Operation::GetUser, username_or_email)?;
        Ok(Self::new(Operation::GetUser, ["/users/", &name].concat()))
    }

    pub(crate) fn reset_user_password(username_or_email: &str) -> Result<Self> {
        let name = segment(Operation::ResetUserPassword, username_or_email)?;
        Ok(Self::new(Operation::ResetUserPassword, format!("/users/{name}/reset")))
    }

    /// `page` counts from 1.
    pub(crate) fn audit_logs(page: u64, known: Option<Page>) -> Self {
        let target = format!("/users/me/audit-logs?page={page}");
        Self { known, ..Self::new(Operation::StreamAuditLogs, target) }
    }
}

/// All except the unreserved characters of RFC 3986 and `@` and `+`, which a path segment may contain.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b'+');

/// Encodes `name` as one path segment.
fn segment(operation: Operation, name: &str) -> Result<Cow<'_, str>> {
    let message = match name {
        "" => "username_or_email is empty: pass a username or an e-mail address",
        "." | ".." => "username_or_email is \".\" or \"..\", which is not a username",
        "me" => {
            "username_or_email is \"me\", which is not a username: use get_current_user for your own \
             account"
        }
        _ => return Ok(utf8_percent_encode(name, ENCODED).into()),
    };
    Err(Error::invalid_argument(message).with_operation(operation))
}

/// The headers of the options, created once for all calls with the same options.
#[derive(Clone, Debug)]
pub(crate) struct Headers {
    plain: HeaderMap,
    signed: HeaderMap,
}

impl Headers {
    pub(crate) fn new(
        user_agent: &str,
        api_key: Option<&SecretString>,
        otp: Option<&SecretString>,
    ) -> Result<Self> {
        let mut plain = HeaderMap::with_capacity(8);
        plain.insert(ACCEPT, HeaderValue::from_static("application/json"));
        plain.insert(USER_AGENT, header_value("user_agent", user_agent)?);
        let mut signed = plain.clone();
        if let Some(key) = api_key {
            signed.insert(AUTHORIZATION, secret_value("api_key", key)?);
        }
        if let Some(otp) = otp {
            signed.insert("x-hex-otp", secret_value("otp", otp)?);
        }
        Ok(Self { plain, signed })
    }

    /// The headers for `request`.
    pub(crate) fn for_request(&self, request: &Request) -> HeaderMap {
        let base = if request.operation.sends_credential() { &self.signed } else { &self.plain };
        let mut headers = base.clone();
        if request.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers
    }

    /// What to do about a credential that the server rejected at `now`, if it is a token whose
    /// expiry time can be read.
    pub(crate) fn token_hint(&self, now: SystemTime) -> Option<String> {
        token::hint(self.signed.get(AUTHORIZATION)?, now.into())
    }
}

/// Checks that `text` contains no CR, LF, NUL or other control character (RFC 9110, 5.5).
pub(crate) fn header_value(option: &str, text: &str) -> Result<HeaderValue> {
    if let Some(at) = text.bytes().position(|byte| byte.is_ascii_control() && byte != b'\t') {
        return Err(Error::invalid_argument(format!(
            "{option} contains a control character at byte {at}: remove it"
        )));
    }
    HeaderValue::from_bytes(text.as_bytes()).map_err(|error| {
        Error::invalid_argument(format!("{option} is not a valid value of an HTTP header"))
            .with_source(error)
    })
}

fn secret_value(option: &str, secret: &SecretString) -> Result<HeaderValue> {
    header_value(option, secret.expose_secret())?;
    // The copy is wiped when the last header with it is dropped.
    let copy = Zeroizing::new(secret.expose_secret().as_bytes().to_vec());
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(copy)).map_err(|error| {
        Error::invalid_argument(format!("{option} is not a valid value of an HTTP header"))
            .with_source(error)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn every_name_is_one_segment() {
        for (name, target) in [
            ("eric", "/users/eric"),
            ("we.ird-na_me~1", "/users/we.ird-na_me~1"),
            ("we+ird@example.com", "/users/we+ird@example.com"),
            ("../keys", "/users/..%2Fkeys"),
            ("me/audit-logs", "/users/me%2Faudit-logs"),
            ("a?b#c", "/users/a%3Fb%23c"),
            ("%2e%2e", "/users/%252e%252e"),
            ("a b\r\n\0", "/users/a%20b%0D%0A%00"),
            ("\\..\\", "/users/%5C..%5C"),
            ("ü", "/users/%C3%BC"),
            ("ME", "/users/ME"),
            ("...", "/users/..."),
        ] {
            assert_eq!(Request::get_user(name).unwrap().target, target, "{name:?}");
            let reset = Request::reset_user_password(name).unwrap();
            assert_eq!(reset.target, format!("{target}/reset"), "{name:?}");
        }
    }

    #[test]
    fn names_that_are_other_paths_are_refused_before_sending() {
        for name in ["", ".", "..", "me"] {
            for refused in [Request::get_user(name), Request::reset_user_password(name)] {
                let error = refused.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name:?}");
                assert!(error.message().contains("username_or_email"), "{error}");
            }
        }
    }

    #[test]
    fn a_new_account_has_one_address() {
        let password = SecretString::from("p\"\u{1}ass");
        let request = Request::create_user("eric", &password, &["eric@example.com"]).unwrap();
        assert_eq!(
            std::str::from_utf8(request.body.as_ref().unwrap().as_ref()).unwrap(),
            r#"{"username":"eric","password":"p\"\u0001ass","emails":[{"email":"eric@example.com"}]}"#
        );
        assert!(!format!("{request:?}").contains("ass"));
        let error = Request::create_user("eric", &password, &["a@b.c", "d@e.f"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains("emails contains 2 addresses"), "{error}");
    }

    #[test]
    fn create_user_sends_no_credential_and_debug_shows_none() {
        let key = SecretString::from("0123456789abcdef");
        let headers = Headers::new("aura-users/1", Some(&key), Some(&key)).unwrap();
        let create = Request::create_user("eric", &key, &["a@b.c"]).unwrap();
        let sent = headers.for_request(&create);
        assert!(!sent.contains_key(AUTHORIZATION) && !sent.contains_key("x-hex-otp"));
        assert_eq!(sent[CONTENT_TYPE], "application/json");
        let sent = headers.for_request(&Request::get_current_user());
        assert_eq!(sent[AUTHORIZATION], "0123456789abcdef");
        assert!(!sent.contains_key(CONTENT_TYPE));
        assert!(!format!("{headers:?}").contains("0123"), "{headers:?}");
    }

    #[test]
    fn control_characters_cannot_enter_a_header() {
        for bad in ["a\r\nb", "a\nb", "a\0b", "a\x7fb"] {
            let key = SecretString::from(bad);
            let error = Headers::new("x", Some(&key), None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert_eq!(
                error.message(),
                "api_key contains a control character at byte 1: remove it"
            );
        }
    }
}
