//! `aura-sandbox`: the server as a program. See the README for what it prints and when it ends.

mod cli;
mod lifeline;

use std::io::Write;
use std::process::ExitCode;
use std::sync::mpsc;

use aura_sandbox::Sandbox;

use cli::Command;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        Ok(Command::Print(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Command::Serve(config)) => match run(*config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("aura-sandbox: {error}");
                ExitCode::FAILURE
            }
        },
        Err(complaint) => {
            eprintln!("aura-sandbox: {complaint}\nTry 'aura-sandbox --help'.");
            ExitCode::from(2)
        }
    }
}

/// Many systems start programs with room for a thousand open files; each connection is one.
fn make_room() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where that is refused there is less room, and that is all.
    let _ = setrlimit(Resource::Nofile, limit);
}

fn run(config: aura_sandbox::Config) -> std::io::Result<()> {
    make_room();
    let (end, ended) = mpsc::channel();
    // Before the ready line: whoever reads it may end us at once.
    lifeline::watch(&end)?;
    let sandbox = Sandbox::start(config)?;
    let mut ready = serde_json::json!({
        "url": sandbox.url(),
        "api_url": sandbox.api_url(),
        "port": sandbox.port(),
        "pid": std::process::id(),
        "profile": sandbox.profile().as_str(),
        "admin_url": sandbox.admin_url(),
        "admin_token": sandbox.admin_token(),
    });
    if let Some(path) = sandbox.socket() {
        ready["socket"] = path.to_string_lossy().into();
        ready["port"] = serde_json::Value::Null;
    }
    if let Some(path) = sandbox.ca_file() {
        ready["ca_file"] = path.to_string_lossy().into();
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ready}")?;
    out.flush()?;
    drop(out);
    // The senders outlive this call: it ends with a message and never otherwise.
    let _ = ended.recv();
    Ok(())
}
