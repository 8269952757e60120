//! The command line.

use std::ffi::OsString;

use aura_sandbox::Config;
use lexopt::prelude::*;

/// What to do.
pub(crate) enum Command {
    Print(String),
    Serve(Config),
}

const HELP: &str = "\
A Hex-compatible server of the users API, for demos and tests.

Usage: aura-sandbox [--port PORT] [--profile PROFILE]

Options:
  --port PORT        listen on this port of 127.0.0.1; 0, the default, takes a free one
  --profile PROFILE  current: today's hex.pm (the default)
                     legacy: with the password-reset endpoint and Basic authentication
  --help             print this
  --version          print the version

When ready it prints one line of JSON: url, api_url, port, pid, profile, admin_url, admin_token.
It ends on SIGTERM and SIGINT, with its parent, and when a pipe on its standard input ends.
";

pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut parser = lexopt::Parser::from_iter(args);
    let mut config = Config::default();
    while let Some(arg) = parser.next().map_err(|e| e.to_string())? {
        match arg {
            Long("port") => {
                let value = value(&mut parser)?;
                let port = value.parse().map_err(|_| {
                    format!("bad --port \"{value}\": expected a number from 0 to 65535")
                })?;
                config = config.port(port);
            }
            Long("profile") => {
                let profile =
                    value(&mut parser)?.parse().map_err(|e| format!("bad --profile: {e}"))?;
                config = config.profile(profile);
            }
            Short('h') | Long("help") => return Ok(Command::Print(HELP.to_owned())),
            Short('V') | Long("version") => {
                let version = concat!("aura-sandbox ", env!("CARGO_PKG_VERSION"), "\n");
                return Ok(Command::Print(version.to_owned()));
            }
            other => return Err(other.unexpected().to_string()),
        }
    }
    Ok(Command::Serve(config))
}

fn value(parser: &mut lexopt::Parser) -> Result<String, String> {
    parser
        .value()
        .map_err(|e| e.to_string())?
        .into_string()
        .map_err(|raw| format!("not UTF-8: {}", raw.to_string_lossy()))
}
