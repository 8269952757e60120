//! The mail in a world's mailbox.

use serde::{Deserialize, Serialize};

/// A mail in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// `email-verification` or `password-reset`.
    pub kind: String,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The link in the text. It confirms the address or resets the password.
    pub link: String,
    /// When it was sent: UTC, RFC 3339.
    pub sent_at: String,
}
