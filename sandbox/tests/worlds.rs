//! Snapshots, and several worlds in one process.

mod common;

use aura_sandbox::{Config, JournalFilter, NewWorld, Profile, Sandbox};
use common::Reply;
use common::admin::Client;
use serde_json::{Value, json};

const EVERYTHING: &str = r#"{
    "$schema": "world.schema.json",
    "profile": "legacy",
    "seed": 7,
    "clock": {"time": "2030-01-02T03:04:05Z", "frozen": true},
    "rate_limits": {"address": 5, "loopback": true},
    "blocked_addresses": ["192.0.2.9"],
    "organizations": [
        {"name": "zeta", "account_email": "zeta@example.com", "account_packages": ["zed"]},
        {"name": "acme", "billing_active": false, "members": {"eric": "read"}}
    ],
    "users": [
        {"username": "eric", "password": "password1234", "full_name": "Eric",
         "handles": {"github": "ericmj"}, "otp": "123456",
         "emails": [["eric@example.com", true, true, false],
                    {"email": "public@example.com", "verified": true, "public": true},
                    ["new@example.com"]],
         "packages": ["decimal", "acme/secret"], "organizations": {"zeta": "admin"}},
        {"username": "gone", "deactivated": true},
        {"username": "robot", "service": true}
    ],
    "memberships": [{"organization": "zeta", "username": "robot", "role": "write"}],
    "packages": [{"name": "zeta/tool", "owners": ["eric", "robot"]}],
    "keys": [
        {"username": "eric", "secret": "his"},
        {"username": "eric", "name": "old", "secret": "old", "revoked": true},
        {"organization": "acme", "secret": "theirs", "permissions": ["repository:acme"]},
        {"username": "gone", "secret": "gone"}
    ],
    "tokens": [{"username": "eric", "token": "token", "scopes": ["api:read"], "expires_in": 60}],
    "audit_logs": [
        {"username": "eric", "rows": [
            {"action": "unknown.thing", "params": {"n": 12345678901234567890123}, "fields": {"id": 1}}]},
        {"username": "eric", "count": 250, "first": 1000, "tied": 10},
        {"username": "eric", "rows": [{"action": "a"}, {"action": "b"}], "tied": 2}
    ],
    "rules": [{"path": "/api/auth", "nth": 3, "then": {"reply": {"status": 503}}}]
}"#;

