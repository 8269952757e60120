//! When to end: a signal, the parent's end, the end of a pipe on standard input.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::parent_id;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// How often the parent is looked for. (Asking the kernel to tell would tie us to the thread that
/// started us, not to the process.)
const LOOK: Duration = Duration::from_millis(200);

/// Sends a message when it is time to end.
pub(crate) fn watch(end: &Sender<()>) -> io::Result<()> {
    signals(end.clone())?;
    parent(end.clone())?;
    standard_input(end.clone())
}

/// A send fails only when the program is ending already.
fn tell(end: &Sender<()>) {
    let _ = end.send(());
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

fn signals(end: Sender<()>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    // Registered before the thread runs, so that no signal finds the default action.
    let (mut terminate, mut interrupt) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    spawn("signals", move || {
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
        tell(&end);
    })
}

fn parent(end: Sender<()>) -> io::Result<()> {
    let parent = parent_id();
    spawn("parent", move || {
        while parent_id() == parent {
            std::thread::sleep(LOOK);
        }
        tell(&end);
    })
}

fn standard_input(end: Sender<()>) -> io::Result<()> {
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
        tell(&end);
    })
}
