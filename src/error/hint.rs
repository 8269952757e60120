//! What to do next about an error.

use super::ErrorKind;

/// The hint of an error whose outcome is unknown, if there is no better one.
pub(super) const OUTCOME_UNKNOWN: &str =
    "the server may have completed the request: check before you repeat the call";

impl ErrorKind {
    /// What to do about errors of this kind. [`Error::hint`](crate::Error::hint) is about one error.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::InvalidArgument => "correct the argument or the option that the message names",
            Self::Unauthenticated => "set api_key to a valid API key or token; check the reason",
            Self::OtpRequired => "ask the user for a one-time password, and set it as otp",
            Self::OtpInvalid => "ask the user for a new one-time password",
            Self::Forbidden => "use a key with this permission, or verify the e-mail address",
            Self::NotFound => "check the username or the e-mail address",
            Self::Unsupported => "do not call this function on this server",
            Self::Validation => "correct the fields that the field errors name",
            Self::RateLimited => "wait for retry_after, or set rate_limit to wait",
            Self::Server => "try again later; check first if the outcome is unknown",
            Self::UnexpectedStatus => "check that repo_url is the API of a Hex-compatible server",
            Self::Connect => "check repo_url, the network and the proxy",
            Self::Tls => "check repo_url; to trust your own certificate authority, set ca_file",
            Self::Timeout => {
                "try again, or raise the timeout; check first if the outcome is unknown"
            }
            Self::Cancelled => "do nothing: the program cancelled the call",
            Self::Decode => "check that repo_url is the API of a Hex-compatible server",
            Self::Internal => "report the bug",
        }
    }
}
