//! Where clients connect: a port or a unix socket, with TLS or without.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;

/// std's 128 is too short for a thousand clients at once. The others would try again after a
/// second.
const BACKLOG: i32 = 4096;

/// An idle connection is closed after this.
pub(super) const IDLE: Duration = Duration::from_secs(60);

/// The client of a connection.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

enum Kind {
    Tcp(TcpListener),
    Unix(UnixListener),
}

pub(crate) struct Listener {
    kind: Kind,
    tls: Option<TlsConfigs>,
}

/// The protocols offered in TLS.
pub(crate) struct TlsConfigs {
    pub(crate) http2: Arc<rustls::ServerConfig>,
    pub(crate) http1: Arc<rustls::ServerConfig>,
}

/// A bound socket, not yet tied to a runtime.
#[derive(Debug)]
pub(crate) enum Bound {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener, SocketFile),
}

/// The path of a unix socket, removed with this value.
#[derive(Debug)]
pub(crate) struct SocketFile(pub(crate) PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another program may have removed it.
        let _ = std::fs::remove_file(&self.0);
    }
}

pub(crate) fn address(address: SocketAddr) -> io::Result<Bound> {
    let bound = std::net::TcpListener::bind(address).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })?;
    // A second call only changes the backlog.
    rustix::net::listen(&bound, BACKLOG)?;
    bound.set_nonblocking(true)?;
    Ok(Bound::Tcp(bound))
}

/// Listens on a path that only its owner can reach. It replaces a socket without a listener. A
/// socket in use, or another kind of file, stays and is an error.
pub(crate) fn path(path: &Path) -> io::Result<Bound> {
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot listen on {}: {error}", path.display()))
    };
    if let Ok(found) = path.symlink_metadata() {
        let text = match std::os::unix::fs::FileTypeExt::is_socket(&found.file_type()) {
            false => Some("another kind of file is there"),
            true => std::os::unix::net::UnixStream::connect(path)
                .is_ok()
                .then_some("another process listens there"),
        };
        if let Some(text) = text {
            return Err(named(io::Error::new(io::ErrorKind::AddrInUse, text)));
        }
    }
    // Bind in a private folder, then move it: other users can connect at no moment.
    let folder = private_folder(path).map_err(named)?;
    let first = folder.join("s");
    let bound = bind(&first, path);
    let _ = std::fs::remove_file(&first);
    let _ = std::fs::remove_dir(&folder);
    let bound = bound.map_err(named)?;
    bound.set_nonblocking(true)?;
    Ok(Bound::Unix(bound, SocketFile(path.to_owned())))
}

fn private_folder(path: &Path) -> io::Result<PathBuf> {
    let name = format!(".{}", &crate::random::system_secret()[..8]);
    let folder = path.with_file_name(name);
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
        .create(&folder)?;
    Ok(folder)
}

fn bind(first: &Path, path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    let bound = std::os::unix::net::UnixListener::bind(first)?;
    std::fs::set_permissions(first, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(first, path)?;
    Ok(bound)
}

impl Bound {
    /// The port, if it has one.
    pub(crate) fn port(&self) -> io::Result<u16> {
        match self {
            Bound::Tcp(bound) => Ok(bound.local_addr()?.port()),
            Bound::Unix(..) => Ok(0),
        }
    }

    /// Registers it with the current runtime.
    pub(crate) fn listen(
        self,
        tls: Option<TlsConfigs>,
    ) -> io::Result<(Listener, Option<SocketFile>)> {
        let (kind, file) = match self {
            Bound::Tcp(bound) => (Kind::Tcp(TcpListener::from_std(bound)?), None),
            Bound::Unix(bound, file) => (Kind::Unix(UnixListener::from_std(bound)?), Some(file)),
        };
        Ok((Listener { kind, tls }, file))
    }
}

impl Listener {
    pub(crate) async fn accept(&self) -> io::Result<Socket> {
        match &self.kind {
            Kind::Tcp(listener) => {
                let (socket, _) = listener.accept().await?;
                let _ = socket.set_nodelay(true);
                Ok(Socket::Tcp(socket))
            }
            Kind::Unix(listener) => Ok(Socket::Unix(listener.accept().await?.0)),
        }
    }

    pub(crate) fn tls(&self, http2: bool) -> Option<TlsAcceptor> {
        let configs = self.tls.as_ref()?;
        let config = if http2 { &configs.http2 } else { &configs.http1 };
        Some(TlsAcceptor::from(Arc::clone(config)))
    }
}
