//! A server whose every reply a test decides.

#![allow(dead_code, unreachable_pub, unused_imports)] // each test file uses a part of it

mod bound;
mod longer;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use aura_users::{CancelToken, Options, blocking};

pub(crate) use bound::{bound, within};
pub(crate) use longer::try_longer;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The number of its connection, from 0.
    pub connection: usize,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The `page` of its query.
    pub fn page(&self) -> u64 {
        self.target.rsplit_once("page=").unwrap().1.parse().unwrap()
    }
}

/// What to do with a request.
pub enum Act {
    /// Write these bytes and keep the connection.
    Reply(Vec<u8>),
    /// Write the first bytes, and some milliseconds later the others, without a request for them.
    ReplyAndMore(Vec<u8>, u64, Vec<u8>),
    /// Write these bytes and close the connection.
    ReplyAndClose(Vec<u8>),
    /// Write these bytes, then nothing more, with the connection open.
    Stall(Vec<u8>),
    /// Write these bytes one at a time, until the client goes away.
    Dribble(Vec<u8>),
}

pub struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
    more: Arc<AtomicUsize>,
    closed: mpsc::Receiver<usize>,
}

impl Server {
    /// `act` decides about the nth request, counted from 0.
    pub fn start(act: impl Fn(usize, &Request) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let more = Arc::new(AtomicUsize::new(0));
        let (closes, closed) = mpsc::channel();
        let act = Arc::new(act);
        let (all, count, mores) = (requests.clone(), connections.clone(), more.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = count.fetch_add(1, Ordering::SeqCst);
                let (act, all, closes) = (act.clone(), all.clone(), closes.clone());
                let mores = mores.clone();
                thread::spawn(move || {
                    serve(stream.unwrap(), connection, &*act, &all, &mores);
                    let _ = closes.send(connection);
                });
            }
        });
        Self { port, requests, connections, more, closed }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/api", self.port)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until unrequested bytes were sent for the nth time, counted from 1.
    pub fn wait_for_more(&self, nth: usize) {
        while self.more.load(Ordering::SeqCst) < nth {
            thread::sleep(Duration::from_micros(100));
        }
    }

    /// Waits until a connection ends, and returns its number.
    pub fn next_closed(&self) -> usize {
        self.closed.recv_timeout(bound(60)).unwrap()
    }

    /// Options for this server only.
    pub fn options(&self) -> Options {
        Options::new().repo_url(self.url()).env(false)
    }

    /// Options for a server that this one is the proxy of.
    pub fn options_as_proxy(&self) -> Options {
        behind(&format!("http://127.0.0.1:{}", self.port))
    }

    pub fn client(&self) -> blocking::Client {
        blocking::Client::new(self.options()).unwrap()
    }
}

/// Options for a server with plain http behind this proxy.
pub fn behind(proxy: &str) -> Options {
    let options = Options::new().repo_url("http://hex.example/api").proxy(proxy);
    options.allow_insecure_http(true).env(false)
}

/// A server or a proxy that answers with interim replies until the reader closes.
pub struct Flood {
    pub port: u16,
    floods: Arc<AtomicUsize>,
}

