//! A server that speaks TLS, and a call to it. A file that uses it needs `authority.rs` and
//! `bound.rs` too.

#![allow(dead_code, unreachable_pub)] // each test file uses a part of it

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use aura_users::{Call, Error, Options, User, blocking};

use super::authority::RootFile;
use super::bound::bound;

pub(crate) const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
    content-length: 19\r\nconnection: close\r\n\r\n{\"username\":\"eric\"}";

pub(crate) type Connection = rustls::StreamOwned<rustls::ServerConnection, TcpStream>;

/// A server that calls `answer` for each connection that brings a request. Returns its port.
pub(crate) fn serve_each(config: rustls::ServerConfig, answer: fn(&mut Connection)) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            std::thread::spawn(move || {
                // A client that refuses the certificate disconnects here.
                if stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
                    answer(&mut stream);
                }
            });
        }
    });
    port
}

/// A server that sends the same reply to every request. Returns its port.
pub(crate) fn serve(config: rustls::ServerConfig) -> u16 {
    serve_each(config, |stream| {
        let _ = stream.write_all(REPLY);
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}

pub(crate) fn options(port: u16) -> Options {
    Options::new().repo_url(format!("https://localhost:{port}/api")).env(false)
}

pub(crate) fn get(port: u16, root: Option<&RootFile>) -> Result<User, Error> {
    let mut options = options(port).api_key("key");
    if let Some(RootFile(path)) = root {
        options = options.ca_file(path.clone());
    }
    blocking::Client::new(options).unwrap().get_user("eric")
}

/// Waits for a call that was started.
pub(crate) fn result<T>(call: &Call<T>) -> Result<T, Error> {
    assert!(call.wait(Some(bound(60))));
    call.take().unwrap()
}
