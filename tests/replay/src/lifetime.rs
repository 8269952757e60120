//! The server ends with whoever started it, however that ended.

use std::io;

/// Watches from threads, which end the process.
#[cfg(unix)]
pub(crate) fn end_with_the_caller() -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt as _;
    use std::os::unix::process::parent_id;
    use std::process::exit;
    use std::thread::{Builder, sleep};
    use std::time::Duration;

    let parent = parent_id();
    Builder::new().name("parent".to_owned()).spawn(move || {
        // Without unsafe code a parent's end is no event: it has to be looked for.
        while parent_id() == parent {
            sleep(Duration::from_millis(200));
        }
        exit(0);
    })?;
    // Some languages give a child a socket where others give it a pipe.
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
