//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use aura_sandbox::{Config, Http2, KeyOrder, NewWorld};
use lexopt::prelude::*;

/// The command to run.
pub(crate) enum Command {
    Print(String),
    Serve(Box<Start>),
}

/// How to run the server.
pub(crate) struct Start {
    pub(crate) config: Config,
    pub(crate) demo: bool,
    pub(crate) stay: bool,
    pub(crate) ready_file: Option<PathBuf>,
    /// Empty if there is no command.
    pub(crate) command: Vec<OsString>,
}

const HELP: &str = "\
A Hex-compatible server of the users API, for demos and tests.

Usage: aura-sandbox [OPTIONS]
       aura-sandbox [OPTIONS] -- COMMAND [ARGUMENT...]

With a command, it starts the server, runs the command, and returns the command's exit status.

Demos:
  --demo             adds the account eric with an API key and 250 rows in its audit log
  --verbose          logs every request on standard error

Address:
  --port PORT        the port; 0, the default, takes a free one
  --host ADDRESS     the IP address; 127.0.0.1 by default. An address that other machines can reach
                     needs --admin-token
  --socket PATH      a unix socket instead of an address and a port
  --tls CERTIFICATE  https, with a certificate that is good, expired, wrong-host or unknown-issuer
  --no-http2         with --tls: only HTTP/1.1. By default the client chooses HTTP/2 or HTTP/1.1

Content:
  --profile PROFILE  hexpm: as hex.pm since September 2026, without registration
                     current: as hex.pm in August 2026, with registration (the default)
                     legacy: with registration, password reset and Basic authentication
  --world FILE       starts with the world in this JSON file; --seed-file is the same
  --data FILE        keeps the world in this SQLite file. If the file exists, it starts with that
                     world and ignores the other options of this section
  --seed NUMBER      makes ids, keys, tokens and request ids reproducible
  --key-order ORDER  the order of keys in JSON objects. current: as today's servers (the default)
                     recorded: as the recorded servers; shuffled: a new order for each object
  --clock TIME       starts the clock at this time, such as 2026-11-23T12:00:00Z
  --frozen           stops the clock
  --rate-limit-loopback  counts requests from the loopback too

Process:
  --admin-token TOKEN  sets the token of the admin API; a random one by default. The variable
                     AURA_SANDBOX_ADMIN_TOKEN does the same, and lists of processes do not show it
  --ready-file PATH  writes the line of JSON to this file as soon as the server answers
  --stay             ends only on SIGTERM and SIGINT

  -h, --help         prints this help
  -V, --version      prints the version

As soon as the server answers, it prints one line of JSON: url, api_url, port, pid, profile,
admin_url and admin_token; with --socket also socket, with --tls also ca_file, and with --demo also
username, password and api_key. On a terminal it prints lines to copy instead. With a command it
prints nothing. It ends on SIGTERM and SIGINT, when its parent ends, and when a pipe on its standard
input ends.

A command gets these variables: HEX_API_URL, AURA_SANDBOX_ADMIN_URL and AURA_SANDBOX_ADMIN_TOKEN; with
--demo also HEX_API_KEY, with --tls also HEX_CACERTS_PATH, and with --socket also AURA_SANDBOX_SOCKET.

Exit status: 2 for a bad argument; 1 if the server cannot start; 0 when it ends. With a command, the
status of the command: 127 if it is not found, 126 if it cannot run, 128 plus the number of a signal.
";

/// The options of the command line. They are combined at the end, so their order does not matter.
#[derive(Default)]
struct Parsed {
    config: Config,
    port: bool,
    host: bool,
    socket: bool,
    admin_token: Option<String>,
    demo: bool,
    stay: bool,
    ready_file: Option<PathBuf>,
    world: Option<NewWorld>,
    seed: Option<u64>,
    key_order: Option<KeyOrder>,
    clock: Option<aura_sandbox::Timestamp>,
    frozen: bool,
    loopback: bool,
}

pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let end = args.iter().position(|arg| arg == "--");
    let command = end.map(|end| args.split_off(end).split_off(1));
    if command.as_ref().is_some_and(Vec::is_empty) {
        return Err("expected a command after --".to_owned());
    }
    let mut parser = lexopt::Parser::from_iter(args);
    let mut parsed = Parsed::default();
    while let Some(arg) = parser.next().map_err(|e| e.to_string())? {
        match arg {
            Long("port") => {
                let value = value(&mut parser)?;
                let port = value.parse().map_err(|_| {
                    format!("bad --port \"{value}\": expected a number from 0 to 65535")
                })?;
                parsed.port = true;
                parsed.config = parsed.config.port(port);
            }
            Long("host") => {
                let value = value(&mut parser)?;
                let host = value.parse().map_err(|_| {
                    format!("bad --host \"{value}\": expected an IP address such as 0.0.0.0")
                })?;
                parsed.host = true;
                parsed.config = parsed.config.host(host);
            }
            Long("admin-token") => parsed.admin_token = Some(value(&mut parser)?),
            Long("demo") => parsed.demo = true,
            Long("verbose") => parsed.config = parsed.config.verbose(),
            Long("stay") => parsed.stay = true,
            Long("ready-file") => parsed.ready_file = Some(path(&mut parser)?),
            Long("socket") => {
                parsed.socket = true;
                parsed.config = parsed.config.socket(path(&mut parser)?);
            }
            Long("tls") => {
                let tls = value(&mut parser)?.parse().map_err(|e| format!("bad --tls: {e}"))?;
                parsed.config = parsed.config.tls(tls);
            }
            Long("no-http2") => {
                parsed.config = parsed.config.http2(Http2 { enabled: false, ..Http2::default() });
            }
            Long("profile") => {
                let profile =
                    value(&mut parser)?.parse().map_err(|e| format!("bad --profile: {e}"))?;
                parsed.config = parsed.config.profile(profile);
            }
            Long("world" | "seed-file") => parsed.world = Some(world(&path(&mut parser)?)?),
            Long("data") => parsed.config = parsed.config.data(path(&mut parser)?),
            Long("seed") => {
                let value = value(&mut parser)?;
                let seed = value.parse();
                parsed.seed = Some(seed.map_err(|_| {
                    format!("bad --seed \"{value}\": expected a number from 0 to 2^64-1")
                })?);
            }
            Long("key-order") => {
                let order = value(&mut parser)?.parse();
                parsed.key_order = Some(order.map_err(|e| format!("bad --key-order: {e}"))?);
            }
            Long("clock") => {
                let value = value(&mut parser)?;
                let time = value.parse();
                parsed.clock = Some(time.map_err(|_| {
                    format!("bad --clock \"{value}\": expected a time such as 2026-11-23T12:00:00Z")
                })?);
            }
            Long("frozen") => parsed.frozen = true,
            Long("rate-limit-loopback") => parsed.loopback = true,
            Short('h') | Long("help") => return Ok(Command::Print(HELP.to_owned())),
            Short('V') | Long("version") => {
                let version = concat!("aura-sandbox ", env!("CARGO_PKG_VERSION"), "\n");
                return Ok(Command::Print(version.to_owned()));
            }
            other => return Err(other.unexpected().to_string()),
        }
    }
    parsed.start(command.unwrap_or_default())
}

impl Parsed {
    fn start(self, command: Vec<OsString>) -> Result<Command, String> {
        if (self.port || self.host) && self.socket {
            return Err("expected either --port and --host or --socket".to_owned());
        }
        let mut config = self.config.world(self.world.unwrap_or_default());
        let variable = || std::env::var("AURA_SANDBOX_ADMIN_TOKEN").ok().filter(|t| !t.is_empty());
        if let Some(token) = self.admin_token.or_else(variable) {
            config = config.admin_token(token);
        }
        if let Some(seed) = self.seed {
            config = config.seed(seed);
        }
        if let Some(order) = self.key_order {
            config = config.key_order(order);
        }
        if let Some(time) = self.clock {
            config = config.clock(time);
        }
        if self.frozen {
            config = config.frozen();
        }
        if self.loopback {
            config = config.rate_limit_loopback();
        }
        config.check()?;
        Ok(Command::Serve(Box::new(Start {
            config,
            demo: self.demo,
            stay: self.stay,
            ready_file: self.ready_file,
            command,
        })))
    }
}

fn world(path: &PathBuf) -> Result<NewWorld, String> {
    let named = |error: String| format!("bad --world {}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    NewWorld::from_json(&text).map_err(named)
}

fn path(parser: &mut lexopt::Parser) -> Result<PathBuf, String> {
    parser.value().map(PathBuf::from).map_err(|e| e.to_string())
}

fn value(parser: &mut lexopt::Parser) -> Result<String, String> {
    parser
        .value()
        .map_err(|e| e.to_string())?
        .into_string()
        .map_err(|raw| format!("not UTF-8: {}", raw.to_string_lossy()))
}
