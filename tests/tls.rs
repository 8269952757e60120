//! TLS, against a real server with test certificates.

#[path = "common/authority.rs"]
mod authority;
#[path = "common/bound.rs"]
mod bound;
#[path = "common/longer.rs"]
mod longer;
#[path = "common/tls_server.rs"]
mod tls_server;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aura_users::{CancelToken, Error, ErrorKind, Options, blocking};
use authority::{Authority, RootFile, ages_hence};
use bound::{bound, within};
use longer::try_longer;
use rcgen::IsCa;
use time::OffsetDateTime;
use tls_server::{REPLY, get, options, result, serve, serve_each};

#[test]
fn a_good_certificate_is_accepted() {
    let authority = Authority::new();
    let port = serve(authority.certify("localhost", ages_hence()));
    assert_eq!(get(port, Some(&authority.file())).unwrap().username(), "eric");
}

#[test]
fn a_bad_certificate_is_refused_with_the_reason() {
    let (authority, other) = (Authority::new(), Authority::new());
    let expired = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    for (config, root, why) in [
        (authority.certify("localhost", expired), &authority, "expired"),
        (authority.certify("127.0.0.2", ages_hence()), &authority, "but for 127.0.0.2"),
        (authority.certify("hex.example", ages_hence()), &authority, "but for hex.example"),
        (authority.certify("localhost", ages_hence()), &other, "not trusted here"),
    ] {
        let port = serve(config);
        let error = get(port, Some(&root.file())).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 0), "{error}");
        assert!(error.message().contains(why), "{error}");
        assert!(!error.outcome_unknown());
    }
}

#[test]
fn a_reply_that_is_cut_without_the_end_of_tls_is_an_error_in_plain_words() {
    let authority = Authority::new();
    let root = authority.file();
    let port = serve_each(authority.certify("localhost", ages_hence()), |stream| {
        let _ = stream.write_all(&REPLY[..REPLY.len() - 1]);
        let _ = stream.flush();
    });
    let client =
        blocking::Client::new(options(port).ca_file(root.0.clone()).max_retries(0)).unwrap();
    let errors = [client.get_user("eric"), result(&client.get_user_start("eric").unwrap())];
    for error in errors.map(Result::unwrap_err) {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Connect, Some(200)), "{error}");
        assert!(error.message().contains("close_notify"), "{error}");
        assert!(!error.message().contains("http"), "{error}");
    }
}

#[test]
fn a_server_without_tls_is_an_error() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let error = get(port, Some(&Authority::new().file())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    assert!(error.message().contains("plain http"), "{error}");
    assert!(error.hint().unwrap().contains("http://"), "{error}");
}

#[test]
fn a_handshake_that_stalls_ends_with_connect_timeout() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let root = Authority::new().file();
    let limit = Duration::from_millis(300);
    let options = options(port).ca_file(root.0.clone()).connect_timeout(limit);
    let client = blocking::Client::new(options).unwrap();
    let error = within(limit, || client.get_user("eric").unwrap_err());
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0), "{error}");
    assert!(error.message().contains("connect_timeout"), "{error}");
}

/// reqwest has one `connect_timeout` for all calls of a client.
#[test]
fn over_https_calls_share_connections_and_have_their_own_connect_timeout() {
    static SERVES: AtomicBool = AtomicBool::new(false);
    /// How many connections brought a request.
    static SERVED: AtomicUsize = AtomicUsize::new(0);
    let limit = Duration::from_millis(300);
    let authority = Authority::new();
    let root = authority.file();
    let config = Arc::new(authority.certify("localhost", ages_hence()));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut stalled = Vec::new();
        for stream in listener.incoming().map(Result::unwrap) {
            if !SERVES.load(Ordering::SeqCst) {
                stalled.push(stream);
                continue;
            }
            // Longer than the limit of the first call.
            std::thread::sleep(3 * limit);
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            std::thread::spawn(move || {
                let kept = String::from_utf8_lossy(REPLY).replace("connection: close\r\n", "");
                let mut is_first = true;
                while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
                    if std::mem::take(&mut is_first) {
                        SERVED.fetch_add(1, Ordering::SeqCst);
                    }
                    stream.write_all(kept.as_bytes()).unwrap();
                }
            });
        }
    });
    let options = options(port).ca_file(root.0.clone()).timeout(bound(60));
    let client = blocking::Client::new(options).unwrap();
    let get = |connect_timeout: Duration| {
        let options = Options::new().connect_timeout(connect_timeout);
        result(&client.with_options(options).get_user_start("eric").unwrap())
    };
    let error = within(limit, || get(limit).unwrap_err());
    assert!(error.message().contains("connect_timeout"), "{error}");
    SERVES.store(true, Ordering::SeqCst);
    for more in [0, 2, 1, 3] {
        get(bound(30) + Duration::from_millis(more)).unwrap();
    }
    assert_eq!(SERVED.load(Ordering::SeqCst), 1);
    SERVES.store(false, Ordering::SeqCst);
    // A call that opens a connection has its own limit still. A POST does so.
    let options = Options::new().connect_timeout(limit);
    let call = client.with_options(options).reset_user_password_start("eric").unwrap();
    let error = within(limit, || result(&call).unwrap_err());
    assert!(error.message().contains("connect_timeout"), "{error}");
}

/// A server that accepts connections and sends nothing. Returns its port, and their count.
fn accept_only(keep: bool) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = accepted.clone();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            // Before the client notices that it is closed.
            count.fetch_add(1, Ordering::SeqCst);
            kept.extend(stream.ok().filter(|_| keep));
        }
    });
    (port, accepted)
}

