//! The replies have the recorded bytes, and a request that differs gets an error.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::common::{connect, exchange, recorded, reply_bytes, request};
use aura_replay::{Mode, Replay, cases};
use serde_json::Value;

/// The recorded request, as our client sends it to the replay server.
fn client_request(prefix: &str, recorded: &Value) -> String {
    let sent = &recorded["request"];
    let mut headers = Vec::new();
    for pair in sent["headers"].as_array().unwrap() {
        let (name, value) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        if ["authorization", "x-hex-otp", "content-type"].contains(&&*name.to_ascii_lowercase()) {
            headers.push((name, value));
        }
    }
    let path = sent["target"].as_str().unwrap().strip_prefix("/api").unwrap();
    request(
        sent["method"].as_str().unwrap(),
        &format!("{prefix}{path}"),
        &headers,
        sent["body"].as_str().unwrap_or_default(),
    )
}

fn assert_reads(stream: &mut TcpStream, expected: &[u8], id: &str) {
    let mut got = vec![0; expected.len()];
    stream.read_exact(&mut got).unwrap_or_else(|error| panic!("{id}: {error}"));
    assert!(got == expected, "{id}: {}", String::from_utf8_lossy(&got));
}

fn assert_ends(mut stream: TcpStream, id: &str) {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap_or_else(|error| panic!("{id}: {error}"));
    assert!(rest.is_empty(), "{id}: {}", String::from_utf8_lossy(&rest));
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.unwrap().parse().unwrap()
}

#[test]
fn every_reply_has_the_recorded_bytes() {
    let replay = Replay::start().unwrap();
    let recorded = recorded();
    let (mut kept, mut closed, mut stand_ins) = (0, 0, 0);
    for case in cases() {
        let id = &case.id;
        let exchange = &recorded[&format!("{}/{}/{}", case.server, case.file, case.name)];
        let sent = match case.mode {
            Mode::Strict => client_request(&case.prefix, exchange),
            Mode::Loose => request("GET", &format!("{}/users/any", case.prefix), &[], ""),
        };
        let expected = reply_bytes(exchange);
        let mut stream = connect(replay.port());
        stream.write_all(sent.as_bytes()).unwrap();
        assert_reads(&mut stream, &expected, id);
        if exchange["response"]["body_left_out"].is_string() {
            let mut page = vec![0; content_length(&expected)];
            stream.read_exact(&mut page).unwrap();
            let whole = page.starts_with(b"<!DOCTYPE html>") && page.ends_with(b"</html>\n");
            assert!(whole, "{id}");
            stand_ins += 1;
        }
        if exchange["connection_closed_by_server_after"] == true {
            assert_ends(stream, id);
            closed += 1;
        } else {
            // The same again: nothing was sent between, and the connection still works.
            stream.write_all(sent.as_bytes()).unwrap();
            assert_reads(&mut stream, &expected, id);
            kept += 1;
        }
    }
    assert_eq!((kept, closed, stand_ins), (788, 93, 34));
}

#[test]
fn a_request_that_differs_gets_an_error() {
    let replay = Replay::start().unwrap();
    let ask = |request: &str| String::from_utf8(exchange(replay.port(), request)).unwrap();
    let me = "/current/me/key_plain-api/api/users/me";
    let key = ("authorization", "key-plain-api");
    assert!(ask(&request("GET", me, &[key], "")).starts_with("HTTP/1.1 200 OK\r\n"));
    for (sent, difference) in [
        (request("GET", me, &[], ""), "authorization: expected Some(\"key-plain-api\"), got []"),
        (request("GET", me, &[("authorization", "Bearer key-plain-api")], ""), "authorization"),
        (request("GET", me, &[key, ("x-hex-otp", "1")], ""), "x-hex-otp: expected None"),
        (request("GET", me, &[key, ("accept", "*/*")], ""), "accept"),
        (request("GET", &format!("{me}?a=b"), &[key], ""), "a query"),
        (
            request("GET", "/current/me/key_plain-api/api/users/you", &[key], ""),
            "expected CurrentUser",
        ),
        (request("POST", me, &[key], ""), "request line"),
        (request("GET", me, &[key, ("content-length", "2")], "{}"), "body"),
        (request("GET", me, &[key], "").replace("user-agent: test/1\r\n", ""), "user-agent"),
        (request("GET", me, &[key], "").replace("HTTP/1.1", "HTTP/1.0"), "version"),
        (request("GET", me, &[key, ("transfer-encoding", "chunked")], ""), "transfer-encoding"),
        (
            request("GET", "/current/show/cond_head/api/users/eric", &[], ""),
            "method HEAD; see /loose",
        ),
        (
            request("GET", "/current/misc/ae_404_0/api/users/nosuch", &[], "")
                .replace("accept-encoding: gzip\r\n", ""),
            "accept-encoding: expected gzip",
        ),
    ] {
        let reply = ask(&sent);
        assert!(reply.starts_with("HTTP/1.1 599 Request Differs\r\n"), "{sent}\n{reply}");
        assert!(reply.contains(difference), "{difference}: {reply}");
    }
}

