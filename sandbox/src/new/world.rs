//! A whole world as one JSON document: what is loaded at the start, and what a snapshot gives.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NewAuditLog, NewAuditWriter, NewKey, NewOrganization, NewToken, NewUser, is_default};
use crate::config::{KeyOrder, Profile};
use crate::rules::Rule;
use crate::world::account::Role;
use crate::world::limits::RateLimits;
use crate::world::mail::Mail;

/// A world to start from, or a world as it is: the two have one form.
///
/// ```
/// use aura_sandbox::NewWorld;
/// let world = NewWorld::from_json(r#"{"users": [{"username": "eric"}]}"#)?;
/// assert_eq!(world.users[0].username, "eric");
/// let mistake = NewWorld::from_json(r#"{"users": [{"name": "eric"}]}"#).unwrap_err();
/// assert!(mistake.contains("users[0]") && mistake.contains("`name`"));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewWorld {
    /// For editors: where the schema of this document is.
    #[serde(rename = "$schema", skip_serializing_if = "is_default")]
    pub schema: Option<String>,
    /// The server it behaves like; the process's profile unless said otherwise.
    #[serde(skip_serializing_if = "is_default")]
    pub profile: Option<Profile>,
    /// Makes ids, keys, tokens and request ids reproducible.
    #[serde(skip_serializing_if = "is_default")]
    pub seed: Option<u64>,
    /// The order of the keys of JSON objects.
    #[serde(skip_serializing_if = "is_default")]
    pub key_order: KeyOrder,
    /// How much of the seed's randomness has been used.
    #[serde(skip_serializing_if = "is_default")]
    pub draws: NewDraws,
    /// The time; the machine's unless said otherwise.
    #[serde(skip_serializing_if = "is_default")]
    pub clock: Option<NewClock>,
    /// The rate limits; the real server's unless said otherwise.
    #[serde(skip_serializing_if = "is_default")]
    pub rate_limits: Option<RateLimits>,
    /// What has been counted in the current minute.
    #[serde(skip_serializing_if = "is_default")]
    pub rate_counts: NewCounts,
    /// Addresses whose requests are refused with 403.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub blocked_addresses: Vec<Ipv4Addr>,
    /// Organizations; they come before the accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<NewOrganization>,
    /// Accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<NewUser>,
    /// Who belongs to which organization, beside what organizations and accounts say themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memberships: Vec<NewMembership>,
    /// Packages and their owners, beside what accounts say themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<NewPackage>,
    /// Keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<NewKey>,
    /// OAuth tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<NewToken>,
    /// Rows of audit logs, appended in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audit_logs: Vec<NewAuditLog>,
    /// Programs that write rows into audit logs, on and on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audit_writers: Vec<NewAuditWriter>,
    /// The mail written so far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mails: Vec<Mail>,
    /// How it misbehaves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

impl NewWorld {
    /// Reads a world file. A mistake is named with its place, such as `users[2].emails[0]`.
    pub fn from_json(text: &str) -> Result<NewWorld, String> {
        parse(text.as_bytes())
    }

    /// The document.
    pub fn to_json(&self) -> String {
        // Maps have string keys alone: writing it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Reads a document; a mistake is named with its place.
pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().to_string();
        let error = error.into_inner();
        if place == "." { error.to_string() } else { format!("{place}: {error}") }
    })?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(value)
}

/// The time of a world.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewClock {
    /// What time it is, as RFC 3339.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub time: Option<Timestamp>,
    /// It stands still.
    #[serde(skip_serializing_if = "is_default")]
    pub frozen: bool,
    /// Instead of a time: how far ahead of the machine's clock it is, in microseconds.
    #[serde(skip_serializing_if = "is_default")]
    pub offset_us: Option<i64>,
}

/// How much of a seed's randomness has been used, by what it was used for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewDraws {
    /// Keys, tokens, links and salts.
    pub secrets: u64,
    /// Request ids.
    pub requests: u64,
    /// Chances of rules.
    pub chances: u64,
    /// Orders of rows that share one time.
    pub orders: u64,
    /// Numbers of rows that rules write.
    #[serde(skip_serializing_if = "is_default")]
    pub counts: u64,
    /// Orders of keys.
    #[serde(skip_serializing_if = "is_default")]
    pub keys: u64,
}

/// A member of an organization.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMembership {
    /// The organization.
    pub organization: String,
    /// The account.
    pub username: String,
    /// What it may do.
    pub role: Role,
    /// When it joined; now unless said otherwise.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(default, skip_serializing_if = "is_default")]
    pub since: Option<Timestamp>,
}

/// A package and its owners.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPackage {
    /// `name`, or `organization/name` for a private one.
    pub name: String,
    /// The accounts that own it.
    #[serde(default)]
    pub owners: Vec<String>,
    /// When it changed last; now unless said otherwise.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(default, skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}

/// What the rate limits have counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewCounts {
    /// The minute it was counted in: seconds since 1970 divided by 60.
    pub minute: i64,
    /// Each count.
    pub counts: Vec<NewCount>,
}

/// One count of the rate limits: of an account, an organization or an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewCount {
    /// The account.
    #[serde(skip_serializing_if = "is_default")]
    pub username: Option<String>,
    /// The organization.
    #[serde(skip_serializing_if = "is_default")]
    pub organization: Option<String>,
    /// The address.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub address: Option<Ipv4Addr>,
    /// Requests.
    pub count: i64,
}
