//! Accounts, and what belongs to each.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::{each_once, is_default};
use super::organization::Role;

/// An account to put into the sandbox as it is. Only the name is needed.
///
/// ```
/// use aura_sandbox::{NewEmail, NewUser};
/// let user = NewUser {
///     username: "eric".into(),
///     emails: vec![NewEmail::verified("eric@example.com")],
///     ..NewUser::default()
/// };
/// ```
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewUser {
    /// The name; kept in lower case.
    #[cfg_attr(test, schemars(required))]
    pub username: String,
    /// The password; without one nobody signs in with the name.
    #[serde(skip_serializing_if = "is_default")]
    pub password: Option<String>,
    /// The person's name.
    #[serde(skip_serializing_if = "is_default")]
    pub full_name: Option<String>,
    /// What is shown under `handles`.
    #[serde(skip_serializing_if = "is_default")]
    pub handles: Handles,
    /// The addresses.
    #[serde(skip_serializing_if = "is_default")]
    pub emails: Vec<NewEmail>,
    /// Packages owned: `name`, or `organization/name` for a private one.
    #[serde(skip_serializing_if = "is_default")]
    pub packages: Vec<String>,
    /// Organizations the account belongs to, in the order it joined; they have to exist.
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, Role>"))]
    #[serde(skip_serializing_if = "is_default", deserialize_with = "each_once")]
    pub organizations: IndexMap<String, Role>,
    /// A service account: no checks, no rate limit.
    #[serde(skip_serializing_if = "is_default")]
    pub service: bool,
    /// A deactivated account: 400 for everything it signs.
    #[serde(skip_serializing_if = "is_default")]
    pub deactivated: bool,
    /// Switches two-factor authentication on; this is the one-time password that is accepted.
    #[serde(skip_serializing_if = "is_default")]
    pub otp: Option<String>,
    /// The salt and the SHA-256 of both, in hex: what a snapshot has instead of the password.
    #[serde(skip_serializing_if = "is_default")]
    pub password_hash: Option<String>,
    /// Has never said anything about itself elsewhere: audit rows then show null.
    #[serde(skip_serializing_if = "is_default")]
    pub no_handles: bool,
    /// The organization whose account this is; one made with `with_account: false`.
    #[serde(skip_serializing_if = "is_default")]
    pub stands_for: Option<String>,
    /// Password resets that were asked for and not used yet.
    #[serde(skip_serializing_if = "is_default")]
    pub resets: Vec<NewReset>,
    /// When the account was made; now by default.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub inserted_at: Option<Timestamp>,
    /// When it changed last; by default when it was made.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}

/// An address of a [`NewUser`]. In JSON also `[address, verified, primary, public]`, as serde reads
/// a list for a struct; what is left out is false.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "super::form::EmailForm"))]
#[serde(deny_unknown_fields)]
pub struct NewEmail {
    /// The address; kept in lower case.
    pub email: String,
    /// Its owner followed the link.
    #[serde(default)]
    pub verified: bool,
    /// Where mail goes.
    #[serde(default)]
    pub primary: bool,
    /// Shown in the record.
    #[serde(default)]
    pub public: bool,
    /// The address's id; the next free one by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id: Option<i64>,
    /// What the link in its verification mail carries; random by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub verification_key: Option<String>,
    /// When that mail was sent; now by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub verification_sent_at: Option<Timestamp>,
    /// When the address changed last; now by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}

/// A password reset that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewReset {
    /// What the link carries.
    pub key: String,
    /// The primary address at that time: with another one the link is no longer good.
    #[serde(default, skip_serializing_if = "is_default")]
    pub primary_email: Option<String>,
    /// When it was asked for: the link is good for a day.
    #[cfg_attr(test, schemars(with = "String"))]
    pub at: Timestamp,
}

impl NewEmail {
    /// A verified address that is both the primary and the public one.
    pub fn verified(email: impl Into<String>) -> Self {
        NewEmail {
            email: email.into(),
            verified: true,
            primary: true,
            public: true,
            ..NewEmail::default()
        }
    }
}

/// What an account says about itself elsewhere, as it was typed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Handles {
    /// Shown as `X.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twitter: Option<String>,
    /// Shown as `Bluesky`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bluesky: Option<String>,
    /// Shown as `GitHub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github: Option<String>,
    /// Shown as `Elixir Forum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elixirforum: Option<String>,
    /// Shown as `Libera`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freenode: Option<String>,
    /// Shown as `Slack`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack: Option<String>,
    /// Never shown in a record; part of audit rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
