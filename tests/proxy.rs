//! Calls through a real proxy: tinyproxy from Debian (`tools/need tinyproxy-bin` installs it).

#[path = "common/authority.rs"]
mod authority;
mod common;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aura_users::{Error, ErrorKind, Options, User, blocking};
use authority::{Authority, RootFile, ages_hence};
use common::{Act, Flood, Server, behind, bound, json, user, within};
use time::OffsetDateTime;

struct Proxy {
    process: Child,
    port: u16,
    config: PathBuf,
}

/// Another port each time, below the ports that the kernel uses for outgoing connections.
fn free_port() -> u16 {
    static LOOKS: AtomicU32 = AtomicU32::new(0);
    loop {
        let look = std::process::id().wrapping_mul(50).wrapping_add(LOOKS.fetch_add(1, Relaxed));
        let port = 20_000 + u16::try_from(look % 12_000).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

impl Proxy {
    /// A proxy that requires this user and password.
    fn start() -> Self {
        // Another program may take the port before tinyproxy's bind(): then tinyproxy ends.
        (0..10).find_map(|_| Self::start_at(free_port())).expect("tinyproxy does not listen")
    }

    fn start_at(port: u16) -> Option<Self> {
        let config = std::env::temp_dir().join(format!("aura-test-proxy-{port}.conf"));
        let mut file = std::fs::File::create(&config).unwrap();
        write!(file, "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nBasicAuth eric passw0rd\n")
            .unwrap();
        let process = Command::new("tinyproxy")
            .args(["-d", "-c"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tinyproxy is missing: run `tools/need tinyproxy-bin`");
        let mut proxy = Self { process, port, config };
        let deadline = Instant::now() + bound(60);
        while Instant::now() < deadline && proxy.process.try_wait().unwrap().is_none() {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Some(proxy);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    fn url(&self, credentials: &str) -> String {
        format!("http://{credentials}127.0.0.1:{}", self.port)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.config);
    }
}

const CREDENTIALS: &str = "eric:p%61ssw0rd@";

#[test]
fn requests_go_through_the_proxy_with_its_credentials() {
    let (proxy, server) = (Proxy::start(), Server::start(|_, _| Act::Reply(user())));
    let client = server.client().with_options(Options::new().proxy(proxy.url(CREDENTIALS)));
    client.get_user("eric").unwrap();
    client.get_user("eric").unwrap();
    let requests = server.requests();
    let via = requests[0].header("via").unwrap();
    assert!(via.contains("tinyproxy"), "{via}");
    assert_eq!(requests[0].header("proxy-authorization"), None);
}

#[test]
fn plain_http_goes_to_the_proxy_with_the_whole_url() {
    let proxy = Server::start(|nth, _| match nth {
        0 => Act::Reply(json(302, &[("location", "/api/users/2")], "")),
        3 => Act::Reply(json(204, &[], "")),
        _ => Act::Reply(user()),
    });
    let url = proxy.url().replace("//", "//er%20ic:p%40ss@");
    let client = blocking::Client::new(behind(&url).api_key("key")).unwrap();
    client.get_user("1").unwrap();
    client.get_user("3").unwrap();
    client.reset_user_password("4").unwrap();
    let requests = proxy.requests();
    let targets = ["users/1", "users/2", "users/3", "users/4/reset"];
    for (request, target) in requests.iter().zip(targets) {
        assert_eq!(request.target, format!("http://hex.example/api/{target}"));
        assert_eq!(request.header("host"), Some("hex.example"));
        assert_eq!(request.header("authorization"), Some("key"));
        assert_eq!(request.header("proxy-authorization"), Some("Basic ZXIgaWM6cEBzcw=="));
    }
    let connections: Vec<_> = requests.iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 0, 1]);
}

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
fn a_flood_of_interim_replies_through_a_proxy_delays_nothing() {
    let (socks, _) = socks();
    let limit = Duration::from_millis(500);
    for way in ["http", "CONNECT", "SOCKS"] {
        let flood = Flood::start();
        let behind = behind(&format!("http://127.0.0.1:{}", flood.port)).max_retries(0);
        let options = match way {
            "http" => behind,
            "CONNECT" => behind.repo_url("https://hex.example/api"),
            _ => flood.options().proxy(format!("socks5://127.0.0.1:{socks}")),
        };
        let error = within(limit, || get(options.clone().timeout(limit)).unwrap_err());
        let kinds = [ErrorKind::Decode, ErrorKind::Connect, ErrorKind::Timeout];
        assert!(kinds.contains(&error.kind()), "{way}: {error}");
        flood.delays_no_other_call(options.clone());
        // The flood itself ends the call, also on a machine that reads it slowly.
        let patient = options.timeout(bound(60)).total_timeout(bound(60));
        let error = get(patient.connect_timeout(bound(60))).unwrap_err();
        assert!(error.message().contains("interim replies"), "{way}: {error}");
    }
}

#[test]
fn the_error_of_a_proxy_differs_from_the_servers() {
    let (proxy, server) = (Proxy::start(), Server::start(|_, _| Act::Reply(user())));
    let client = server.client().with_options(Options::new().proxy(proxy.url("")));
    let error = client.get_user("eric").unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedStatus, Some(407)));
    assert!(error.hint().unwrap().contains("option proxy"), "{error}");
    // This proxy answers 401 to a wrong password.
    let client = server.client().with_options(Options::new().proxy(proxy.url("eric:wrong@")));
    let error = client.get_user("eric").unwrap_err();
    assert!(!error.to_string().contains("wrong"), "{error}");
    assert_eq!(server.connections(), 0);
}

#[test]
fn hosts_in_no_proxy_are_reached_directly() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let nowhere = Options::new().proxy("http://127.0.0.1:1").max_retries(0);
    let client = server.client().with_options(nowhere.clone());
    assert_eq!(client.get_user("eric").unwrap_err().kind(), ErrorKind::Connect);
    for exceptions in ["127.0.0.1", "127.0.0.0/8", "example.com, 127.0.0.1"] {
        let client = server.client().with_options(nowhere.clone().no_proxy(exceptions));
        client.get_user("eric").unwrap();
    }
}

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

