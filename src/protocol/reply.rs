//! Reads a reply: a record, or an error.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{CONTENT_TYPE, LOCATION};
use serde::de::IgnoredAny;

use super::audit_log::Page;
use super::error_body::Said;
use super::headers::{self, Notice, RateWindow};
use super::json::{self, Flaw};
use super::response::Response;
use super::user::User;
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::foreign;
use crate::operation::Operation;

/// A whole reply. Its body is decompressed and bounded.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Why an error's body could not be read, if it could not: then it counts as empty.
    pub(crate) unreadable: Option<String>,
    /// When it came, by this machine's clock.
    pub(crate) received: SystemTime,
}

const RESET_ON_THE_WEB: &str = "this server has no password reset in its API (hex.pm removed it in \
     July 2026): ask for the mail on the server's own site, for hex.pm at \
     https://hex.pm/password/reset";
const SIGN_UP_ON_THE_WEB: &str = "this server does not create accounts over its API (hex.pm removed \
     this in September 2026): sign up on the server's own site, for hex.pm at https://hex.pm/signup";
const DEACTIVATED: &str = "hex.pm answers so if the account is deactivated: ask its support";
const NO_SUCH_ENDPOINT: &str = "this server does not have this endpoint: check repo_url";
const NOT_THE_API: &str =
    "the reply does not come from a Hex API: check repo_url, which must end in /api on hex.pm";
const NO_USER_BEHIND: &str = "the credential belongs to an organization, not to a user";
const OTP: &str = "set the option otp to the code of the authenticator app";
const BASIC: &str = "set the option api_key to an API key or to an OAuth token";
const KEY: &str = "set the option api_key to an API key, or the variable HEX_API_KEY; an empty variable \
     counts as not set";
const CHECK_KEY: &str =
    "check the option api_key: it is an API key, or `Bearer ` followed by an OAuth token";
const NEW_KEY: &str = "make a new key on the server's own site";
const SCOPE: &str = "use a key that has the permission api:read";
const BLOCKED: &str = "ask the server's operators why they block this network address";
const WHO_IS_FOUND: &str = "check the name: upper and lower case do not matter; an address is found \
     only if it is verified and public";
const OPERATORS: &str = "the server failed: try again later, or ask its operators";
const OPERATORS_KNOW: &str =
    "the server failed: its operators can find out if the request was done";
const VERIFY: &str = "follow the link in the mail that the server sent to the account's address";
const NOT_ALLOWED: &str = "use a credential of an account that may do this";
const SLOWER: &str = "wait for the next window: a call waits by itself if rate_limit is wait and total_timeout allows it";
const NOT_THE_RECORD: &str =
    "check repo_url, and check that no proxy or login page answers instead of the server";
const PROXY: &str =
    "the proxy wants a user and a password: put them into the URL of the option proxy";
const REDIRECTS: &str = "check repo_url; if it is right, the server's redirects go in a circle";
const TOO_LATE: &str = "the server did not get the whole request in time: check the network";
const MISDIRECTED: &str = "this server does not answer for the host in repo_url: check it";
const TOO_EARLY: &str = "the server is not ready to risk this request: try again in a moment";
const REDIRECT: &str = "check repo_url: a redirect is followed only within the same origin, and \
     never for a POST";

impl Reply {
    /// Reads the record of a user.
    pub(crate) fn user(self, operation: Operation) -> Result<User> {
        let (user, response) = self.record(operation, User::read)?;
        Ok(user.with_response(response))
    }

    /// Reads a page of audit rows.
    pub(crate) fn page(self, operation: Operation) -> Result<Page> {
        let is_of_fixed_size = headers::are_of_hexpm(&self.headers);
        let (page, response) = self.record(operation, Page::read)?;
        let page = page.with_response(response);
        Ok(if is_of_fixed_size { page.of_fixed_size() } else { page })
    }

    /// Checks that the server did what was asked: it says nothing else.
    pub(crate) fn nothing(mut self, operation: Operation) -> Result<()> {
        if !self.is_success() {
            return Err(self.error(operation));
        }
        self.confirmation().map_err(|flaw| self.unreadable(&flaw, operation))
    }

