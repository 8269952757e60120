//! Compares two replies, after values that always differ are replaced.

use std::io::Read;

use serde_json::Value;

use crate::common::Reply;
use crate::etf;
use crate::wire::Exchange;

/// These headers must be equal, in value and number.
const SAME: [&str; 11] = [
    "content-type",
    "cache-control",
    "vary",
    "www-authenticate",
    "location",
    "content-encoding",
    "access-control-allow-origin",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "connection",
];
/// These headers must be present in both, or in neither.
const PRESENT: [&str; 5] = ["x-request-id", "etag", "last-modified", "content-length", "date"];
/// Each recorded server had other names for these accounts, and another address.
const GENERATED: [&str; 5] = ["eric", "myrepo", "zeta_org", "alpha_org", "mid_org"];

pub(crate) fn differences(exchange: &Exchange, expected: &Reply, reply: &Reply) -> Vec<String> {
    let mut out = Vec::new();
    let mut check = |what: &str, expected: String, found: String| {
        if expected != found {
            out.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    check(
        "status",
        format!("{} {}", expected.status, expected.reason),
        format!("{} {}", reply.status, reply.reason),
    );
    for name in SAME {
        check(name, values(expected, name), values(reply, name));
    }
    // Refused before the request is complete: a bare status line there, hyper's own reply here.
    let bare = expected.headers.len() <= 1;
    if !bare {
        for name in PRESENT {
            let there = |r: &Reply| r.header(name).is_some().to_string();
            check(name, there(expected), there(reply));
        }
    }
    if !exchange.page && !bare {
        check("body", body(expected), body(reply));
        check("keys", keys(expected), keys(reply));
    }
    out
}

fn values(reply: &Reply, name: &str) -> String {
    let mut values: Vec<_> =
        reply.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
    values.sort_unstable();
    format!("{values:?}")
}

fn unpacked(reply: &Reply) -> Vec<u8> {
    match reply.header("content-encoding") {
        Some(_) => {
            let mut bytes = Vec::new();
            let mut unpacked = flate2::read::GzDecoder::new(reply.body.as_slice());
            unpacked.read_to_end(&mut bytes).expect("gzip");
            bytes
        }
        None => reply.body.clone(),
    }
}

/// The keys of a JSON body, in their order.
fn keys(reply: &Reply) -> String {
    if !reply.header("content-type").is_some_and(|kind| kind.contains("json")) {
        return String::new();
    }
    let text = String::from_utf8(unpacked(reply)).expect("UTF-8");
    // The legacy server lists API keys in the accidental order of its table.
    if text.starts_with("[{\"authing_key") {
        return String::new();
    }
    // The body is valid JSON, so a string before a colon is a key.
    let mut keys = Vec::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find('"') {
        let string = &rest[start + 1..];
        let mut escaped = false;
        let end = string.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.expect("a string's end");
        rest = &string[end + 1..];
        if rest.starts_with(':') {
            keys.push(&string[..end]);
        }
    }
    keys.join(" ")
}

fn body(reply: &Reply) -> String {
    let bytes = unpacked(reply);
    let kind = reply.header("content-type").unwrap_or("");
    let value = if bytes.is_empty() {
        return String::new();
    } else if kind.contains("vnd.hex+erlang") {
        etf::read(&bytes)
    } else if kind.contains("json") {
        serde_json::from_slice(&bytes).expect("JSON")
    } else {
        return plain(&String::from_utf8_lossy(&bytes));
    };
    normal(value).to_string()
}

/// The value, with hosts, times, ids and secrets replaced by their kind.
fn normal(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain(&text)),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(normal).collect();
            // The legacy server lists keys in the accidental order of its table.
            if items.iter().all(|i| i.get("authing_key").is_some()) {
                items.sort_by_key(|i| i["name"].to_string());
            }
            Value::Array(items)
        }
        Value::Object(map) => {
            let generated = map
                .get("username")
                .and_then(Value::as_str)
                .is_some_and(|name| GENERATED.contains(&name));
            let normal_entry = |(key, value): (String, Value)| {
                let value = match (key.as_str(), &value) {
                    ("secret", Value::String(_)) => "SECRET".into(),
                    ("id", Value::Number(_)) => "ID".into(),
                    ("full_name", _) if generated => "GENERATED".into(),
                    ("email", _) if generated => "GENERATED".into(),
                    _ => normal(value),
                };
                (key, value)
            };
            Value::Object(map.into_iter().map(normal_entry).collect())
        }
        other => other,
    }
}

/// The text, with its host, its times and the id in a rate-limit message replaced.
fn plain(text: &str) -> String {
    if let Some(who) = text.strip_prefix("API rate limit exceeded for ")
        && let Some((kind @ ("user" | "organization"), _)) = who.split_once(' ')
    {
        return format!("API rate limit exceeded for {kind} ID");
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let host = ["http://localhost:", "http://127.0.0.1:"]
            .iter()
            .find_map(|start| rest.strip_prefix(start));
        if let Some(tail) = host {
            out.push_str("HOST");
            rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
        } else if let Some(len) = time(rest) {
            out.push_str(if len == 20 { "SECONDS" } else { "MICROSECONDS" });
            rest = &rest[len..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// The length of the time at the start of the text.
fn time(text: &str) -> Option<usize> {
    ["dddd-dd-ddTdd:dd:ddZ", "dddd-dd-ddTdd:dd:dd.ddddddZ"]
        .into_iter()
        .find(|pattern| {
            text.len() >= pattern.len()
                && pattern.bytes().zip(text.bytes()).all(|(p, t)| match p {
                    b'd' => t.is_ascii_digit(),
                    p => p == t,
                })
        })
        .map(str::len)
}