/// A proxy that answers each CONNECT with these bytes. After a 2xx it forwards bytes.
struct Connects {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Connects {
    fn start(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let all = heads.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (mut client, answer, all) = (client.unwrap(), answer.clone(), all.clone());
                std::thread::spawn(move || {
                    let mut head = Vec::new();
                    let mut byte = [0];
                    while !head.ends_with(b"\r\n\r\n") && client.read_exact(&mut byte).is_ok() {
                        head.push(byte[0]);
                    }
                    let head = String::from_utf8(head).unwrap();
                    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    all.lock().unwrap().push(head);
                    let _ = client.write_all(&answer);
                    if answer.get(9) == Some(&b'2') {
                        relay(client, &TcpStream::connect(target).unwrap());
                    }
                });
            }
        });
        Self { port, heads }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn relay(client: TcpStream, server: &TcpStream) {
    let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let back = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    let _ = std::io::copy(&mut &client, &mut &*server);
    let _ = server.shutdown(std::net::Shutdown::Both);
    let _ = back.join();
}

/// A TLS server that keeps and counts its connections. Returns its port, and the count.
fn tls_port(authority: &Authority) -> (u16, Arc<AtomicU32>) {
    let mut config = authority.certify("localhost", ages_hence());
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicU32::new(0));
    let count = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Relaxed);
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                while stream.read(&mut head).is_ok_and(|count| count > 0) {
                    let _ = stream.write_all(&user());
                    let _ = stream.flush();
                }
            });
        }
    });
    (port, connections)
}

/// Options for such a server, and the count.
fn tls_server(authority: &Authority, root: &RootFile) -> (Options, Arc<AtomicU32>) {
    let (port, connections) = tls_port(authority);
    (tls_options(port, root), connections)
}

fn tls_options(port: u16, root: &RootFile) -> Options {
    Options::new()
        .repo_url(format!("https://localhost:{port}/api"))
        .env(false)
        .ca_file(root.0.clone())
        .max_retries(0)
}