    /// A server says "done" with 204, or with 200 or 202 and at most some JSON. Anything else comes
    /// from a login page or the like that answers for the server.
    fn confirmation(&mut self) -> Result<(), Flaw> {
        match self.status {
            204 => Ok(()),
            200 | 202 if self.body.is_empty() => Ok(()),
            200 | 202 => {
                self.check_content_type()?;
                let text = json::utf8(std::mem::take(&mut self.body))?;
                json::read::<IgnoredAny>(&text).map(drop)
            }
            other => Err(format!("its status is {other}")),
        }
    }

    fn record<T>(
        mut self,
        operation: Operation,
        read: fn(Vec<u8>) -> Result<T, Flaw>,
    ) -> Result<(T, Response)> {
        if !self.is_success() {
            return Err(self.error(operation));
        }
        let body = std::mem::take(&mut self.body);
        let result = self.check_content_type().and_then(|()| read(body));
        match result {
            Ok(record) => Ok((record, Response::of(&self))),
            Err(flaw) => Err(self.unreadable(&flaw, operation)),
        }
    }

    fn check_content_type(&self) -> Result<(), Flaw> {
        match self.content_type() {
            Some(other) if !is_json(other) => {
                Err(format!("its content type is {}", foreign::name(other)))
            }
            _ => Ok(()),
        }
    }

    /// The error of a success that is not what the endpoint gives.
    fn unreadable(&self, flaw: &str, operation: Operation) -> Error {
        let message = format!("the reply is not what this endpoint gives: {flaw}");
        self.put_on(Error::new(ErrorKind::Decode, message).with_hint(NOT_THE_RECORD), operation)
    }

    /// 206 is a part of a reply, and nobody asks for parts.
    fn is_success(&self) -> bool {
        matches!(self.status, 200..=299) && self.status != 206
    }

    fn content_type(&self) -> Option<&str> {
        headers::text(&self.headers, CONTENT_TYPE.as_str())
    }

    /// Where the redirect leads, if this is one. Browsers take raw UTF-8 there, so servers send it.
    pub(crate) fn location(&self) -> Option<&str> {
        let is_redirect = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        let location = self.headers.get(LOCATION).filter(|_| is_redirect)?;
        std::str::from_utf8(location.as_bytes()).ok()
    }

    /// The error of a redirect after `count` others.
    pub(crate) fn endless_redirect(&self, operation: Operation, count: u32) -> Error {
        let message = format!("the server redirects without an end: {count} were followed");
        let error = Error::new(ErrorKind::UnexpectedStatus, message);
        self.put_on(error.with_hint(REDIRECTS), operation)
    }

    /// The reply's `x-request-id`, cut if it is too long.
    pub(crate) fn request_id(&self) -> Option<&str> {
        let id = headers::text(&self.headers, "x-request-id")?;
        (!id.contains('\t')).then(|| foreign::id(id))
    }

    pub(crate) fn notice(&self) -> Option<Notice> {
        headers::notice(&self.headers)
    }

    pub(crate) fn rate_window(&self) -> Option<RateWindow> {
        headers::rate_window(&self.headers, self.received)
    }

