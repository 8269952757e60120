//! HTTP/2: misbehaviour of servers, and the outcome of the call.

#[path = "common/authority.rs"]
mod authority;
#[path = "common/bound.rs"]
mod bound;
#[path = "common/longer.rs"]
mod longer;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use aura_users::{CancelToken, Error, ErrorKind, Options, Result, User, blocking};
use authority::{Authority, RootFile, ages_hence};
use bound::{bound, within};
use longer::try_longer;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const PROTOCOL_ERROR: u32 = 1;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// What to do with a request.
#[derive(Clone, Copy, Debug)]
enum Act {
    Answer,
    /// No answer, not even to pings, as from a machine without power.
    Die,
    /// No answer to this request.
    Wait,
    /// The head of a 404, and no body.
    Refuse,
    Reset(u32),
    /// GOAWAY that leaves this request out.
    GoAwayBefore(u32),
    /// GOAWAY that includes this request, and then nothing more.
    GoAwayAfter(u32),
    /// The start of a body, and a reset or a GOAWAY without an error.
    Cut(u8),
    /// So many headers of 100 bytes.
    Headers(usize),
    /// A frame that no server may send.
    Nonsense,
    Flood(u8),
}

struct Server {
    port: u16,
    root: RootFile,
    /// For each request, whether it is a POST, and its connection.
    requests: Arc<Mutex<Vec<(bool, usize)>>>,
    open: Arc<AtomicUsize>,
}

