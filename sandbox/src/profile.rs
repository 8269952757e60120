//! The servers that the sandbox behaves like, and the order of keys that they write.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which of the two recorded servers the sandbox behaves like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Profile {
    /// hex.pm of August 2026 and later: no password-reset endpoint, Basic authentication is off.
    #[default]
    Current,
    /// hex.pm up to July 2026, and many a self-hosted server: both are there.
    Legacy,
}

impl Profile {
    /// The name on the command line and in the ready line.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Current => "current",
            Profile::Legacy => "legacy",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "current" => Ok(Profile::Current),
            "legacy" => Ok(Profile::Legacy),
            other => {
                Err(format!("unknown profile \"{other}\": expected \"current\" or \"legacy\""))
            }
        }
    }
}

/// The order in which the keys of JSON objects are written. The real server promises none: its
/// Erlang version decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum KeyOrder {
    /// As today's servers do: rows of audit logs begin with `params`, all else is by name.
    #[default]
    Current,
    /// As the recorded servers did: all is by name.
    Recorded,
    /// Another order for each object of each reply, by the seed. The admin API stays as it is.
    Shuffled,
}

impl FromStr for KeyOrder {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "current" => Ok(KeyOrder::Current),
            "recorded" => Ok(KeyOrder::Recorded),
            "shuffled" => Ok(KeyOrder::Shuffled),
            other => Err(format!(
                "unknown order \"{other}\": expected \"current\", \"recorded\" or \"shuffled\""
            )),
        }
    }
}