    /// How long the server asks to wait: its `Retry-After`, or after a 429 the rest of the window.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        headers::retry_after(&self.headers, self.received).or_else(|| {
            let window = (self.status == 429).then(|| self.rate_window())??;
            Some(window.resets_in)
        })
    }

    /// The error of a reply that is no success.
    fn error(&self, operation: Operation) -> Error {
        let said = Said::read(&self.body);
        let (kind, reason, hint) = self.diagnosis(operation, said.as_ref());
        let (message, errors) = match said {
            Some(said) => (said.message, said.errors),
            None => (self.unexplained(), None),
        };
        let mut error = Error::new(kind, message).with_reason(reason).with_errors(errors);
        if let Some(hint) = hint {
            error = error.with_hint(hint);
        }
        self.put_on(error, operation)
    }

    fn put_on(&self, error: Error, operation: Operation) -> Error {
        error
            .with_operation(operation)
            .with_status(self.status)
            .with_request_id(self.request_id().map(str::to_owned))
            .with_retry_after(self.retry_after())
            .with_outcome_unknown(operation.has_unknown_outcome(self.status))
    }

    fn diagnosis(
        &self,
        operation: Operation,
        said: Option<&Said>,
    ) -> (ErrorKind, Option<Reason>, Option<&'static str>) {
        let message = said.map_or("", |said| said.message.as_str());
        match self.status {
            400 if matches!(operation, Operation::GetCurrentUser | Operation::StreamAuditLogs) => (
                ErrorKind::UnexpectedStatus,
                None,
                said.map_or(Some(NOT_THE_API), |_| Some(DEACTIVATED)),
            ),
            401 => match headers::challenge(&self.headers) {
                ErrorKind::Unauthenticated => {
                    let (reason, hint) = credential_reason(message);
                    (ErrorKind::Unauthenticated, reason, hint)
                }
                otp => (otp, None, Some(OTP)),
            },
            403 => match message {
                "email not verified" => {
                    (ErrorKind::Forbidden, Some(Reason::EmailNotVerified), Some(VERIFY))
                }
                "Blocked" => (ErrorKind::Forbidden, Some(Reason::AddressBlocked), Some(BLOCKED)),
                _ => (ErrorKind::Forbidden, None, Some(NOT_ALLOWED)),
            },
            404 => self.not_found(operation, said),
            405 => (ErrorKind::Unsupported, None, Some(NO_SUCH_ENDPOINT)),
            407 => (ErrorKind::UnexpectedStatus, None, Some(PROXY)),
            408 => (ErrorKind::UnexpectedStatus, None, Some(TOO_LATE)),
            421 => (ErrorKind::UnexpectedStatus, None, Some(MISDIRECTED)),
            422 => (ErrorKind::Validation, None, None),
            425 => (ErrorKind::UnexpectedStatus, None, Some(TOO_EARLY)),
            429 => (ErrorKind::RateLimited, None, Some(SLOWER)),
            500..=599 if operation.has_unknown_outcome(self.status) => {
                (ErrorKind::Server, None, Some(OPERATORS_KNOW))
            }
            500..=599 => (ErrorKind::Server, None, Some(OPERATORS)),
            301 | 302 | 303 | 307 | 308 => (ErrorKind::UnexpectedStatus, None, Some(REDIRECT)),
            _ => (ErrorKind::UnexpectedStatus, None, said.is_none().then_some(NOT_THE_API)),
        }
    }

    /// Tells 'no such user' from 'no such endpoint'.
    ///
    /// hexpm's reset answers 204 for every name. So its 404 comes from the router: the message is
    /// "Page not found", and the request is not counted against the rate limit. A server that looks
    /// for the user says something else, or counts the request.
    fn not_found(
        &self,
        operation: Operation,
        said: Option<&Said>,
    ) -> (ErrorKind, Option<Reason>, Option<&'static str>) {
        let by_router = self.rate_window().is_none()
            && said.is_none_or(|said| said.message == "Page not found");
        match operation {
            Operation::ResetUserPassword if by_router => {
                (ErrorKind::Unsupported, None, Some(RESET_ON_THE_WEB))
            }
            Operation::CreateUser if by_router => {
                (ErrorKind::Unsupported, None, Some(SIGN_UP_ON_THE_WEB))
            }
            Operation::CreateUser => (ErrorKind::Unsupported, None, Some(NO_SUCH_ENDPOINT)),
            _ if said.is_none() => (ErrorKind::NotFound, None, Some(NOT_THE_API)),
            Operation::GetCurrentUser | Operation::StreamAuditLogs => {
                (ErrorKind::NotFound, None, Some(NO_USER_BEHIND))
            }
            Operation::GetUser => (ErrorKind::NotFound, None, Some(WHO_IS_FOUND)),
            Operation::ResetUserPassword => (ErrorKind::NotFound, None, None),
        }
    }

    fn unexplained(&self) -> String {
        if let Some(why) = &self.unreadable {
            return format!("status {} with a body that cannot be read: {why}", self.status);
        }
        let what = match self.content_type() {
            _ if self.body.is_empty() => "no body".to_owned(),
            Some(content_type) => {
                format!("{} bytes of {}", self.body.len(), foreign::name(content_type))
            }
            None => format!("{} bytes without a content type", self.body.len()),
        };
        format!("status {} with {what}", self.status)
    }
}

