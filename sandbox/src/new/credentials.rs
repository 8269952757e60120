//! Keys and tokens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::is_default;

/// An API key to put into the sandbox, for an account or for an organization.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewKey {
    /// The account it signs for; either this or the organization.
    #[serde(skip_serializing_if = "is_default")]
    pub username: Option<String>,
    /// The organization it signs for.
    #[serde(skip_serializing_if = "is_default")]
    pub organization: Option<String>,
    /// Its name; `sandbox` by default.
    #[serde(skip_serializing_if = "is_default")]
    pub name: Option<String>,
    /// `api`, `api:read`, `api:write`, `repositories`, `repository:NAME`, `package:ORG/NAME`,
    /// `docs:NAME`; none means `api`.
    #[serde(skip_serializing_if = "is_default")]
    pub permissions: Vec<String>,
    /// What is sent as `Authorization`; random by default.
    #[serde(skip_serializing_if = "is_default")]
    pub secret: Option<String>,
    /// Revoked an hour ago.
    #[serde(skip_serializing_if = "is_default")]
    pub revoked: bool,
    /// Revoked that many seconds from now.
    #[serde(skip_serializing_if = "is_default")]
    pub revoke_in: Option<i64>,
    /// Revoked at this time.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub revoke_at: Option<Timestamp>,
    /// When and from where it was used last.
    #[serde(skip_serializing_if = "is_default")]
    pub last_use: Option<NewLastUse>,
    /// When it was made; now by default.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub inserted_at: Option<Timestamp>,
    /// When it changed last; by default when it was made.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}

/// The last use of a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewLastUse {
    /// When.
    #[cfg_attr(test, schemars(with = "String"))]
    pub at: Timestamp,
    /// From which address.
    pub ip: String,
    /// With which program.
    #[serde(default, skip_serializing_if = "is_default")]
    pub user_agent: Option<String>,
}

/// An OAuth token to put into the sandbox, sent as `Authorization: Bearer TOKEN`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewToken {
    /// The account it signs for; either this or the organization.
    #[serde(skip_serializing_if = "is_default")]
    pub username: Option<String>,
    /// The organization it signs for.
    #[serde(skip_serializing_if = "is_default")]
    pub organization: Option<String>,
    /// `api`, `api:read`, `api:write`, `repositories`, `repository:NAME`, `docs:NAME`.
    pub scopes: Vec<String>,
    /// The token; random by default.
    #[serde(skip_serializing_if = "is_default")]
    pub token: Option<String>,
    /// Seconds from now, an hour by default; a negative number has expired.
    #[serde(skip_serializing_if = "is_an_hour")]
    pub expires_in: i64,
    /// Expires at this time, whatever `expires_in` says.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub expires_at: Option<Timestamp>,
}

fn is_an_hour(seconds: &i64) -> bool {
    *seconds == 3600
}

impl Default for NewToken {
    fn default() -> Self {
        NewToken {
            username: None,
            organization: None,
            scopes: vec!["api".to_owned()],
            token: None,
            expires_in: 3600,
            expires_at: None,
        }
    }
}
