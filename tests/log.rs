//! The records that the hook gets. This is a process of its own, because a process has one hook.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aura_users::{LogLevel, Options, blocking, clear_log_hook, set_log_hook, without_log_hook};
use common::{Act, Server, USER, json};

/// The tests set the hook in turn.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn the_hook_gets_requests_and_notices_of_the_server() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
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

/// A server with a log of 250 rows.
fn server_with_a_log() -> Server {
    Server::start(|_, request| {
        if !request.target.contains("audit-logs") {
            return Act::Reply(json(200, &[], USER));
        }
        let rows: Vec<_> = (0..250)
            .skip(100 * (request.page() as usize - 1))
            .take(100)
            .map(|id| format!(r#"{{"action":"a","params":{{"id":{id}}},"user_agent":null}}"#))
            .collect();
        Act::Reply(json(200, &[], &format!("[{}]", rows.join(","))))
    })
}

fn read_log(client: &blocking::Client, prefetch: u32) {
    let client = client.with_options(Options::new().prefetch(prefetch));
    let _ = client.stream_audit_logs().map(|rows| rows.take_while(Result::is_ok).count());
}

#[test]
fn the_hook_gets_no_records_of_calls_that_it_makes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = server_with_a_log();
    for prefetch in [0, 4] {
        let records = Arc::new(AtomicUsize::new(0));
        let (count, client) = (records.clone(), server.client());
        set_log_hook(LogLevel::Debug, move |_| {
            // Without the limit, a fault would never end.
            if count.fetch_add(1, Ordering::SeqCst) < 5 {
                let _ = client.get_user("eric");
                read_log(&client, prefetch);
            }
        });
        server.client().get_user("eric").unwrap();
        clear_log_hook();
        assert_eq!(records.load(Ordering::SeqCst), 1, "with prefetch {prefetch}");
    }
}

#[test]
fn the_hook_gets_no_records_of_work_without_it() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = server_with_a_log();
    let client = server.client();
    let records = Arc::new(AtomicUsize::new(0));
    let count = records.clone();
    set_log_hook(LogLevel::Debug, move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let started = without_log_hook(|| {
        without_log_hook(|| client.get_user("eric").unwrap());
        read_log(&client, 4);
        client.get_user_start("eric").unwrap()
    });
    assert!(started.wait(None));
    assert_eq!(records.load(Ordering::SeqCst), 0);
    client.get_user("eric").unwrap();
    clear_log_hook();
    assert_eq!(records.load(Ordering::SeqCst), 1);
}
