//! The recordings: one JSON object a line.

#![allow(dead_code, reason = "every test program uses its own part of this")]

use std::collections::HashMap;
use std::path::PathBuf;

use aura_sandbox::Profile;
use serde_json::Value;

use crate::common::Reply;

/// A request, and the real server's reply.
pub(crate) struct Exchange {
    pub(crate) name: String,
    pub(crate) method: String,
    target: String,
    version: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// `None` if the server closed the connection.
    pub(crate) reply: Option<Reply>,
    /// The body was not recorded, because it is a page of HTML.
    pub(crate) page: bool,
    pub(crate) closed_after: Option<bool>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/wire")
}

/// A file beside the recordings.
pub(crate) fn text(name: &str) -> String {
    let path = folder().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn load(profile: Profile, file: &str) -> Vec<Exchange> {
    text(&format!("{profile}-{file}.jsonl"))
        .lines()
        .map(|line| parse(&serde_json::from_str(line).expect("a line of JSON")))
        .collect()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let rows = value.as_array().expect("headers");
    rows.iter().map(|pair| (string(&pair[0]), string(&pair[1]))).collect()
}

fn body(value: &Value) -> Vec<u8> {
    match value["body_base64"].as_str() {
        Some(text) => base64(text),
        None => string(&value["body"]).into_bytes(),
    }
}

fn parse(line: &Value) -> Exchange {
    let (request, response) = (&line["request"], &line["response"]);
    let headers = pairs(&request["headers"]);
    let body = match request["body_note"].as_str() {
        Some(_) => stand_in(&headers),
        None => body(request),
    };
    let reply = response.is_object().then(|| Reply {
        status: response["status"].as_u64().expect("status") as u16,
        reason: string(&response["reason"]),
        headers: pairs(&response["headers"]),
        body: self::body(response),
    });
    Exchange {
        name: string(&line["name"]),
        method: string(&request["method"]),
        target: string(&request["target"]),
        version: string(&request["version"]),
        headers,
        body,
        reply,
        page: response["body_left_out"].is_string(),
        closed_after: line["connection_closed_by_server_after"].as_bool(),
    }
}

/// A body of the same kind and size as one that was too large to record.
fn stand_in(headers: &[(String, String)]) -> Vec<u8> {
    let get = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let length: usize = get("Content-Length").and_then(|v| v.parse().ok()).expect("a length");
    if get("Content-Type").is_some_and(|kind| kind.contains("json")) {
        format!("{{\"padding\":\"{}\"}}", "x".repeat(length - 14)).into_bytes()
    } else {
        format!("padding={}", "x".repeat(length - 8)).into_bytes()
    }
}

impl Exchange {
    /// A header of the request.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The request on the wire, with the values of our own earlier replies.
    pub(crate) fn bytes(&self, seen: &HashMap<String, String>) -> Vec<u8> {
        self.bytes_at(&str::to_owned, seen)
    }

    /// The same below another path of the server.
    pub(crate) fn bytes_at(
        &self,
        place: &dyn Fn(&str) -> String,
        seen: &HashMap<String, String>,
    ) -> Vec<u8> {
        let mut out = format!("{} {} {}\r\n", self.method, place(&self.target), self.version);
        for (name, value) in &self.headers {
            let mut value = value.clone();
            if name.starts_with("If-") {
                for (theirs, ours) in seen {
                    value = value.replace(theirs, ours);
                }
            }
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        out.push_str("\r\n");
        let mut bytes = out.into_bytes();
        bytes.extend(&self.body);
        bytes
    }
}

/// Base64 as in the recordings.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes().filter(|b| *b != b'=') {
        let digit = DIGITS.iter().position(|d| *d == byte).expect("base64");
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}
