//! A reply: a record or an error.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{CONTENT_TYPE, LOCATION};
use serde::de::IgnoredAny;

use super::audit_log::Page;
use super::diagnosis::Failed;
use super::error_body::ErrorBody;
use super::headers::{self, Notice, RateWindow};
use super::hints;
use super::json::{self, Flaw};
use super::response::{RateLimitState, Response};
use super::user::User;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Operation;
use crate::server_text;

pub(crate) const MALFORMED_LOCATION: &str = "a malformed Location";

/// A whole reply. Its body is decompressed and bounded.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Why the body of an error could not be read. Then the body counts as empty.
    pub(crate) unreadable: Option<String>,
    /// When it arrived, by the clock of this machine.
    pub(crate) received: SystemTime,
    /// As in the request.
    pub(crate) known: Option<Page>,
}

impl Reply {
    /// Reads the record of a user.
    pub(crate) fn user(self, operation: Operation) -> Result<User> {
        let (user, response) = self.record(operation, User::read)?;
        Ok(user.with_response(response))
    }

    /// Reads a page of audit rows.
    pub(crate) fn page(mut self, operation: Operation) -> Result<Page> {
        let is_of_fixed_size = headers::are_of_hexpm(&self.headers);
        let known = self.known.take();
        let read = |body| Page::read_after(known.as_ref(), body);
        let (page, response) = self.record(operation, read)?;
        let page = page.with_response(response);
        Ok(if is_of_fixed_size { page.of_fixed_size() } else { page })
    }

    /// Checks that the server completed the request. There is no record.
    pub(crate) fn nothing(mut self, operation: Operation) -> Result<()> {
        if !self.is_success() {
            return Err(self.error(operation));
        }
        self.check_confirmation().map_err(|flaw| self.invalid_reply(&flaw, operation))
    }

    /// A server confirms with 204, or with 200 or 202 and optional JSON. Anything else comes from a
    /// login page or the like.
    fn check_confirmation(&mut self) -> Result<(), Flaw> {
        match self.status {
            204 => Ok(()),
            200 | 202 if self.body.is_empty() => Ok(()),
            200 | 202 => {
                self.check_content_type()?;
                let text = json::utf8(std::mem::take(&mut self.body))?;
                json::read::<IgnoredAny>(&text).map(drop)
            }
            other => Err(format!("the status is {other}")),
        }
    }

    fn record<T>(
        mut self,
        operation: Operation,
        read: impl FnOnce(Vec<u8>) -> Result<T, Flaw>,
    ) -> Result<(T, Response)> {
        if !self.is_success() {
            return Err(self.error(operation));
        }
        let body = std::mem::take(&mut self.body);
        let result = match body.trim_ascii().is_empty() {
            true => Err("its body is empty".to_owned()),
            false => self.check_content_type().and_then(|()| read(body)),
        };
        match result {
            Ok(record) => Ok((record, self.response())),
            Err(flaw) => Err(self.invalid_reply(&flaw, operation)),
        }
    }

    fn response(&self) -> Response {
        let rate_limit = self.rate_window().map(|window| RateLimitState {
            limit: window.limit,
            remaining: window.remaining,
            resets_in: window.resets_in,
        });
        Response { request_id: self.request_id().map(str::to_owned), rate_limit }
    }

    fn check_content_type(&self) -> Result<(), Flaw> {
        match self.content_type() {
            Some(other) if !is_json(other) => {
                Err(format!("the content type is {}", server_text::name(other)))
            }
            _ => Ok(()),
        }
    }

    /// The error of a success that is not valid for the endpoint.
    fn invalid_reply(&self, flaw: &str, operation: Operation) -> Error {
        let message = format!("the reply is not valid for this endpoint: {flaw}");
        self.add_details(
            Error::new(ErrorKind::Decode, message).with_hint(hints::INVALID_REPLY),
            operation,
        )
    }

    /// 206 is a partial reply, which no request asks for.
    fn is_success(&self) -> bool {
        matches!(self.status, 200..=299) && self.status != 206
    }

    fn content_type(&self) -> Option<&str> {
        headers::text(&self.headers, CONTENT_TYPE.as_str())
    }

