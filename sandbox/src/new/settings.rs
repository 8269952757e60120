//! A world's clock, its randomness and its rate limits.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::is_default;

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

/// How many requests may pass in a minute, and whose.
///
/// ```
/// use aura_sandbox::RateLimits;
/// let tight = RateLimits { address: 3, loopback: true, ..RateLimits::default() };
/// assert_eq!((tight.user, tight.enabled), (500, true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// Whether anything is counted; true by default.
    pub enabled: bool,
    /// For an address without a credential; 100 by default.
    pub address: u32,
    /// For an account; 500 by default.
    pub user: u32,
    /// For an organization; 500 by default.
    pub organization: u32,
    /// Whether requests from the loopback count, too; on the real server they do not.
    pub loopback: bool,
}

impl Default for RateLimits {
    fn default() -> Self {
        RateLimits { enabled: true, address: 100, user: 500, organization: 500, loopback: false }
    }
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

/// Wrong one-time passwords of an account or from an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewWrongCodes {
    /// The account.
    #[serde(skip_serializing_if = "is_default")]
    pub username: Option<String>,
    /// The address.
    #[serde(skip_serializing_if = "is_default")]
    pub address: Option<String>,
    /// The window they were counted in: seconds since 1970 divided by its length.
    pub window: i64,
    /// How many.
    pub count: u32,
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
