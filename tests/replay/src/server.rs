//! The sockets: one thread for each connection.

use std::collections::HashMap;
use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Builder, JoinHandle};

use crate::case::Case;
use crate::http::read_request;
use crate::stage::{Answer, Stage, differs};
use crate::wire::Wire;

/// A replay server on the loopback. It stops, with its connections, when dropped.
#[derive(Debug)]
pub struct Replay {
    address: SocketAddr,
    url: String,
    connections: Arc<Connections>,
    acceptor: Option<JoinHandle<()>>,
}

/// The connections that are open; `None` once the server stops.
#[derive(Debug)]
struct Connections(Mutex<Option<HashMap<u64, TcpStream>>>);

impl Replay {
    /// Serves the recordings beside this crate on a free port.
    ///
    /// # Errors
    ///
    /// If the recordings cannot be read, or there is no free port.
    pub fn start() -> io::Result<Self> {
        Self::serve(Wire::open(Wire::default_dir())?, 0)
    }

    /// Serves recordings on a port of 127.0.0.1, 0 for a free one.
    ///
    /// # Errors
    ///
    /// If the port is in use, or no thread can be started.
    pub fn serve(wire: Wire, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| io::Error::new(error.kind(), format!("port {port}: {error}")))?;
        let address = listener.local_addr()?;
        let connections = Arc::new(Connections(Mutex::new(Some(HashMap::new()))));
        let acceptor = Builder::new().name("replay".to_owned()).spawn({
            let connections = Arc::clone(&connections);
            move || accept(&listener, &Stage::new(wire), &connections)
        })?;
        Ok(Self {
            address,
            url: format!("http://{address}"),
            connections,
            acceptor: Some(acceptor),
        })
    }

    /// `http://127.0.0.1:PORT`. With a case's `prefix` it is a `repo_url`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `repo_url` for a case.
    #[must_use]
    pub fn repo_url(&self, case: &Case) -> String {
        format!("{}{}", self.url, case.prefix)
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Waits for the server's end, which is the end of the process.
    pub fn wait(mut self) {
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.connections.close();
        // The connection wakes the accepting thread, which then sees that the server has stopped.
        if let (Some(acceptor), Ok(_)) = (self.acceptor.take(), TcpStream::connect(self.address)) {
            let _ = acceptor.join();
        }
    }
}

impl Connections {
    /// Keeps a handle to a connection; `false` once the server stops.
    fn open(&self, number: u64, stream: TcpStream) -> bool {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(open) => {
                open.insert(number, stream);
                true
            }
            None => false,
        }
    }

    fn done(&self, number: u64) {
        if let Some(open) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            open.remove(&number);
        }
    }

    fn close(&self) {
        for stream in self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .unwrap_or_default()
            .values()
        {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, stage: &Stage, connections: &Connections) {
    thread::scope(|scope| {
        for (number, stream) in (0..).zip(listener.incoming()) {
            // Go on after a connection that failed in the queue.
            let Ok(stream) = stream else { continue };
            let Ok(handle) = stream.try_clone() else {
                continue;
            };
            if !connections.open(number, handle) {
                break;
            }
            let started =
                Builder::new().name(format!("replay-{number}")).spawn_scoped(scope, move || {
                    // The client notices errors of the stream.
                    let _ = converse(&stream, stage);
                    connections.done(number);
                });
            if started.is_err() {
                connections.done(number);
            }
        }
    });
}

/// Answers the requests of one connection in turn.
fn converse(stream: &TcpStream, stage: &Stage) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let request = match read_request(&mut reader) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                writer.write_all(&differs(&format!("{error}\n")).bytes)?;
                // A close with unread bytes is a reset, and the client would not get the answer.
                stream.shutdown(Shutdown::Write)?;
                const MOST: u64 = 64 << 20;
                return io::copy(&mut reader.take(MOST), &mut io::sink()).map(drop);
            }
            Err(error) => return Err(error),
        };
        let Answer { bytes, close } = stage.answer(&request);
        writer.write_all(&bytes)?;
        let asked = request.all("connection").any(|value| value.eq_ignore_ascii_case("close"));
        if close || asked {
            // Another handle of this socket is kept for stopping, so dropping this one does not
            // close it.
            return stream.shutdown(Shutdown::Both);
        }
    }
}
