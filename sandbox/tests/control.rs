//! A world as a whole: its clock, its randomness, its rate limits, its journal.

mod common;

use std::time::Duration;

use aura_sandbox::{
    Config, JournalFilter, NewEmail, NewToken, NewUser, NewWorld, Profile, RateLimits, Sandbox,
    Timestamp,
};
use common::admin::Client;
use common::request;
use serde_json::{Value, json};

const START: &str = "2030-01-02T03:04:05Z";

fn frozen(profile: Profile) -> Sandbox {
    let start: Timestamp = START.parse().expect("a time");
    Sandbox::start(Config::default().profile(profile).clock(start).frozen()).expect("start")
}

fn client(sandbox: &Sandbox) -> Client<'_> {
    Client::new(sandbox, sandbox.port())
}

fn eric() -> NewUser {
    NewUser {
        username: "eric".into(),
        emails: vec![NewEmail::verified("eric@example.com")],
        ..NewUser::default()
    }
}

fn path<'a>(sandbox: &Sandbox, link: &'a str) -> &'a str {
    link.strip_prefix(sandbox.url()).expect("a link to here")
}

#[test]
fn the_clock_dates_records_and_headers() {
    let sandbox = frozen(Profile::Current);
    let client = client(&sandbox);
    let made = client.create("jose");
    assert_eq!(made.header("date"), Some("Wed, 02 Jan 2030 03:04:05 GMT"));
    assert_eq!(made.json()["inserted_at"], "2030-01-02T03:04:05.000000Z");
    let clock = client.done("POST", "/clock", json!({"advance": 0.5}));
    assert_eq!(clock, json!({"time": "2030-01-02T03:04:05.500000Z", "frozen": true}));
    client.done("POST", "/clock", json!({"time": "2031-01-01T00:00:00Z"}));
    assert_eq!(client.create("mary").json()["updated_at"], "2031-01-01T00:00:00.000000Z");
    assert_eq!(sandbox.mailbox()[1].sent_at, "2031-01-01T00:00:00.000000Z");
    let running = client.done("POST", "/clock", json!({"frozen": false}));
    assert_eq!(running["frozen"], false);
    assert!(sandbox.now() >= "2031-01-01T00:00:00Z".parse().expect("a time"));
    let machine = client.done("POST", "/clock", json!({"reset": true}));
    assert!(machine["time"].as_str().expect("a time") < "2031");
    let both = client.done("POST", "/clock", json!({"time": START, "frozen": true}));
    assert_eq!(both["time"], "2030-01-02T03:04:05.000000Z", "not a microsecond later");
    let bad = client.admin("POST", "/clock", r#"{"advance": 1e300}"#);
    assert_eq!(
        (bad.status, bad.json()["message"].as_str().map(|m| m.contains("advance"))),
        (400, Some(true))
    );
}

#[test]
fn an_etag_changes_with_the_record_although_the_clock_is_frozen() {
    let sandbox = frozen(Profile::Current);
    let client = client(&sandbox);
    client.create("jose");
    let before = client.get("/api/users/jose", "");
    client.get(path(&sandbox, &sandbox.mailbox()[0].link), "");
    let after = client.get("/api/users/jose", "");
    assert_ne!(before.header("etag"), after.header("etag"));
}

#[test]
fn tokens_keys_and_links_expire_by_the_clock() {
    let sandbox = frozen(Profile::Legacy);
    let client = client(&sandbox);
    sandbox.add_user(eric()).expect("eric");
    let token = NewToken { username: Some("eric".into()), ..NewToken::default() };
    let token = format!("Bearer {}", sandbox.create_token(token).expect("a token"));
    client.done("POST", "/keys", json!({"username": "eric", "secret": "brief", "revoke_in": 3600}));
    client.create("jose");
    client.send("POST", "/api/users/eric/reset", "", "");
    let mails = sandbox.mailbox();
    let status = |credential: &str| client.get("/api/users/me", credential).status;
    assert_eq!((status(&token), status("brief")), (200, 200));
    sandbox.advance_clock(Duration::from_secs(3600)).expect("a time");
    assert_eq!((status(&token), status("brief")), (401, 200));
    sandbox.advance_clock(Duration::from_secs(1)).expect("a time");
    assert_eq!(client.get("/api/users/me", "brief").json()["message"], "API key revoked");
    assert_eq!(client.get(path(&sandbox, &mails[1].link), "").status, 200);
    sandbox.advance_clock(Duration::from_secs(24 * 3600)).expect("a time");
    let late = client.get(path(&sandbox, &mails[0].link), "");
    assert!(String::from_utf8_lossy(&late.body).contains("failed to verify"));
    assert_eq!(
        client.get(path(&sandbox, &mails[1].link), "").header("location"),
        Some("/password/reset")
    );
}

#[test]
fn a_seed_makes_everything_reproducible() {
    let life = |seed: u64| -> Vec<String> {
        let start = START.parse().expect("a time");
        let config = Config::default().seed(seed).clock(start).frozen();
        let sandbox = Sandbox::start(config).expect("start");
        let client = client(&sandbox);
        let made = client.create("jose");
        let key = sandbox.add_key("jose", &[]).expect("a key");
        let link = path(&sandbox, &sandbox.mailbox()[0].link).to_owned();
        let shown = client.get("/api/users/jose", "");
        let ids = [&made, &shown].map(|r| r.header("x-request-id").expect("an id").to_owned());
        let etag = shown.header("etag").expect("an etag").to_owned();
        [vec![key, link, etag], ids.to_vec()].concat()
    };
    assert_eq!(life(1), life(1));
    assert!(
        life(1).iter().zip(life(2)).filter(|(a, b)| **a == *b).count() <= 1,
        "but for the etag"
    );
}

#[test]
fn the_loopback_has_rate_limits_by_the_clock() {
    let sandbox = frozen(Profile::Current);
    let client = client(&sandbox);
    let get = || client.get("/api/users/nobody", "");
    assert_eq!(get().header("x-ratelimit-limit"), None);
    client.done("PUT", "/rate-limits", json!({"loopback": true, "address": 2}));
    let seen: Vec<_> = (0..3).map(|_| get()).collect();
    let reset = "1893553500"; // 03:05:00
    for (reply, status, remaining) in
        [(&seen[0], 404, "1"), (&seen[1], 404, "0"), (&seen[2], 429, "0")]
    {
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("x-ratelimit-limit"), Some("2"));
        assert_eq!(reply.header("x-ratelimit-remaining"), Some(remaining));
        assert_eq!(reply.header("x-ratelimit-reset"), Some(reset));
    }
    assert_eq!(seen[2].json()["message"], "API rate limit exceeded for IP 127.0.0.1");
    client.done("DELETE", "/rate-limits/counts", Value::Null);
    assert_eq!(get().status, 404);
    get();
    assert_eq!(get().status, 429);
    client.done("POST", "/clock", json!({"advance": 60}));
    assert_eq!(get().header("x-ratelimit-remaining"), Some("1"));
    sandbox.set_rate_limits(RateLimits { enabled: false, ..sandbox.rate_limits() });
    assert_eq!(get().header("x-ratelimit-limit"), None);
    assert_eq!(client.done("GET", "/rate-limits", Value::Null)["address"], 2);
}

