//! What can be put into a sandbox ready-made, from Rust and through the admin API alike.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::term::Map;
use crate::world::account::{Handles, Role};

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
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewUser {
    /// The name; kept in lower case.
    pub username: String,
    /// The password; without one nobody signs in with the name.
    pub password: Option<String>,
    /// The person's name.
    pub full_name: Option<String>,
    /// What is shown under `handles`.
    pub handles: Handles,
    /// The addresses.
    pub emails: Vec<NewEmail>,
    /// Packages owned: `name`, or `organization/name` for a private one.
    pub packages: Vec<String>,
    /// Organizations the account belongs to; they have to exist.
    pub organizations: BTreeMap<String, Role>,
    /// A service account: no checks, no rate limit.
    pub service: bool,
    /// A deactivated account: 400 for everything it signs.
    pub deactivated: bool,
    /// Switches two-factor authentication on; this is the one-time password that is accepted.
    pub otp: Option<String>,
}

/// An address of a [`NewUser`]. In JSON also `[address, verified, primary, public]`, as serde reads
/// a list for a struct; what is left out is false.
#[derive(Debug, Clone, Default, Deserialize)]
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
}

impl NewEmail {
    /// A verified address that is both the primary and the public one.
    pub fn verified(email: impl Into<String>) -> Self {
        NewEmail { email: email.into(), verified: true, primary: true, public: true }
    }
}

/// An organization to put into the sandbox, with the account that stands for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewOrganization {
    /// The name, also of the account behind it.
    pub name: String,
    /// The account's verified, public address.
    pub account_email: Option<String>,
    /// The account's packages.
    pub account_packages: Vec<String>,
    /// Without it `GET /api/auth` refuses the organization's repository.
    pub billing_active: bool,
    /// Members and what they may do; they have to exist.
    pub members: BTreeMap<String, Role>,
}

impl Default for NewOrganization {
    fn default() -> Self {
        NewOrganization {
            name: String::new(),
            account_email: None,
            account_packages: Vec::new(),
            billing_active: true,
            members: BTreeMap::new(),
        }
    }
}

/// A row to append to an account's audit log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAuditRow {
    /// Any action, known or not.
    pub action: String,
    /// Any JSON; passes through as it is.
    #[serde(default = "empty_object")]
    pub params: Box<RawValue>,
    /// Cut to 255 code points.
    #[serde(default)]
    pub user_agent: Option<String>,
}

fn empty_object() -> Box<RawValue> {
    to_raw_value(&Map::new()).unwrap_or_default()
}

/// An API key to put into the sandbox, for an account or for an organization.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewKey {
    /// The account it signs for; either this or the organization.
    pub username: Option<String>,
    /// The organization it signs for.
    pub organization: Option<String>,
    /// Its name; `sandbox` unless said otherwise.
    pub name: Option<String>,
    /// `api`, `api:read`, `api:write`, `repositories`, `repository:NAME`, `package:ORG/NAME`,
    /// `docs:NAME`; none means `api`.
    pub permissions: Vec<String>,
    /// What is sent as `Authorization`; made up unless said otherwise.
    pub secret: Option<String>,
    /// Revoked an hour ago.
    pub revoked: bool,
    /// Revoked that many seconds from now.
    pub revoke_in: Option<i64>,
}

/// An OAuth token to put into the sandbox, sent as `Authorization: Bearer TOKEN`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewToken {
    /// The account it signs for; either this or the organization.
    pub username: Option<String>,
    /// The organization it signs for.
    pub organization: Option<String>,
    /// `api`, `api:read`, `api:write`, `repositories`, `repository:NAME`, `docs:NAME`.
    pub scopes: Vec<String>,
    /// The token; made up unless said otherwise.
    pub token: Option<String>,
    /// Seconds from now, an hour unless said otherwise; below zero it has expired.
    pub expires_in: i64,
}

impl Default for NewToken {
    fn default() -> Self {
        NewToken {
            username: None,
            organization: None,
            scopes: vec!["api".to_owned()],
            token: None,
            expires_in: 3600,
        }
    }
}
