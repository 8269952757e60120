//! The records that the hook gets. This is a process of its own, because a process has one hook.

mod common;

use std::sync::{Arc, Mutex};

use aura_users::{LogLevel, Options, clear_log_hook, set_log_hook};
use common::{Act, Server, USER, json};

#[test]
fn the_hook_gets_requests_and_notices_of_the_server() {
    let server = Server::start(|nth, _| {
        let notice = ("x-hex-message", "\"update\tyour client\"; level=warn");
        let headers = [("x-request-id", "abc"), notice];
        let headers = if nth == 0 { &headers[..1] } else { &headers[..] };
        Act::Reply(json(if nth == 0 { 503 } else { 200 }, headers, USER))
    });
    let client = server.client().with_options(Options::new().api_key("secret-key"));
    let records = Arc::new(Mutex::new(Vec::new()));
    let record = records.clone();
    set_log_hook(LogLevel::Debug, move |line| {
        record.lock().unwrap().push((line.level, line.to_string()));
    });
    client.get_user("eric@example.com").unwrap();
    set_log_hook(LogLevel::Warn, {
        let record = records.clone();
        move |line| record.lock().unwrap().push((line.level, line.to_string()))
    });
    client.get_user("eric@example.com").unwrap();
    clear_log_hook();
    client.get_user("eric@example.com").unwrap();

    let records = records.lock().unwrap();
    let route = "GET /users/{username_or_email}: ";
    let starts = [
        (LogLevel::Debug, "request (attempt 1, status 503, "),
        (LogLevel::Debug, "pausing before the next attempt (attempt 1, server, "),
        (LogLevel::Warn, "the server says: update\\u{9}your client"),
        (LogLevel::Debug, "request (attempt 2, status 200, "),
        (LogLevel::Warn, "the server says: update\\u{9}your client"),
    ];
    assert_eq!(records.len(), starts.len(), "{records:?}");
    for ((level, text), (expected, start)) in records.iter().zip(starts) {
        assert_eq!(*level, expected);
        assert!(text.starts_with(&format!("{route}{start}")), "{text}");
        assert!(!text.contains("eric") && !text.contains("secret"), "{text}");
    }
}
