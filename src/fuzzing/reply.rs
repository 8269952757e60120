//! Whole replies, with the records and errors in them.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{assert_error, assert_printable};
use crate::operation::Operation;
use crate::protocol::audit_log::{self, AuditLog, Page};
use crate::protocol::user;
use crate::protocol::{Reply, json};
use crate::server_text::{MAX_ERROR_BODY, MAX_TEXT};
use crate::{Error, ErrorKind, User};

/// The time of the recordings, for replies with times relative to now.
const RECEIVED: Duration = Duration::from_secs(1_795_434_672);

/// A reply as bytes of HTTP/1.1, read as the reply of each of the five functions.
pub fn reply(data: &[u8]) {
    let Some((status, headers, body)) = message(data) else { return };
    let reply = || new(status, headers.clone(), body.to_vec());
    if let Some(notice) = reply().notice() {
        assert_printable("the notice", &notice.text);
    }
    for operation in [Operation::CreateUser, Operation::GetCurrentUser, Operation::GetUser] {
        match reply().user(operation) {
            Ok(user) => assert_eq!(user.raw_json().as_bytes(), body),
            Err(error) => assert_reply_error(&error, status, operation),
        }
    }
    match reply().page(Operation::StreamAuditLogs) {
        Ok(page) => assert_eq!(page.json_from(0).len(), body.len()),
        Err(error) => assert_reply_error(&error, status, Operation::StreamAuditLogs),
    }
    match reply().nothing(Operation::ResetUserPassword) {
        Ok(()) => {
            assert!(status == 204 || matches!(status, 200 | 202) && may_confirm(body), "{status}");
        }
        Err(error) => assert_reply_error(&error, status, Operation::ResetUserPassword),
    }
}

/// Whether a server may confirm a request with this body.
fn may_confirm(body: &[u8]) -> bool {
    body.is_empty() || serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

/// The first byte selects a status, and the rest is the body of an error.
pub fn error_body(data: &[u8]) {
    let Some((pick, body)) = data.split_first() else { return };
    let status = [400, 401, 403, 404, 405, 413, 422, 429, 500, 503][usize::from(pick % 10)];
    let parsed: Option<Value> = std::str::from_utf8(body).ok().and_then(|b| b.parse().ok());
    let message = parsed.as_ref().and_then(|parsed| parsed.get("message")?.as_str());
    let message = message.filter(|text| text.len() <= MAX_TEXT && body.len() <= MAX_ERROR_BODY);
    for operation in [Operation::CreateUser, Operation::GetUser, Operation::ResetUserPassword] {
        let reply = new(status, HeaderMap::new(), body.to_vec());
        let error = reply.nothing(operation).expect_err("the status of an error");
        assert_reply_error(&error, status, operation);
        assert_ne!(error.kind(), ErrorKind::Decode, "an error's body need not be JSON");
        if let Some(message) = message.filter(|text| text.chars().all(|c| c.is_ascii_graphic())) {
            assert_eq!(error.message(), message, "the server's own words");
        }
    }
}

/// The body of a user record.
pub fn user(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        user::assert_the_same_both_ways(text);
    }
    let Some(text) = text(data) else { return };
    let user = match User::read(text.clone().into_bytes()) {
        Ok(user) => user,
        Err(flaw) => return assert_printable("the flaw", &flaw),
    };
    assert_eq!(user.raw_json(), text);
    let _ = (user.inserted_at(), user.updated_at());
    let username = user.field("username").expect("a field of the record");
    assert_eq!(serde_json::from_str::<String>(username.get()).unwrap(), user.username());
    // An unknown field may contain a number or an escape that a Value cannot hold.
    let Ok(value) = serde_json::from_str::<Value>(&text) else { return };
    for (name, read) in [
        ("username", Some(user.username())),
        ("full_name", user.full_name()),
        ("email", user.email()),
        ("url", user.url()),
    ] {
        assert_eq!(value.get(name).and_then(Value::as_str), read, "{name}");
    }
    for (name, read) in [
        ("packages", user.packages().map(<[_]>::len)),
        ("organizations", user.organizations().map(<[_]>::len)),
    ] {
        assert_eq!(value.get(name).and_then(Value::as_array).map(Vec::len), read, "{name}");
    }
    for (name, read) in
        [("handles", user.handles().count()), ("owned_packages", user.owned_packages().count())]
    {
        let pairs = value.get(name).and_then(Value::as_object).map_or(0, serde_json::Map::len);
        assert_eq!(pairs, read, "{name}");
    }
    for name in value.as_object().expect("a record").keys() {
        assert!(user.field(name).is_some(), "{name:?} is lost");
    }
}

