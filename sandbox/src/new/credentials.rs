//! Keys and tokens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::is_default;

/// An API key to add to the sandbox, for an account or for an organization.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewKey {
    /// The account that owns it. Set either this or `organization`.
    #[serde(skip_serializing_if = "is_default")]
    pub username: Option<String>,
    /// The organization that owns it.
    #[serde(skip_serializing_if = "is_default")]
    pub organization: Option<String>,
    /// Its name. The default is `sandbox`.
    #[serde(skip_serializing_if = "is_default")]
    pub name: Option<String>,
    /// `api`, `api:read`, `api:write`, `repositories`, `repository:NAME`, `package:ORG/NAME`,
    /// `docs:NAME`. An empty list means `api`.
    #[serde(skip_serializing_if = "is_default")]
    pub permissions: Vec<String>,
    /// The value of `Authorization`. The default is random.
    #[serde(skip_serializing_if = "is_default")]
    pub secret: Option<String>,
    /// Whether it was revoked an hour ago.
    #[serde(skip_serializing_if = "is_default")]
    pub revoked: bool,
    /// After how many seconds it is revoked.
    #[serde(skip_serializing_if = "is_default")]
    pub revoke_in: Option<i64>,
    /// When it is revoked.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub revoke_at: Option<Timestamp>,
    /// Its last use.
    #[serde(skip_serializing_if = "is_default")]
    pub last_use: Option<NewLastUse>,
    /// When it was created. The default is now.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub inserted_at: Option<Timestamp>,
    /// When it was last changed. The default is its creation.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}

/// The last use of a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewLastUse {
    /// The time.
    #[cfg_attr(test, schemars(with = "String"))]
    pub at: Timestamp,
    /// The address of the client.
    pub ip: String,
    /// The user agent of the client.
    #[serde(default, skip_serializing_if = "is_default")]
    pub user_agent: Option<String>,
}

/// An OAuth token to add to the sandbox. Send it as `Authorization: Bearer TOKEN`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewToken {
    /// The account that owns it. Set either this or `organization`.
    #[serde(skip_serializing_if = "is_default")]
    pub username: Option<String>,
    /// The organization that owns it.
    #[serde(skip_serializing_if = "is_default")]
    pub organization: Option<String>,
    /// `api`, `api:read`, `api:write`, `repositories`, `repository:NAME`, `docs:NAME`.
    pub scopes: Vec<String>,
    /// The token. The default is random.
    #[serde(skip_serializing_if = "is_default")]
    pub token: Option<String>,
    /// After how many seconds it expires. The default is an hour. A negative number has expired.
    #[serde(skip_serializing_if = "is_an_hour")]
    pub expires_in: i64,
    /// When it expires. It overrides `expires_in`.
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
