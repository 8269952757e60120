//! What a sandbox can be told before it starts.

use std::fmt;
use std::str::FromStr;

/// Which of the two recorded servers the sandbox behaves like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

/// How to start a [`Sandbox`](crate::Sandbox).
///
/// ```
/// use aura_sandbox::{Config, Profile};
/// let config = Config::default().profile(Profile::Legacy);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub(crate) profile: Profile,
    pub(crate) port: u16,
}

impl Config {
    /// Behaves like this server; [`Profile::Current`] unless said otherwise.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Listens on this port of 127.0.0.1; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }
}