/// The body of a page of audit rows.
pub fn page(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        audit_log::assert_the_same_both_ways(text);
    }
    let Some(text) = text(data) else { return };
    let page = match Page::read(text.clone().into_bytes()) {
        Ok(page) => page,
        Err(flaw) => return assert_printable("the flaw", &flaw),
    };
    let rows: Vec<_> = (0..).map_while(|index| page.row(index)).collect();
    assert_eq!(rows.len(), page.len());
    let mut rest = text.as_str();
    for row in &rows {
        let at =
            rest.find(row.raw_json()).expect("a row is a piece of the body, after those before");
        rest = &rest[at + row.raw_json().len()..];
        assert_row(row);
    }
    assert_eq!(page.json_from(0), if rows.is_empty() { "[]" } else { &text });
    for start in [1, rows.len() / 2, rows.len().saturating_sub(1), rows.len()] {
        let json = page.json_from(start);
        let read: Vec<&RawValue> = serde_json::from_str(&json).expect("the rest of a page");
        let wanted = rows.get(start..).unwrap_or_default();
        assert!(read.iter().map(|raw| raw.get()).eq(wanted.iter().map(AuditLog::raw_json)));
    }
}

fn assert_row(row: &AuditLog) {
    serde_json::from_str::<IgnoredAny>(row.raw_json()).expect("a row is JSON");
    serde_json::from_str::<IgnoredAny>(row.params()).expect("params are JSON");
    assert!(row.raw_json().contains(row.params()) || row.params() == "null");
    let Ok(value) = serde_json::from_str::<Value>(row.raw_json()) else { return };
    assert_eq!(value["action"], row.action());
    assert_eq!(value["user_agent"].as_str(), row.user_agent());
    assert_eq!(value["params"], row.params().parse::<Value>().expect("part of what was read"));
}

fn assert_reply_error(error: &Error, status: u16, operation: Operation) {
    assert_error(error);
    assert_eq!(error.status(), Some(status));
    assert_eq!((error.method(), error.route()), {
        (Some(operation.method()), Some(operation.route()))
    });
    assert_eq!(error.outcome_unknown(), operation.has_unknown_outcome(status));
    assert_eq!(error.attempts(), 0);
}

/// The body as text, as the readers get it.
fn text(body: &[u8]) -> Option<String> {
    match json::text(body.to_vec()) {
        Ok(text) => Some(text),
        Err(flaw) => {
            assert_printable("the flaw", &flaw);
            None
        }
    }
}

pub(super) fn new(status: u16, headers: HeaderMap, body: Vec<u8>) -> Reply {
    let received = SystemTime::UNIX_EPOCH + RECEIVED;
    Reply { status, headers, body, unreadable: None, received, known: None }
}

/// The status, the headers and the body. Header lines that no HTTP library accepts are skipped.
fn message(data: &[u8]) -> Option<(u16, HeaderMap, &[u8])> {
    let (status, mut rest) = line(data)?;
    let status = std::str::from_utf8(status).ok()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = HeaderMap::new();
    loop {
        let (header, after) = line(rest)?;
        rest = after;
        if header.is_empty() {
            return (100..1000).contains(&status).then_some((status, headers, rest));
        }
        let colon = header.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&header[..colon]);
        let value = HeaderValue::from_bytes(header[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.try_append(name, value).ok()?;
        }
    }
}

/// The first line without its end, and the bytes after it.
pub(super) fn line(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    let line = &data[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), &data[end + 1..]))
}
