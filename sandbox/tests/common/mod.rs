//! HTTP by hand over a socket: requests and replies, byte for byte.

#![allow(dead_code, reason = "every test program uses its own part of this")]

pub(crate) mod admin;
#[path = "../../../tests/common/bound.rs"]
mod bound;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

pub(crate) use bound::bound;

/// A received reply.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// One connection.
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(port: u16) -> Connection {
        Connection::open_at("127.0.0.1", port)
    }

    pub(crate) fn open_at(host: &str, port: u16) -> Connection {
        let socket = TcpStream::connect((host, port)).expect("connect");
        socket.set_read_timeout(Some(bound(60))).expect("timeout");
        socket.set_write_timeout(Some(bound(60))).expect("timeout");
        Connection { reader: BufReader::new(socket) }
    }

    /// Sends bytes and reads one reply. `None` if the server closed the connection instead.
    pub(crate) fn send(&mut self, bytes: &[u8], is_head: bool) -> io::Result<Option<Reply>> {
        // A server that closed may refuse or drop the bytes. The read shows the result.
        let _ = self.reader.get_mut().write_all(bytes);
        self.read(is_head)
    }

    /// Whether the server closed this connection after its last reply: then it does not answer
    /// another request.
    pub(crate) fn is_closed(&mut self) -> bool {
        let probe = b"GET /api HTTP/1.1\r\nHost: localhost\r\nUser-Agent: probe\r\n\r\n";
        !matches!(self.send(probe, false), Ok(Some(_)))
    }

    fn read(&mut self, is_head: bool) -> io::Result<Option<Reply>> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
            Err(e) => return Err(e),
        }
        let mut words = line.trim_end().splitn(3, ' ').skip(1);
        let mut reply = Reply {
            status: words.next().and_then(|w| w.parse().ok()).expect("status"),
            reason: words.next().unwrap_or("").to_owned(),
            ..Reply::default()
        };
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            let header = (name.to_ascii_lowercase(), value.trim().to_owned());
            reply.headers.push(header);
        }
        let length = reply.header("content-length").and_then(|v| v.parse().ok());
        if let (Some(length), false) = (length, is_head) {
            reply.body = vec![0; length];
            self.reader.read_exact(&mut reply.body)?;
        }
        Ok(Some(reply))
    }
}

/// One request on a connection of its own.
pub(crate) fn request(
    port: u16,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    Connection::open(port)
        .send(head.as_bytes(), method == "HEAD")
        .expect("a reply")
        .expect("the server hung up")
}
