//! The trusted roots: those of the machine, and those of a file.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, load_certs_from_paths};

use super::ca_file::CaFile;
use crate::log::{LogLevel, LogRecord};
use crate::runtime::shared::{Receiver, Shared};
use crate::runtime::{self, PerProcess};
use crate::{Error, ErrorKind, Result};

/// The roots that certificates are checked against. They are read when they are first needed. That
/// takes milliseconds, or any time if a file is on a slow disk or is a pipe.
pub(crate) struct Trust {
    ca_file: Option<PathBuf>,
    /// The variable that names the file, if no option does.
    variable: Option<&'static str>,
    /// The result of the thread that reads them. `None` before the thread is started.
    read: PerProcess<Mutex<Option<Receiver<Reading>>>>,
    has_warned: AtomicBool,
}

type Reading = Result<Tls, Arc<Error>>;

/// No usual file takes so long to read.
const PATIENCE: Duration = Duration::from_secs(5);

/// The readings that go on, by their `ca_file`. A file that hangs holds one thread, or two after some
/// seconds: another file may have its name now.
static READINGS: Shared<Option<PathBuf>, Reading> = Shared::new(PATIENCE);

/// The configurations for handshakes.
#[derive(Clone)]
pub(super) struct Tls {
    both: Arc<ClientConfig>,
    http1: Arc<ClientConfig>,
    /// Why some of the roots that a variable names are missing.
    error: Option<Arc<str>>,
}

impl PartialEq for Trust {
    fn eq(&self, other: &Self) -> bool {
        self.ca_file == other.ca_file
    }
}

impl Trust {
    pub(crate) fn new(ca_file: Option<PathBuf>) -> Self {
        Self {
            ca_file,
            variable: None,
            read: PerProcess::new(Mutex::default),
            has_warned: AtomicBool::new(false),
        }
    }

    pub(crate) fn named_by(self, variable: Option<&'static str>) -> Self {
        Self { variable, ..self }
    }

    /// Whether it has the roots of this file.
    pub(crate) fn has_ca_file(&self, ca_file: Option<&Path>) -> bool {
        self.ca_file.as_deref() == ca_file
    }

    /// Waits until the roots are read. If the call ends first, the reading continues for the next
    /// call.
    pub(super) async fn config(&self) -> Result<Tls> {
        let failed = || Error::new(ErrorKind::Internal, "reading root certificates panicked");
        let read = loop {
            let (mut receiver, is_own) = self.reading()?;
            // Copied, so that no lock is held while a log callback runs.
            let read = receiver.wait_for(Option::is_some).await.ok().and_then(|read| read.clone());
            // Without a result, no thread was started, or it panicked.
            if read.is_some() || is_own {
                break read;
            }
        };
        let tls = read.ok_or_else(failed)?.map_err(|error| match self.variable {
            Some(name) if error.kind() == ErrorKind::InvalidArgument => {
                Error::invalid_argument(format!("{name}: {}", error.message()))
            }
            _ => error.duplicate(),
        })?;
        if let Some(error) = tls.error.as_deref().filter(|_| self.take_warning()) {
            LogRecord::new(LogLevel::Warn, error).emit();
        }
        Ok(tls)
    }

    fn take_warning(&self) -> bool {
        !self.has_warned.swap(true, Ordering::Relaxed)
    }

    /// What a call waits for if the roots are still being read.
    pub(super) fn unread(&self) -> Option<&'static str> {
        let read = self.read.get().lock().unwrap_or_else(PoisonError::into_inner);
        let is_reading = |receiver: &Receiver<Reading>| {
            receiver.borrow().is_none() && receiver.has_changed().is_ok()
        };
        read.as_ref().filter(|receiver| is_reading(receiver)).map(|_| match self.ca_file {
            Some(_) => "ca_file is still being read",
            None => "the system's root certificates are still being read",
        })
    }

    /// The result of the thread that reads them, and whether this has started it. It does so if there
    /// is none, if the last one failed, or if it takes long.
    fn reading(&self) -> Result<(Receiver<Reading>, bool)> {
        let mut read = self.read.get().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = &*read {
            if receiver.borrow().as_ref().is_some_and(Result::is_ok) {
                return Ok((receiver.clone(), false));
            }
        }
        let (receiver, duty) = READINGS.join(&self.ca_file);
        let is_own = duty.is_some();
        if let Some(duty) = duty {
            let read = |ca_file: &Option<PathBuf>| {
                roots(ca_file.as_deref()).and_then(Tls::with).map_err(Arc::new)
            };
            runtime::spawn("-roots", move || duty.fulfil(read)).map_err(runtime::exhausted)?;
        }
        Ok((read.insert(receiver).clone(), is_own))
    }
}

