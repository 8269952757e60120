//! The life of an account, with the shape of every reply.

use serde_json::Value;

use crate::common::Reply;
use crate::target::Target;

/// A name that no earlier run used.
fn fresh() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("live-{}-{}", since.expect("a time").as_micros(), std::process::id())
}

fn fields(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 27 && text.ends_with('Z'))
}

fn cached(reply: &Reply) -> bool {
    reply.header("cache-control") == Some("private, max-age=60")
}

pub(crate) fn check_account(target: &Target) {
    let name = fresh();
    let body = format!(
        "{{\"username\":\"{name}\",\"password\":\"correct horse\",\
         \"emails\":[{{\"email\":\"{name}@example.com\"}}]}}"
    );
    let made = target.send("POST", "/api/users", &[], &body);
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    assert_eq!(made.header("location"), Some(format!("/api/users/{name}").as_str()));
    let record = made.json();
    let expected =
        ["email", "full_name", "handles", "inserted_at", "updated_at", "url", "username"];
    assert_eq!(fields(&record), expected);
    assert!(is_time(&record["inserted_at"]) && is_time(&record["updated_at"]) && cached(&made));

    let shown = target.send("GET", &format!("/api/users/{}", name.to_uppercase()), &[], "");
    assert_eq!((shown.status, shown.json()["username"].as_str()), (200, Some(name.as_str())));
    assert_eq!(shown.json()["packages"], serde_json::json!([]));
    let etag = shown.header("etag").expect("an etag");
    assert!(etag.len() == 32 && shown.header("last-modified").is_some() && cached(&shown));
    let again = target.send("GET", &format!("/api/users/{name}"), &[("If-None-Match", etag)], "");
    assert_eq!((again.status, again.body.len()), (304, 0));
    // The address is not verified.
    assert_eq!(target.send("GET", &format!("/api/users/{name}@example.com"), &[], "").status, 404);

    let twice = target.send("POST", "/api/users", &[], &body);
    assert_eq!(twice.status, 422);
    assert_eq!(twice.json()["errors"]["username"], "has already been taken");
    let nobody = target.send("GET", "/api/users/me", &[], "");
    assert_eq!(nobody.json()["message"], "missing authentication information");
}

pub(crate) fn check_key(target: &Target, key: &str) {
    let signed = [("Authorization", key)];
    let me = target.send("GET", "/api/users/me", &signed, "");
    assert_eq!(me.status, 200, "{}", String::from_utf8_lossy(&me.body));
    let record = me.json();
    for field in ["username", "handles", "organizations", "packages", "inserted_at", "url"] {
        assert!(fields(&record).contains(&field), "{field} in {record}");
    }
    assert!(me.header("etag").is_some() && cached(&me));
    let logs = target.send("GET", "/api/users/me/audit-logs", &signed, "");
    assert_eq!((logs.status, logs.header("etag")), (200, None));
    let rows = logs.json();
    for row in rows.as_array().expect("a bare array") {
        assert_eq!(fields(row), ["action", "params", "user_agent"]);
    }
    let beyond = target.send("GET", "/api/users/me/audit-logs?page=1000000", &signed, "");
    assert_eq!(beyond.json(), serde_json::json!([]));
    let first = target.send("GET", "/api/users/me/audit-logs?page=abc", &signed, "");
    assert_eq!(first.status, 200);
}