fn get(options: Options) -> Result<User, Error> {
    blocking::Client::new(options).unwrap().get_user("eric")
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
        let options = options.clone().connect_timeout(Duration::from_millis(500));
        let error = get(options.proxy(proxy.url())).unwrap_err();
        let kinds = [ErrorKind::Connect, ErrorKind::Timeout];
        assert!(kinds.contains(&error.kind()), "{nonsense}: {error}");
        assert!(error.message().contains("proxy"), "{error}");
    }
    assert_eq!(connections.load(Relaxed), 0);
}

#[test]
fn refused_credentials_of_a_proxy_are_not_missing_ones() {
    let answer = "HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n";
    for scheme in ["http", "https"] {
        for (credentials, hint) in [("", "put the proxy's user"), ("u:pw@", "refuses the user")] {
            let url = Connects::start(answer).url().replace("//", &format!("//{credentials}"));
            let options = Options::new().repo_url(format!("{scheme}://hex.example/api")).env(false);
            let error = get(options.proxy(url)).unwrap_err();
            assert_eq!(error.status(), Some(407), "{error}");
            assert!(error.hint().unwrap().contains(hint), "{error}");
            assert!(!error.to_string().contains("pw"), "{error}");
        }
    }
}

#[test]
fn a_407_without_a_proxy_does_not_ask_for_the_proxys_password() {
    let server = Server::start(|_, _| Act::Reply(json(407, &[], "{}")));
    let error = server.client().get_user("eric").unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedStatus, Some(407)));
    let hint = error.hint().unwrap();
    assert!(hint.contains("check repo_url") && !hint.contains("password"), "{error}");
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

/// A SOCKS5 proxy that answers each message of the client with the next of these. Returns its port.
fn socks_with(answers: &'static [&'static [u8]]) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            for answer in answers {
                let _ = client.read(&mut [0; 512]);
                let _ = client.write_all(answer);
            }
            let _ = client.read(&mut [0; 512]);
        }
    });
    port
}

#[test]
fn the_refusal_of_a_socks_proxy_is_explained() {
    type Case = (&'static str, &'static [&'static [u8]], &'static str, &'static str);
    let cases: [Case; 5] = [
        ("", &[b"\x05\xff"], "it requires a user and a password", "put the proxy's user"),
        ("u:pw@", &[b"\x05\xff"], "does not accept a user and a password", "check the proxy"),
        ("u:pw@", &[b"\x05\x02", b"\x01\x01"], "not accept this user", "refuses the user"),
        (
            "",
            &[b"\x05\x00", b"\x05\x02\x00\x01\0\0\0\0\0\0"],
            "it answers \"connection not allowed\"",
            "check the proxy",
        ),
        ("", &[b"HTTP/1.1 400 Bad Request\r\n\r\n"], "does not speak SOCKS5", "check the proxy"),
    ];
    for (credentials, answers, words, hint) in cases {
        let proxy = format!("socks5h://{credentials}127.0.0.1:{}", socks_with(answers));
        let options = Options::new().repo_url("https://hex.example/api").env(false).max_retries(0);
        let error = get(options.proxy(proxy)).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 0), "{error}");
        assert!(error.message().contains(words), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{error}");
        assert!(!error.message().contains("SOCKS error"), "{error}");
    }
}

/// With socks5, the client looks up the name before it connects to the proxy.
#[test]
fn a_name_that_is_not_found_is_no_matter_of_the_socks_proxy() {
    // No name has a part of 64 letters, so no server is asked.
    let url = format!("https://{}.invalid/api", "a".repeat(64));
    let options = Options::new().repo_url(url).env(false).max_retries(0);
    let error = get(options.proxy("socks5://127.0.0.1:1")).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 0), "{error}");
    assert!(error.message().starts_with("the name of the server was not found"), "{error}");
    assert!(error.hint().unwrap().contains("socks5h://"), "{error}");
}