    pub(crate) fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// The target of a redirect, or what is wrong with it. Browsers accept raw UTF-8 there, so
    /// servers send it.
    pub(crate) fn location(&self) -> Result<&str, &'static str> {
        let location = self.headers.get(LOCATION).ok_or("no Location")?;
        std::str::from_utf8(location.as_bytes()).map_err(|_| MALFORMED_LOCATION)
    }

    /// The error of a redirect that leads nowhere.
    pub(crate) fn broken_redirect(&self, operation: Operation, flaw: &str) -> Error {
        let message = format!("the redirect has {flaw}");
        let error = Error::new(ErrorKind::UnexpectedStatus, message);
        self.add_details(error.with_hint(hints::BROKEN_REDIRECT), operation)
    }

    /// The error of one redirect more than the `count` that were followed.
    pub(crate) fn too_many_redirects(&self, operation: Operation, count: u32) -> Error {
        let message = format!("too many redirects: {count} were followed");
        let error = Error::new(ErrorKind::UnexpectedStatus, message);
        self.add_details(error.with_hint(hints::REDIRECT_LOOP), operation)
    }

    /// The reply's `x-request-id`, cut if it is too long.
    pub(crate) fn request_id(&self) -> Option<&str> {
        let id = headers::text(&self.headers, "x-request-id")?;
        (!id.contains('\t')).then(|| server_text::id(id))
    }

    pub(crate) fn notice(&self) -> Option<Notice> {
        headers::notice(&self.headers)
    }

    pub(crate) fn rate_window(&self) -> Option<RateWindow> {
        headers::rate_window(&self.headers, self.received)
    }

    /// How long to wait: the `Retry-After`, or after a 429 the rest of the rate-limit window.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        headers::retry_after(&self.headers, self.received).or_else(|| {
            let window = (self.status == 429).then(|| self.rate_window())??;
            Some(window.resets_in)
        })
    }

    /// The error of a reply that is not a success.
    fn error(&self, operation: Operation) -> Error {
        let body = ErrorBody::read(&self.body);
        let failed = Failed {
            status: self.status,
            headers: &self.headers,
            is_counted: self.rate_window().is_some(),
            is_unreadable: self.unreadable.is_some(),
            body: body.as_ref(),
        };
        let (kind, reason, hint) = failed.diagnose(operation);
        let (message, errors) = match body {
            Some(body) => (body.message, body.errors),
            None => (self.describe(), None),
        };
        let mut error = Error::new(kind, message).with_reason(reason).with_errors(errors);
        if let Some(hint) = hint {
            error = error.with_hint(hint);
        }
        self.add_details(error, operation)
    }

    fn add_details(&self, error: Error, operation: Operation) -> Error {
        error
            .with_operation(operation)
            .with_status(self.status)
            .with_request_id(self.request_id().map(str::to_owned))
            .with_retry_after(self.retry_after())
            .with_outcome_unknown(operation.has_unknown_outcome(self.status))
    }

    fn describe(&self) -> String {
        if let Some(why) = &self.unreadable {
            return format!("status {} with a body that cannot be read: {why}", self.status);
        }
        let what = match self.content_type() {
            _ if self.body.is_empty() => "no body".to_owned(),
            Some(content_type) => {
                format!("{} bytes of {}", self.body.len(), server_text::name(content_type))
            }
            None => format!("{} bytes without a content type", self.body.len()),
        };
        format!("status {} with {what}", self.status)
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
pub(super) mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    pub(in crate::protocol) fn reply(
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Reply {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
            })
            .collect();
        let (body, received) = (body.as_bytes().to_vec(), SystemTime::UNIX_EPOCH);
        Reply { status, headers, body, unreadable: None, received, known: None }
    }

    pub(in crate::protocol) const JSON: (&str, &str) =
        ("content-type", "application/json; charset=utf-8");

    #[test]
    fn an_error_has_all_details_of_the_reply() {
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
    fn a_success_without_a_valid_record_is_an_error_with_the_position() {
        for (headers, body, flaw) in [
            (&[("content-type", "text/html")][..], "{}", "the content type is text/html"),
            (&[JSON], "", "its body is empty"),
            (&[JSON], "\r\n", "its body is empty"),
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
