//! Proxies whose URL begins with https.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use aura_users::{ErrorKind, Options, blocking};
use time::OffsetDateTime;

use crate::authority::{Authority, ages_hence};
use crate::common::behind;
use crate::get;
use crate::servers::{https_proxy, tls_port};

#[test]
fn plain_http_goes_through_an_https_proxy() {
    let authority = Authority::new();
    let root = authority.file();
    let (port, connections) = tls_port(&authority);
    let proxy = format!("https://localhost:{port}");
    let client = blocking::Client::new(behind(&proxy).ca_file(root.0.clone())).unwrap();
    client.get_user("eric").unwrap();
    client.get_user("eric").unwrap();
    assert_eq!(connections.load(Relaxed), 1);
}

#[test]
fn a_fault_of_the_proxys_certificate_is_reported_as_the_proxys() {
    let authority = Authority::new();
    let root = authority.file();
    for (config, words, hint) in [
        (authority.certify("other.example", ages_hence()), "not for localhost", "check the proxy"),
        (
            authority.certify("localhost", OffsetDateTime::UNIX_EPOCH),
            "has expired",
            "the proxy needs",
        ),
        (Authority::new().certify("localhost", ages_hence()), "not trusted", "option ca_file"),
    ] {
        let proxy = https_proxy(config);
        for scheme in ["http", "https"] {
            let options = Options::new().repo_url(format!("{scheme}://hex.example/api")).env(false);
            let options = options.proxy(proxy.as_str()).ca_file(root.0.clone());
            let error = get(options).unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 0), "{error}");
            let start = "TLS with the proxy of the option proxy failed: the proxy's certificate ";
            let message = error.message();
            assert!(message.starts_with(start) && message.contains(words), "{error}");
            let text = error.hint().unwrap();
            assert!(text.contains(hint) && !text.contains("repo_url"), "{error}");
        }
    }
}

/// The protocols that a client offers to an https proxy, on the way to a server of this scheme.
fn offered_to_proxy(scheme: &str) -> Vec<String> {
    let authority = Authority::new();
    let root = authority.file();
    let config = Arc::new(authority.certify("localhost", ages_hence()));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let offered = std::thread::spawn(move || {
        let mut acceptor = rustls::server::Acceptor::default();
        let mut stream = listener.accept().unwrap().0;
        let accepted = loop {
            acceptor.read_tls(&mut stream).unwrap();
            if let Some(accepted) = acceptor.accept().unwrap() {
                break accepted;
            }
        };
        let hello = accepted.client_hello();
        let names = hello.alpn().map(|names| names.map(<[u8]>::to_vec).collect::<Vec<_>>());
        let names = names.unwrap_or_default();
        drop(config);
        names.into_iter().map(|name| String::from_utf8(name).unwrap()).collect()
    });
    let options = Options::new()
        .repo_url(format!("{scheme}://hex.example/api"))
        .proxy(format!("https://localhost:{port}"))
        .ca_file(root.0.clone())
        .env(false)
        .max_retries(0);
    get(options).unwrap_err();
    offered.join().unwrap()
}

#[test]
fn an_https_proxy_is_offered_only_http_1_1() {
    for scheme in ["http", "https"] {
        assert_eq!(offered_to_proxy(scheme), ["http/1.1"], "{scheme}");
    }
}