#[test]
fn every_strict_case_asks_for_its_own_credential() {
    let replay = Replay::start().unwrap();
    let recorded = recorded();
    for case in cases().iter().filter(|case| case.mode == Mode::Strict) {
        let mut sent = client_request(&case.prefix, &recorded[&case.id]);
        sent = sent.replacen("accept-encoding", "Authorization: another\r\naccept-encoding", 1);
        let reply = exchange(replay.port(), &sent);
        assert!(
            reply.starts_with(b"HTTP/1.1 599 "),
            "{}: {}",
            case.id,
            String::from_utf8_lossy(&reply)
        );
    }
}

#[test]
fn an_unknown_exchange_gets_an_error() {
    let replay = Replay::start().unwrap();
    for target in [
        "/",
        "/x",
        "/api/users/eric",
        "/current/show/nothing/api/users/eric",
        "/loose/current/show/nothing/api/users",
    ] {
        let reply = exchange(replay.port(), &request("GET", target, &[], ""));
        assert!(reply.starts_with(b"HTTP/1.1 598 "), "{target}");
    }
}

#[test]
fn the_empty_page_follows_a_full_page() {
    let replay = Replay::start().unwrap();
    let recorded = recorded();
    let ask = |name: &str, key: &str, page: &str| {
        let target = format!("/{name}/api/users/me/audit-logs{page}");
        exchange(replay.port(), &request("GET", &target, &[("authorization", key)], ""))
    };
    let empty = reply_bytes(&recorded["current/audit/nologs"]);
    assert!(empty.ends_with(b"\r\n\r\n[]"));
    for page in ["?page=2", "?page=3", "?page=5"] {
        assert_eq!(ask("current/audit/exact100_page_1", "key-exact100-api", page), empty);
        assert_eq!(ask("current/audit/gzip", "key-auditor-api", page), empty);
        assert_eq!(ask("loose/current/audit/q_1", "any", page), empty);
    }
    let full = reply_bytes(&recorded["current/audit/bulk_page_2"]);
    assert_eq!(ask("current/audit/bulk_page_2", "key-bulk-api", "?page=2"), full);
    assert_eq!(ask("current/audit/bulk_page_2", "key-bulk-api", "?page=3"), empty);
    // Before the page, after a short page, with another key: no client requests that.
    for (name, key, page) in [
        ("current/audit/bulk_page_2", "key-bulk-api", "?page=1"),
        ("current/audit/bulk_page_2", "key-bulk-api", ""),
        ("current/audit/twins_page_3", "key-twins-api", "?page=4"),
        ("current/audit/nologs", "key-nologs-api", "?page=2"),
        ("current/audit/exact100_page_1", "key-bulk-api", "?page=2"),
    ] {
        assert!(ask(name, key, page).starts_with(b"HTTP/1.1 599 "), "{name} {page}");
    }
}

#[test]
fn dropping_the_server_ends_it_and_its_connections() {
    let replay = Replay::start().unwrap();
    let (port, url) = (replay.port(), replay.url().to_owned());
    assert_eq!(url, format!("http://127.0.0.1:{port}"));
    let mut open = connect(port);
    open.write_all(request("GET", "/x", &[], "").as_bytes()).unwrap();
    assert_reads(&mut open, b"HTTP/1.1 598 ", "an open connection");
    drop(replay);
    let _ = open.read_to_end(&mut Vec::new());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}
