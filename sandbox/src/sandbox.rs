//! A running server.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::config::{Config, Http2};
use crate::handle::{SeedError, WorldHandle};
use crate::host::{Hosted, Shared};
use crate::http::listen::{self, Bound, TlsConfigs};
use crate::http::serve;
use crate::store::Store;
use crate::tls::{CaFile, Identity, identity};
use crate::world::Place;

/// A running server. It stops when this is dropped. It is also the handle of its first world: see
/// [`WorldHandle`] for the methods.
pub struct Sandbox {
    world: WorldHandle,
    port: u16,
    socket: Option<PathBuf>,
    ca_file: Option<CaFile>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a server, by default on 127.0.0.1 with an empty world. It answers when this returns.
    pub fn start(config: Config) -> io::Result<Sandbox> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        config.check().map_err(invalid)?;
        let store = config.data.as_deref().map(Store::open).transpose()?;
        let (tls, ca_file) =
            match config.tls.map(|tls| identity(tls, config.address())).transpose()? {
                Some(Identity { http2, http1, ca_file }) => {
                    (Some(TlsConfigs { http2, http1 }), Some(ca_file))
                }
                None => (None, None),
            };
        let bound = match &config.socket {
            Some(path) => listen::path(path)?,
            None => listen::address(SocketAddr::new(config.address(), config.port))?,
        };
        let port = bound.port()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = match config.socket {
            Some(_) => format!("{scheme}://localhost"),
            None => {
                format!("{scheme}://{}", SocketAddr::new(reachable_address(config.address()), port))
            }
        };
        let place = Place { url, prefix: String::new() };
        let mut root = Hosted::new(String::new(), config.profile, place, config.world, store)
            .map_err(invalid)?;
        if let Some(token) = config.admin_token {
            root.admin_token = token;
        }
        let shared = Arc::new(Shared::new(root, config.profile, config.http2, config.verbose));
        let (stop, thread) = spawn(bound, tls, Arc::clone(&shared))?;
        let hosted = Arc::clone(&shared.root);
        Ok(Sandbox {
            world: WorldHandle { shared, hosted },
            port,
            socket: config.socket,
            ca_file,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The port it listens on; 0 when it listens on a unix socket.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The unix socket it listens on.
    pub fn socket(&self) -> Option<&Path> {
        self.socket.as_deref()
    }

    /// How the server speaks HTTP/2.
    pub fn http2(&self) -> Http2 {
        self.world.shared.http2()
    }

    /// Changes how the server speaks HTTP/2, for connections from now on.
    pub fn set_http2(&self, http2: Http2) -> Result<(), SeedError> {
        Ok(self.world.shared.set_http2(http2)?)
    }

    /// With TLS: the PEM file with the issuer's certificate. It is deleted with the server.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_ref().map(CaFile::path)
    }
}

/// The address that works on this machine.
fn reachable_address(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

type Running = (oneshot::Sender<Infallible>, JoinHandle<()>);

fn spawn(bound: Bound, tls: Option<TlsConfigs>, shared: Arc<Shared>) -> io::Result<Running> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let (stop, stopped) = oneshot::channel();
    let (listener, file) = {
        let _inside = runtime.enter();
        bound.listen(tls)?
    };
    let serve = move || {
        runtime.block_on(serve(listener, shared, stopped));
        // Delete the path after the last connection.
        drop(file);
    };
    let thread = std::thread::Builder::new().name("aura-sandbox".to_owned()).spawn(serve)?;
    Ok((stop, thread))
}

impl Deref for Sandbox {
    type Target = WorldHandle;

    fn deref(&self) -> &WorldHandle {
        &self.world
    }
}

/// Without the token and the world, because this may appear in logs.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("url", &self.url())
            .field("profile", &self.profile())
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // That thread has printed its panic.
            let _ = thread.join();
        }
    }
}
