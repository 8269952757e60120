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

/// A whole world. World files and snapshots have this form.
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
    /// The URL of this document's schema, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "is_default")]
    pub schema: Option<String>,
    /// The server that it behaves like. The default is the process's profile.
    #[serde(skip_serializing_if = "is_default")]
    pub profile: Option<Profile>,
    /// Makes ids, keys, tokens and request ids reproducible.
    #[serde(skip_serializing_if = "is_default")]
    pub seed: Option<u64>,
    /// The order of the keys of JSON objects.
    #[serde(skip_serializing_if = "is_default")]
    pub key_order: KeyOrder,
    /// How many random values of the seed were used.
    #[serde(skip_serializing_if = "is_default")]
    pub draws: NewDraws,
    /// The time. The default is the machine's.
    #[serde(skip_serializing_if = "is_default")]
    pub clock: Option<NewClock>,
    /// The rate limits. The default is the real server's.
    #[serde(skip_serializing_if = "is_default")]
    pub rate_limits: Option<RateLimits>,
    /// The counts of the current minute.
    #[serde(skip_serializing_if = "is_default")]
    pub rate_counts: NewCounts,
    /// Wrong one-time passwords that still count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wrong_codes: Vec<NewWrongCodes>,
    /// Addresses whose requests are refused with 403.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub blocked_addresses: Vec<Ipv4Addr>,
    /// Organizations. They are added before the accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<NewOrganization>,
    /// Accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<NewUser>,
    /// More members of organizations, in addition to those in `organizations` and `users`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memberships: Vec<NewMembership>,
    /// More packages with their owners, in addition to those in `users`.
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
    /// Programs that keep writing rows into audit logs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audit_writers: Vec<NewAuditWriter>,
    /// The mail written so far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mails: Vec<Mail>,
    /// The rules for misbehaviour.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

impl NewWorld {
    /// Reads a world file. An error names the position of a mistake, such as `users[2].emails[0]`.
    pub fn from_json(text: &str) -> Result<NewWorld, String> {
        parse(text.as_bytes())
    }

    /// The document.
    pub fn to_json(&self) -> String {
        // All keys of maps are strings, so writing cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}
