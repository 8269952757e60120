//! The admin API over HTTP.

mod common;

use aura_sandbox::{Config, Sandbox};
use common::{Reply, request};
use serde_json::{Value, json};

fn start() -> Sandbox {
    Sandbox::start(Config::default()).expect("start")
}

fn admin(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Reply {
    let token = format!("Bearer {}", sandbox.admin_token());
    let headers = [("Authorization", token.as_str())];
    let reply = request(sandbox.port(), method, &format!("/_sandbox{path}"), &headers, body);
    assert!(reply.header("x-aura-sandbox").is_some(), "{path}");
    reply
}

fn post(sandbox: &Sandbox, path: &str, body: Value) -> Value {
    let reply = admin(sandbox, "POST", path, &body.to_string());
    assert_eq!(reply.status, 201, "{path}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

fn get(sandbox: &Sandbox, target: &str, authorization: &str) -> Reply {
    let headers = [("User-Agent", "x"), ("Authorization", authorization)];
    request(sandbox.port(), "GET", target, &headers, "")
}

#[test]
fn every_request_needs_the_token() {
    let sandbox = start();
    for token in ["", "Bearer wrong", sandbox.admin_token()] {
        for (method, path) in [("GET", "mailbox"), ("GET", "health"), ("POST", "users")] {
            let headers = [("Authorization", token)];
            let target = format!("/_sandbox/{path}");
            let reply = request(sandbox.port(), method, &target, &headers, "{}");
            assert_eq!(reply.status, 401, "{target}");
        }
    }
    assert_eq!(admin(&sandbox, "GET", "/health", "").json()["status"], "ok");
    assert_eq!(admin(&sandbox, "GET", "/nothing", "").status, 404);
}

#[test]
fn a_world_is_built_over_the_admin_api() {
    let sandbox = start();
    post(&sandbox, "/organizations", json!({"name": "acme", "account_email": "acme@example.com"}));
    post(
        &sandbox,
        "/users",
        json!({
            "username": "eric", "full_name": "Eric", "password": "password1234",
            "handles": {"github": "ericmj"},
            "emails": [["eric@example.com", true, true, false],
                       {"email": "public@example.com", "verified": true, "public": true}],
            "packages": ["decimal", "acme/secret"],
            "organizations": {"acme": "admin"}
        }),
    );
    let key = post(&sandbox, "/keys", json!({"username": "eric", "secret": "mine"}));
    assert_eq!(key["secret"], "mine");
    let me = get(&sandbox, "/api/users/me", "mine").json();
    assert_eq!(me["email"], "public@example.com");
    assert_eq!(me["handles"], json!({"GitHub": "https://github.com/ericmj"}));
    assert_eq!(me["organizations"], json!([{"name": "acme", "role": "admin"}]));
    assert_eq!(me["packages"][1]["repository"], "acme");

    let key = post(
        &sandbox,
        "/keys",
        json!({"username": "eric", "permissions": ["api:write"], "revoked": true}),
    );
    let reply = get(&sandbox, "/api/users/me", key["secret"].as_str().expect("a secret"));
    assert_eq!(reply.json()["message"], "API key revoked");
    let token = post(&sandbox, "/tokens", json!({"username": "eric", "scopes": ["api:read"]}));
    let bearer = |token: &Value| format!("Bearer {}", token["token"].as_str().expect("a token"));
    assert_eq!(get(&sandbox, "/api/users/me", &bearer(&token)).status, 200);
    let token = post(&sandbox, "/tokens", json!({"username": "eric", "expires_in": -1}));
    assert_eq!(get(&sandbox, "/api/users/me", &bearer(&token)).status, 401);
    post(&sandbox, "/keys", json!({"organization": "acme", "secret": "theirs"}));
    assert_eq!(get(&sandbox, "/api/users/me", "theirs").status, 404);

    post(&sandbox, "/users", json!({"username": "gone", "deactivated": true}));
    post(&sandbox, "/keys", json!({"username": "gone", "secret": "gone"}));
    assert_eq!(get(&sandbox, "/api/users/me", "gone").status, 400);
    post(&sandbox, "/users", json!({"username": "robot", "service": true}));
    post(&sandbox, "/keys", json!({"username": "robot", "secret": "robot"}));
    assert_eq!(get(&sandbox, "/api/users/me", "robot").status, 200);
}

#[test]
fn audit_logs_by_count_and_by_row() {
    let sandbox = start();
    post(&sandbox, "/users", json!({"username": "eric", "emails": [["e@x.y", true, true, true]]}));
    post(&sandbox, "/keys", json!({"username": "eric", "secret": "mine"}));
    post(&sandbox, "/audit-logs", json!({"username": "eric", "count": 249}));
    let row = r#"{"username":"eric","rows":[{"action":"a","params":{"n":12345678901234567890123},"user_agent":null}]}"#;
    assert_eq!(admin(&sandbox, "POST", "/audit-logs", row).status, 201);
    let page = |n: u32| get(&sandbox, &format!("/api/users/me/audit-logs?page={n}"), "mine");
    let lengths: Vec<_> = (1..=4).map(|n| page(n).json().as_array().expect("rows").len()).collect();
    assert_eq!(lengths, [100, 100, 50, 0]);
    // Unchanged, although no number type holds it.
    assert!(String::from_utf8_lossy(&page(1).body).contains("{\"n\":12345678901234567890123}"));
    assert_eq!(page(1).json()[1]["params"]["id"], 249);
}

#[test]
fn mailbox_by_address() {
    let sandbox = start();
    for name in ["one", "two"] {
        let body = format!("username={name}name&email={name}@example.com");
        let headers = [("User-Agent", "x"), ("Content-Type", "application/x-www-form-urlencoded")];
        assert_eq!(request(sandbox.port(), "POST", "/api/users", &headers, &body).status, 201);
    }
    let all = admin(&sandbox, "GET", "/mailbox", "").json();
    assert_eq!(all.as_array().expect("a list").len(), 2);
    let two = admin(&sandbox, "GET", "/mailbox?to=two%40example.com", "").json();
    assert_eq!(two.as_array().expect("a list").len(), 1);
    for field in ["to", "subject", "text", "link", "kind", "sent_at"] {
        assert!(two[0][field].is_string(), "{field}");
    }
    assert_eq!(two[0]["to"], "two@example.com");
}

#[test]
fn errors_name_the_mistake() {
    let sandbox = start();
    for (path, body, word) in [
        ("/users", r#"{"username":"eric","colour":"red"}"#, "colour"),
        ("/users", r#"{"username":""}"#, "name"),
        ("/users", r#"{"username":"eric","emails":[[true]]}"#, "a string"),
        ("/users", r#"{"username":"eric","emails":[{"mail":"a@b.c"}]}"#, "mail"),
        ("/users", "{", "body"),
        ("/organizations", r#"{"name":"acme","members":{"nobody":"read"}}"#, "nobody"),
        ("/keys", r#"{"username":"nobody"}"#, "nobody"),
        ("/keys", "{}", "username"),
        ("/tokens", r#"{"organization":"nowhere"}"#, "nowhere"),
        ("/audit-logs", r#"{"username":"eric","rows":[],"count":1}"#, "count"),
    ] {
        let reply = admin(&sandbox, "POST", path, body);
        let message = reply.json()["message"].as_str().unwrap_or("none").to_owned();
        assert_eq!(reply.status, 400, "{path} {body}: {message}");
        assert!(message.contains(word), "{path} {body}: {message}");
    }
    let reply = admin(&sandbox, "GET", "/mailbox?from=x", "");
    assert_eq!(reply.status, 400);
    assert!(String::from_utf8_lossy(&reply.body).contains("from"));
}