/// Every reply that depends on the world.
fn replies(client: &Client<'_>) -> Vec<Reply> {
    let get = |target: &str, credential: &str| client.get(target, credential);
    let mut all = vec![
        get("/api/users/eric", ""),
        get("/api/users/eric", "his"),
        get("/api/users/public@example.com", ""),
        get("/api/users/zeta", ""),
        get("/api/users/robot", "Bearer token"),
        get("/api/users/me", "his"),
        get("/api/users/me", "old"),
        get("/api/users/me", "gone"),
        get("/api/users/me", "theirs"),
        get("/api/users/me", "Basic ZXJpYzpwYXNzd29yZDEyMzQ="),
        get("/api/keys", "his"),
        get("/api/keys/sandbox", "his"),
        get("/api/orgs/zeta/keys", "his"),
        get("/api/auth?domain=repository&resource=acme", "theirs"),
        client.create("jose"),
        client.send("POST", "/api/keys", "his", r#"{"name": "ci"}"#),
        client.send("POST", "/api/users/eric/reset", "his", ""),
    ];
    all.extend((1..5).map(|n| get(&format!("/api/users/me/audit-logs?page={n}"), "his")));
    all
}

fn bytes(replies: &[Reply]) -> Vec<String> {
    let text = |reply: &Reply| {
        let body = String::from_utf8_lossy(&reply.body);
        format!("{} {:?} {body}", reply.status, reply.headers)
    };
    replies.iter().map(text).collect()
}

/// As text, because rows may have larger numbers than a JSON reader.
fn document(client: &Client<'_>) -> String {
    String::from_utf8(client.admin("GET", "/snapshot", "").body).expect("text")
}

fn start() -> Sandbox {
    let world = NewWorld::from_json(EVERYTHING).expect("a world");
    Sandbox::start(Config::default().world(world)).expect("start")
}

#[test]
fn a_restored_world_sends_the_same_bytes() {
    let sandbox = start();
    let client = Client::new(&sandbox, sandbox.port());
    // Some use before: keys, a new account, a mail, counts.
    replies(&client);
    let snapshot = document(&client);
    let first = bytes(&replies(&client));
    assert_eq!(client.admin("POST", "/restore", &snapshot).status, 204);
    assert_eq!(document(&client), snapshot);
    let second = bytes(&replies(&client));
    for (first, second) in first.iter().zip(&second) {
        assert_eq!(first, second);
    }
    assert_eq!(sandbox.journal(&JournalFilter::default()).len(), first.len());
    // Another process that starts from it sends the same replies, except for the address.
    let world = NewWorld::from_json(&snapshot).expect("a world");
    let other = Sandbox::start(Config::default().world(world)).expect("start");
    let moved = bytes(&replies(&Client::new(&other, other.port())));
    for (first, moved) in first.iter().zip(&moved) {
        assert_eq!(&first.replace(sandbox.url(), other.url()), moved);
    }
}

#[test]
fn a_reset_restores_the_start() {
    let sandbox = start();
    let client = Client::new(&sandbox, sandbox.port());
    let before = document(&client);
    let first = bytes(&replies(&client));
    client.done("POST", "/reset", Value::Null);
    assert_eq!(document(&client), before);
    assert_eq!(bytes(&replies(&client)), first);
    assert_eq!(sandbox.mailbox().len(), 2);
    sandbox.reset().expect("reset");
    assert!(sandbox.mailbox().is_empty() && sandbox.journal(&JournalFilter::default()).is_empty());
}

#[test]
fn a_document_that_cannot_be_restored_changes_nothing() {
    let sandbox = start();
    let client = Client::new(&sandbox, sandbox.port());
    let before = document(&client);
    let reply = client.admin("POST", "/restore", r#"{"keys": [{"username": "nobody"}]}"#);
    assert_eq!(reply.status, 400);
    assert!(reply.json()["message"].as_str().expect("a text").contains("keys[0]"));
    assert_eq!(document(&client), before);
}

#[test]
fn worlds_are_independent() {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    let root = Client::new(&sandbox, sandbox.port());
    let one = sandbox.new_world(NewWorld::default()).expect("a world");
    let two = sandbox
        .new_world(NewWorld { profile: Some(Profile::Legacy), ..NewWorld::default() })
        .expect("a world");
    let (first, second) = (Client::new(&one, sandbox.port()), Client::new(&two, sandbox.port()));
    assert_eq!(one.profile(), Profile::Current);
    assert_eq!(two.profile(), Profile::Legacy);
    let made = first.create("jose");
    assert_eq!(made.status, 201);
    assert_eq!(
        made.header("location"),
        Some(format!("/w/{}/api/users/jose", one.world_id()).as_str())
    );
    assert_eq!(made.json()["url"], format!("{}/api/users/jose", one.url()));
    assert_eq!((second.create("jose").status, root.create("jose").status), (201, 201));
    assert_eq!(first.create("jose").status, 422);
    // The link in its mail leads back into the same world.
    let link = one.mailbox()[0].link.clone();
    let target = link.strip_prefix(one.url()).expect("a link into the world");
    let followed = first.get(target, "");
    assert_eq!(followed.header("location"), Some(format!("/w/{}/", one.world_id()).as_str()));
    assert_eq!(first.get("/api/users/jose@example.com", "").status, 200);
    assert_eq!(second.get("/api/users/jose@example.com", "").status, 404);
    first.done("POST", "/clock", json!({"time": "2031-01-01T00:00:00Z"}));
    assert!(two.now() < "2031-01-01T00:00:00Z".parse().expect("a time"));
    assert_eq!(one.journal(&JournalFilter::default())[0].world, one.world_id());
}

#[test]
fn the_admin_api_creates_and_deletes_worlds() {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    let root = Client::new(&sandbox, sandbox.port());
    let made = root.done("POST", "/worlds", json!({"users": [{"username": "eric"}]}));
    let text = |name: &str| made[name].as_str().expect(name).to_owned();
    assert_eq!(text("api_url"), format!("{}/w/{}/api", sandbox.url(), text("id")));
    let empty = root.done("POST", "/worlds", Value::Null);
    let path = format!("/w/{}", text("id"));
    let call = |method: &str, target: &str, token: &str| {
        let token = format!("Bearer {token}");
        let headers = [("User-Agent", "x"), ("Authorization", token.as_str())];
        common::request(sandbox.port(), method, target, &headers, "")
    };
    let health = format!("{path}/_sandbox/health");
    assert_eq!(call("GET", &health, &text("admin_token")).json()["users"], 1);
    assert_eq!(call("GET", &health, sandbox.admin_token()).status, 200);
    assert_eq!(call("GET", &health, empty["admin_token"].as_str().expect("it")).status, 401);
    assert_eq!(call("GET", "/_sandbox/health", &text("admin_token")).status, 401);
    assert_eq!(call("POST", &format!("{path}/_sandbox/worlds"), &text("admin_token")).status, 404);
    assert_eq!(root.done("GET", "/worlds", Value::Null).as_array().map(Vec::len), Some(2));
    let deleted = format!("/worlds/{}", text("id"));
    root.done("DELETE", &deleted, Value::Null);
    assert_eq!(call("GET", &format!("{path}/api/users/eric"), "").status, 404);
    assert_eq!(root.admin("DELETE", &deleted, "").status, 404);
    let refused = root.admin("POST", "/worlds", r#"{"users": [{"username": ""}]}"#);
    assert_eq!(refused.status, 400);
}