fn credential_reason(message: &str) -> (Option<Reason>, Option<&'static str>) {
    match message {
        "missing authentication information" => (Some(Reason::MissingCredential), Some(KEY)),
        "invalid API key"
        | "invalid username and password combination"
        | "invalid authentication information" => {
            (Some(Reason::InvalidCredential), Some(CHECK_KEY))
        }
        "API key revoked" => (Some(Reason::RevokedCredential), Some(NEW_KEY)),
        "key not authorized for this action" => (Some(Reason::InsufficientScope), Some(SCOPE)),
        _ if message.starts_with("Basic authentication is disabled") => {
            (Some(Reason::BasicDisabled), Some(BASIC))
        }
        _ => (None, None),
    }
}

/// `application/json`, `application/vnd.hex+json`, with or without parameters.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or("").trim();
    essence.split_once('/').is_some_and(|(_, subtype)| {
        subtype.eq_ignore_ascii_case("json") || subtype.to_ascii_lowercase().ends_with("+json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
            })
            .collect();
        let (body, received) = (body.as_bytes().to_vec(), SystemTime::UNIX_EPOCH);
        Reply { status, headers, body, unreadable: None, received }
    }

    const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
    const PAGE_NOT_FOUND: &str = r#"{"message":"Page not found","status":404}"#;

    #[test]
    fn no_such_endpoint_is_not_no_such_user() {
        use Operation::{CreateUser, GetCurrentUser, GetUser, ResetUserPassword};
        let counted = [
            JSON,
            ("x-ratelimit-limit", "100"),
            ("x-ratelimit-remaining", "9"),
            ("x-ratelimit-reset", "60"),
        ];
        for (operation, headers, body, kind) in [
            (ResetUserPassword, &[JSON][..], PAGE_NOT_FOUND, ErrorKind::Unsupported),
            (ResetUserPassword, &[], "<html>", ErrorKind::Unsupported),
            (ResetUserPassword, &counted, PAGE_NOT_FOUND, ErrorKind::NotFound),
            (ResetUserPassword, &[JSON], r#"{"message":"no such user"}"#, ErrorKind::NotFound),
            (GetUser, &[JSON], PAGE_NOT_FOUND, ErrorKind::NotFound),
            (GetCurrentUser, &[JSON], PAGE_NOT_FOUND, ErrorKind::NotFound),
            (CreateUser, &[JSON], PAGE_NOT_FOUND, ErrorKind::Unsupported),
        ] {
            let error = reply(404, headers, body).nothing(operation).unwrap_err();
            assert_eq!(error.kind(), kind, "{operation:?} {body}");
        }
        let error = reply(404, &[JSON], PAGE_NOT_FOUND).nothing(ResetUserPassword).unwrap_err();
        assert_eq!(error.message(), "Page not found");
        assert!(error.to_string().contains("https://hex.pm/password/reset"), "{error}");
        let error = reply(404, &[JSON], PAGE_NOT_FOUND).user(CreateUser).unwrap_err();
        assert!(error.to_string().contains("https://hex.pm/signup"), "{error}");
    }

    #[test]
    fn a_400_to_a_credential_hints_at_a_deactivated_account() {
        let body = r#"{"message":"Bad request","status":400}"#;
        let error = reply(400, &[JSON], body).user(Operation::GetCurrentUser).unwrap_err();
        assert!(error.hint().unwrap().contains("deactivated"), "{error}");
        let error = reply(400, &[JSON], body).user(Operation::GetUser).unwrap_err();
        assert_eq!(error.hint(), None);
    }

    #[test]
    fn a_401_is_told_apart() {
        for (message, reason) in [
            ("missing authentication information", Some(Reason::MissingCredential)),
            ("invalid API key", Some(Reason::InvalidCredential)),
            ("API key revoked", Some(Reason::RevokedCredential)),
            ("key not authorized for this action", Some(Reason::InsufficientScope)),
            ("Basic authentication is disabled. Update your client", Some(Reason::BasicDisabled)),
            ("go away", None),
        ] {
            let body = format!(r#"{{"message":"{message}","status":401}}"#);
            let error = reply(401, &[JSON], &body).user(Operation::GetCurrentUser).unwrap_err();
            assert_eq!((error.kind(), error.reason()), (ErrorKind::Unauthenticated, reason));
            assert_eq!(error.hint().is_some(), reason.is_some());
            assert_eq!(error.message(), message);
        }
    }

    #[test]
    fn an_error_carries_all_the_server_said() {
        let body = r#"{"errors":{"username":"is reserved","emails":{"email":"has invalid format"}},
            "message":"Validation error(s)","status":422}"#;
        let error = reply(422, &[JSON, ("x-request-id", "GOqq")], body)
            .user(Operation::CreateUser)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert_eq!(error.status(), Some(422));
        assert_eq!(error.request_id(), Some("GOqq"));
        assert_eq!(error.field_errors().unwrap()["emails"]["email"], "has invalid format");
        assert_eq!(
            error.to_string(),
            "POST /users: validation (422): Validation error(s); emails.email has invalid format; \
             username is reserved [request id GOqq]"
        );
    }

    #[test]
    fn a_success_that_is_no_record_is_an_error_that_says_where() {
        for (headers, body, flaw) in [
            (&[("content-type", "text/html")][..], "{}", "its content type is text/html"),
            (&[JSON], "", "EOF while parsing a value at line 1 column 0"),
            (&[JSON], "{\"username\":\"a", "EOF while parsing a string at line 1 column 14"),
        ] {
            let error = reply(200, headers, body).user(Operation::GetUser).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert_eq!(error.route(), Some("/users/{username_or_email}"));
            assert!(error.message().contains(flaw), "{error}");
        }
        let error = reply(204, &[], "").user(Operation::GetUser).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let error = reply(206, &[JSON], "{}").user(Operation::GetUser).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedStatus);
    }

    #[test]
    fn a_record_has_its_request_id_and_the_rate_limit_of_its_reply() {
        let headers = [
            JSON,
            ("x-request-id", "GOqq"),
            ("x-ratelimit-limit", "100"),
            ("x-ratelimit-remaining", "99"),
            ("x-ratelimit-reset", "42"),
        ];
        let user = reply(200, &headers, r#"{"username":"a"}"#).user(Operation::GetUser).unwrap();
        let response = user.response().unwrap();
        assert_eq!(response.request_id.as_deref(), Some("GOqq"));
        let limit = response.rate_limit.unwrap();
        assert_eq!((limit.limit, limit.remaining), (100, 99));
        assert_eq!(limit.resets_in, Duration::from_secs(42));
        let page = reply(200, &headers, r#"[{"action":"a"}]"#);
        let page = page.page(Operation::StreamAuditLogs).unwrap();
        assert_eq!(page.row(0).unwrap().response(), Some(response));
        assert_eq!(User::from_json(r#"{"username":"a"}"#).unwrap().response(), None);
        let bare = reply(200, &[JSON], r#"{"username":"a"}"#).user(Operation::GetUser).unwrap();
        let response = bare.response().unwrap();
        assert_eq!((&response.request_id, response.rate_limit), (&None, None));
    }

    #[test]
    fn a_proxys_page_is_described_not_repeated() {
        let error = reply(502, &[("content-type", "text/html")], "<h1>\u{1b}[2J</h1>")
            .user(Operation::GetUser)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
        assert_eq!(error.message(), "status 502 with 13 bytes of text/html");
    }

    #[test]
    fn a_429_without_retry_after_waits_for_the_window() {
        let headers = [
            JSON,
            ("x-ratelimit-limit", "100"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "42"),
        ];
        let error = reply(429, &headers, r#"{"message":"API rate limit exceeded","status":429}"#)
            .user(Operation::GetUser)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(42)));
    }
}
