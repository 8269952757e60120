//! The effect of rules on replies, as bytes on the socket.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use aura_sandbox::{Action, Config, JournalFilter, NewAuditLog, NewUser, Rule, Sandbox};
use common::admin::Client;
use common::bound;
use serde_json::{Value, json};

fn start(rule: &str) -> Sandbox {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    let eric = NewUser { username: "eric".into(), ..NewUser::default() };
    sandbox.add_user(eric).expect("eric");
    sandbox.add_rule(Rule::from_json(rule).expect(rule)).expect(rule);
    sandbox
}

/// All bytes until the connection ends.
fn raw(sandbox: &Sandbox, method: &str, target: &str, body: &str) -> Vec<u8> {
    let mut socket = TcpStream::connect(("127.0.0.1", sandbox.port())).expect("connect");
    socket.set_read_timeout(Some(bound(60))).expect("timeout");
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).expect("write");
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).expect("the end");
    bytes
}

fn get(sandbox: &Sandbox) -> String {
    String::from_utf8(raw(sandbox, "GET", "/api/users/eric", "")).expect("text")
}

/// Head and body.
fn parts(text: &str) -> (&str, &str) {
    text.split_once("\r\n\r\n").expect("a head")
}

fn length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    line.expect("a length").parse().expect("a length")
}

#[test]
fn a_rule_sends_its_own_reply() {
    let sandbox = start(
        r#"{"path": "/api/users/*", "method": "get", "then": {"reply":
            {"status": 418, "headers": {"Retry-After": "soon"}, "body": "short and stout"}}}"#,
    );
    let text = get(&sandbox);
    let (head, body) = parts(&text);
    assert!(head.starts_with("HTTP/1.1 418 ") && head.contains("retry-after: soon"), "{head}");
    assert!(head.contains("x-aura-sandbox: "), "{head}");
    assert_eq!(body, "short and stout");
    assert!(
        String::from_utf8_lossy(&raw(&sandbox, "GET", "/api", "")).starts_with("HTTP/1.1 200 ")
    );

    let sandbox = start(r#"{"then": {"reply": {"status": 599, "body_base64": "/wA="}}}"#);
    assert!(raw(&sandbox, "GET", "/api", "").ends_with(b"\r\n\r\n\xff\0"));
}

