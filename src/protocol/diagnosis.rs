//! The kind of the error that a reply is, its reason, and what to do about it.

use http::HeaderMap;

use super::error_body::ErrorBody;
use super::{headers, hints};
use crate::error::{ErrorKind, Reason, is_unknown_request};
use crate::operation::Operation;

/// The kind, the reason if the server states one, and the hint.
pub(super) type Diagnosis = (ErrorKind, Option<Reason>, Option<&'static str>);

/// A reply that is an error.
pub(super) struct Failed<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    /// Whether the server counted the request against the rate limit.
    pub(super) is_counted: bool,
    /// Whether the server sent a body that cannot be read.
    pub(super) is_unreadable: bool,
    pub(super) body: Option<&'a ErrorBody>,
}

impl Failed<'_> {
    pub(super) fn diagnose(&self, operation: Operation) -> Diagnosis {
        let body = self.body;
        let message = body.map_or("", |body| body.message.as_str());
        match self.status {
            400 if matches!(operation, Operation::GetCurrentUser | Operation::StreamAuditLogs) => (
                ErrorKind::UnexpectedStatus,
                None,
                body.map_or_else(|| self.doubt_repo_url(), |_| Some(hints::DEACTIVATED)),
            ),
            401 => match headers::challenge(self.headers) {
                ErrorKind::Unauthenticated => {
                    let (reason, hint) = credential_reason(message);
                    (ErrorKind::Unauthenticated, reason, hint)
                }
                otp => (otp, None, Some(hints::SET_OTP)),
            },
            403 => match message {
                "email not verified" => (
                    ErrorKind::Forbidden,
                    Some(Reason::EmailNotVerified),
                    Some(hints::VERIFY_EMAIL),
                ),
                "Blocked" => {
                    (ErrorKind::Forbidden, Some(Reason::AddressBlocked), Some(hints::BLOCKED))
                }
                _ => (ErrorKind::Forbidden, None, Some(hints::NOT_PERMITTED)),
            },
            404 => self.not_found(operation),
            405 => (ErrorKind::Unsupported, None, Some(hints::NO_SUCH_ENDPOINT)),
            408 => (ErrorKind::UnexpectedStatus, None, Some(hints::REQUEST_TIMEOUT)),
            421 => (ErrorKind::UnexpectedStatus, None, Some(hints::MISDIRECTED)),
            422 => (ErrorKind::Validation, None, None),
            425 => (ErrorKind::UnexpectedStatus, None, Some(hints::TOO_EARLY)),
            429 => (ErrorKind::RateLimited, None, Some(hints::RATE_LIMITED)),
            500..=599 if operation.has_unknown_outcome(self.status) => {
                (ErrorKind::Server, None, Some(hints::OUTCOME_UNKNOWN))
            }
            status if is_unknown_request(status) => {
                (ErrorKind::Server, None, Some(hints::NO_SUCH_REQUEST))
            }
            500..=599 => (ErrorKind::Server, None, Some(hints::SERVER_FAILED)),
            301 | 302 | 303 | 307 | 308 => {
                (ErrorKind::UnexpectedStatus, None, Some(hints::REDIRECT))
            }
            _ if body.is_none() => (ErrorKind::UnexpectedStatus, None, self.doubt_repo_url()),
            _ => (ErrorKind::UnexpectedStatus, None, None),
        }
    }

    /// The hint for a reply without an error of a Hex API. A body that cannot be read may be one.
    fn doubt_repo_url(&self) -> Option<&'static str> {
        (!self.is_unreadable).then_some(hints::NOT_A_HEX_API)
    }

    /// Distinguishes a missing user from a missing endpoint.
    ///
    /// hexpm's reset answers 204 for every name. So its 404 comes from the router: the message is
    /// "Page not found", and the request is not counted against the rate limit. A server that looks
    /// for the user sends another message, or counts the request.
    fn not_found(&self, operation: Operation) -> Diagnosis {
        let body = self.body;
        let by_router =
            !self.is_counted && body.is_none_or(|body| body.message == "Page not found");
        match operation {
            Operation::ResetUserPassword if by_router => {
                (ErrorKind::Unsupported, None, Some(hints::RESET_ON_WEBSITE))
            }
            Operation::CreateUser if by_router => {
                (ErrorKind::Unsupported, None, Some(hints::SIGN_UP_ON_WEBSITE))
            }
            Operation::CreateUser => (ErrorKind::Unsupported, None, Some(hints::NO_SUCH_ENDPOINT)),
            _ if body.is_none() => (ErrorKind::NotFound, None, self.doubt_repo_url()),
            Operation::GetCurrentUser | Operation::StreamAuditLogs => {
                (ErrorKind::NotFound, None, Some(hints::NOT_OF_A_USER))
            }
            Operation::GetUser => (ErrorKind::NotFound, None, Some(hints::CHECK_NAME)),
            Operation::ResetUserPassword => (ErrorKind::NotFound, None, None),
        }
    }
}

fn credential_reason(message: &str) -> (Option<Reason>, Option<&'static str>) {
    match message {
        "missing authentication information" => {
            (Some(Reason::MissingCredential), Some(hints::SET_KEY))
        }
        "invalid API key"
        | "invalid username and password combination"
        | "invalid authentication information" => {
            (Some(Reason::InvalidCredential), Some(hints::CHECK_KEY))
        }
        "API key revoked" => (Some(Reason::RevokedCredential), Some(hints::NEW_KEY)),
        "key not authorized for this action" => {
            (Some(Reason::InsufficientScope), Some(hints::SCOPE))
        }
        _ if message.starts_with("Basic authentication is disabled") => {
            (Some(Reason::BasicDisabled), Some(hints::BASIC_DISABLED))
        }
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::tests::{JSON, reply};
    use super::*;

    const PAGE_NOT_FOUND: &str = r#"{"message":"Page not found","status":404}"#;

    #[test]
    fn a_missing_endpoint_is_not_a_missing_user() {
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
    fn the_kinds_of_401_are_distinguished() {
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
}