impl Flood {
    /// A server that sends interim replies without an end.
    pub fn start() -> Self {
        Self::of("", &"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(1000))
    }

    /// A server that sends the digits of the size of a chunk without an end.
    pub fn of_digits() -> Self {
        Self::of("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", &"0".repeat(1 << 16))
    }

    fn of(start: &'static str, pieces: &str) -> Self {
        let pieces = pieces.as_bytes().to_vec();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let floods = Arc::new(AtomicUsize::new(0));
        let count = floods.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, count, pieces) = (stream.unwrap(), count.clone(), pieces.clone());
                thread::spawn(move || {
                    let _ = stream.read(&mut [0; 4096]);
                    count.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.write_all(start.as_bytes());
                    while stream.write_all(&pieces).is_ok() {}
                });
            }
        });
        Self { port, floods }
    }

    pub fn options(&self) -> Options {
        let url = format!("http://127.0.0.1:{}/api", self.port);
        Options::new().repo_url(url).env(false).max_retries(0)
    }

    /// Checks that calls which it floods do not delay another call, nor their own cancellation.
    pub fn delays_no_other_call(&self, flooded: Options) {
        let token = CancelToken::new();
        let flooded = blocking::Client::new(flooded).unwrap().with_cancel_token(token.clone());
        let before = self.floods.load(Ordering::SeqCst);
        let calls: Vec<_> = (0..4).map(|_| flooded.get_user_start("eric").unwrap()).collect();
        while self.floods.load(Ordering::SeqCst) == before {
            thread::yield_now();
        }
        let server = Server::start(|_, _| Act::Reply(user()));
        let patient = server.options().timeout(bound(60)).total_timeout(bound(60));
        let other = blocking::Client::new(patient).unwrap();
        within(Duration::from_secs(10), || {
            let call = other.get_user_start("eric").unwrap();
            assert!(call.wait(Some(bound(60))));
            call.take().unwrap().unwrap();
        });
        within(Duration::from_secs(10), || {
            token.cancel();
            for call in calls {
                assert!(call.wait(Some(bound(60))));
            }
        });
    }
}

fn serve(
    stream: TcpStream,
    connection: usize,
    act: &(impl Fn(usize, &Request) -> Act + ?Sized),
    all: &Mutex<Vec<Request>>,
    mores: &AtomicUsize,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(request) = read_request(&mut reader, connection) {
        let nth = {
            let mut all = all.lock().unwrap();
            all.push(request.clone());
            all.len() - 1
        };
        match act(nth, &request) {
            Act::Reply(bytes) => {
                if stream.write_all(&bytes).is_err() {
                    return;
                }
            }
            Act::ReplyAndMore(bytes, pause, more) => {
                let _ = stream.write_all(&bytes);
                thread::sleep(Duration::from_millis(pause));
                let _ = stream.write_all(&more);
                mores.fetch_add(1, Ordering::SeqCst);
            }
            Act::ReplyAndClose(bytes) => {
                let _ = stream.write_all(&bytes);
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            Act::Stall(bytes) => {
                let _ = stream.write_all(&bytes);
                let _ = reader.read(&mut [0]);
                return;
            }
            Act::Dribble(bytes) => {
                for byte in bytes {
                    if stream.write_all(&[byte]).is_err() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(50));
                }
            }
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>, connection: usize) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut request = Request { method, target, headers, body: Vec::new(), connection };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

/// A whole reply with a JSON body.
pub fn json(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    raw(status, headers, "application/json; charset=utf-8", body.as_bytes())
}

pub fn raw(status: u16, headers: &[(&str, &str)], content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut reply = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        reply.push_str(&format!("{name}: {value}\r\n"));
    }
    reply.push_str("\r\n");
    let mut reply = reply.into_bytes();
    reply.extend_from_slice(body);
    reply
}

pub const USER: &str = r#"{"username":"eric"}"#;

pub fn user() -> Vec<u8> {
    json(200, &[], USER)
}

/// The client recognizes hexpm by these headers. hexpm's pages have 100 rows; a shorter one is the
/// last.
pub const HEXPM: &[(&str, &str)] = &[
    ("vary", "accept-encoding"),
    ("cache-control", "max-age=0, private, must-revalidate"),
    ("x-request-id", "GOqqWUmgaRM8yHEAADPB"),
    ("vary", "accept-encoding"),
];

/// The JSON of page `page` of a log of `rows` rows, numbered from 0.
pub fn page(page: u64, rows: u64) -> String {
    let first = (page - 1) * 100;
    let rows: Vec<_> = (first..rows.min(first + 100))
        .map(|row| format!(r#"{{"action":"row","params":{{"n":{row}}},"user_agent":"x"}}"#))
        .collect();
    format!("[{}]", rows.join(","))
}
