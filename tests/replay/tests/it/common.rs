//! Reads the recordings without this crate, and has a client of a few lines.

#[path = "../../../common/bound.rs"]
#[expect(dead_code, reason = "it is shared")]
mod bound;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use base64::Engine as _;
use bound::bound;
use serde_json::Value;

/// Every recorded exchange by its id, as JSON.
pub(crate) fn recorded() -> BTreeMap<String, Value> {
    let mut exchanges = BTreeMap::new();
    for entry in fs::read_dir(aura_replay::Wire::default_dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let stem = path.file_stem().unwrap().to_str().unwrap().replacen('-', "/", 1);
        for line in fs::read_to_string(&path).unwrap().lines() {
            let exchange: Value = serde_json::from_str(line).unwrap();
            let id = format!("{stem}/{}", exchange["name"].as_str().unwrap());
            assert!(exchanges.insert(id, exchange).is_none(), "a name twice");
        }
    }
    exchanges
}

/// The bytes of a recorded reply, without its body if that was not recorded.
pub(crate) fn reply_bytes(exchange: &Value) -> Vec<u8> {
    let reply = &exchange["response"];
    if reply.is_null() {
        return Vec::new();
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut head =
        format!("{} {} {}\r\n", text(&reply["version"]), reply["status"], text(&reply["reason"]));
    for pair in reply["headers"].as_array().unwrap() {
        head += &format!("{}: {}\r\n", text(&pair[0]), text(&pair[1]));
    }
    let mut bytes = (head + "\r\n").into_bytes();
    match reply["body_base64"].as_str() {
        Some(body) => bytes.extend(base64::engine::general_purpose::STANDARD.decode(body).unwrap()),
        None => bytes.extend(reply["body"].as_str().unwrap().bytes()),
    }
    bytes
}

/// A request in the form of our client. `headers` are added to those of every request.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text =
        format!("{method} {target} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: test/1\r\n");
    text += "accept: application/json\r\naccept-encoding: gzip\r\n";
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if method == "POST" {
        text += &format!("content-length: {}\r\n", body.len());
    }
    text + "\r\n" + body
}

pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // Only a failing test waits this long.
    stream.set_read_timeout(Some(bound(60))).unwrap();
    stream
}

/// All bytes that the server sends for one request until it closes, as the request asks.
pub(crate) fn exchange(port: u16, request: &str) -> Vec<u8> {
    let mut stream = connect(port);
    stream
        .write_all(request.replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1).as_bytes())
        .unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    reply
}
