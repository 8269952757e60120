//! A server that is never the bottleneck. It renders replies before the first request, answers each
//! connection on a thread, and reads only the path of a request. Every row of the audit log has a
//! number of its own, as on a real server.
//!
//!     stand-in [--pages N] [--delay-ms N] [--tls DIR] [--close]
//!
//! It prints its base URL, and ends when its standard input ends. With `--tls` it speaks https and
//! writes its root to DIR/ca.pem. With `--close` it closes every connection after one reply.
//! `/stats` returns the numbers of connections and of TLS handshakes.

use std::io::{BufRead, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};

const USER: &str = include_str!("../../data/user.json");
/// Rows of the real server, about 490 bytes each.
const ROWS: &str = include_str!("../../data/rows.jsonl");
const PAGE_SIZE: usize = 100;
/// Small, because a thousand connections at once need a thousand threads.
const STACK: usize = 64 << 10;

/// The placeholder for the number of a row.
const NUMBER: &str = "9999999999";

/// A page whose rows are numbered anew for each reply.
#[derive(Clone)]
struct Page {
    reply: Vec<u8>,
    /// Where the number of each row begins.
    numbers: Vec<usize>,
}

impl Page {
    fn new(reply: Vec<u8>) -> Self {
        let text = std::str::from_utf8(&reply).unwrap();
        let numbers: Vec<_> = text.match_indices(NUMBER).map(|(at, _)| at).collect();
        assert_eq!(numbers.len(), PAGE_SIZE);
        Self { reply, numbers }
    }

    fn numbered(&mut self, page: u64) -> &[u8] {
        for (row, at) in self.numbers.iter().enumerate() {
            let number = format!("{:010}", 9_000_000_000 - page * PAGE_SIZE as u64 - row as u64);
            self.reply[*at..at + NUMBER.len()].copy_from_slice(number.as_bytes());
        }
        &self.reply
    }
}

struct Server {
    user: Vec<u8>,
    page: Page,
    empty: Vec<u8>,
    pages: u64,
    delay: Duration,
    close: bool,
    tls: Option<Arc<ServerConfig>>,
    connections: AtomicU64,
    full_handshakes: AtomicU64,
    resumed_handshakes: AtomicU64,
}

