//! Makes certificates at the start, good ones and bad ones.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::config::Tls;
use crate::random::system_secret;

/// The name of HTTP/2 in TLS.
pub(crate) const HTTP2: &[u8] = b"h2";

/// The server's side of TLS, and the file with the issuer that a client must trust.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The configuration with HTTP/2.
    pub(crate) http2: Arc<rustls::ServerConfig>,
    /// The configuration without HTTP/2.
    pub(crate) http1: Arc<rustls::ServerConfig>,
    pub(crate) ca_file: CaFile,
}

/// The file, which is removed with this value.
#[derive(Debug)]
pub(crate) struct CaFile(PathBuf);

impl CaFile {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        // Another program may have removed it.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// `host`: the address that the server listens on.
pub(crate) fn identity(tls: Tls, host: IpAddr) -> io::Result<Identity> {
    make(tls, host).map_err(|error| io::Error::other(format!("cannot make a certificate: {error}")))
}

fn make(tls: Tls, host: IpAddr) -> Result<Identity, Box<dyn std::error::Error + Send + Sync>> {
    let trusted = issuer("aura-sandbox")?;
    let stranger = issuer("aura-sandbox, another issuer")?;
    let signer = if tls == Tls::UnknownIssuer { &stranger } else { &trusted };
    let names = match tls {
        Tls::WrongHost => vec!["another-host.invalid".to_owned()],
        _ => ["127.0.0.1", "::1", "localhost"]
            .map(str::to_owned)
            .into_iter()
            .chain((!host.is_loopback() && !host.is_unspecified()).then(|| host.to_string()))
            .collect(),
    };
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "aura-sandbox server");
    let (from, to) = match tls {
        Tls::Expired => (-10, -1),
        _ => (-1, 365),
    };
    validity(&mut params, from, to)?;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, signer)?;
    let ca_file = write(&trusted.pem())?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let http1 = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    let mut http2 = http1.clone();
    http2.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
    Ok(Identity { http2: Arc::new(http2), http1: Arc::new(http1), ca_file })
}

fn issuer(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

/// The validity of a certificate, in days from today. It uses the machine's clock, as its clients
/// do.
fn validity(params: &mut CertificateParams, from: i64, to: i64) -> Result<(), jiff::Error> {
    let day = |days: i64| -> Result<_, jiff::Error> {
        let time = Timestamp::now().checked_add(SignedDuration::from_hours(24 * days))?;
        let date = Offset::UTC.to_datetime(time).date();
        Ok((i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs()))
    };
    let (year, month, date) = day(from)?;
    params.not_before = date_time_ymd(year, month, date);
    let (year, month, date) = day(to)?;
    params.not_after = date_time_ymd(year, month, date);
    Ok(())
}

/// Writes into a new file, which no other program can have created.
fn write(pem: &str) -> io::Result<CaFile> {
    let name = format!("aura-sandbox-{}.pem", system_secret());
    let path = std::env::temp_dir().join(name);
    let mut file = std::fs::File::create_new(&path)?;
    io::Write::write_all(&mut file, pem.as_bytes())?;
    Ok(CaFile(path))
}