#[test]
fn accounts_and_organizations_have_rate_limits() {
    let sandbox = frozen(Profile::Current);
    let client = client(&sandbox);
    sandbox.add_user(eric()).expect("eric");
    client.done("POST", "/organizations", json!({"name": "acme"}));
    client.done("POST", "/keys", json!({"username": "eric", "secret": "his"}));
    client.done("POST", "/keys", json!({"organization": "acme", "secret": "theirs"}));
    client.done("PUT", "/rate-limits", json!({"user": 1, "organization": 1}));
    for (secret, who) in [("his", "user 1"), ("theirs", "organization 2")] {
        let headers = [
            ("User-Agent", "x"),
            ("Authorization", secret),
            ("X-Forwarded-For", "192.0.2.1, 10.0.0.1"),
        ];
        let get = || request(sandbox.port(), "GET", "/api/users/eric", &headers, "");
        assert_eq!(get().status, 200, "{who}");
        assert!(get().json()["message"].as_str().expect("a text").ends_with(who), "{who}");
    }
    let counts = client.done("GET", "/rate-limits/counts", Value::Null);
    assert_eq!(counts["counts"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_journal_has_no_secrets() {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    let client = client(&sandbox);
    client.create("jose");
    let key = sandbox.add_key("jose", &[]).expect("a key");
    client.get("/api/users/me?x=1&key=hush", &key);
    client.get("/api/users/jose", "");
    let form = "user%5Bpassword%5D=hush+hush&user[username]=jose";
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    request(sandbox.port(), "POST", "/password/new", &headers, form);
    let text = client.done("GET", "/journal", Value::Null).to_string();
    for secret in ["correct horse", key.as_str(), "hush"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let entries = sandbox.journal(&JournalFilter::default());
    assert_eq!(entries.len(), 4, "the admin API is not in it");
    assert_eq!((entries[0].method.as_str(), entries[0].status), ("POST", Some(201)));
    assert!(
        entries[0].body.contains("\"username\":\"jose\"") && entries[0].body.contains("sha256:")
    );
    let header = |n: usize| entries[n].headers.iter().find(|(name, _)| name == "authorization");
    assert!(header(1).is_some_and(|(_, value)| value.starts_with("sha256:")));
    assert!(entries[1].target.starts_with("/api/users/me?x=1&key=sha256"));

    let count = |query: &str| {
        client.done("GET", &format!("/journal/count{query}"), Value::Null)["count"].clone()
    };
    assert_eq!(count(""), 4);
    assert_eq!(count("?method=get&status=403"), 1);
    assert_eq!(count("?path=/api/users/jose"), 1);
    assert_eq!(count("?path_prefix=/api/"), 3);
    assert_eq!(count("?after=2"), 2);
    assert_eq!(count("?user_agent=test%2F1.0"), 3);
    assert_eq!(client.admin("GET", "/journal?colour=red", "").status, 400);
    assert_eq!(client.admin("GET", "/journal?status=x", "").status, 400);
    client.done("DELETE", "/journal", Value::Null);
    assert_eq!(sandbox.count_requests(&JournalFilter::default()), 0);
}

#[test]
fn the_journal_is_bounded() {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    let client = client(&sandbox);
    let mut connection = common::Connection::open(sandbox.port());
    let get = b"GET /api HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x\r\n\r\n";
    for _ in 0..10_005 {
        connection.send(get, false).expect("a reply");
    }
    assert_eq!(sandbox.count_requests(&JournalFilter::default()), 10_000);
    let last = client.done("GET", "/journal?after=10003", Value::Null);
    assert_eq!(
        (last["forgotten"].as_u64(), last["entries"].as_array().map(Vec::len)),
        (Some(5), Some(2))
    );
}

#[test]
fn errors_in_a_world_file_name_the_position() {
    for (text, words) in [
        (
            r#"{"users": [{"username": "eric"}, {"username": "x", "colour": 1}]}"#,
            ["users[1]", "colour"],
        ),
        (
            r#"{"users": [{"username": "eric", "emails": [{"mail": "x"}]}]}"#,
            ["users[0].emails[0]", "mail"],
        ),
        (r#"{"rules": [{"then": {"close": {"at": "noon"}}}]}"#, ["rules[0].then", "noon"]),
        (r#"{"clock": {"time": "noon"}}"#, ["clock.time", "year"]),
        (r#"{"colours": []}"#, ["unknown field", "colours"]),
    ] {
        let mistake = NewWorld::from_json(text).expect_err(text);
        assert!(words.iter().all(|word| mistake.contains(word)), "{text}: {mistake}");
    }
    for (text, words) in [
        (r#"{"users": [{"username": "eric"}, {"username": "Eric"}]}"#, ["users[1]", "\"eric\""]),
        (r#"{"keys": [{"username": "nobody"}]}"#, ["keys[0]", "\"nobody\""]),
        (r#"{"rules": [{"every": 0}]}"#, ["rules[0]", "every"]),
        (
            r#"{"audit_logs": [{"username": "nobody", "count": 1}]}"#,
            ["audit_logs[0]", "\"nobody\""],
        ),
        (r#"{"users": [{"username": "e", "password_hash": "x"}]}"#, ["users[0]", "password_hash"]),
    ] {
        let world = NewWorld::from_json(text).expect(text);
        let mistake = Sandbox::start(Config::default().world(world)).expect_err(text).to_string();
        assert!(words.iter().all(|word| mistake.contains(word)), "{text}: {mistake}");
    }
}
