//! TLS, against a real server with test certificates.

#[path = "common/authority.rs"]
mod authority;
#[path = "common/bound.rs"]
mod bound;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aura_users::{Call, CancelToken, Error, ErrorKind, Options, User, blocking};
use authority::{Authority, RootFile, ages_hence};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bound::{bound, within};
use rcgen::{BasicConstraints, IsCa};
use time::OffsetDateTime;

const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
    content-length: 19\r\nconnection: close\r\n\r\n{\"username\":\"eric\"}";

type Connection = rustls::StreamOwned<rustls::ServerConnection, TcpStream>;

/// A server that calls `answer` for each connection that brings a request. Returns its port.
fn serve_each(config: rustls::ServerConfig, answer: fn(&mut Connection)) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            std::thread::spawn(move || {
                // A client that refuses the certificate disconnects here.
                if stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
                    answer(&mut stream);
                }
            });
        }
    });
    port
}

/// A server that sends the same reply to every request. Returns its port.
fn serve(config: rustls::ServerConfig) -> u16 {
    serve_each(config, |stream| {
        let _ = stream.write_all(REPLY);
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}

fn options(port: u16) -> Options {
    Options::new().repo_url(format!("https://localhost:{port}/api")).env(false)
}

fn get(port: u16, root: Option<&RootFile>) -> Result<User, Error> {
    let mut options = options(port).api_key("key");
    if let Some(RootFile(path)) = root {
        options = options.ca_file(path.clone());
    }
    blocking::Client::new(options).unwrap().get_user("eric")
}

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
fn a_self_signed_certificate_in_ca_file_is_trusted_unless_it_is_an_authoritys() {
    let get = |is_ca| {
        let (config, pem) = Authority::own("localhost", is_ca);
        let file = Authority::new().file();
        std::fs::write(&file.0, pem).unwrap();
        get(serve(config), Some(&file))
    };
    assert_eq!(get(IsCa::NoCa).unwrap().username(), "eric");
    let error = get(IsCa::Ca(BasicConstraints::Unconstrained)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    assert!(error.message().contains("certificate authority (CA:TRUE)"), "{error}");
    assert!(error.hint().unwrap().contains("one without CA:TRUE"), "{error}");
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
    static ACCEPTED: AtomicUsize = AtomicUsize::new(0);
    let limit = Duration::from_millis(300);
    let authority = Authority::new();
    let root = authority.file();
    let config = Arc::new(authority.certify("localhost", ages_hence()));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut stalled = Vec::new();
        for stream in listener.incoming().map(Result::unwrap) {
            if ACCEPTED.fetch_add(1, Ordering::SeqCst) != 1 {
                stalled.push(stream);
                continue;
            }
            // Longer than the limit of the first call.
            std::thread::sleep(3 * limit);
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            std::thread::spawn(move || {
                let kept = String::from_utf8_lossy(REPLY).replace("connection: close\r\n", "");
                while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
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
    for more in [0, 2, 1, 3] {
        get(bound(30) + Duration::from_millis(more)).unwrap();
    }
    assert_eq!(ACCEPTED.load(Ordering::SeqCst), 2);
    // A call that opens a connection has its own limit still. A POST does so.
    let options = Options::new().connect_timeout(limit);
    let call = client.with_options(options).reset_user_password_start("eric").unwrap();
    let error = within(limit, || {
        assert!(call.wait(Some(bound(60))));
        call.take().unwrap().unwrap_err()
    });
    assert!(error.message().contains("connect_timeout"), "{error}");
}

fn result(call: &Call<User>) -> Result<User, Error> {
    assert!(call.wait(Some(bound(60))));
    call.take().unwrap()
}

/// reqwest does not count interim replies. Over TLS it reads few of them in one turn.
#[test]
fn a_flood_of_interim_replies_over_https_delays_nothing_else() {
    static FLOODS: AtomicUsize = AtomicUsize::new(0);
    let authority = Authority::new();
    let root = authority.file();
    let flood = serve_each(authority.certify("localhost", ages_hence()), |stream| {
        FLOODS.fetch_add(1, Ordering::SeqCst);
        let pieces = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(1000);
        while stream.write_all(&pieces).is_ok() {}
    });
    let flooded = options(flood).ca_file(root.0.clone()).max_retries(0);
    let limit = Duration::from_millis(500);
    let timed = blocking::Client::new(flooded.clone().timeout(limit)).unwrap();
    let error = within(limit, || result(&timed.get_user_start("eric").unwrap()).unwrap_err());
    assert!([ErrorKind::Decode, ErrorKind::Timeout].contains(&error.kind()), "{error}");

    let token = CancelToken::new();
    let flooded = blocking::Client::new(flooded).unwrap().with_cancel_token(token.clone());
    let calls: Vec<_> = (0..4).map(|_| flooded.get_user_start("eric").unwrap()).collect();
    while FLOODS.load(Ordering::SeqCst) < 5 {
        std::thread::yield_now();
    }
    let good = serve(authority.certify("localhost", ages_hence()));
    let client = blocking::Client::new(options(good).ca_file(root.0.clone())).unwrap();
    within(Duration::from_secs(10), || result(&client.get_user_start("eric").unwrap()).unwrap());
    within(Duration::from_secs(10), || {
        token.cancel();
        for call in calls {
            result(&call).unwrap_err();
        }
    });
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
            kept.extend(stream.ok().filter(|_| keep));
            count.fetch_add(1, Ordering::SeqCst);
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
    let limit = Duration::from_millis(300);
    for options in [options(port).timeout(limit), options(port).total_timeout(limit)] {
        let client = blocking::Client::new(options).unwrap();
        let error = client.create_user("eric", "password", &["a@b.c"]).unwrap_err();
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
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
            // GOAWAY with ENHANCE_YOUR_CALM and the most debug data that fits.
            let debug = [0x1b; 16_376];
            let mut goaway = vec![0, 0x40, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];
            goaway.extend(debug);
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&[&settings[..], &goaway].concat());
            let _ = stream.flush();
            let _ = stream.read(&mut [0; 4096]);
        }
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

#[test]
fn a_malformed_ca_file_is_named() {
    let path = std::env::temp_dir().join(format!("aura-test-no-root-{}.pem", std::process::id()));
    let get_with = |path: &PathBuf| {
        let options =
            Options::new().repo_url("https://localhost:1/api").env(false).ca_file(path.clone());
        blocking::Client::new(options).unwrap().get_user("eric").unwrap_err()
    };
    let missing = get_with(&path);
    std::fs::write(&path, "no certificate").unwrap();
    let empty = get_with(&path);
    std::fs::remove_file(&path).unwrap();
    for (error, why) in [(missing, "No such file"), (empty, "holds no certificate")] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let message = error.message();
        assert!(message.contains(path.to_str().unwrap()) && message.contains(why), "{message}");
    }
}

/// PEM in the forms that OpenSSL reads.
#[test]
fn a_ca_file_may_hold_more_than_one_plain_certificate() {
    let (authority, other) = (Authority::new(), Authority::new());
    let port = serve(authority.certify("localhost", ages_hence()));
    let pem = &authority.pem;
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n";
    for (what, text) in [
        ("a byte order mark", format!("\u{feff}{pem}")),
        ("CRLF", pem.replace('\n', "\r\n")),
        ("blanks at the ends", pem.replace('\n', "  \n")),
        ("comments", format!("# ours\nsubject=CN = x\n{pem}\nthe end")),
        ("a key", format!("{key}{pem}{key}")),
        ("several", format!("{}{pem}", other.pem)),
        ("the old name", pem.replace("CERTIFICATE", "X509 CERTIFICATE")),
        ("OpenSSL's name", pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE")),
    ] {
        let file = authority.file();
        std::fs::write(&file.0, &text).unwrap();
        let user = get(port, Some(&file)).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(user.username(), "eric", "{what}");
    }
    let damaged = pem.replacen("MI", "M!", 1);
    for (text, why) in [(key, "no certificate"), (&damaged, "damaged"), ("", "no certificate")] {
        let file = authority.file();
        std::fs::write(&file.0, text).unwrap();
        let error = get(port, Some(&file)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.message().contains(why), "{error}");
    }
}

/// The extended key usages serverAuth and emailProtection.
const SERVER: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const MAIL: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 4];

/// The root in OpenSSL's form, with the uses that it is trusted and rejected for.
fn with_trust_settings(authority: &Authority, trusted: &[&[u8]], rejected: &[&[u8]]) -> String {
    let tagged =
        |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let list = |tag: u8, uses: &[&[u8]]| match uses {
        [] => vec![],
        uses => tagged(tag, &uses.iter().flat_map(|usage| tagged(6, usage)).collect::<Vec<_>>()),
    };
    let settings = tagged(0x30, &[list(0x30, trusted), list(0xa0, rejected)].concat());
    let all = [authority.root().as_ref(), &settings].concat();
    let label = "TRUSTED CERTIFICATE-----";
    format!("-----BEGIN {label}\n{}\n-----END {label}\n", BASE64_STANDARD.encode(all))
}

#[test]
fn a_root_that_the_ca_file_rejects_is_not_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let port = serve(authority.certify("localhost", ages_hence()));
    let pem = &authority.pem;
    let ours =
        |trusted: &[&[u8]], rejected: &[&[u8]]| with_trust_settings(&authority, trusted, rejected);
    let refused = "not trusted here";
    let damaged = ours(&[], &[]).replacen("MI", "MA", 1);
    for (what, text, why) in [
        ("nothing said", ours(&[], &[]), None),
        ("trusted for servers", ours(&[SERVER], &[MAIL]), None),
        ("rejected for servers", ours(&[], &[SERVER]) + &other.pem, Some(refused)),
        ("trusted for mail only", ours(&[MAIL], &[]) + &other.pem, Some(refused)),
        ("rejected first", ours(&[], &[SERVER]) + pem + &other.pem, Some(refused)),
        ("rejected later", pem.clone() + &ours(&[], &[SERVER]), None),
        ("all rejected", ours(&[], &[SERVER]), Some("reject each of its certificates")),
        ("settings of a usual entry", ours(&[], &[SERVER]).replace("TRUSTED ", ""), None),
        ("damaged", damaged, Some("certificate 1")),
    ] {
        let file = authority.file();
        std::fs::write(&file.0, &text).unwrap();
        match (get(port, Some(&file)), why) {
            (Ok(_), None) => {}
            (Err(error), Some(why)) => assert!(error.message().contains(why), "{what}: {error}"),
            (result, _) => panic!("{what}: {result:?}"),
        }
    }
}

/// Runs in its own process, because it changes the environment.
#[test]
fn a_root_that_the_ca_file_rejects_is_no_root_of_the_system_either() {
    if let Some(root) = std::env::var_os("AURA_TEST_REJECTED") {
        let port = std::env::var("AURA_TEST_PORT").unwrap().parse().unwrap();
        let error = get(port, Some(&RootFile(root.into()))).unwrap_err();
        assert!(error.message().contains("not trusted here"), "{error}");
        return;
    }
    let (authority, other) = (Authority::new(), Authority::new());
    let port = serve(authority.certify("localhost", ages_hence()));
    let (system, file) = (authority.file(), other.file());
    let rejected = with_trust_settings(&authority, &[], &[SERVER]);
    std::fs::write(&file.0, rejected + &other.pem).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_root_that_the_ca_file_rejects_is_no_root_of_the_system_either"])
        .env("AURA_TEST_REJECTED", &file.0)
        .env("AURA_TEST_PORT", port.to_string())
        .env("SSL_CERT_FILE", &system.0)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
#[cfg(unix)]
fn an_endless_ca_file_delays_no_deadline() {
    let path = std::env::temp_dir().join(format!("aura-test-fifo-{}", std::process::id()));
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let limit = Duration::from_millis(300);
    for (path, kind) in [
        (path.clone(), ErrorKind::Timeout),
        (PathBuf::from("/dev/zero"), ErrorKind::InvalidArgument),
    ] {
        let options = Options::new()
            .repo_url("https://localhost:1/api")
            .env(false)
            .ca_file(path)
            .timeout(limit);
        let client = blocking::Client::new(options).unwrap();
        let error = within(limit, || client.get_user("eric").unwrap_err());
        assert!([kind, ErrorKind::Timeout].contains(&error.kind()), "{error}");
        let call = client.get_user_start("eric").unwrap();
        let error = within(limit, || {
            assert!(call.wait(None));
            call.take().unwrap().unwrap_err()
        });
        assert!([kind, ErrorKind::Timeout].contains(&error.kind()), "{error}");
        assert_eq!(error.attempts(), 0);
    }
    for (options, option) in [
        (Options::new().timeout(limit), "timeout (0.3 s)"),
        (Options::new().total_timeout(limit), "total_timeout (0.3 s)"),
        (Options::new().connect_timeout(limit), "connect_timeout"),
    ] {
        let options = options.repo_url("https://localhost:1/api").env(false).ca_file(path.clone());
        let error = blocking::Client::new(options).unwrap().get_user("eric").unwrap_err();
        let text = format!("within {option}: ca_file is still being read; check the file");
        assert!(error.to_string().contains(&text), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
}

/// Each case runs in its own process, because it needs its own environment.
#[test]
fn openssl_variables_count_unless_they_are_empty() {
    if let Ok(port) = std::env::var("AURA_TEST_PORT") {
        let error = get(port.parse().unwrap(), None).map(|user| user.username().to_owned());
        println!("\nresult: {error:?}");
        return;
    }
    let authority = Authority::new();
    let (root, port) = (authority.file(), serve(authority.certify("localhost", ages_hence())));
    let root = root.0.to_str().unwrap();
    let run = |file: Option<&str>, directory: Option<&str>| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "openssl_variables_count_unless_they_are_empty"])
            .arg("--nocapture")
            .env("AURA_TEST_PORT", port.to_string())
            .env_remove("SSL_CERT_FILE")
            .env_remove("SSL_CERT_DIR");
        for (name, value) in [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", directory)] {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
        text.lines().find(|line| line.starts_with("result: ")).unwrap_or(&text).to_owned()
    };
    assert!(run(Some(root), None).contains("eric"));
    assert!(run(Some(root), Some("")).contains("eric"));
    assert!(run(Some(root), Some("/nonexistent")).contains("eric"));
    // Empty: the system's roots, which do not include this one.
    let unset = run(None, None);
    assert_eq!(run(Some(""), Some("")), unset);
    assert_eq!(run(Some(""), None), unset);
    let text = run(Some("/nonexistent"), None);
    assert!(text.contains("SSL_CERT_FILE") && text.contains("/nonexistent"), "{text}");
    let text = run(None, Some("/nonexistent"));
    assert!(text.contains("SSL_CERT_DIR") && text.contains("/nonexistent"), "{text}");
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

#[test]
fn a_secret_set_as_ca_file_is_not_repeated() {
    let get_with = |ca_file: &str| {
        let options =
            Options::new().repo_url("https://localhost:1/api").env(false).ca_file(ca_file);
        let error = blocking::Client::new(options).unwrap().get_user("eric").unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidArgument, 0));
        error
    };
    for secret in [
        "0123456789abcdef0123456789abcdef",
        "MC4CAQAw/BQYDK2Vw+BCIEIA==",
        "/9j4AAQSkZJRgABAQAAAQABAAD",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAw/BQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
        "https://eric:hunter2@proxy.example/ca.pem",
        "src\\hunter2",
        "src/hunter2",
    ] {
        let error = get_with(secret);
        assert!(error.message().starts_with("ca_file cannot be used: "), "{error}");
        let all = error.to_string() + &error.to_json();
        assert!(secret.lines().all(|line| !all.contains(line)), "{error}");
    }
    let missing = std::env::temp_dir().join("aura-test-missing");
    for path in [missing.to_str().unwrap(), "missing.pem", "no/such/folder/ca.crt"] {
        let error = get_with(path);
        assert!(error.message().starts_with(&format!("ca_file {path} cannot be")), "{error}");
    }
}

/// Runs in its own process, because it changes the environment.
#[test]
fn without_roots_http_works_and_https_names_the_missing_roots() {
    if std::env::var_os("SSL_CERT_FILE").is_some_and(|file| file == "/nonexistent") {
        return in_a_process_without_roots();
    }
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "without_roots_http_works_and_https_names_the_missing_roots"])
        .env("SSL_CERT_FILE", "/nonexistent")
        .env("SSL_CERT_DIR", "/nonexistent")
        .status()
        .unwrap();
    assert!(status.success());
}

fn in_a_process_without_roots() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(REPLY).unwrap();
    });
    let plain = Options::new().repo_url(format!("http://127.0.0.1:{port}/api")).env(false);
    let client = blocking::Client::new(plain).unwrap();
    client.get_user("eric").unwrap();
    let https = Options::new().repo_url("https://localhost:1/api");
    let error = client.with_options(https).get_user("eric").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert!(error.message().contains("no trusted root certificates"), "{error}");
    assert!(error.message().contains("SSL_CERT_FILE"), "{error}");
    assert!(error.hint().unwrap().contains("ca_file"), "{error}");

    let authority = Authority::new();
    let port = serve(authority.certify("localhost", ages_hence()));
    assert_eq!(get(port, Some(&authority.file())).unwrap().username(), "eric");
}
