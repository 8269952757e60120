//! Tests a call whose reply takes long to read: its deadline holds, and other calls go on.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::call::{Read, call};
use super::{Core, Options};
use crate::attempts::Attempts;
use crate::operation::Operation;
use crate::protocol::{Reply, Request};
use crate::runtime::offload::INLINE;
use crate::transport::Transports;
use crate::{ErrorKind, Result};

/// Answers a request for `/<n>` with n bytes.
fn server() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut request) = (stream.unwrap(), [0; 4096]);
            let length = stream.read(&mut request).unwrap();
            let target = String::from_utf8_lossy(&request[..length]).into_owned();
            let bytes = target.split([' ', '/']).nth(2).unwrap().parse().unwrap();
            let _ = write!(stream, "HTTP/1.1 200 X\r\ncontent-length: {bytes}\r\n\r\n");
            let _ = stream.write_all(&vec![b'x'; bytes]);
        }
    });
    format!("http://127.0.0.1:{port}")
}

/// Each reading waits for one message of this channel.
static GO_ON: Mutex<Option<mpsc::Receiver<()>>> = Mutex::new(None);

fn read_slowly(_: Reply, _: Operation) -> Result<()> {
    let go_on = GO_ON.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap();
    // After the timeout, a call that waits for this fails instead of hanging.
    let _ = go_on.recv_timeout(Duration::from_secs(60));
    Ok(())
}

fn read_at_once(_: Reply, _: Operation) -> Result<()> {
    Ok(())
}

#[test]
fn a_slow_reading_delays_nothing() {
    let (go_on, waiting) = mpsc::channel();
    *GO_ON.lock().unwrap() = Some(waiting);
    let options = Options::new().repo_url(server()).env(false);
    let core = &Core::new(options).unwrap();
    let transports = &Transports::default();
    let run = async |size: usize, read: Read<()>, options: Options| {
        let settings = core.settings(&options).unwrap();
        let transport = transports.transport(&settings.connection);
        let mut request = Request::get_user("x").unwrap();
        request.target = format!("/{size}");
        call(core, &settings, &transport, &request, read, &Attempts::default()).await
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let hurried = |limit| Options::new().timeout(Duration::from_millis(limit));
        let mut error = run(INLINE + 1, read_slowly, hurried(200)).await.unwrap_err();
        if error.attempts() == 0 {
            // A busy machine needs longer to send the request.
            error = run(INLINE + 1, read_slowly, hurried(5_000)).await.unwrap_err();
        }
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1), "{error}");
        // It is still being read.
        run(INLINE, read_at_once, Options::new()).await.unwrap();
        run(INLINE + 1, read_at_once, Options::new()).await.unwrap();
        go_on.send(()).unwrap();
    });
}