#[test]
fn too_many_requests_with_and_without_headers() {
    let sandbox = start(r#"{"times": 1, "then": {"rate_limited": {"retry_after": "7"}}}"#);
    let text = get(&sandbox);
    assert!(text.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{text}");
    for part in
        ["x-ratelimit-remaining: 0", "x-ratelimit-reset: ", "retry-after: 7", "rate limit exceeded"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(get(&sandbox).starts_with("HTTP/1.1 200 "), "only once");
    let sandbox = start(r#"{"then": {"rate_limited": {"headers": false}}}"#);
    let text = get(&sandbox);
    assert!(text.starts_with("HTTP/1.1 429 ") && !text.contains("x-ratelimit"), "{text}");
}

#[test]
fn closes_at_every_point() {
    for (at, check) in [
        ("before", (|text, whole| text.is_empty() && !whole.is_empty()) as fn(&str, &str) -> bool),
        ("in_headers", |text, whole| !text.contains("\r\n\r\n") && whole.starts_with(&text[..9])),
        ("after_headers", |text, _| text.ends_with("\r\n\r\n") && length(text) > 0),
        ("in_body", |text, _| {
            let (head, body) = parts(text);
            !body.is_empty() && body.len() < length(head)
        }),
    ] {
        let sandbox = start(&format!(r#"{{"nth": 2, "then": {{"close": {{"at": "{at}"}}}}}}"#));
        let whole = get(&sandbox);
        assert_eq!(length(parts(&whole).0), parts(&whole).1.len());
        let broken = get(&sandbox);
        assert!(check(&broken, &whole), "{at}: {broken}");
        assert_eq!(get(&sandbox).len(), whole.len(), "the third is whole again");
    }
}

#[test]
fn stops_sending_and_stays_connected() {
    let whole = get(&start(r#"{"times": 0}"#)).len();
    for at in ["before", "after_headers", "in_body"] {
        let sandbox = start(&format!(r#"{{"times": 1, "then": {{"silence": {{"at": "{at}"}}}}}}"#));
        let mut socket = TcpStream::connect(("127.0.0.1", sandbox.port())).expect("connect");
        let request = "GET /api/users/eric HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n";
        socket.write_all(request.as_bytes()).expect("write");
        let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
        // The head and the body may come apart.
        let is_long_enough = |text: &[u8]| match at {
            "before" => true,
            "after_headers" => text.ends_with(b"\r\n\r\n"),
            _ => text.windows(5).any(|window| window.starts_with(b"\r\n\r\n")),
        };
        socket.set_read_timeout(Some(bound(60))).expect("timeout");
        while !is_long_enough(&text) {
            let count = socket.read(&mut buffer).expect("the beginning");
            assert_ne!(count, 0, "{at}: it stays open");
            text.extend_from_slice(&buffer[..count]);
        }
        socket.set_read_timeout(Some(Duration::from_millis(200))).expect("timeout");
        let end = loop {
            match socket.read(&mut buffer) {
                Ok(0) => break None,
                Ok(count) => text.extend_from_slice(&buffer[..count]),
                Err(error) => break Some(error.kind()),
            }
        };
        assert_eq!(end, Some(std::io::ErrorKind::WouldBlock), "{at}: it stays open");
        let text = String::from_utf8(text).expect("text");
        match at {
            "before" => assert_eq!(text, ""),
            "after_headers" => assert!(text.ends_with("\r\n\r\n"), "{text}"),
            _ => assert!(!parts(&text).1.is_empty() && text.len() < whole, "{text}"),
        }
        assert_eq!(get(&sandbox).len(), whole, "another connection is served");
    }
}

#[test]
fn the_reply_is_lost_whether_or_not_the_request_runs() {
    let body = r#"{"username": "jose", "email": "jose@example.com"}"#;
    for (run, exists) in [("true", "200"), ("false", "404")] {
        let rule = format!(
            r#"{{"name": "lost", "method": "POST", "run": {run}, "then": {{"close": {{"at": "before"}}}}}}"#
        );
        let sandbox = start(&rule);
        assert!(raw(&sandbox, "POST", "/api/users", body).is_empty());
        let found =
            String::from_utf8_lossy(&raw(&sandbox, "GET", "/api/users/jose", "")).into_owned();
        assert_eq!(&found[9..12], exists, "run: {run}");
        let journal = sandbox.journal(&JournalFilter::default());
        assert_eq!((journal[0].status, journal[0].rule.as_deref()), (None, Some("lost")));
    }
}

#[test]
fn another_reply_replaces_that_of_a_completed_request() {
    let body = r#"{"username": "jose", "email": "jose@example.com"}"#;
    let sandbox = start(
        r#"{"method": "POST", "run": true, "then": {"reply": {"status": 502, "body": "lost"}}}"#,
    );
    let text = String::from_utf8(raw(&sandbox, "POST", "/api/users", body)).expect("text");
    assert!(text.starts_with("HTTP/1.1 502 ") && text.ends_with("\r\n\r\nlost"), "{text}");
    assert!(!text.contains("location: "), "nothing of the endpoint's own: {text}");
    assert_eq!(sandbox.mailbox().len(), 1);
}

#[test]
fn bodies_that_differ_from_their_headers() {
    let sandbox = start(r#"{"then": {"wrong_length": {"by": 10}}}"#);
    let text = get(&sandbox);
    assert_eq!(length(parts(&text).0), parts(&text).1.len() + 10);
    let sandbox = start(r#"{"then": {"wrong_length": {"by": -10}}}"#);
    let text = get(&sandbox);
    assert_eq!(length(parts(&text).0) + 10, parts(&text).1.len());
    let sandbox = start(r#"{"then": "bad_json"}"#);
    let text = get(&sandbox);
    let (head, body) = parts(&text);
    assert!(length(head) == body.len() && serde_json::from_str::<Value>(body).is_err(), "{text}");
    let sandbox = start(r#"{"then": {"content_type": "text/html"}}"#);
    let text = get(&sandbox);
    assert!(
        text.contains("content-type: text/html\r\n") && parts(&text).1.starts_with('{'),
        "{text}"
    );
    let sandbox = start(r#"{"then": {"huge_header": {"bytes": 100000}}}"#);
    assert!(get(&sandbox).contains(&"x".repeat(100_000)));
    let sandbox = start(r#"{"then": {"redirect": {"to": "http://192.0.2.1/api/users/me"}}}"#);
    let text = get(&sandbox);
    assert!(
        text.starts_with("HTTP/1.1 302 ") && text.contains("location: http://192.0.2.1/"),
        "{text}"
    );
}

#[test]
fn a_bomb_is_small_until_it_is_unpacked() {
    const BYTES: u64 = 200_000_000;
    let sandbox = start(&format!(r#"{{"then": {{"bomb": {{"bytes": {BYTES}}}}}}}"#));
    let bytes = raw(&sandbox, "GET", "/api/users/eric", "");
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
    assert!(String::from_utf8_lossy(&bytes[..end]).contains("content-encoding: gzip"));
    assert!(bytes.len() < 1_000_000, "{}", bytes.len());
    let unpacked =
        std::io::copy(&mut flate2::read::GzDecoder::new(&bytes[end..]), &mut std::io::sink());
    assert_eq!(unpacked.expect("gzip"), BYTES);
}

#[test]
fn slow_replies() {
    let sandbox = start(r#"{"delay_ms": 300}"#);
    let since = Instant::now();
    assert!(get(&sandbox).starts_with("HTTP/1.1 200 "));
    assert!(since.elapsed() >= Duration::from_millis(300));
    let sandbox = start(r#"{"then": {"dribble": {"bytes": 100, "every_ms": 20}}}"#);
    let since = Instant::now();
    let text = get(&sandbox);
    assert_eq!(length(parts(&text).0), parts(&text).1.len());
    let pauses = u32::try_from((text.len() - 1) / 100).expect("few");
    assert!(since.elapsed() >= Duration::from_millis(20) * pauses);
}

#[test]
fn a_rule_is_read_and_deleted_by_its_number() {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    let client = Client::new(&sandbox, sandbox.port());
    let rule = |status: u16| json!({"then": {"reply": {"status": status}}, "times": 1});
    assert_eq!(client.done("POST", "/rules", rule(503))["number"], 0);
    assert_eq!(client.done("POST", "/rules", rule(504))["number"], 1);
    assert_eq!(client.get("/api", "").status, 503);
    assert_eq!(client.done("GET", "/rules/0", json!(null))["struck"], 1);
    client.done("DELETE", "/rules/0", json!(null));
    assert_eq!(client.admin("GET", "/rules/0", "").status, 404);
    assert_eq!(client.admin("DELETE", "/rules/0", "").status, 404);
    assert_eq!(client.admin("GET", "/rules/x", "").status, 404);
    assert_eq!(client.done("POST", "/rules", rule(418))["number"], 2, "no number comes twice");
    assert_eq!(client.get("/api", "").status, 504, "the others keep theirs");
    assert_eq!(client.done("GET", "/rules/1", json!(null))["struck"], 1);
}

#[test]
fn rules_over_the_admin_api() {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    let client = Client::new(&sandbox, sandbox.port());
    client.done("POST", "/rules", json!({"every": 2, "then": {"reply": {"status": 503}}}));
    let statuses: Vec<_> = (0..4).map(|_| client.get("/api", "").status).collect();
    assert_eq!(statuses, [200, 503, 200, 503]);
    let rules = client.done("GET", "/rules", Value::Null);
    assert_eq!((rules[0]["seen"].as_u64(), rules[0]["struck"].as_u64()), (Some(4), Some(2)));
    client.done("DELETE", "/rules", Value::Null);
    assert_eq!(client.get("/api", "").status, 200);
    assert!(sandbox.rules().is_empty());
    for (rule, word) in [
        (r#"{"nth": 0}"#, "nth"),
        (r#"{"probability": 2}"#, "probability"),
        (r#"{"then": {"reply": {"status": 100}}}"#, "100"),
        (r#"{"then": {"reply": {"status": 200, "headers": {"a b": "c"}}}}"#, "a b"),
        (r#"{"then": {"reply": {"status": 200, "body_base64": "?"}}}"#, "base64"),
        (r#"{"then": {"explode": {}}}"#, "explode"),
        (r#"{"then": {"close": {"at": "noon"}}}"#, "noon"),
        (r#"{"when": 1}"#, "when"),
    ] {
        let reply = client.admin("POST", "/rules", rule);
        let message = reply.json()["message"].as_str().unwrap_or("none").to_owned();
        assert!(reply.status == 400 && message.contains(word), "{rule}: {message}");
    }
}

/// The ids of the rows on a page of eric's log.
fn page(client: &Client<'_>, page: usize) -> Vec<i64> {
    let rows = client.get(&format!("/api/users/me/audit-logs?page={page}"), "his").json();
    let rows = rows.as_array().expect("rows");
    rows.iter().map(|row| row["params"]["id"].as_i64().expect("an id")).collect()
}

fn log(rows: Value) -> Sandbox {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    let client = Client::new(&sandbox, sandbox.port());
    let eric = json!({"username": "eric", "emails": [["e@x.y", true, true, true]]});
    client.done("POST", "/users", eric);
    client.done("POST", "/keys", json!({"username": "eric", "secret": "his"}));
    client.done("POST", "/audit-logs", rows);
    sandbox
}

#[test]
fn rows_are_written_between_pages() {
    let sandbox = log(json!({"username": "eric", "count": 200}));
    let rule = Rule {
        path: Some("/api/users/me/audit-logs".into()),
        times: Some(1),
        ..Rule::new(Action::InsertAuditRows { username: "eric".into(), count: 3 })
    };
    sandbox.add_rule(rule).expect("a rule");
    let client = Client::new(&sandbox, sandbox.port());
    assert_eq!(page(&client, 1), (101..=200).rev().collect::<Vec<_>>());
    // Three rows come twice, and the last page is the third.
    assert_eq!(page(&client, 2)[..4], [103, 102, 101, 100]);
    assert_eq!(page(&client, 3), [3, 2, 1]);
}

#[test]
fn rows_that_share_a_time_have_no_order() {
    let sandbox = log(json!({"username": "eric", "count": 300, "tied": 50}));
    let client = Client::new(&sandbox, sandbox.port());
    let (first, again) = (page(&client, 1), page(&client, 1));
    assert_ne!(first, again);
    let sorted = |mut ids: Vec<i64>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(first), (201..=300).collect::<Vec<_>>());
    assert_eq!(sorted(again), (201..=300).collect::<Vec<_>>());
}

#[test]
fn many_rows_take_no_memory() {
    let sandbox = log(json!({"username": "eric", "count": 1_000_000_000_000u64}));
    let client = Client::new(&sandbox, sandbox.port());
    assert_eq!(page(&client, 1)[0], 1_000_000_000_000);
    assert_eq!(page(&client, 1_000)[99], 1_000_000_000_000 - 99_999);
    assert_eq!(page(&client, 10_000_000_000), (1..=100).rev().collect::<Vec<_>>());
    assert!(page(&client, 10_000_000_001).is_empty(), "an exact multiple of a page");
    let more = NewAuditLog { username: "eric".into(), count: Some(1), ..NewAuditLog::default() };
    sandbox.add_audit_log(more).expect("a row");
    assert_eq!(page(&client, 10_000_000_001), [1]);
}

#[test]
fn rows_of_an_unknown_kind() {
    let row = json!({"action": "moon.land", "params": [null], "fields": {"id": 7, "at": "now"}});
    let sandbox = log(json!({"username": "eric", "rows": [row]}));
    let client = Client::new(&sandbox, sandbox.port());
    let rows = client.get("/api/users/me/audit-logs", "his").json();
    let expected = json!([{"action": "moon.land", "params": [null], "user_agent": null, "id": 7, "at": "now"}]);
    assert_eq!(rows, expected);
}
