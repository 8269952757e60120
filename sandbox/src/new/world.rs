//! A whole world as one JSON document: a world file or a snapshot.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::account::NewUser;
use super::audit::{NewAuditLog, NewAuditWriter};
use super::credentials::{NewKey, NewToken};
use super::form::{is_default, parse};
use super::mail::Mail;
use super::organization::{NewMembership, NewOrganization, NewPackage};
use super::settings::{NewClock, NewCounts, NewDraws, NewWrongCodes, RateLimits};
use crate::profile::{KeyOrder, Profile};
use crate::rules::Rule;

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
    /// The server it behaves like; the process's profile by default.
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
    /// The time; the machine's by default.
    #[serde(skip_serializing_if = "is_default")]
    pub clock: Option<NewClock>,
    /// The rate limits; the real server's by default.
    #[serde(skip_serializing_if = "is_default")]
    pub rate_limits: Option<RateLimits>,
    /// What has been counted in the current minute.
    #[serde(skip_serializing_if = "is_default")]
    pub rate_counts: NewCounts,
    /// Wrong one-time passwords that still count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wrong_codes: Vec<NewWrongCodes>,
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
