//! A program that runs against the server: `aura-sandbox -- COMMAND`.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::mpsc::{Receiver, Sender};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, setrlimit};

use crate::lifeline::Event;
use crate::ready::Ready;

/// The exit statuses of shells.
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;
const KILLED: i32 = 128;

/// Runs the program to its end and returns its exit status. `limit` is the limit of open files at
/// our start.
pub(crate) fn run(
    program: &OsString,
    arguments: &[OsString],
    ready: &Ready<'_>,
    limit: Rlimit,
    events: &Sender<Event>,
    happened: &Receiver<Event>,
) -> io::Result<ExitCode> {
    let mut command = Command::new(program);
    // Remove a key for another server.
    command.args(arguments).env_remove("HEX_API_KEY").envs(ready.variables());
    // Some programs visit every possible descriptor.
    let _ = setrlimit(Resource::Nofile, limit);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("aura-sandbox: cannot start {}: {error}", program.to_string_lossy());
            return Ok(ExitCode::from(match error.kind() {
                io::ErrorKind::NotFound => NOT_FOUND,
                _ => NOT_STARTED,
            }));
        }
    };
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let ended = events.clone();
    std::thread::Builder::new().name("command".to_owned()).spawn(move || {
        let _ = ended.send(Event::CommandEnded(child.wait()));
    })?;
    loop {
        match happened.recv() {
            Ok(Event::CommandEnded(status)) => return Ok(exit_code(status?)),
            // A terminal sends the signal to the command too. The command decides.
            Ok(Event::Interrupted) => {}
            // The server stays until the command has ended.
            Ok(Event::Terminated | Event::Abandoned) => {
                if let Some(pid) = pid {
                    let _ = kill_process(pid, Signal::TERM);
                }
            }
            Err(_) => return Ok(ExitCode::FAILURE),
        }
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or(status.signal().map(|signal| KILLED + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