impl Server {
    /// `act` decides about the nth request.
    fn start(act: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        let authority = Authority::new();
        let mut config = authority.certify("localhost", ages_hence());
        config.alpn_protocols = vec![b"h2".to_vec()];
        let (config, act) = (Arc::new(config), Arc::new(act));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server =
            Self { port, root: authority.file(), requests: Arc::default(), open: Arc::default() };
        let (requests, open) = (server.requests.clone(), server.open.clone());
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (config, act) = (config.clone(), act.clone());
                let (requests, open) = (requests.clone(), open.clone());
                thread::spawn(move || {
                    open.fetch_add(1, Ordering::SeqCst);
                    let tls = rustls::ServerConnection::new(config).unwrap();
                    let stream = rustls::StreamOwned::new(tls, stream.unwrap());
                    let _ = Peer { stream, number }.serve(&*act, &requests);
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    fn client(&self) -> blocking::Client {
        let options = Options::new()
            .repo_url(format!("https://localhost:{}/api", self.port))
            .env(false)
            .ca_file(self.root.0.clone());
        blocking::Client::new(options).unwrap()
    }

    fn requests(&self) -> Vec<(bool, usize)> {
        self.requests.lock().unwrap().clone()
    }
}

/// A connection, frame by frame.
struct Peer {
    stream: rustls::StreamOwned<rustls::ServerConnection, TcpStream>,
    number: usize,
}

impl Peer {
    fn serve(
        &mut self,
        act: &(dyn Fn(usize) -> Act + Send + Sync),
        requests: &Mutex<Vec<(bool, usize)>>,
    ) -> io::Result<()> {
        self.stream.read_exact(&mut [0; 24])?;
        self.write(SETTINGS, 0, 0, &[])?;
        loop {
            let (kind, flags, stream, payload) = self.read()?;
            match kind {
                SETTINGS if flags & 1 == 0 => self.write(SETTINGS, 1, 0, &[])?,
                PING if flags & 1 == 0 => self.write(PING, 1, 0, &payload)?,
                HEADERS => {
                    let nth = {
                        let mut all = requests.lock().unwrap();
                        // ":method: POST" in HPACK's table.
                        all.push((payload[0] == 0x83, self.number));
                        all.len() - 1
                    };
                    self.answer(stream, act(nth))?;
                }
                _ => {}
            }
        }
    }

    fn answer(&mut self, stream: u32, act: Act) -> io::Result<()> {
        let goaway = |last: u32, reason: u32| [last.to_be_bytes(), reason.to_be_bytes()].concat();
        match act {
            Act::Answer => {
                // ":status: 200" and a content-type, from HPACK's table.
                let mut head = vec![0x88, 0x0f, 0x10, 16];
                head.extend(b"application/json");
                self.write(HEADERS, 4, stream, &head)?;
                self.write(0, 1, stream, br#"{"username":"eric"}"#)
            }
            Act::Wait => Ok(()),
            // ":status: 404".
            Act::Refuse => self.write(HEADERS, 4, stream, &[0x8d]),
            Act::Die => loop {
                self.stream.sock.read_exact(&mut [0])?;
            },
            Act::Reset(reason) => self.write(RST_STREAM, 0, stream, &reason.to_be_bytes()),
            Act::GoAwayBefore(reason) => self.write(GOAWAY, 0, 0, &goaway(0, reason)),
            Act::GoAwayAfter(reason) => {
                self.write(GOAWAY, 0, 0, &goaway(stream, reason))?;
                // If unread bytes were left, the kernel would reset the connection.
                self.stream.sock.shutdown(Shutdown::Write)?;
                io::copy(&mut self.stream.sock, &mut io::sink())?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Act::Cut(kind) => {
                // ":status: 200" and a content-length.
                self.write(HEADERS, 4, stream, b"\x88\x0f\x0d\x0219")?;
                self.write(0, 0, stream, br#"{"username":"#)?;
                match kind {
                    GOAWAY => self.write(GOAWAY, 0, 0, &goaway(0, 0)),
                    _ => self.write(RST_STREAM, 0, stream, &[0; 4]),
                }
            }
            Act::Headers(count) => {
                // ":status: 200" and literals, which HPACK does not index.
                let mut head = vec![0x88];
                let value = [b'v'; 100];
                (0..count).for_each(|_| head.extend([&b"\0\x01x\x64"[..], &value].concat()));
                let (first, rest) = head.split_at(head.len().min(16_384));
                self.write(HEADERS, 0, stream, first)?;
                self.write(CONTINUATION, 4, stream, rest)
            }
            // A PING on a stream.
            Act::Nonsense => self.write(PING, 0, stream, &[0; 8]),
            Act::Flood(kind) => loop {
                let payload: &[u8] = if kind == PING { &[0; 8] } else { &[] };
                self.write(kind, 0, if kind == 0 { stream } else { 0 }, payload)?;
            },
        }
    }

    fn read(&mut self) -> io::Result<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head)?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        self.stream.read_exact(&mut payload)?;
        let stream = u32::from_be_bytes(head[5..].try_into().unwrap());
        Ok((head[3], head[4], stream, payload))
    }

    fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.stream.write_all(&frame)?;
        self.stream.flush()
    }
}

fn get(client: &blocking::Client) -> Result<User> {
    let call = client.get_user_start("eric").unwrap();
    assert!(call.wait(Some(bound(60))));
    call.take().unwrap()
}

fn post(client: &blocking::Client) -> Result<()> {
    let call = client.reset_user_password_start("eric").unwrap();
    assert!(call.wait(Some(bound(60))));
    call.take().unwrap()
}

#[test]
fn calls_share_a_connection() {
    let server = Server::start(|_| Act::Answer);
    let client = server.client();
    get(&client).unwrap();
    let calls: Vec<_> = (0..50).map(|_| client.get_user_start("eric").unwrap()).collect();
    for call in calls {
        assert!(call.wait(Some(bound(60))));
        call.take().unwrap().unwrap();
    }
    assert!(server.requests().iter().all(|(_, connection)| *connection == 0));
}

#[test]
fn a_connection_that_died_is_not_used_again() {
    for (act, kind) in [
        (Act::Die, ErrorKind::Timeout),
        (Act::Wait, ErrorKind::Timeout),
        (Act::Refuse, ErrorKind::NotFound),
    ] {
        let attempt = |limit| {
            let server = Server::start(move |nth| if nth == 1 { act } else { Act::Answer });
            let client = server.client().with_options(Options::new().max_retries(0));
            get(&client).unwrap();
            let hurried = client.with_options(Options::new().timeout(limit));
            let error = within(limit, || get(&hurried).unwrap_err());
            (server, client, error)
        };
        let has_come = |server: &Server, error: &Error| {
            server.requests().len() == 2 && (kind == ErrorKind::Timeout || error.status().is_some())
        };
        let (server, client, error) =
            try_longer(Duration::from_secs(1), attempt, |(server, _, error)| {
                has_come(server, error)
            });
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error}");
        get(&client).unwrap();
        get(&client).unwrap();
        let connections: Vec<_> = server.requests().iter().map(|(_, number)| *number).collect();
        assert_eq!(connections, [0, 0, 1, 1]);
    }
}

#[test]
fn a_connection_that_died_is_not_used_again_after_its_call_was_cancelled() {
    let server = Server::start(|nth| if nth == 1 { Act::Die } else { Act::Answer });
    let client = server.client();
    get(&client).unwrap();
    let call = client.get_user_start("eric").unwrap();
    while server.requests().len() < 2 {
        thread::yield_now();
    }
    drop(call);
    get(&client).unwrap();
    assert_eq!(server.requests()[2].1, 1);
}

#[test]
fn a_request_that_the_server_did_not_process_is_sent_again() {
    for act in
        [Act::Reset(REFUSED_STREAM), Act::GoAwayBefore(0), Act::GoAwayBefore(ENHANCE_YOUR_CALM)]
    {
        let server = Server::start(move |nth| if nth % 2 == 0 { act } else { Act::Answer });
        let client = server.client();
        post(&client).unwrap();
        get(&client).unwrap();
        let posts: Vec<_> = server.requests().iter().map(|(is_post, _)| *is_post).collect();
        assert_eq!(posts, [true, true, false, false], "{act:?}");

        let server = Server::start(move |_| act);
        let error = post(&server.client().with_options(Options::new().max_retries(1))).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 2), "{act:?} {error}");
        assert!(!error.outcome_unknown() && error.is_retryable(), "{act:?} {error}");
    }
}

