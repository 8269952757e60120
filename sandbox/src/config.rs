//! The configuration of a sandbox.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::new::{NewClock, NewWorld};
use crate::profile::{KeyOrder, Profile};

/// How to start a [`Sandbox`](crate::Sandbox).
///
/// ```
/// use aura_sandbox::{Config, Profile};
/// let config = Config::default().profile(Profile::Legacy);
/// ```
#[derive(Clone, Default)]
pub struct Config {
    pub(crate) profile: Profile,
    pub(crate) host: Option<IpAddr>,
    pub(crate) port: u16,
    pub(crate) socket: Option<PathBuf>,
    pub(crate) tls: Option<Tls>,
    pub(crate) http2: Http2,
    pub(crate) admin_token: Option<String>,
    pub(crate) verbose: bool,
    pub(crate) data: Option<PathBuf>,
    pub(crate) world: NewWorld,
}

/// Without the token, because this may appear in logs.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("profile", &self.profile)
            .field("host", &self.address())
            .field("port", &self.port)
            .field("socket", &self.socket)
            .field("tls", &self.tls)
            .field("http2", &self.http2)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// The certificate of a server with TLS. The issuer's certificate is in a file, see
/// [`Sandbox::ca_file`](crate::Sandbox::ca_file).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// For 127.0.0.1 and localhost, by the issuer in the file.
    Good,
    /// The same, but it ended a day ago.
    Expired,
    /// For another host.
    WrongHost,
    /// By an issuer that is not the one in the file.
    UnknownIssuer,
}

impl FromStr for Tls {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "good" => Tls::Good,
            "expired" => Tls::Expired,
            "wrong-host" => Tls::WrongHost,
            "unknown-issuer" => Tls::UnknownIssuer,
            other => {
                return Err(format!(
                    "unknown certificate \"{other}\": expected \"good\", \"expired\", \
                     \"wrong-host\" or \"unknown-issuer\""
                ));
            }
        })
    }
}

/// How a server with TLS speaks HTTP/2 on new connections.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http2 {
    /// Whether HTTP/2 is offered beside HTTP/1.1; true by default.
    pub enabled: bool,
    /// How many requests a client may have open on one connection; no limit by default. The server
    /// refuses more with REFUSED_STREAM.
    pub max_concurrent_streams: Option<u32>,
    /// How many bytes of a request's body a client may send before the server asks for more; 65535
    /// by default. With 0 no body ever arrives.
    pub initial_window: u32,
}

impl Default for Http2 {
    fn default() -> Self {
        Http2 { enabled: true, max_concurrent_streams: None, initial_window: 65_535 }
    }
}

impl Http2 {
    /// A larger window is a protocol error.
    const LARGEST_WINDOW: u32 = (1 << 31) - 1;

    pub(crate) fn check(&self) -> Result<(), String> {
        match self.initial_window > Self::LARGEST_WINDOW {
            true => Err(format!(
                "initial_window: expected 0 to {}, not {}",
                Self::LARGEST_WINDOW,
                self.initial_window
            )),
            false => Ok(()),
        }
    }
}

impl Config {
    pub(crate) fn address(&self) -> IpAddr {
        self.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// Returns the errors that [`Sandbox::start`](crate::Sandbox::start) would return before it
    /// listens.
    pub fn check(&self) -> Result<(), String> {
        self.http2.check()?;
        if self.socket.is_some() && self.host.is_some() {
            return Err("expected either a host or a socket".to_owned());
        }
        match &self.admin_token {
            None if !self.address().is_loopback() => Err(format!(
                "the host {} can be reached from other machines: set an admin token",
                self.address()
            )),
            Some(token) if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) => {
                Err("admin token: expected visible ASCII characters without spaces".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Behaves like this server; [`Profile::Current`] by default.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Listens on this address; 127.0.0.1 by default. Any other address than a loopback address
    /// needs [`Config::admin_token`].
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = Some(host);
        self
    }

    /// Listens on this port; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Listens on a unix socket instead of a port. It replaces a socket without a listener.
    pub fn socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.socket = Some(path.into());
        self
    }

    /// Uses TLS with this certificate.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Changes how a server with TLS speaks HTTP/2.
    pub fn http2(mut self, http2: Http2) -> Self {
        self.http2 = http2;
        self
    }

    /// The token of the admin API; a random one by default.
    pub fn admin_token(mut self, token: impl Into<String>) -> Self {
        self.admin_token = Some(token.into());
        self
    }

    /// Logs every request on standard error, except those to the admin API.
    pub fn verbose(mut self) -> Self {
        self.verbose = true;
        self
    }

    /// Keeps the world in this SQLite file. If the file exists, the sandbox starts from it, and
    /// ignores [`Config::world`] and all other options of the world.
    pub fn data(mut self, path: impl Into<PathBuf>) -> Self {
        self.data = Some(path.into());
        self
    }

    /// Starts from this world; an empty one by default. The other methods change this world, so
    /// call them afterwards.
    pub fn world(mut self, world: NewWorld) -> Self {
        self.world = world;
        self
    }

    /// Makes ids, keys, tokens and request ids reproducible.
    pub fn seed(mut self, seed: u64) -> Self {
        self.world.seed = Some(seed);
        self
    }

    /// Writes the keys of JSON objects in this order; [`KeyOrder::Current`] by default.
    pub fn key_order(mut self, order: KeyOrder) -> Self {
        self.world.key_order = order;
        self
    }

    /// Starts at this time instead of the machine's.
    pub fn clock(mut self, time: Timestamp) -> Self {
        let frozen = self.world.clock.as_ref().is_some_and(|clock| clock.frozen);
        self.world.clock = Some(NewClock { time: Some(time), frozen, offset_us: None });
        self
    }

    /// Starts with a clock that stands still.
    pub fn frozen(mut self) -> Self {
        let clock = self.world.clock.get_or_insert_default();
        clock.frozen = true;
        self
    }

    /// Counts requests from the loopback too. The real server does not.
    pub fn rate_limit_loopback(mut self) -> Self {
        self.world.rate_limits.get_or_insert_default().loopback = true;
        self
    }
}
