//! Certificates for tests.

#![allow(dead_code, unreachable_pub)] // each test file uses a part of it

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;

/// A certificate authority for one test.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // A client could confuse two authorities of the same name.
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        params.distinguished_name.push(DnType::CommonName, format!("authority {serial}"));
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn certify(&self, host: &str, ends: OffsetDateTime) -> rustls::ServerConfig {
        let (chain, key) = self.pair(host, ends);
        configured(chain, key)
    }

    /// A certificate for `host`, and its key.
    pub(crate) fn pair(
        &self,
        host: &str,
        ends: OffsetDateTime,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_before = OffsetDateTime::UNIX_EPOCH;
        params.not_after = ends;
        let certificate = params.signed_by(&key, &self.issuer).unwrap().into();
        (vec![certificate], PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }

    /// A self-signed certificate, and its PEM.
    pub(crate) fn own(host: &str, is_ca: IsCa) -> (rustls::ServerConfig, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        let pem = certificate.pem();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        (configured(vec![certificate.into()], key), pem)
    }

    pub(crate) fn root(&self) -> CertificateDer<'static> {
        use rustls::pki_types::pem::PemObject;
        CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()
    }

    /// The root as a file for `ca_file`, which is deleted with the value.
    pub(crate) fn file(&self) -> RootFile {
        let name = format!("aura-test-root-{}-{:p}.pem", std::process::id(), self);
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, &self.pem).unwrap();
        RootFile(path)
    }
}

fn configured(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> rustls::ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

pub(crate) struct RootFile(pub(crate) PathBuf);

impl Drop for RootFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

pub(crate) fn ages_hence() -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::from_secs(1_000_000)
}