#[test]
fn a_proxy_that_cannot_be_reached_is_named() {
    for scheme in ["http", "https", "socks5", "socks5h"] {
        for url in ["http://192.0.2.1/api", "https://192.0.2.1/api"] {
            let options = Options::new().repo_url(url).env(false).max_retries(0);
            let error = get(options.proxy(format!("{scheme}://u:pw@127.0.0.1:1"))).unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 0), "{error}");
            let message = error.message();
            assert!(message.contains("the proxy of the option proxy"), "{scheme} {url}: {error}");
            assert!(message.contains("refused"), "{scheme} {url}: {error}");
            assert!(!error.to_string().contains("pw"), "{error}");
        }
    }
}

/// An https proxy with this configuration, which answers nothing.
fn https_proxy(config: rustls::ServerConfig) -> String {
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let _ = rustls::StreamOwned::new(connection, stream.unwrap()).read(&mut [0]);
        }
    });
    format!("https://localhost:{port}")
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

/// A SOCKS5 proxy. Returns its port, and for each connection the user, password and host. It
/// takes every host for this machine.
fn socks() -> (u16, Arc<Mutex<Vec<[String; 3]>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let all = asked.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, all) = (client.unwrap(), all.clone());
            std::thread::spawn(move || {
                let mut reader = client.try_clone().unwrap();
                let mut read = |count: u8| {
                    let mut bytes = vec![0; count.into()];
                    reader.read_exact(&mut bytes).unwrap();
                    bytes
                };
                let count = read(2)[1];
                let method = read(count)[0];
                client.write_all(&[5, method]).unwrap();
                let [mut user, mut password] = [String::new(), String::new()];
                if method == 2 {
                    let length = read(2)[1];
                    user = String::from_utf8(read(length)).unwrap();
                    let length = read(1)[0];
                    password = String::from_utf8(read(length)).unwrap();
                    client.write_all(&[1, 0]).unwrap();
                }
                let host = match read(4)[3] {
                    1 => read(4).iter().map(u8::to_string).collect::<Vec<_>>().join("."),
                    3 => {
                        let length = read(1)[0];
                        String::from_utf8(read(length)).unwrap()
                    }
                    _ => {
                        read(16);
                        "an address of IPv6".to_owned()
                    }
                };
                let port = u16::from_be_bytes(read(2).try_into().unwrap());
                all.lock().unwrap().push([user, password, host]);
                client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).unwrap();
                relay(client, &TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap());
            });
        }
    });
    (port, asked)
}

#[test]
fn socks_leads_to_http_and_https() {
    let (authority, plain) = (Authority::new(), Server::start(|_, _| Act::Reply(user())));
    let root = authority.file();
    let (tls_port, _) = tls_port(&authority);
    let tls = tls_options(tls_port, &root);
    let (port, asked) = socks();
    let proxy = |scheme: &str| format!("{scheme}://127.0.0.1:{port}");
    let url = plain.url().replace("127.0.0.1", "localhost");
    get(plain.options().repo_url(&url).proxy(proxy("socks5h"))).unwrap();
    get(plain.options().repo_url(&url).proxy(proxy("socks5"))).unwrap();
    get(tls.clone().proxy(proxy("socks5h"))).unwrap();
    let client = blocking::Client::new(
        plain.options().proxy(format!("socks5h://er%20ic:p%40ss@127.0.0.1:{port}")),
    );
    let client = client.unwrap();
    client.get_user("eric").unwrap();
    client.get_user("eric").unwrap();
    // The certificate is that of localhost.
    for scheme in ["socks5", "socks5h"] {
        let by_address = format!("https://[::1]:{tls_port}/api");
        let error = get(tls.clone().repo_url(by_address).proxy(proxy(scheme))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    }
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0], ["", "", "localhost"]);
    let locally = &asked[1][2];
    assert!(locally == "127.0.0.1" || locally == "an address of IPv6", "{asked:?}");
    assert_eq!(asked[2], ["", "", "localhost"]);
    assert_eq!(asked[3], ["er ic", "p@ss", "127.0.0.1"]);
    assert_eq!(asked[4..], [["", "", "an address of IPv6"], ["", "", "an address of IPv6"]]);
    assert_eq!(plain.requests().last().unwrap().target, "/api/users/eric");
}
