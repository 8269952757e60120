//! The addresses of a sandbox, and its certificates.

mod common;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;

use aura_sandbox::{Config, Sandbox, Tls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

const GET: &[u8] =
    b"GET /api HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x\r\nConnection: close\r\n\r\n";

/// A request over TLS that trusts the sandbox's issuer.
fn get(sandbox: &Sandbox) -> Result<String, String> {
    let ca = CertificateDer::from_pem_file(sandbox.ca_file().expect("a file")).expect("PEM");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let mut session = rustls::ClientConnection::new(Arc::new(config), name).expect("a session");
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", sandbox.port())).expect("connect");
    let mut stream = rustls::Stream::new(&mut session, &mut socket);
    stream.write_all(GET).map_err(|error| error.to_string())?;
    let mut text = String::new();
    stream.read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

#[test]
fn good_and_bad_certificates() {
    for (tls, complaint) in [
        (Tls::Good, None),
        (Tls::Expired, Some("expired")),
        (Tls::WrongHost, Some("not valid for")),
        (Tls::UnknownIssuer, Some("UnknownIssuer")),
    ] {
        let sandbox = Sandbox::start(Config::default().tls(tls)).expect("start");
        assert!(sandbox.api_url().starts_with("https://127.0.0.1:"));
        match (get(&sandbox), complaint) {
            (Ok(text), None) => assert!(text.starts_with("HTTP/1.1 200 "), "{text}"),
            (Err(error), Some(word)) => assert!(error.contains(word), "{tls:?}: {error}"),
            (other, _) => panic!("{tls:?}: {other:?}"),
        }
        let file = sandbox.ca_file().expect("a file").to_owned();
        drop(sandbox);
        assert!(!file.exists(), "{} stayed", file.display());
    }
}

fn request(path: &std::path::Path) -> String {
    let mut socket = UnixStream::connect(path).expect("connect");
    socket.write_all(GET).expect("write");
    let mut text = String::new();
    socket.read_to_string(&mut text).expect("a reply");
    text
}

#[test]
fn only_its_owner_can_use_a_unix_socket() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.sock");
    // A killed process left a socket here.
    drop(UnixListener::bind(&path).expect("bind"));
    assert!(path.exists());
    let sandbox = Sandbox::start(Config::default().socket(&path)).expect("start");
    assert_eq!((sandbox.socket(), sandbox.port()), (Some(path.as_path()), 0));
    assert_eq!(path.metadata().expect("a socket").permissions().mode() & 0o777, 0o600);
    assert!(request(&path).starts_with("HTTP/1.1 200 "));
    assert!(request(&path).contains("\"http://localhost/api/"));
    // It replaces neither a socket with a listener nor another file.
    let second = Sandbox::start(Config::default().socket(&path)).expect_err("in use");
    assert!(second.to_string().contains("sandbox.sock"), "{second}");
    assert!(request(&path).starts_with("HTTP/1.1 200 "));
    let names = || std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(names(), 1, "no helper stayed");
    drop(sandbox);
    assert_eq!(names(), 0);
    std::fs::write(&path, "a file").expect("write");
    Sandbox::start(Config::default().socket(&path)).expect_err("no socket");
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), "a file");
}