impl Tls {
    fn with((roots, error): (RootCertStore, Option<Arc<str>>)) -> Result<Self> {
        let mut both = config(roots)?;
        let mut http1 = both.clone();
        http1.alpn_protocols = vec![b"http/1.1".to_vec()];
        both.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { both: Arc::new(both), http1: Arc::new(http1), error })
    }

    /// The configuration for HTTP/1.1 only.
    pub(super) fn http1(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.http1)
    }

    /// The configuration for reqwest.
    pub(super) fn with_http2(&self) -> ClientConfig {
        ClientConfig::clone(&self.both)
    }
}

pub(super) fn config(roots: RootCertStore) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            Error::new(ErrorKind::Internal, "TLS could not be set up").with_source(error)
        })?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Reads the roots. Also returns a warning if some are missing.
fn roots(ca_file: Option<&Path>) -> Result<(RootCertStore, Option<Arc<str>>)> {
    let CaFile { mut roots, rejected } = ca_file.map(CaFile::read).transpose()?.unwrap_or_default();
    let mut system = load_roots();
    system.certs.retain(|certificate| !rejected.contains(certificate));
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() {
        let why = system.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(Error::new(
            ErrorKind::Tls,
            format!("this machine has no trusted root certificates{}{why}", name_variables()),
        )
        .with_hint(
            "install them (Debian's package ca-certificates), or name a PEM file in ca_file",
        ));
    }
    let named_by = name_variables();
    let error = system.errors.first().filter(|_| !named_by.is_empty());
    let error = error.map(|error| format!("some root certificates are missing{named_by}: {error}"));
    Ok((roots, error.map(Arc::from)))
}

const FILE: &str = "SSL_CERT_FILE";
const DIRECTORIES: &str = "SSL_CERT_DIR";

/// The value of a variable. An empty variable counts as not set.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The part of a message that names the variables for the roots.
fn name_variables() -> String {
    let names: Vec<_> =
        [FILE, DIRECTORIES].into_iter().filter(|name| variable(name).is_some()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" where {} says", names.join(" or ")),
    }
}

/// Loads the roots that the variables name, or else the system's.
fn load_roots() -> CertificateResult {
    let file = variable(FILE).map(PathBuf::from);
    let directories: Vec<_> = variable(DIRECTORIES)
        .map(|all| env::split_paths(&all).filter(|path| !path.as_os_str().is_empty()).collect())
        .unwrap_or_default();
    if file.is_none() && directories.is_empty() {
        return load_system_roots();
    }
    load(file.as_deref(), &directories)
}

fn load(file: Option<&Path>, directories: &[PathBuf]) -> CertificateResult {
    let mut all = load_certs_from_paths(file, directories.first().map(PathBuf::as_path));
    for directory in directories.iter().skip(1) {
        let more = load_certs_from_paths(None, Some(directory));
        all.certs.extend(more.certs);
        all.errors.extend(more.errors);
    }
    all.certs.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
    all.certs.dedup();
    all
}

#[cfg(all(unix, not(target_vendor = "apple")))]
fn load_system_roots() -> CertificateResult {
    let places = openssl_probe::probe();
    load(places.cert_file.as_deref(), &places.cert_dir)
}

#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn load_system_roots() -> CertificateResult {
    rustls_native_certs::load_native_certs()
}

#[cfg(all(test, unix))]
mod tests {
    use std::pin::pin;
    use std::process::Command;
    use std::task::{Context, Waker};
    use std::time::Duration;
    use std::{env, fs, process};

    use super::*;

    #[test]
    fn clients_share_one_reading_of_a_file_that_hangs() {
        let path = env::temp_dir().join(format!("aura-test-roots-{}", process::id()));
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let key = rcgen::KeyPair::generate().unwrap();
        let root = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        let clients = [(); 20].map(|()| Trust::new(Some(path.clone())));
        let mut context = Context::from_waker(Waker::noop());
        for client in &clients {
            // This call ends before the file is read.
            assert!(pin!(client.config()).poll(&mut context).is_pending());
            assert_eq!(client.unread(), Some("ca_file is still being read"));
        }
        // One thread gets it all. The limit ends a test that would hang.
        fs::write(&path, root.pem()).unwrap();
        let builder = &mut tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap().block_on(async {
            for client in &clients {
                let config = tokio::time::timeout(Duration::from_secs(60), client.config());
                config.await.unwrap().unwrap();
                assert_eq!(client.unread(), None);
            }
        });
        fs::remove_file(&path).unwrap();
    }
}
