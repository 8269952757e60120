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
    /// The time as RFC 3339.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub time: Option<Timestamp>,
    /// Whether the clock is frozen.
    #[serde(skip_serializing_if = "is_default")]
    pub frozen: bool,
    /// Instead of a time: the difference to the machine's clock in microseconds.
    #[serde(skip_serializing_if = "is_default")]
    pub offset_us: Option<i64>,
}

/// How many random values of a seed were used, by purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewDraws {
    /// Keys, tokens, links and salts.
    pub secrets: u64,
    /// Request ids.
    pub requests: u64,
    /// Decisions of rules with a probability.
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

/// How many requests may pass in a minute, and which requests count.
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
    /// Whether requests are counted. The default is true.
    pub enabled: bool,
    /// The limit of an address without a credential. The default is 100.
    pub address: u32,
    /// The limit of an account. The default is 500.
    pub user: u32,
    /// The limit of an organization. The default is 500.
    pub organization: u32,
    /// Whether requests from the loopback count. On the real server they do not.
    pub loopback: bool,
}

impl Default for RateLimits {
    fn default() -> Self {
        RateLimits { enabled: true, address: 100, user: 500, organization: 500, loopback: false }
    }
}

/// The counts of the rate limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewCounts {
    /// The minute of the counts: seconds since 1970, divided by 60.
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
    /// The window of the count: seconds since 1970, divided by its length.
    pub window: i64,
    /// The number of wrong passwords.
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
    /// The number of requests.
    pub count: i64,
}
