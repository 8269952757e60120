//! https goes through a tunnel, which the proxy opens after CONNECT.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use aura_users::{Error, ErrorKind, Options, blocking};

use crate::authority::Authority;
use crate::common::{bound, try_longer};
use crate::servers::{Connects, Proxy, tls_server};
use crate::{CREDENTIALS, get};

/// https goes through a tunnel, in which the server's certificate counts. tinyproxy answers 500 if
/// the server's port has no listener.
#[test]
fn https_goes_through_a_tunnel() {
    let proxy = Proxy::start();
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = server.local_addr().unwrap().port();
    let asked = std::thread::spawn(move || {
        let mut first = [0; 1];
        server.accept().unwrap().0.read_exact(&mut first).unwrap();
        first[0]
    });
    let options = Options::new()
        .repo_url(format!("https://127.0.0.1:{port}/api"))
        .proxy(proxy.url(CREDENTIALS))
        .env(false)
        .max_retries(0);
    let client = aura_users::blocking::Client::new(options).unwrap();
    assert!(client.get_user("eric").is_err());
    assert_eq!(asked.join().unwrap(), 22, "the tunnel begins with a TLS handshake");
}

#[test]
fn any_2xx_opens_a_tunnel_that_is_used_again() {
    let authority = Authority::new();
    let root = authority.file();
    let long =
        format!("HTTP/1.1 200 Fine\r\nx-long: {}\r\nx-folded: a\r\n b\r\n\r\n", "x".repeat(40_000));
    for answer in [
        "HTTP/1.1 200 Connection established\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 201 Created\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nvia: x\r\n\r\n",
        "HTTP/1.1 299 Odd\r\ncontent-length: 0\r\n\r\n",
        &long,
    ] {
        let (proxy, (options, connections)) =
            (Connects::start(answer), tls_server(&authority, &root));
        let url = proxy.url().replace("//", "//er%20ic:p%40ss@");
        let client = blocking::Client::new(options.proxy(url)).unwrap();
        client.get_user("eric").unwrap();
        client.get_user("eric").unwrap();
        let call = client.get_user_start("eric").unwrap();
        assert!(call.wait(Some(bound(60))));
        call.take().unwrap().unwrap();
        let heads = proxy.heads();
        assert_eq!((heads.len(), connections.load(Relaxed)), (1, 1), "{answer}");
        let head = heads[0].to_ascii_lowercase();
        assert!(head.starts_with("connect localhost:") && head.contains("\r\nhost: localhost:"));
        assert!(head.contains("proxy-authorization: basic zxigawm6cebzcw=="), "{head}");
        assert!(!head.contains("authorization: key"), "{head}");
    }
}

#[test]
fn the_answer_of_a_proxy_is_reported_as_the_proxys() {
    let authority = Authority::new();
    let root = authority.file();
    let (options, connections) = tls_server(&authority, &root);
    for (status, kind, hint) in [
        (403, ErrorKind::UnexpectedStatus, "check the proxy"),
        (407, ErrorKind::UnexpectedStatus, "user and password"),
        (302, ErrorKind::UnexpectedStatus, "check the proxy"),
        (502, ErrorKind::Connect, "check the proxy"),
        (503, ErrorKind::Connect, "check the proxy"),
    ] {
        let proxy = Connects::start(format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n"));
        let client = blocking::Client::new(options.clone().proxy(proxy.url())).unwrap();
        let error = client.create_user("eric", "password", &["a@b.c"]).unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{error}");
        assert!(error.message().contains("the proxy of the option proxy"), "{error}");
        assert!(error.message().contains(&status.to_string()), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{error}");
        assert!(!error.outcome_unknown() && error.attempts() == 0, "{error}");
    }
    for nonsense in ["", "SSH-2.0-x\r\n", "HTTP/1.1 "] {
        let proxy = Connects::start(nonsense);
        let attempt =
            |limit| get(options.clone().connect_timeout(limit).proxy(proxy.url())).unwrap_err();
        let is_reached = |_: &Error| !proxy.heads().is_empty();
        let error = try_longer(Duration::from_millis(500), attempt, is_reached);
        let kinds = [ErrorKind::Connect, ErrorKind::Timeout];
        assert!(kinds.contains(&error.kind()), "{nonsense}: {error}");
        assert!(error.message().contains("proxy"), "{error}");
    }
    assert_eq!(connections.load(Relaxed), 0);
}

#[test]
fn a_tunnel_that_ends_at_once_is_a_matter_of_the_proxy() {
    let authority = Authority::new();
    let root = authority.file();
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = server.local_addr().unwrap().port();
    std::thread::spawn(move || server.incoming().for_each(drop));
    let proxy = Connects::start("HTTP/1.1 200 OK\r\n\r\n");
    let options = Options::new().repo_url(format!("https://127.0.0.1:{port}/api")).env(false);
    let options = options.proxy(proxy.url()).ca_file(root.0.clone()).max_retries(0);
    let error = get(options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(error.message().contains("through the proxy of the option proxy"), "{error}");
    assert!(!error.hint().unwrap().contains("set the option proxy"), "{error}");
}
