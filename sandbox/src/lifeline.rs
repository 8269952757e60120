//! Decides when the program ends: a signal, or the end of the parent, the input pipe or the
//! command.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::parent_id;
use std::process::ExitStatus;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// How often to check the parent. (The kernel can send a signal, but at the end of the thread that
/// started us, not of the process.)
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// An event that may end the program.
pub(crate) enum Event {
    /// SIGINT
    Interrupted,
    /// SIGTERM
    Terminated,
    /// The parent has ended, or the pipe on standard input.
    Abandoned,
    CommandEnded(io::Result<ExitStatus>),
}

/// Sends each event. `stay`: only signals count. `listens`: standard input belongs to us.
pub(crate) fn watch(events: &Sender<Event>, stay: bool, listens: bool) -> io::Result<()> {
    signals(events.clone())?;
    if stay {
        return Ok(());
    }
    parent(events.clone())?;
    if listens { standard_input(events.clone()) } else { Ok(()) }
}

/// A send fails only if the program is already ending.
fn send(events: &Sender<Event>, event: Event) {
    let _ = events.send(event);
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

fn signals(events: Sender<Event>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    // Registered before the thread runs, so no signal causes the default action.
    let (mut terminate, mut interrupt) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    spawn("signals", move || {
        runtime.block_on(async {
            loop {
                let event = tokio::select! {
                    _ = terminate.recv() => Event::Terminated,
                    _ = interrupt.recv() => Event::Interrupted,
                };
                send(&events, event);
            }
        });
    })
}

fn parent(events: Sender<Event>) -> io::Result<()> {
    let parent = parent_id();
    spawn("parent", move || {
        while parent_id() == parent {
            std::thread::sleep(CHECK_INTERVAL);
        }
        send(&events, Event::Abandoned);
    })
}

fn standard_input(events: Sender<Event>) -> io::Result<()> {
    // If standard input was closed from the start, its end is no reason to end.
    let Ok(stdin) = io::stdin().as_fd().try_clone_to_owned() else {
        return Ok(());
    };
    let mut stdin = File::from(stdin);
    let kind = stdin.metadata()?.file_type();
    if !kind.is_fifo() && !kind.is_socket() {
        return Ok(());
    }
    spawn("standard input", move || {
        let mut buffer = [0; 1024];
        loop {
            match stdin.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        send(&events, Event::Abandoned);
    })
}
