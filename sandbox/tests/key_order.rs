//! The order of the keys of JSON objects.

mod common;

use std::collections::BTreeSet;

use aura_sandbox::{Config, KeyOrder, Sandbox};
use common::Reply;
use common::admin::Client;
use serde_json::{Value, json};

const LOG: &str = "/api/users/me/audit-logs";

fn start(config: Config) -> Sandbox {
    let sandbox = Sandbox::start(config.seed(1)).expect("start");
    let client = Client::new(&sandbox, sandbox.port());
    let eric = json!({"username": "eric", "emails": [["e@x.y", true, true, true]]});
    client.done("POST", "/users", eric);
    client.done("POST", "/keys", json!({"username": "eric", "secret": "his"}));
    client.done("POST", "/audit-logs", json!({"username": "eric", "count": 20}));
    let row = json!({"action": "a", "params": {"b": 1, "a": [{"d": 1, "c": 2}]},
                     "fields": {"id": 7, "at": "now"}});
    client.done("POST", "/audit-logs", json!({"username": "eric", "rows": [row]}));
    sandbox
}

fn get(sandbox: &Sandbox, target: &str) -> Reply {
    Client::new(sandbox, sandbox.port()).get(target, "his")
}

fn body(sandbox: &Sandbox, target: &str) -> String {
    String::from_utf8(get(sandbox, target).body).expect("text")
}

/// The keys of the outermost objects, in order.
fn keys(text: &str) -> Vec<Vec<String>> {
    let (mut all, mut keys, mut depth, mut rest) = (Vec::new(), Vec::new(), 0, text);
    while let Some(at) = rest.find(['{', '}', '"']) {
        match &rest[at..=at] {
            "\"" => {
                // No string here has a quote in it.
                let (string, tail) = rest[at + 1..].split_once('"').expect("a string's end");
                if depth == 1 && tail.starts_with(':') {
                    keys.push(string.to_owned());
                }
                rest = tail;
                continue;
            }
            "{" => depth += 1,
            _ => depth -= 1,
        }
        if depth == 0 {
            all.push(std::mem::take(&mut keys));
        }
        rest = &rest[at + 1..];
    }
    all
}

#[test]
fn rows_begin_with_their_params_as_todays_servers_write_them() {
    let sandbox = start(Config::default());
    assert!(body(&sandbox, LOG).starts_with(
        r#"[{"params":{"a":[{"c":2,"d":1}],"b":1},"action":"a","user_agent":null,"at":"now","id":7},{"params":{"id":20,"#
    ), "{}", body(&sandbox, LOG));
    let user = keys(&body(&sandbox, "/api/users/eric"));
    assert!(user[0].is_sorted() && user[0].contains(&"username".to_owned()), "{user:?}");
    assert_eq!(body(&sandbox, "/api/users/nobody"), r#"{"message":"Page not found","status":404}"#);
}

#[test]
fn rows_begin_with_their_action_as_they_were_recorded() {
    let sandbox = start(Config::default().key_order(KeyOrder::Recorded));
    let rows = keys(&body(&sandbox, LOG));
    assert_eq!(rows[0], ["action", "at", "id", "params", "user_agent"]);
    assert_eq!(rows[20], ["action", "params", "user_agent"]);
    assert_eq!(sandbox.key_order(), KeyOrder::Recorded);
}

#[test]
fn keys_are_shuffled_by_the_seed() {
    let seen = || {
        let sandbox = start(Config::default().key_order(KeyOrder::Shuffled));
        let rows: Vec<_> = (0..5).flat_map(|_| keys(&body(&sandbox, LOG))).collect();
        let users: Vec<_> = (0..5).map(|_| keys(&body(&sandbox, "/api/users/me"))).collect();
        (rows, users)
    };
    let (rows, users) = seen();
    let orders: BTreeSet<_> = rows.iter().filter(|keys| keys.len() == 3).collect();
    assert_eq!(orders.len(), 6, "every order comes: {orders:?}");
    assert!(users.iter().collect::<BTreeSet<_>>().len() > 1, "{users:?}");
    assert_eq!(seen(), (rows, users));
}

#[test]
fn shuffled_records_mean_the_same() {
    let targets =
        [LOG, "/api/users/eric", "/api/users/me", "/api/keys", "/api/users/nobody", "/api"];
    let sandbox = start(Config::default());
    let values = |sandbox: &Sandbox| targets.map(|target| get(sandbox, target).json());
    let before = values(&sandbox);
    sandbox.set_key_order(KeyOrder::Shuffled);
    assert_eq!(values(&sandbox), before);
    let client = Client::new(&sandbox, sandbox.port());
    for accept in ["application/vnd.hex+erlang", "application/vnd.hex+elixir"] {
        let target = format!("/api/users/eric?_format={}", &accept["application/vnd.hex+".len()..]);
        let shuffled = client.get(&target, "").body;
        sandbox.set_key_order(KeyOrder::Current);
        assert_eq!(client.get(&target, "").body, shuffled, "no JSON");
        sandbox.set_key_order(KeyOrder::Shuffled);
    }
}

#[test]
fn the_admin_api_and_a_document_set_the_order() {
    let sandbox = start(Config::default());
    let client = Client::new(&sandbox, sandbox.port());
    assert_eq!(client.done("GET", "/key-order", Value::Null), json!({"key_order": "current"}));
    client.done("PUT", "/key-order", json!({"key_order": "recorded"}));
    assert_eq!(keys(&body(&sandbox, LOG))[20][0], "action");
    sandbox.restore(sandbox.snapshot()).expect("restored");
    assert_eq!(keys(&body(&sandbox, LOG))[20][0], "action");
    let world = json!({"key_order": "shuffled"});
    client.done("POST", "/restore", world);
    assert_eq!(client.done("GET", "/key-order", Value::Null), json!({"key_order": "shuffled"}));
    for bad in [json!({"key_order": "backwards"}), json!({}), json!({"order": "current"})] {
        assert_eq!(client.admin("PUT", "/key-order", &bad.to_string()).status, 400);
    }
}
