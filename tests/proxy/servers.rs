//! Proxies, and servers behind them.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aura_users::Options;

use crate::authority::{Authority, RootFile, ages_hence};
use crate::common::{bound, user};

pub(crate) struct Proxy {
    process: Child,
    port: u16,
    config: PathBuf,
}

/// Another port each time, below the ports that the kernel uses for outgoing connections.
pub(crate) fn free_port() -> u16 {
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
    pub(crate) fn start() -> Self {
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

    pub(crate) fn url(&self, credentials: &str) -> String {
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

/// Listens, and runs `serve` for each connection in a thread of its own. Returns the port.
fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    port
}

/// A proxy that answers each CONNECT with these bytes. After a 2xx it forwards bytes.
pub(crate) struct Connects {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Connects {
    pub(crate) fn start(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let all = heads.clone();
        let port = listen(move |mut client| {
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
        Self { port, heads }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

pub(crate) fn relay(client: TcpStream, server: &TcpStream) {
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
pub(crate) fn tls_port(authority: &Authority) -> (u16, Arc<AtomicU32>) {
    let mut config = authority.certify("localhost", ages_hence());
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let config = Arc::new(config);
    let connections = Arc::new(AtomicU32::new(0));
    let count = connections.clone();
    let port = listen(move |stream| {
        count.fetch_add(1, Relaxed);
        let connection = rustls::ServerConnection::new(config.clone()).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, stream);
        let mut head = [0; 4096];
        while stream.read(&mut head).is_ok_and(|count| count > 0) {
            let _ = stream.write_all(&user());
            let _ = stream.flush();
        }
    });
    (port, connections)
}

/// Options for such a server, and the count.
pub(crate) fn tls_server(authority: &Authority, root: &RootFile) -> (Options, Arc<AtomicU32>) {
    let (port, connections) = tls_port(authority);
    (tls_options(port, root), connections)
}

pub(crate) fn tls_options(port: u16, root: &RootFile) -> Options {
    Options::new()
        .repo_url(format!("https://localhost:{port}/api"))
        .env(false)
        .ca_file(root.0.clone())
        .max_retries(0)
}

/// An https proxy with this configuration, which answers nothing.
pub(crate) fn https_proxy(config: rustls::ServerConfig) -> String {
    let config = Arc::new(config);
    let port = listen(move |stream| {
        let connection = rustls::ServerConnection::new(config.clone()).unwrap();
        let _ = rustls::StreamOwned::new(connection, stream).read(&mut [0]);
    });
    format!("https://localhost:{port}")
}

/// A SOCKS5 proxy that answers each message of the client with the next of these. Returns its port.
pub(crate) fn socks_with(answers: &'static [&'static [u8]]) -> u16 {
    listen(move |mut client| {
        for answer in answers {
            let _ = client.read(&mut [0; 512]);
            let _ = client.write_all(answer);
        }
        let _ = client.read(&mut [0; 512]);
    })
}

/// A SOCKS5 proxy. Returns its port, and for each connection the user, password and host. It
/// takes every host for this machine.
pub(crate) fn socks() -> (u16, Arc<Mutex<Vec<[String; 3]>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let all = asked.clone();
    let port = listen(move |mut client| {
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
    (port, asked)
}
