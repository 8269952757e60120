//! `aura-replay`: serves the recorded exchanges, or prints the conformance cases.

mod lifetime;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use aura_replay::{Case, Derivation, Replay, Wire};
use lexopt::{Arg, Parser, ValueExt as _};

const HELP: &str = "\
aura-replay serve [--port PORT] [--wire DIR]
    Serves the recorded exchanges on 127.0.0.1 and prints {\"url\", \"port\", \"pid\"} when ready.
    Ends with its parent, and with its standard input if that is a pipe. PORT 0 (the default): a free one.
aura-replay drive [--only TEXT] [--wire DIR] COMMAND [ARGUMENT]...
    Starts COMMAND, a language's driver, sends it all cases and scenarios, and prints each failure.
    With --only, it sends those with TEXT in their names.
    The last line is \"drive: N passed, N failed, N skipped\". Ends with 1 if anything failed.
aura-replay cases [--format json|tsv] [--wire DIR]
    Prints the conformance cases, one a line.
aura-replay cases --summary [--wire DIR]
    Prints how many cases there are, and which exchanges were left out and why.

DIR is the folder of the recordings. The default is tests/wire in the current folder or in one of its
parents.

tests/conformance/README.md describes cases, and how a language runs them.
";

enum Command {
    Help,
    Serve { port: u16, wire: PathBuf },
    Cases { format: Format, wire: PathBuf },
    Drive { command: Vec<String>, only: String, wire: PathBuf },
}

enum Format {
    Json,
    Tsv,
    Summary,
}

fn main() -> ExitCode {
    let command = match parse(Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprint!("aura-replay: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has closed (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aura-replay: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let mut command = None;
    let (mut port, mut wire, mut format, mut only) = (None, None, None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Long("wire") => wire = Some(PathBuf::from(parser.value()?)),
            Arg::Long("port") => port = Some(parser.value()?.parse()?),
            Arg::Long("only") => only = Some(parser.value()?.string()?),
            Arg::Long("summary") => format = Some(Format::Summary),
            Arg::Long("format") => {
                format = Some(parser.value()?.parse_with(|name| match name {
                    "json" => Ok(Format::Json),
                    "tsv" => Ok(Format::Tsv),
                    _ => Err("neither json nor tsv"),
                })?);
            }
            Arg::Value(name) if command.is_none() => command = Some(name.string()?),
            Arg::Value(program) if command.as_deref() == Some("drive") => {
                let mut words = vec![program.string()?];
                for word in parser.raw_args()? {
                    words.push(word.string()?);
                }
                return Ok(Command::Drive {
                    command: words,
                    only: only.unwrap_or_default(),
                    wire: wire.map_or_else(find_wire, Ok)?,
                });
            }
            other => return Err(other.unexpected()),
        }
    }
    let wire = || wire.map_or_else(find_wire, Ok);
    if only.is_some() && command.as_deref() != Some("drive") {
        return Err("only drive has --only".into());
    }
    match (command.as_deref(), port, format) {
        (Some("serve"), port, None) => {
            Ok(Command::Serve { port: port.unwrap_or(0), wire: wire()? })
        }
        (Some("cases"), None, format) => {
            Ok(Command::Cases { format: format.unwrap_or(Format::Json), wire: wire()? })
        }
        (Some("drive"), ..) => Err("drive needs the command of a driver".into()),
        (Some("serve"), _, Some(_)) => Err("serve has no format".into()),
        (Some("cases"), Some(_), _) => Err("cases has no port".into()),
        (Some(name), ..) => Err(format!("unknown command {name:?}").into()),
        (None, ..) => Err("no command".into()),
    }
}

/// The folder `tests/wire` in the current folder or in one of its parents.
fn find_wire() -> Result<PathBuf, lexopt::Error> {
    let current = std::env::current_dir().map_err(|error| {
        format!("the current folder cannot be read ({error}): pass the recordings as --wire DIR")
    })?;
    let mut folders = current.ancestors().map(|folder| folder.join("tests/wire"));
    folders.find(|folder| folder.is_dir()).ok_or_else(|| {
        let current = current.display();
        format!(
            "no folder tests/wire in {current} or its parents: pass the recordings as --wire DIR"
        )
        .into()
    })
}

fn run(command: Command) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match command {
        Command::Help => out.write_all(HELP.as_bytes())?,
        Command::Serve { port, wire } => {
            lifetime::end_with_the_caller()?;
            let replay = Replay::serve(Wire::open(wire)?, port)?;
            let (url, port, pid) = (replay.url(), replay.port(), std::process::id());
            writeln!(out, r#"{{"url":"{url}","port":{port},"pid":{pid}}}"#)?;
            out.flush()?;
            replay.wait();
        }
        Command::Drive { command, only, wire } => {
            let score = aura_replay::drive(Wire::open(wire)?, &command, &only, &mut out)?;
            let aura_replay::Score { passed, failed, skipped } = score;
            writeln!(out, "drive: {passed} passed, {failed} failed, {skipped} skipped")?;
            out.flush()?;
            if failed > 0 {
                return Err(io::Error::other(format!("{failed} of them failed")));
            }
            if passed == 0 {
                return Err(io::Error::other("nothing passed"));
            }
        }
        Command::Cases { format, wire } => {
            let derivation = Derivation::of(&Wire::open(wire)?);
            let mut out = io::BufWriter::new(out);
            match format {
                Format::Summary => write!(out, "{derivation}")?,
                Format::Json => {
                    for case in &derivation.cases {
                        serde_json::to_writer(&mut out, case)?;
                        out.write_all(b"\n")?;
                    }
                }
                Format::Tsv => derivation
                    .cases
                    .iter()
                    .map(Case::tsv)
                    .try_for_each(|line| writeln!(out, "{line}"))?,
            }
            out.flush()?;
        }
    }
    Ok(())
}
