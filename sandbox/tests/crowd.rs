//! A thousand clients at once.

#[path = "../../tests/common/bound.rs"]
#[expect(dead_code, reason = "it is shared")]
mod bound;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use aura_sandbox::{Config, JournalFilter, Sandbox};
use bound::bound;
use rustix::process::{Resource, getrlimit, setrlimit};

const CLIENTS: usize = 1000;

#[test]
fn a_thousand_connections_at_once() {
    // Both ends of each connection are in this process.
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("room");
    let sandbox = Sandbox::start(Config::default()).expect("start");
    // All connect before the first one sends, and all send before the first one reads.
    let mut sockets: Vec<TcpStream> = (0..CLIENTS)
        .map(|_| {
            let socket = TcpStream::connect(("127.0.0.1", sandbox.port())).expect("connect");
            socket.set_read_timeout(Some(bound(60))).expect("timeout");
            socket
        })
        .collect();
    for (number, socket) in sockets.iter_mut().enumerate() {
        let body =
            format!("{{\"username\":\"user-{number}\",\"email\":\"user-{number}@example.com\"}}");
        let request = format!(
            "POST /api/users HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(request.as_bytes()).expect("write");
    }
    for (number, socket) in sockets.iter_mut().enumerate() {
        let mut reply = String::new();
        socket.read_to_string(&mut reply).expect("a reply");
        assert!(reply.starts_with("HTTP/1.1 201 "), "{number}: {reply}");
        assert!(reply.contains(&format!("\"username\":\"user-{number}\"")), "{number}: {reply}");
    }
    let links: HashSet<String> = sandbox.mailbox().into_iter().map(|mail| mail.link).collect();
    assert_eq!(links.len(), CLIENTS);
    let posts = JournalFilter { status: Some(201), ..JournalFilter::default() };
    assert_eq!(sandbox.count_requests(&posts), CLIENTS);
}
