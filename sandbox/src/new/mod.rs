//! What can be put into a sandbox ready-made: from Rust, through the admin API and from a world
//! file alike.
//!
//! Here are accounts and organizations, in `credentials` keys and tokens, in `audit` the rows of
//! logs, in `world` all of it together, which is a world file and a snapshot. What only a snapshot
//! has to say (ids, times, hashes) is optional everywhere.

mod audit;
mod credentials;
#[cfg(test)]
mod schema;
mod world;

#[cfg(test)]
pub(crate) use schema::Anything;

pub use audit::{NewAuditLog, NewAuditRow, NewAuditWriter};
pub use credentials::{NewKey, NewLastUse, NewToken};
pub(crate) use world::parse;
pub use world::{NewClock, NewCount, NewCounts, NewDraws, NewMembership, NewPackage, NewWorld};

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::world::account::{Handles, Role};

/// Left out of a snapshot: what is as it would be without being said.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A value that may be `null`, which is not the same as none.
pub(crate) fn given<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(input).map(Some)
}

pub(crate) fn is_true(value: &bool) -> bool {
    *value
}

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
    /// Organizations the account belongs to; they have to exist.
    #[serde(skip_serializing_if = "is_default")]
    pub organizations: BTreeMap<String, Role>,
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
    /// When the account was made; now unless said otherwise.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub inserted_at: Option<Timestamp>,
    /// When it changed last; when it was made unless said otherwise.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}

/// An address of a [`NewUser`]. In JSON also `[address, verified, primary, public]`, as serde reads
/// a list for a struct; what is left out is false.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "schema::EmailForm"))]
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
    /// The address's id; the next free one unless said otherwise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id: Option<i64>,
    /// What the link in its verification mail carries; made up unless said otherwise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub verification_key: Option<String>,
    /// When that mail was sent; now unless said otherwise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub verification_sent_at: Option<Timestamp>,
    /// When the address changed last; now unless said otherwise.
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

/// An organization to put into the sandbox, with the account that stands for it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewOrganization {
    /// The name, also of the account behind it.
    #[cfg_attr(test, schemars(required))]
    pub name: String,
    /// The account's verified, public address.
    #[serde(skip_serializing_if = "is_default")]
    pub account_email: Option<String>,
    /// The account's packages.
    #[serde(skip_serializing_if = "is_default")]
    pub account_packages: Vec<String>,
    /// Without it `GET /api/auth` refuses the organization's repository.
    #[serde(skip_serializing_if = "is_true")]
    pub billing_active: bool,
    /// Members and what they may do; they have to exist.
    #[serde(skip_serializing_if = "is_default")]
    pub members: BTreeMap<String, Role>,
    /// `false`: the account is among the users, with `stands_for`.
    #[serde(skip_serializing_if = "is_true")]
    pub with_account: bool,
}

impl Default for NewOrganization {
    fn default() -> Self {
        NewOrganization {
            name: String::new(),
            account_email: None,
            account_packages: Vec::new(),
            billing_active: true,
            members: BTreeMap::new(),
            with_account: true,
        }
    }
}
