//! The journal: the requests that arrived, for tests. It is bounded, and has no secrets.
//!
//! `sha256:` and the first 16 hex digits of the SHA-256 replace keys, tokens, passwords and codes.
//! So a test can compare two of them, and recognize its own.

use std::collections::VecDeque;

use hyper::header::HeaderMap;
use hyper::{Method, Uri, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::http::encode::{decode_form, form_value};
use crate::random::hex;

/// The journal drops older entries, and counts them.
const MOST: usize = 10_000;
/// The journal also drops old entries if all entries are larger than this, because headers may be
/// long.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// This much of a body is kept.
const BODY: usize = 16 * 1024;
const HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "x-hex-otp"];
const FIELDS: [&str; 7] =
    ["password", "password_confirmation", "secret", "key", "token", "otp", "tfa"];

/// One request that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Counted from 1 in each world, and never used again.
    pub id: u64,
    /// The time by the world's clock: UTC, RFC 3339.
    pub time: String,
    /// The world's id; empty for the first one.
    pub world: String,
    /// The version of HTTP: `1.0`, `1.1` or `2`.
    pub http: String,
    /// The method.
    pub method: String,
    /// The path and the query, without the world's prefix. The values of secrets are hashed.
    pub target: String,
    /// The headers in their order. Secrets are hashed.
    pub headers: Vec<(String, String)>,
    /// The body with its secrets hashed. A body that is neither JSON nor a form is hashed as a
    /// whole. If a body is long, only its start is kept.
    pub body: String,
    /// The length of the body.
    pub body_bytes: u64,
    /// The status of the reply. `None` if the connection was closed before a reply.
    pub status: Option<u16>,
    /// The rule that applied.
    pub rule: Option<String>,
}

/// Selects the entries that match every field that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalFilter {
    /// This method.
    pub method: Option<String>,
    /// This path, without the query.
    pub path: Option<String>,
    /// Paths that start with this.
    pub path_prefix: Option<String>,
    /// This status.
    pub status: Option<u16>,
    /// Entries after the one with this id.
    pub after: Option<u64>,
    /// This user agent.
    pub user_agent: Option<String>,
}

/// The last requests of one world.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<JournalEntry>,
    bytes: usize,
    total: u64,
}

impl Journal {
    pub(crate) fn add(&mut self, mut entry: JournalEntry) {
        self.total += 1;
        entry.id = self.total;
        self.bytes += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > MOST || self.bytes > MOST_BYTES {
            self.bytes -= self.entries.pop_front().map_or(self.bytes, |entry| entry.size());
        }
    }

    pub(crate) fn find(&self, filter: &JournalFilter) -> Vec<JournalEntry> {
        self.entries.iter().filter(|entry| filter.matches(entry)).cloned().collect()
    }

    pub(crate) fn count(&self, filter: &JournalFilter) -> usize {
        self.entries.iter().filter(|entry| filter.matches(entry)).count()
    }

    /// The number of dropped entries.
    pub(crate) fn forgotten(&self) -> u64 {
        self.total - self.entries.len() as u64
    }

    /// Drops all entries. Ids go on.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}

impl JournalFilter {
    fn matches(&self, entry: &JournalEntry) -> bool {
        let path = entry.target.split('?').next().unwrap_or("");
        let agent = || entry.headers.iter().find(|(name, _)| name == "user-agent").map(|(_, v)| v);
        self.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(&entry.method))
            && self.path.as_ref().is_none_or(|p| p == path)
            && self.path_prefix.as_ref().is_none_or(|p| path.starts_with(p))
            && self.status.is_none_or(|s| entry.status == Some(s))
            && self.after.is_none_or(|id| entry.id > id)
            && self.user_agent.as_ref().is_none_or(|a| agent() == Some(a))
    }
}

impl JournalEntry {
    /// The bytes of its texts.
    fn size(&self) -> usize {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        headers + self.target.len() + self.body.len()
    }

    pub(crate) fn new(
        http: Version,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Option<&[u8]>,
    ) -> Self {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let target = match uri.query() {
            Some(query) => format!("{}?{}", uri.path(), format_form(query)),
            None => uri.path().to_owned(),
        };
        let kind = headers.get("content-type").map(|v| text(v.as_bytes())).unwrap_or_default();
        JournalEntry {
            id: 0,
            time: String::new(),
            world: String::new(),
            http: match http {
                Version::HTTP_2 => "2",
                Version::HTTP_10 => "1.0",
                _ => "1.1",
            }
            .to_owned(),
            method: method.to_string(),
            target,
            headers: headers
                .iter()
                .map(|(name, value)| {
                    let name = name.as_str();
                    match HEADERS.contains(&name) {
                        true => (name.to_owned(), hash_secret(value.as_bytes())),
                        false => (name.to_owned(), text(value.as_bytes())),
                    }
                })
                .collect(),
            body: body.map_or(String::new(), |body| format_body(&kind, body)),
            body_bytes: body.map_or(0, |body| body.len() as u64),
            status: None,
            rule: None,
        }
    }
}

fn hash_secret(secret: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(secret)[..8]))
}

fn format_body(kind: &str, body: &[u8]) -> String {
    let mut text = match (body, serde_json::from_slice(body), std::str::from_utf8(body)) {
        ([], ..) => String::new(),
        (_, Ok(mut value), _) if kind.contains("json") => {
            hash_secrets(&mut value);
            value.to_string()
        }
        (_, _, Ok(text)) if kind.contains("form-urlencoded") => format_form(text),
        _ => hash_secret(body),
    };
    if text.len() > BODY {
        let end = (0..=BODY).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

fn hash_secrets(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hash_secrets),
        Value::Object(map) => {
            for (name, value) in map {
                match value {
                    Value::String(text) if FIELDS.contains(&name.as_str()) => {
                        *text = hash_secret(text.as_bytes());
                    }
                    value => hash_secrets(value),
                }
            }
        }
        _ => {}
    }
}

/// A query or form, with the values of secrets hashed. `user[password]` is a secret too.
fn format_form(text: &str) -> String {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = decode_form(name.as_bytes()).unwrap_or_default();
        let last = decoded.trim_end_matches(']').rsplit('[').next().unwrap_or("");
        match FIELDS.contains(&last) {
            true => {
                let secret = decode_form(value.as_bytes()).unwrap_or_else(|| value.to_owned());
                format!("{name}={}", form_value(&hash_secret(secret.as_bytes())))
            }
            false => pair.to_owned(),
        }
    };
    text.split('&').map(pair).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_entries_replace_older_ones() {
        let mut journal = Journal::default();
        let uri: Uri = "/api".parse().expect("a target");
        for _ in 0..100 {
            let mut entry =
                JournalEntry::new(Version::HTTP_11, &Method::GET, &uri, &HeaderMap::new(), None);
            entry.headers.push(("x".to_owned(), "x".repeat(1024 * 1024)));
            journal.add(entry);
        }
        let found = journal.find(&JournalFilter::default());
        assert_eq!((found.len() as u64 + journal.forgotten(), found[0].id > 1), (100, true));
        assert!((60..=64).contains(&found.len()), "{}", found.len());
    }
}
