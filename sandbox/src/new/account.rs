//! Accounts, their addresses and their password resets.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::{each_once, is_default};
use super::organization::Role;

/// An account to add to the sandbox without checks. Only the name is required.
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
    /// The name. It is stored in lower case.
    #[cfg_attr(test, schemars(required))]
    pub username: String,
    /// The password. Without a password, the account cannot sign in by name.
    #[serde(skip_serializing_if = "is_default")]
    pub password: Option<String>,
    /// The person's name.
    #[serde(skip_serializing_if = "is_default")]
    pub full_name: Option<String>,
    /// The content of `handles`.
    #[serde(skip_serializing_if = "is_default")]
    pub handles: Handles,
    /// The addresses.
    #[serde(skip_serializing_if = "is_default")]
    pub emails: Vec<NewEmail>,
    /// The account's packages: `name`, or `organization/name` for a private one.
    #[serde(skip_serializing_if = "is_default")]
    pub packages: Vec<String>,
    /// The account's organizations, in the order in which it joined. They must exist.
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, Role>"))]
    #[serde(skip_serializing_if = "is_default", deserialize_with = "each_once")]
    pub organizations: IndexMap<String, Role>,
    /// Whether it is a service account, which has no checks and no rate limit.
    #[serde(skip_serializing_if = "is_default")]
    pub service: bool,
    /// Whether the account is deactivated. Its credentials then get 400.
    #[serde(skip_serializing_if = "is_default")]
    pub deactivated: bool,
    /// The accepted one-time password. If it is set, the account has two-factor authentication.
    #[serde(skip_serializing_if = "is_default")]
    pub otp: Option<String>,
    /// The salt and the hash of the password in hex. Snapshots have this instead of the password.
    #[serde(skip_serializing_if = "is_default")]
    pub password_hash: Option<String>,
    /// Whether the account never set its handles. They are then null in audit rows.
    #[serde(skip_serializing_if = "is_default")]
    pub no_handles: bool,
    /// The organization that this account stands for. It must have `with_account: false`.
    #[serde(skip_serializing_if = "is_default")]
    pub stands_for: Option<String>,
    /// Requested password resets that are not used yet.
    #[serde(skip_serializing_if = "is_default")]
    pub resets: Vec<NewReset>,
    /// When the account was created. The default is now.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub inserted_at: Option<Timestamp>,
    /// When it was last changed. The default is its creation.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}

/// An address of a [`NewUser`]. In JSON it may also be the list `[address, verified, primary,
/// public]`. Values that are left out are false.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "super::form::EmailForm"))]
#[serde(deny_unknown_fields)]
pub struct NewEmail {
    /// The address. It is stored in lower case.
    pub email: String,
    /// Whether its owner followed the link.
    #[serde(default)]
    pub verified: bool,
    /// Whether mail goes to this address.
    #[serde(default)]
    pub primary: bool,
    /// Whether the record shows it.
    #[serde(default)]
    pub public: bool,
    /// The address's id. The default is the next free one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id: Option<i64>,
    /// The key in the link of its verification mail. The default is random.
    #[serde(default, skip_serializing_if = "is_default")]
    pub verification_key: Option<String>,
    /// When that mail was sent. The default is now.
    #[serde(default, skip_serializing_if = "is_default")]
    pub verification_sent_at: Option<Timestamp>,
    /// When the address was last changed. The default is now.
    #[serde(default, skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}

/// A requested password reset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewReset {
    /// The key in the link.
    pub key: String,
    /// The primary address at that time. If it changes, the link is no longer valid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub primary_email: Option<String>,
    /// When it was requested. The link is valid for a day.
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

/// An account's names on other sites, as they were entered.
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
    /// Only audit rows contain it, never a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
