//! When to end: a signal, the parent's end, the end of a pipe on standard input, the command's end.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::parent_id;
use std::process::ExitStatus;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// How often the parent is looked for. (Asking the kernel to tell would tie us to the thread that
/// started us, not to the process.)
const LOOK: Duration = Duration::from_millis(200);

/// Something after which it may be time to end.
pub(crate) enum Event {
    /// SIGINT
    Interrupted,
    /// SIGTERM
    Terminated,
    /// The parent has ended, or the pipe on standard input.
    Abandoned,
    CommandEnded(io::Result<ExitStatus>),
}

/// Sends an event each time. `stay`: only signals count. `listens`: standard input is ours.
pub(crate) fn watch(events: &Sender<Event>, stay: bool, listens: bool) -> io::Result<()> {
    signals(events.clone())?;
    if stay {
        return Ok(());
    }
    parent(events.clone())?;
    if listens { standard_input(events.clone()) } else { Ok(()) }
}

/// A send fails only when the program is ending already.
fn tell(events: &Sender<Event>, event: Event) {
    let _ = events.send(event);
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

fn signals(events: Sender<Event>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    // Registered before the thread runs, so that no signal finds the default action.
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
                tell(&events, event);
            }
        });
    })
}

fn parent(events: Sender<Event>) -> io::Result<()> {
    let parent = parent_id();
    spawn("parent", move || {
        while parent_id() == parent {
            std::thread::sleep(LOOK);
        }
        tell(&events, Event::Abandoned);
    })
}

fn standard_input(events: Sender<Event>) -> io::Result<()> {
    // A closed standard input is no reason to end: there never was anybody to listen to.
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
        tell(&events, Event::Abandoned);
    })
}