#[test]
fn a_request_that_the_server_may_have_carried_out_is_not_sent_again() {
    for act in [
        Act::Reset(INTERNAL_ERROR),
        Act::Reset(PROTOCOL_ERROR),
        Act::GoAwayAfter(0),
        Act::GoAwayAfter(ENHANCE_YOUR_CALM),
        Act::Nonsense,
    ] {
        let server = Server::start(move |_| act);
        let error = post(&server.client()).unwrap_err();
        assert!(error.outcome_unknown(), "{act:?} {error}");
        assert_eq!((error.attempts(), server.requests().len()), (1, 1), "{act:?} {error}");
    }
}

#[test]
fn a_reply_that_is_cut_without_an_error_is_requested_again() {
    for kind in [RST_STREAM, GOAWAY] {
        let server = Server::start(move |nth| if nth == 0 { Act::Cut(kind) } else { Act::Answer });
        get(&server.client()).unwrap();
        let server = Server::start(move |_| Act::Cut(kind));
        let error = get(&server.client().with_options(Options::new().max_retries(0))).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Connect, Some(200)), "{error}");
        assert!(error.message().contains("12 of 19 bytes"), "{error}");
    }
}

#[test]
fn protocol_errors_are_decode_errors() {
    for act in [Act::Reset(PROTOCOL_ERROR), Act::Nonsense] {
        let server = Server::start(move |_| act);
        let error = get(&server.client()).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{act:?} {error}");
        assert!(error.message().contains("HTTP/2"), "{error}");
    }
}

#[test]
fn errors_name_the_code_and_what_it_means() {
    for (act, words) in [
        (Act::Reset(REFUSED_STREAM), "ended the request with the HTTP/2 code REFUSED_STREAM"),
        (Act::Reset(0x99), "ended the request with the HTTP/2 code 0x99"),
        (Act::GoAwayBefore(0), "ended the connection with the HTTP/2 code NO_ERROR"),
        (Act::Headers(280), "headers of more than 16 kB (PROTOCOL_ERROR)"),
        (Act::Nonsense, "breaks the rules of HTTP/2 (PROTOCOL_ERROR)"),
        (Act::GoAwayAfter(0), "close_notify"),
    ] {
        let server = Server::start(move |_| act);
        let error = post(&server.client().with_options(Options::new().max_retries(0))).unwrap_err();
        assert!(error.message().contains(words), "{act:?} {error}");
        assert!(!error.message().contains("docs.rs"), "{act:?} {error}");
    }
}

#[test]
fn a_flood_of_frames_delays_no_deadline() {
    for kind in [SETTINGS, PING, 0] {
        let server =
            Server::start(move |nth| if nth == 0 { Act::Flood(kind) } else { Act::Answer });
        let client = server.client();
        let limit = Duration::from_millis(500);
        let hurried = client.with_options(Options::new().max_retries(0).timeout(limit));
        // A busy machine may need longer for the first handshake. Then no flood has begun.
        for _ in (0..60).take_while(|_| server.requests().is_empty()) {
            if let Err(error) = within(limit, || get(&hurried)) {
                let kinds = [ErrorKind::Timeout, ErrorKind::Decode, ErrorKind::Connect];
                assert!(kinds.contains(&error.kind()), "{kind}: {error}");
            }
        }
        get(&client).unwrap();
    }
}

#[test]
fn a_post_closes_idle_connections_if_there_are_too_many() {
    let server = Server::start(|nth| if nth == 0 { Act::Answer } else { Act::Wait });
    let client = server.client().with_options(Options::new().max_connections(1));
    get(&client).unwrap();
    let token = CancelToken::new();
    let waiting = client.clone().with_cancel_token(token.clone());
    let call = waiting.reset_user_password_start("eric").unwrap();
    while server.requests().len() < 2 {
        thread::sleep(Duration::from_millis(10));
    }
    // Otherwise the idle connection is closed after half a minute.
    let ends = Instant::now() + Duration::from_secs(10);
    while server.open.load(Ordering::SeqCst) > 1 && Instant::now() < ends {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(server.open.load(Ordering::SeqCst), 1);
    token.cancel();
    assert!(call.wait(Some(bound(60))));
}

#[test]
fn a_post_leaves_no_connection_behind() {
    let server = Server::start(|_| Act::Answer);
    let client = server.client();
    for _ in 0..30 {
        post(&client).unwrap();
    }
    get(&client).unwrap();
    for _ in 0..600 {
        if server.open.load(Ordering::SeqCst) <= 1 {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("{} connections are open", server.open.load(Ordering::SeqCst));
}
