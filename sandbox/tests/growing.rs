//! Audit logs that grow while they are read.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use aura_sandbox::{
    Action, AuditRowInsert, Config, InsertTime, NewAuditWriter, RowCount, Rule, Sandbox,
};
use common::admin::Client;
use serde_json::{Value, json};

const PATH: &str = "/api/users/me/audit-logs";

/// A server with 100 numbered rows in eric's log, and this rule.
fn start(rule: Value) -> Sandbox {
    let sandbox = Sandbox::start(Config::default().seed(1)).expect("start");
    let client = Client::new(&sandbox, sandbox.port());
    let eric = json!({"username": "eric", "emails": [["e@x.y", true, true, true]]});
    client.done("POST", "/users", eric);
    client.done("POST", "/keys", json!({"username": "eric", "secret": "his"}));
    client.done("POST", "/audit-logs", json!({"username": "eric", "count": 100}));
    if !rule.is_null() {
        client.done("POST", "/rules", rule);
    }
    sandbox
}

fn rows(sandbox: &Sandbox) -> Vec<Value> {
    let reply = Client::new(sandbox, sandbox.port()).get(PATH, "his");
    assert_eq!(reply.status, 200);
    reply.json().as_array().expect("rows").clone()
}

/// The number of the newest row.
fn newest(sandbox: &Sandbox) -> i64 {
    rows(sandbox)[0]["params"]["id"].as_i64().expect("a number")
}

fn insert(when: &str) -> Value {
    json!([{"when": when, "username": "eric"}])
}

fn wait_for_strike(sandbox: &Sandbox) {
    while sandbox.rules()[0].struck == 0 {
        thread::yield_now();
    }
}

#[test]
fn rows_are_written_before_a_page_is_read() {
    let sandbox = start(json!({"path": PATH, "insert_audit_rows": insert("before")}));
    assert_eq!((newest(&sandbox), newest(&sandbox)), (101, 102));
}

/// Requests the first page and does not wait for it. The server closes the connection after its reply.
fn request_page(sandbox: &Sandbox) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", sandbox.port())).expect("connect");
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUser-Agent: x\r\n\
         Authorization: his\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).expect("write");
    socket
}

#[test]
fn rows_are_written_between_the_reading_and_the_sending() {
    let rule = json!({"times": 1, "insert_audit_rows": insert("during")});
    assert_eq!(newest(&start(rule)), 100);

    let rule = json!({"times": 1, "delay_ms": 600_000, "insert_audit_rows": insert("during")});
    let sandbox = start(rule);
    let _waiting = request_page(&sandbox);
    wait_for_strike(&sandbox);
    assert_eq!(newest(&sandbox), 101, "the first reply still waits");
}

#[test]
fn rows_are_written_as_the_reply_is_sent() {
    let rule = json!({"times": 1, "delay_ms": 5, "insert_audit_rows": insert("after")});
    let sandbox = start(rule);
    assert_eq!((newest(&sandbox), newest(&sandbox)), (100, 101));

    let rule = json!({"times": 1, "delay_ms": 600_000, "insert_audit_rows": insert("after")});
    let sandbox = start(rule);
    let _waiting = request_page(&sandbox);
    wait_for_strike(&sandbox);
    assert_eq!(newest(&sandbox), 100, "the first reply still waits");
}

#[test]
fn a_page_is_read_late() {
    const DELAY: Duration = Duration::from_millis(300);
    loop {
        let millis = u64::try_from(DELAY.as_millis()).expect("few");
        let sandbox = start(json!({"times": 1, "delay_before_ms": millis}));
        let (found, in_time) = thread::scope(|scope| {
            let since = Instant::now();
            let reading = scope.spawn(|| newest(&sandbox));
            wait_for_strike(&sandbox);
            sandbox.generate_audit_rows("eric", 1).expect("a row");
            let in_time = since.elapsed() < DELAY;
            (reading.join().expect("a page"), in_time)
        });
        // On a busy machine the row may come too late. Then try again.
        if in_time {
            assert_eq!(found, 1);
            return;
        }
    }
}

