//! The trusted roots: those of `ca_file`, and those of the system.

#[path = "common/authority.rs"]
mod authority;
#[path = "common/bound.rs"]
mod bound;
#[path = "common/tls_server.rs"]
mod tls_server;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use aura_users::{ErrorKind, Options, blocking};
use authority::{Authority, RootFile, ages_hence};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bound::within;
use rcgen::{BasicConstraints, IsCa};
use tls_server::{REPLY, get, serve};

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
