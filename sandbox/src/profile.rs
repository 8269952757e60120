//! The servers that the sandbox behaves like, and the order of keys that they write.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The server that the sandbox behaves like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Profile {
    /// hex.pm since September 2026. It has no registration, no password reset and no Basic
    /// authentication.
    Hexpm,
    /// hex.pm of August 2026. It has registration, but no password reset and no Basic
    /// authentication.
    #[default]
    Current,
    /// hex.pm until July 2026, and many self-hosted servers. It has all of them.
    Legacy,
}

impl Profile {
    const ALL: [Profile; 3] = [Profile::Hexpm, Profile::Current, Profile::Legacy];

    /// The name on the command line and in the ready line.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Hexpm => "hexpm",
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
        Profile::ALL.into_iter().find(|profile| profile.as_str() == name).ok_or_else(|| {
            let names = Profile::ALL.map(|profile| format!("\"{profile}\"")).join(", ");
            format!("unknown profile \"{name}\": expected one of {names}")
        })
    }
}

/// The order in which the keys of JSON objects are written. The real server promises none: its
/// Erlang version decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum KeyOrder {
    /// The order of current servers: rows of audit logs start with `params`. All other keys are
    /// sorted by name.
    #[default]
    Current,
    /// The order of the recorded servers: all keys are sorted by name.
    Recorded,
    /// Another order for each object of each reply, by the seed. The admin API is not shuffled.
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
