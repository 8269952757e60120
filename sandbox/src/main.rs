//! `aura-sandbox`: the server as a program. The README describes its output and its end.
//!
//! - `cli`: reads the command line
//! - `ready`: prints the server's address
//! - `command`: runs a program against the server
//! - `lifeline`: decides when the program ends

mod cli;
mod command;
mod lifeline;
mod ready;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::mpsc;

use aura_sandbox::Sandbox;

use cli::{Command, Start};
use ready::Ready;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        Ok(Command::Print(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Command::Serve(start)) => run(*start).unwrap_or_else(|error| {
            eprintln!("aura-sandbox: {error}");
            ExitCode::FAILURE
        }),
        Err(complaint) => {
            eprintln!("aura-sandbox: {complaint}\nTry 'aura-sandbox --help'.");
            ExitCode::from(2)
        }
    }
}

/// Many systems allow a program a thousand open files. Each connection is one.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // If the system refuses, fewer connections are possible.
    let _ = setrlimit(Resource::Nofile, limit);
}

fn run(start: Start) -> io::Result<ExitCode> {
    let own_limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    raise_file_limit();
    let (events, happened) = mpsc::channel();
    // Before the address is printed: a reader may end the program at once.
    lifeline::watch(&events, start.stay, start.command.is_empty())?;
    let sandbox = Sandbox::start(start.config)?;
    let demo = start.demo.then(|| sandbox.add_demo()).transpose().map_err(io::Error::other)?;
    let ready = Ready::new(&sandbox, demo);
    let _file = start.ready_file.as_deref().map(|path| ready.write(path)).transpose()?;
    if let [program, arguments @ ..] = start.command.as_slice() {
        return command::run(program, arguments, &ready, own_limit, &events, &happened);
    }
    let text =
        if io::stdout().is_terminal() { ready.banner() } else { format!("{}\n", ready.json()) };
    io::Write::write_all(&mut io::stdout(), text.as_bytes())?;
    // The senders live longer than this call, so it always ends with a message.
    let _ = happened.recv();
    Ok(ExitCode::SUCCESS)
}