#[test]
fn rows_come_in_random_numbers_by_the_seed() {
    let count = json!([{"when": "before", "username": "eric", "count": {"at_most": 3}}]);
    let counts = || {
        let sandbox = start(json!({"insert_audit_rows": count}));
        let numbers: Vec<i64> = (0..40).map(|_| newest(&sandbox)).collect();
        numbers.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    };
    let seen = counts();
    assert!((0..=3).all(|count| seen.contains(&count)), "{seen:?}");
    assert!(seen.iter().all(|count| (0..=3).contains(count)), "{seen:?}");
    assert_eq!(seen, counts());
}

#[test]
fn a_failed_page_while_the_log_grows() {
    for then in [
        json!({"reply": {"status": 503}}),
        json!({"close": {"at": "in_body"}}),
        json!({"close": {"at": "before"}}),
        json!({"rate_limited": {}}),
        json!("bad_json"),
    ] {
        let rule = json!({"times": 1, "then": then, "insert_audit_rows": [
            {"when": "before", "username": "eric", "count": 2},
            {"when": "during", "username": "eric"},
            {"when": "after", "username": "eric", "count": 0},
            {"when": "after", "username": "nobody"}
        ]});
        let sandbox = start(rule);
        let mut socket = request_page(&sandbox);
        let mut reply = Vec::new();
        socket.read_to_end(&mut reply).expect("a reply");
        assert_eq!(newest(&sandbox), 103, "{then}");
    }
}

#[test]
fn rows_have_the_values_of_their_rule() {
    let rule = json!({"times": 1, "insert_audit_rows": [
        {"when": "before", "username": "eric", "count": 2, "action": "moon.land",
         "params": {"n": 12_345_678_901_234_567_890u64}, "user_agent": "rover/1.0"},
        {"when": "before", "username": "eric", "params": null},
        {"when": "before", "username": "eric", "action": "moon.leave"}
    ]});
    let sandbox = start(rule);
    let found = rows(&sandbox);
    assert_eq!(
        (&found[0]["action"], &found[0]["params"]["id"]),
        (&json!("moon.leave"), &json!(104))
    );
    let alike = json!({"action": "moon.land", "params": {"n": 12_345_678_901_234_567_890u64},
                       "user_agent": "rover/1.0"});
    let null = json!({"action": "key.generate", "params": null, "user_agent": "aura-sandbox"});
    assert_eq!(found[1..4], [null, alike.clone(), alike.clone()]);
    // Equal rows are possible without a rule too. A snapshot keeps them and the rule.
    let client = Client::new(&sandbox, sandbox.port());
    let more = json!({"username": "eric", "count": 2, "action": "moon.land",
                      "params": alike["params"], "user_agent": "rover/1.0"});
    client.done("POST", "/audit-logs", more);
    let found = rows(&sandbox);
    assert_eq!(found[..2], [alike.clone(), alike]);
    let rules = sandbox.rules();
    sandbox.restore(sandbox.snapshot()).expect("restored");
    assert_eq!(sandbox.rules(), rules);
    assert_eq!(rows(&sandbox), found);
}

#[test]
fn rows_that_a_rule_cannot_write_are_refused() {
    let sandbox = start(Value::Null);
    let client = Client::new(&sandbox, sandbox.port());
    for (rule, word) in [
        (json!({"insert_audit_rows": [{"username": "eric"}]}), "when"),
        (json!({"insert_audit_rows": [{"when": "noon", "username": "eric"}]}), "noon"),
        (
            json!({"insert_audit_rows": [{"when": "after", "username": "eric", "count": "x"}]}),
            "at_most",
        ),
        (json!({"insert_audit_rows": [{"when": "after"}]}), "username"),
    ] {
        let reply = client.admin("POST", "/rules", &rule.to_string());
        let message = reply.json()["message"].as_str().unwrap_or("none").to_owned();
        assert!(reply.status == 400 && message.contains(word), "{rule}: {message}");
    }
    let text = json!({"username": "eric", "rows": [], "params": {}}).to_string();
    assert_eq!(client.admin("POST", "/audit-logs", &text).status, 400);
}

