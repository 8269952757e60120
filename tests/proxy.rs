//! Through a real proxy, tinyproxy from Debian's packages (`tools/need tinyproxy` installs it).

mod common;

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use aura_users::{ErrorKind, Options};
use common::{Act, Server, bound, user};

struct Proxy {
    process: Child,
    port: u16,
    config: PathBuf,
}

/// Below the ports that the kernel gives to outgoing connections, and another one each time.
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
    /// A proxy that wants this user and password.
    fn start() -> Self {
        // Others may take a port between the look and tinyproxy's bind(): then it ends.
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
fn a_proxy_that_refuses_is_told_from_the_server() {
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
fn no_proxy_names_the_hosts_reached_without() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let nowhere = Options::new().proxy("http://127.0.0.1:1").max_retries(0);
    let client = server.client().with_options(nowhere.clone());
    assert_eq!(client.get_user("eric").unwrap_err().kind(), ErrorKind::Connect);
    for exceptions in ["127.0.0.1", "127.0.0.0/8", "example.com, 127.0.0.1"] {
        let client = server.client().with_options(nowhere.clone().no_proxy(exceptions));
        client.get_user("eric").unwrap();
    }
}

/// https: a tunnel, in which the server's certificate counts. tinyproxy answers 500 where nobody
/// listens behind it.
#[test]
fn https_goes_through_a_tunnel() {
    let proxy = Proxy::start();
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = server.local_addr().unwrap().port();
    let asked = std::thread::spawn(move || {
        use std::io::Read as _;
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