#[test]
fn nothing_is_sent_before_the_handshake_is_over() {
    let root = Authority::new().file();
    let options = |port| options(port).ca_file(root.0.clone());
    let assert_unsent = |error: &Error, kind| {
        assert_eq!((error.kind(), error.attempts()), (kind, 0), "{error}");
        assert!(!error.outcome_unknown(), "{error}");
        assert!(!error.to_string().contains("check before you repeat the call"), "{error}");
    };

    // Each attempt fails, and a POST is retried too.
    let (port, accepted) = accept_only(false);
    let client = blocking::Client::new(options(port).max_retries(2)).unwrap();
    let error = client.create_user("eric", "password", &["a@b.c"]).unwrap_err();
    assert_unsent(&error, ErrorKind::Connect);
    assert!(accepted.load(Ordering::SeqCst) >= 3);

    let (port, accepted) = accept_only(true);
    for set_limit in [Options::timeout, Options::total_timeout] {
        let attempt = |limit| {
            let client = blocking::Client::new(set_limit(options(port), limit)).unwrap();
            client.create_user("eric", "password", &["a@b.c"]).unwrap_err()
        };
        let is_read = |error: &Error| !error.message().contains("ca_file is still being read");
        let error = try_longer(Duration::from_millis(300), attempt, is_read);
        assert_unsent(&error, ErrorKind::Timeout);
        assert!(error.message().starts_with("no connection within"), "{error}");
        assert!(error.hint().unwrap().starts_with("try again"), "{error}");
    }

    let token = CancelToken::new();
    let client = blocking::Client::new(options(port)).unwrap().with_cancel_token(token.clone());
    let before = accepted.load(Ordering::SeqCst);
    std::thread::scope(|scope| {
        let call = scope.spawn(|| client.reset_user_password("eric").unwrap_err());
        let started = client.reset_user_password_start("eric").unwrap();
        while accepted.load(Ordering::SeqCst) < before + 2 {
            std::thread::yield_now();
        }
        token.cancel();
        assert_unsent(&call.join().unwrap(), ErrorKind::Cancelled);
        assert!(started.wait(None));
        assert_unsent(&started.take().unwrap().unwrap_err(), ErrorKind::Cancelled);
    });
}

#[test]
fn the_debug_data_of_a_goaway_is_not_repeated() {
    let authority = Authority::new();
    let mut config = authority.certify("localhost", ages_hence());
    config.alpn_protocols = vec![b"h2".to_vec()];
    let port = serve_each(config, |stream| {
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        // GOAWAY with ENHANCE_YOUR_CALM and the most debug data that fits.
        let debug = [0x1b; 16_376];
        let mut goaway = vec![0, 0x40, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];
        goaway.extend(debug);
        let _ = stream.write_all(&[&settings[..], &goaway].concat());
        let _ = stream.flush();
        let _ = stream.read(&mut [0; 4096]);
    });
    let root = authority.file();
    let options = options(port);
    let client = blocking::Client::new(options.ca_file(root.0.clone())).unwrap();
    let call = client.get_user_start("eric").unwrap();
    assert!(call.wait(None));
    let error = call.take().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(error.message().contains("ENHANCE_YOUR_CALM"), "{error}");
    assert!(!error.message().contains("1b"), "{error}");
}

/// A server that speaks TLS with this configuration, or sends these bytes instead.
fn refusal(config: rustls::ServerConfig, root: &RootFile) -> Error {
    get(serve(config), Some(root)).unwrap_err()
}

#[test]
fn refusals_are_explained_without_jargon() {
    let authority = Authority::new();
    let root = authority.file();
    let good = || authority.certify("localhost", ages_hence());

    let provider = good().crypto_provider().clone();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.root()).unwrap();
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        provider.clone(),
    );
    let verifier = verifier.build().unwrap();
    let wants = |versions: &[&'static rustls::SupportedProtocolVersion]| {
        let (chain, key) = authority.pair("localhost", ages_hence());
        rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(verifier.clone())
            .with_single_cert(chain, key)
            .unwrap()
    };
    let mut other_protocol = good();
    other_protocol.alpn_protocols = vec![b"smtp".to_vec()];

    for (what, error, words, is_about_roots) in [
        ("a client's", refusal(wants(rustls::ALL_VERSIONS), &root), "wants a certificate", false),
        (
            "a client's, TLS 1.2",
            refusal(wants(&[&rustls::version::TLS12]), &root),
            "wants a certificate",
            false,
        ),
        ("alpn", refusal(other_protocol, &root), "no version of HTTP", false),
        (
            "expired",
            refusal(authority.certify("localhost", OffsetDateTime::UNIX_EPOCH), &root),
            "has expired",
            false,
        ),
        (
            "another host",
            refusal(authority.certify("hex.example", ages_hence()), &root),
            "not for localhost, but for hex.example",
            false,
        ),
        (
            "unknown",
            refusal(Authority::new().certify("localhost", ages_hence()), &root),
            "not trusted",
            true,
        ),
        ("itself", refusal(Authority::own("localhost", IsCa::NoCa).0, &root), "itself", true),
    ] {
        assert_eq!(error.kind(), ErrorKind::Tls, "{what}: {error}");
        assert!(error.message().contains(words), "{what}: {error}");
        assert_eq!(error.hint().unwrap().contains("ca_file"), is_about_roots, "{what}: {error}");
        for ugly in ["Context", "{", "https://docs", "::", "InvalidCert"] {
            assert!(!error.message().contains(ugly), "{what}: {error}");
        }
    }
}