#[test]
fn a_rule_in_rust() {
    let sandbox = start(Value::Null);
    let rule = Rule {
        insert_audit_rows: vec![AuditRowInsert {
            count: RowCount::Exactly(3),
            ..AuditRowInsert::new(InsertTime::Before, "eric")
        }],
        ..Rule::new(Action::Pass)
    };
    sandbox.add_rule(rule).expect("a rule");
    assert_eq!(newest(&sandbox), 103);
}

#[test]
fn a_writer_writes_by_the_clock() {
    let sandbox = start(Value::Null);
    let client = Client::new(&sandbox, sandbox.port());
    client.done("POST", "/clock", json!({"frozen": true}));
    client.done("POST", "/audit-writers", json!({"username": "eric", "every_ms": 100}));
    assert_eq!(newest(&sandbox), 100);
    client.done("POST", "/clock", json!({"advance": 0.35}));
    assert_eq!(newest(&sandbox), 103);
    client.done("POST", "/clock", json!({"advance": 0.05}));
    assert_eq!(newest(&sandbox), 104, "not one is late");
    // A snapshot has the time of the next row.
    client.done("POST", "/clock", json!({"advance": 0.05}));
    sandbox.restore(sandbox.snapshot()).expect("restored");
    client.done("POST", "/clock", json!({"advance": 0.05}));
    assert_eq!(newest(&sandbox), 105);
    client.done("POST", "/clock", json!({"advance": -3600}));
    assert_eq!(newest(&sandbox), 105);
    client.done("POST", "/clock", json!({"advance": 0.1}));
    assert_eq!(newest(&sandbox), 106, "it goes on after the clock was put back");
    client.done("POST", "/clock", json!({"advance": 1e9}));
    assert_eq!(newest(&sandbox), 10_000_000_106);
    client.done("DELETE", "/audit-writers", Value::Null);
    client.done("POST", "/clock", json!({"advance": 3600}));
    assert_eq!(newest(&sandbox), 10_000_000_106);
    for writer in [
        json!({"username": "eric"}),
        json!({"username": "x", "every_ms": 1}),
        json!({"username": "eric", "every_ms": 1, "count": 0}),
    ] {
        assert_eq!(client.admin("POST", "/audit-writers", &writer.to_string()).status, 400);
    }
}

#[test]
fn a_writer_ends_after_its_last_row() {
    let sandbox = start(Value::Null);
    let client = Client::new(&sandbox, sandbox.port());
    client.done("POST", "/clock", json!({"frozen": true}));
    let writer = json!({"username": "eric", "every_ms": 100, "count": 3});
    client.done("POST", "/audit-writers", writer);
    client.done("POST", "/clock", json!({"advance": 0.2}));
    assert_eq!(newest(&sandbox), 102);
    sandbox.restore(sandbox.snapshot()).expect("restored");
    client.done("POST", "/clock", json!({"advance": 10}));
    assert_eq!(newest(&sandbox), 103);
    assert_eq!(client.admin("GET", "/audit-writers", "").json(), json!([]));
}

#[test]
fn a_writer_writes_while_others_read() {
    let sandbox = start(Value::Null);
    let writer = NewAuditWriter {
        username: "eric".into(),
        every_ms: 1,
        action: Some("tick".into()),
        ..NewAuditWriter::default()
    };
    sandbox.add_audit_writer(writer).expect("a writer");
    while rows(&sandbox)[99]["action"] != "tick" {}
    sandbox.clear_audit_writers();
    assert_eq!(rows(&sandbox), rows(&sandbox));
}
