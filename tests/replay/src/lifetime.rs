//! Ends the server with its parent, however the parent ended.

use std::io;

/// Starts threads that watch, and that end the process.
#[cfg(unix)]
pub(crate) fn end_with_the_caller() -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt as _;
    use std::os::unix::process::parent_id;
    use std::process::exit;
    use std::thread::{Builder, sleep};
    use std::time::Duration;

    let parent = parent_id();
    Builder::new().name("parent".to_owned()).spawn(move || {
        // Without unsafe code there is no event for the parent's end, so check for it.
        while parent_id() == parent {
            sleep(Duration::from_millis(200));
        }
        exit(0);
    })?;
    // In some languages a child's input is a socket, in others a pipe.
    let pipe = std::fs::metadata("/dev/stdin").is_ok_and(|stdin| {
        let kind = stdin.file_type();
        kind.is_fifo() || kind.is_socket()
    });
    if pipe {
        Builder::new().name("stdin".to_owned()).spawn(|| {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            exit(0);
        })?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn end_with_the_caller() -> io::Result<()> {
    Ok(())
}
