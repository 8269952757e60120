//! Replies that a server may send, and the outcome in every way of calling.

mod common;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use aura_users::{Client, Error, ErrorKind, Options, Result, User, blocking};
use common::{Act, Flood, Server, USER, bound, json, user, within};

const WAYS: usize = 3;

fn get(way: usize, options: &Options, name: &str) -> Result<User> {
    let client = blocking::Client::new(options.clone()).unwrap();
    match way {
        0 => client.get_user(name),
        1 => {
            let call = client.get_user_start(name).unwrap();
            assert!(call.wait(Some(bound(60))));
            call.take().unwrap()
        }
        _ => {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let client = Client::new(options.clone()).unwrap();
            runtime.block_on(client.get_user(name))
        }
    }
}

/// The outcome of this reply in every way of calling. The reply ends the connection.
fn read(reply: &[u8]) -> Vec<Result<User, Error>> {
    let reply = reply.to_vec();
    let server = Server::start(move |_, _| Act::ReplyAndClose(reply.clone()));
    (0..WAYS).map(|way| get(way, &server.options().max_retries(0), "eric")).collect()
}

fn reply(head: &str, body: &str) -> Vec<u8> {
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn folded_header_lines_are_read() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json;\r\n\tcharset=utf-8\r\n\
                x-folded: a\r\n  b\r\n c\r\n";
    for result in read(&reply(head, USER)) {
        assert_eq!(result.unwrap().username(), "eric");
    }
}

#[test]
fn a_few_interim_replies_are_skipped() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    let whole = [interim.as_bytes(), &user()].concat();
    for result in read(&whole) {
        assert_eq!(result.unwrap().username(), "eric");
    }
}

#[test]
fn a_flood_delays_no_deadline() {
    let limit = Duration::from_millis(500);
    for (start, words) in
        [(Flood::start as fn() -> Flood, "interim replies"), (Flood::of_digits, "overhead")]
    {
        for way in 0..WAYS {
            let options = start().options().timeout(limit);
            let error = within(limit, || get(way, &options, "eric").unwrap_err());
            let kinds = [ErrorKind::Decode, ErrorKind::Timeout];
            assert!(kinds.contains(&error.kind()), "way {way}: {error}");
        }
        // The flood itself ends the call, also on a machine that reads it slowly.
        let patient = start().options().timeout(bound(60)).total_timeout(bound(60));
        let error = get(0, &patient.max_body(1000), "eric").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.message().contains(words), "{error}");
    }
}

#[test]
fn a_flood_delays_no_other_call() {
    for flood in [Flood::start(), Flood::of_digits()] {
        flood.delays_no_other_call(flood.options());
    }
}

#[test]
fn a_server_that_speaks_tls_is_recognized() {
    for error in read(b"\x15\x03\x03\0\x02\x02\x46").into_iter().map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
        assert!(error.to_string().contains("begin repo_url with https://"), "{error}");
    }
}

#[test]
fn malformed_chunks_are_decode_errors_but_a_cut_is_not() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\n\r\n";
    for (chunks, kind) in [
        ("xyz\r\n", ErrorKind::Decode),
        ("-1\r\n", ErrorKind::Decode),
        ("5\r\nabcdefgh\r\n", ErrorKind::Decode),
        ("fffffffffffffffff\r\n", ErrorKind::Decode),
        ("5\r\nabc", ErrorKind::Connect),
        ("5\r\nabcde\r\n", ErrorKind::Connect),
    ] {
        for result in read(format!("{head}{chunks}").as_bytes()) {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.status()), (kind, Some(200)), "{chunks:?}: {error}");
        }
    }
}

#[test]
fn malformed_heads_are_decode_errors() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(500));
    let large = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    for (head, words) in [
        (many.as_str(), "too many headers"),
        (large.as_str(), "too many headers, too large ones"),
        ("SMTP ready\r\n\r\n", "not valid HTTP"),
        ("HTTP/1.1 two hundred\r\n\r\n", "not valid HTTP"),
    ] {
        for result in read(head.as_bytes()) {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{error}");
            assert!(error.message().contains(words), "{error}");
        }
    }
}

#[test]
fn a_location_is_followed_as_browsers_follow_it() {
    let server = Server::start(|_, request| {
        let to = |location: &[u8]| {
            let mut reply = b"HTTP/1.1 302 X\r\ncontent-length: 0\r\nlocation: ".to_vec();
            reply.extend_from_slice(location);
            reply.extend_from_slice(b"\r\n\r\n");
            Act::Reply(reply)
        };
        let host = request.header("host").unwrap();
        assert!(!host.contains('@'), "{host}");
        assert_eq!(request.header("authorization"), Some("key"));
        match request.target.as_str() {
            "/api/users/utf8" => to("/api/users/fran\u{e7}ois".as_bytes()),
            "/api/users/latin1" => to(b"/api/users/fran\xe7ois"),
            "/api/users/userinfo" => to(format!("http://user:pw@{host}/api/users/eric").as_bytes()),
            "/api/users/fragment" => to(b"eric#there"),
            _ => Act::Reply(user()),
        }
    });
    let options = server.options().api_key("key");
    for way in 0..WAYS {
        for name in ["utf8", "userinfo", "fragment"] {
            get(way, &options, name).unwrap();
        }
        assert_eq!(get(way, &options, "latin1").unwrap_err().status(), Some(302));
    }
    let targets: Vec<_> = server.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(targets[1], "/api/users/fran%C3%A7ois");
    assert_eq!(targets[3], "/api/users/eric");
}

#[test]
fn some_statuses_have_their_own_message() {
    for (status, words) in [
        (408, "in time"),
        (421, "host"),
        (425, "try again"),
        (500, "try again"),
        (501, "does not know"),
        (505, "does not know"),
    ] {
        let kind = if status < 500 { ErrorKind::UnexpectedStatus } else { ErrorKind::Server };
        for result in read(&json(status, &[], "")) {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.status()), (kind, Some(status)));
            assert!(error.hint().unwrap().contains(words), "{error}");
            assert_eq!(error.is_retryable(), words == "try again", "{error}");
            assert_eq!(error.hint().unwrap().contains("try again"), error.is_retryable());
        }
    }
}

/// A port that neither accepts nor refuses connections, because its queue is full.
#[cfg(unix)]
fn full() -> (TcpListener, Vec<TcpStream>) {
    use nix::sys::socket::{Backlog, listen};
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listen(&listener, Backlog::new(0).unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        queue.push(stream);
    }
    (listener, queue)
}

#[test]
#[cfg(unix)]
fn connect_timeout_is_a_timeout_and_is_not_repeated() {
    let (listener, _queue) = full();
    let limit = Duration::from_millis(400);
    let options = Options::new()
        .repo_url(format!("http://{}/api", listener.local_addr().unwrap()))
        .env(false)
        .connect_timeout(limit);
    for way in 0..WAYS {
        let error = within(limit, || get(way, &options, "eric").unwrap_err());
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0), "{way}: {error}");
        assert!(error.message().contains("connect_timeout"), "{error}");
        assert!(error.hint().unwrap().contains("connect_timeout"), "{error}");
    }
}