fn main() {
    let (mut pages, mut delay, mut tls, mut close) = (200, 0, None, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} needs a value"));
        match argument.as_str() {
            "--pages" => pages = value().parse().expect("--pages takes a number"),
            "--delay-ms" => delay = value().parse().expect("--delay-ms takes a number"),
            "--tls" => tls = Some(value()),
            "--close" => close = true,
            _ => panic!("unknown argument {argument}"),
        }
    }
    let rows: Vec<_> = ROWS
        .lines()
        .cycle()
        .take(PAGE_SIZE)
        .map(|row| row.replacen("fixture/1.0", &format!("fixture/1.0 ({NUMBER})"), 1))
        .collect();
    let cached = "cache-control: private, max-age=60\r\netag: 32d5d27aa9bc62efbd86a4b9de8ceb81\r\n\
                  last-modified: Mon, 23 Nov 2026 11:50:46 GMT\r\n";
    let uncached = "cache-control: max-age=0, private, must-revalidate\r\n";
    let connection = if close { "connection: close\r\n" } else { "" };
    let server = Arc::new(Server {
        user: reply(&format!("{cached}{connection}"), USER.trim_end()),
        page: Page::new(reply(
            &format!("{uncached}{connection}"),
            &format!("[{}]", rows.join(",")),
        )),
        empty: reply(&format!("{uncached}{connection}"), "[]"),
        pages,
        delay: Duration::from_millis(delay),
        close,
        tls: tls.as_deref().map(https),
        connections: AtomicU64::new(0),
        full_handshakes: AtomicU64::new(0),
        resumed_handshakes: AtomicU64::new(0),
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    // A thousand clients connect at once. The standard library's queue holds 128.
    rustix::net::listen(&listener, 4096).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (scheme, host) = if tls.is_some() { ("https", "localhost") } else { ("http", "127.0.0.1") };
    println!("{scheme}://{host}:{port}/api");
    thread::spawn(|| {
        let _ = std::io::stdin().lock().read_until(0, &mut Vec::new());
        std::process::exit(0);
    });
    for stream in listener.incoming().flatten() {
        let server = Arc::clone(&server);
        let answer = move || {
            // An error here means that the client has closed the connection.
            let _ = server.answer(stream);
        };
        thread::Builder::new().stack_size(STACK).spawn(answer).unwrap();
    }
}

/// The headers of the real server.
fn reply(headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ndate: Mon, 23 Nov 2026 11:51:27 GMT\r\ncontent-length: {}\r\n\
         vary: accept-encoding\r\ncontent-type: application/json; charset=utf-8\r\n{headers}\
         x-request-id: GOqqVjBdfYa7cjYAACxh\r\nvary: accept, accept-encoding\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Returns a certificate for `localhost`, and writes its root to `folder`.
fn https(folder: &str) -> Arc<ServerConfig> {
    let root_key = rcgen::KeyPair::generate().unwrap();
    let mut root = rcgen::CertificateParams::new([]).unwrap();
    // It needs a name of its own. Otherwise OpenSSL takes the certificate for its own issuer.
    root.distinguished_name.push(rcgen::DnType::CommonName, "stand-in root");
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    root.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    std::fs::write(format!("{folder}/ca.pem"), root_pem).unwrap();
    let issuer = rcgen::Issuer::new(root, root_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate =
        rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let mut config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key.into())
            .unwrap();
    config.ticketer = rustls::crypto::ring::Ticketer::new().unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

impl Server {
    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        stream.set_nodelay(true)?;
        let Some(config) = &self.tls else { return self.serve(stream) };
        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        match stream.conn.handshake_kind() {
            Some(HandshakeKind::Resumed) => &self.resumed_handshakes,
            _ => &self.full_handshakes,
        }
        .fetch_add(1, Ordering::Relaxed);
        self.serve(&mut stream)?;
        stream.conn.send_close_notify();
        stream.flush()
    }

    fn serve(&self, mut stream: impl Read + Write) -> std::io::Result<()> {
        let mut buffer = [0; 8192];
        let mut filled = 0;
        let mut audit_logs = self.page.clone();
        loop {
            let count = stream.read(&mut buffer[filled..])?;
            if count == 0 {
                return Ok(());
            }
            filled += count;
            if !buffer[..filled].ends_with(b"\r\n\r\n") {
                continue;
            }
            let request = std::str::from_utf8(&buffer[..filled]).unwrap_or_default();
            let path = request.split(' ').nth(1).unwrap_or_default();
            if !self.delay.is_zero() {
                thread::sleep(self.delay);
            }
            match path.split_once("/audit-logs") {
                _ if path == "/stats" => stream.write_all(&self.stats())?,
                Some((_, query)) if page(query) <= self.pages => {
                    stream.write_all(audit_logs.numbered(page(query)))?;
                }
                Some(_) => stream.write_all(&self.empty)?,
                None => stream.write_all(&self.user)?,
            }
            stream.flush()?;
            if self.close {
                return Ok(());
            }
            filled = 0;
        }
    }

    fn stats(&self) -> Vec<u8> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (full, resumed) = (count(&self.full_handshakes), count(&self.resumed_handshakes));
        let connections = count(&self.connections);
        let body = format!(
            r#"{{"connections":{connections},"full_handshakes":{full},"resumed_handshakes":{resumed}}}"#
        );
        reply("connection: close\r\n", &body)
    }
}

fn page(query: &str) -> u64 {
    query.strip_prefix("?page=").and_then(|page| page.parse().ok()).unwrap_or(1)
}
