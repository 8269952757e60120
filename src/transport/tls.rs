//! Whom to trust: the machine's roots, and those of a file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::{Error, ErrorKind, Result};

/// Reads the roots, which takes milliseconds.
pub(super) fn config(ca_file: Option<&Path>) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            Error::new(ErrorKind::Internal, "TLS could not be set up").with_source(error)
        })?
        .with_root_certificates(roots(ca_file)?)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = ca_file {
        add_file(&mut roots, file)?;
    }
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if roots.is_empty() {
        let why = system.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(Error::new(
            ErrorKind::Tls,
            format!(
                "this machine has no trusted root certificates{why}: install them (Debian's \
                 package ca-certificates) or name a PEM file in ca_file"
            ),
        ));
    }
    Ok(roots)
}

fn add_file(roots: &mut RootCertStore, file: &Path) -> Result<()> {
    let refused = |why: &dyn fmt::Display| {
        // It is a path that may be a secret instead, given to the wrong option.
        let name = file.to_string_lossy();
        let is_path =
            name.contains(['/', '\\']) || name.ends_with(".pem") || name.ends_with(".crt");
        let shown = if is_path && !name.contains('@') { format!(" {name}") } else { String::new() };
        Error::invalid_argument(format!("ca_file{shown} cannot be used: {why}"))
    };
    let before = roots.len();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| refused(&error))? {
        let certificate = certificate.map_err(|error| refused(&error))?;
        roots.add(certificate).map_err(|error| refused(&error))?;
    }
    if roots.len() == before {
        return Err(refused(&"it holds no certificate"));
    }
    Ok(())
}
