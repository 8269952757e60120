//! Differences between an earlier sandbox and a real server, found with about 7,000 requests.

mod common;

use aura_sandbox::{
    Config, NewEmail, NewKey, NewOrganization, NewToken, NewUser, NewWorld, Profile, Role, Sandbox,
};
use common::admin::Client;
use common::{Reply, request};
use serde_json::{Value, json};

const FORM: &str =
    r#""username": "jose", "password": "correct horse", "email": "jose@example.com""#;

fn start(profile: Profile) -> Sandbox {
    let sandbox = Sandbox::start(Config::default().profile(profile)).expect("start");
    for name in ["acme", "beta"] {
        let organization = NewOrganization { name: name.into(), ..NewOrganization::default() };
        sandbox.add_organization(organization).expect(name);
    }
    let eric = NewUser {
        username: "eric".into(),
        emails: vec![NewEmail::verified("eric@example.com")],
        organizations: [("acme".to_owned(), Role::Admin)].into_iter().collect(),
        otp: Some("123456".into()),
        ..NewUser::default()
    };
    sandbox.add_user(eric).expect("eric");
    sandbox
}

fn post(sandbox: &Sandbox, content_type: &str, body: &str) -> Reply {
    let headers = [("User-Agent", "x"), ("Content-Type", content_type)];
    request(sandbox.port(), "POST", "/api/users", &headers, body)
}

#[test]
fn only_some_profiles_have_registration_and_reset() {
    for (profile, registers, resets) in [
        (Profile::Hexpm, false, false),
        (Profile::Current, true, false),
        (Profile::Legacy, true, true),
    ] {
        let sandbox = start(profile);
        let made = post(&sandbox, "application/json", &format!("{{{FORM}}}"));
        assert_eq!(made.status, if registers { 201 } else { 404 }, "{profile}");
        let headers = [("User-Agent", "x"), ("Accept", "application/json")];
        let nobody = request(sandbox.port(), "POST", "/api/users/eric/reset", &headers, "");
        assert_eq!(nobody.status, if resets { 204 } else { 404 }, "{profile}");
        let client = Client::new(&sandbox, sandbox.port());
        let basic = client.get("/api/users/me", "Basic ZXJpYzp4").json();
        let off = basic["message"].as_str().expect("a message").contains("disabled");
        assert_eq!(off, profile != Profile::Legacy, "{profile}");
    }
}

#[test]
fn an_audit_row_describes_an_organization_as_the_real_server_does() {
    let sandbox = start(Profile::Current);
    let key = sandbox.add_key("eric", &["api"]).expect("a key");
    let client = Client::new(&sandbox, sandbox.port());
    let made = client.send("POST", "/api/orgs/acme/keys", &key, r#"{"name": "ci"}"#);
    assert_eq!(made.status, 201);
    let rows = client.get("/api/users/me/audit-logs", &key).json();
    let shown = &rows[0]["params"]["organization"];
    assert_eq!(shown, &json!({"id": 2, "name": "acme", "billing_active": true}));
}

#[test]
fn handles_of_an_account_from_the_api_are_seven_nulls_in_its_key_rows() {
    let sandbox = start(Profile::Current);
    assert_eq!(post(&sandbox, "application/json", &format!("{{{FORM}}}")).status, 201);
    let key = sandbox.add_key("jose", &["api"]).expect("a key");
    let client = Client::new(&sandbox, sandbox.port());
    assert_eq!(client.send("POST", "/api/keys", &key, r#"{"name": "ci"}"#).status, 201);
    let link = sandbox.mailbox()[0].link.clone();
    let target = link.strip_prefix(sandbox.url()).expect("a link here");
    client.get(target, "");
    let rows = client.get("/api/users/me/audit-logs", &key).json();
    assert_eq!(rows[0]["action"], "key.generate");
    let nulls = ["bluesky", "elixirforum", "freenode", "github", "slack", "twitter", "url"];
    let nulls: Value = nulls.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    assert_eq!(rows[0]["params"]["user"]["handles"], nulls);
    let created = rows.as_array().expect("rows").last().expect("a row");
    assert_eq!(
        (&created["action"], &created["params"]["handles"]),
        (&json!("user.create"), &Value::Null)
    );
}

#[test]
fn the_scope_repositories_is_expanded_when_a_token_is_issued() {
    let sandbox = start(Profile::Current);
    let token = |owner: &str, scopes: &[&str]| {
        let (username, organization) = match owner {
            "acme" => (None, Some(owner.to_owned())),
            _ => (Some(owner.to_owned()), None),
        };
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        sandbox
            .create_token(NewToken { username, organization, scopes, ..NewToken::default() })
            .expect("a token")
    };
    let client = Client::new(&sandbox, sandbox.port());
    let may = |token: &str, query: &str| {
        client.get(&format!("/api/auth?{query}"), &format!("Bearer {token}")).status
    };
    for owner in ["eric", "acme"] {
        let broad = token(owner, &["api:read", "repositories"]);
        assert_eq!(may(&broad, "domain=repository&resource=acme"), 204, "{owner}");
        assert_eq!(may(&broad, "domain=repository&resource=beta"), 401, "{owner}");
        assert_eq!(may(&broad, "domain=repositories"), 401, "{owner}");
    }
    sandbox.add_member("beta", "eric", Role::Read).expect("a member");
    let scopes = |index: usize| sandbox.snapshot().tokens[index].scopes.clone();
    assert_eq!(scopes(0), ["api:read", "repository:hexpm", "repository:acme"], "not issued anew");
    token("eric", &["repositories"]);
    assert_eq!(scopes(2), ["repository:hexpm", "repository:acme", "repository:beta"]);
}

#[test]
fn too_many_wrong_one_time_passwords_are_refused() {
    let sandbox = start(Profile::Current);
    for name in ["jose", "ana", "bob", "eve"] {
        let emails = vec![NewEmail::verified(format!("{name}@example.com"))];
        let otp = Some("123456".into());
        let user = NewUser { username: name.into(), emails, otp, ..NewUser::default() };
        sandbox.add_user(user).expect(name);
    }
    sandbox.set_clock("2030-01-01T00:00:00Z".parse().expect("a time"));
    sandbox.freeze_clock();
    let token = |name: &str| {
        let token = NewToken { username: Some(name.into()), ..NewToken::default() };
        sandbox.create_token(token).expect("a token")
    };
    let write = |token: &str, code: &str, address: &str| {
        let headers = [
            ("User-Agent", "x"),
            ("Authorization", &format!("Bearer {token}")),
            ("Content-Type", "application/json"),
            ("X-Hex-OTP", code),
            ("X-Forwarded-For", &format!("{address}, 10.0.0.1")),
        ];
        request(sandbox.port(), "POST", "/api/keys", &headers, r#"{"name": "ci"}"#)
    };
    let eric = token("eric");
    for _ in 0..5 {
        assert_eq!(write(&eric, "000000", "192.0.2.1").status, 401);
    }
    let sixth = write(&eric, "000000", "192.0.2.1");
    assert_eq!(sixth.status, 429);
    let text = "Too many failed two-factor authentication attempts. Please try again later.";
    assert_eq!(sixth.json()["message"], text);
    assert_eq!(write(&eric, "123456", "192.0.2.1").status, 201, "the right one passes");
    assert_eq!(write(&eric, "000000", "192.0.2.9").status, 429, "from anywhere");

    // A restored world remembers.
    let other = Sandbox::start(Config::default().world(sandbox.snapshot())).expect("start");
    assert_eq!(other.snapshot().to_json(), sandbox.snapshot().to_json());

    // 20 from one address in a quarter of an hour, for any account.
    for name in ["jose", "ana", "bob"] {
        let token = token(name);
        for _ in 0..4 {
            assert_eq!(write(&token, "000000", "192.0.2.1").status, 401, "{name}");
        }
    }
    let eve = token("eve");
    assert_eq!(write(&eve, "000000", "192.0.2.1").status, 401);
    assert_eq!(write(&eve, "000000", "192.0.2.1").status, 401, "the 20th");
    assert_eq!(write(&eve, "000000", "192.0.2.1").status, 429, "the 21st");
    assert_eq!(write(&eve, "000000", "192.0.2.2").status, 401, "another address");

    sandbox.set_clock("2030-01-01T00:10:00Z".parse().expect("a time"));
    let eric = token("eric");
    assert_eq!(write(&eric, "000000", "192.0.2.9").status, 401, "ten minutes later");
    assert_eq!(write(&eric, "000000", "192.0.2.1").status, 429, "the address still counts");
    sandbox.set_clock("2030-01-01T00:15:00Z".parse().expect("a time"));
    assert_eq!(write(&token("eve"), "000000", "192.0.2.1").status, 401, "not any more");
}

#[test]
fn a_reset_fails_for_an_account_without_an_address() {
    let sandbox = start(Profile::Legacy);
    let bare = NewUser { username: "bare".into(), ..NewUser::default() };
    sandbox.add_user(bare).expect("an account");
    let reset = |name: &str| {
        let target = format!("/api/users/{name}/reset");
        request(sandbox.port(), "POST", &target, &[("User-Agent", "x")], "").status
    };
    assert_eq!((reset("bare"), reset("eric"), reset("nobody")), (500, 204, 204));
    assert_eq!(sandbox.mailbox().len(), 1);
}

#[test]
fn organizations_keep_their_order_in_a_world_document() {
    let document = r#"{"profile": "legacy", "clock": {"time": "2030-01-01T00:00:00Z", "frozen": true},
        "organizations": [{"name": "acme"}, {"name": "beta"}, {"name": "zeta", "members": {}}],
        "users": [{"username": "eric", "emails": [["eric@example.com", true, true, true]],
                   "organizations": {"zeta": "read", "acme": "admin", "beta": "write"}}],
        "keys": [{"username": "eric", "secret": "secret"}]}"#;
    let world = NewWorld::from_json(document).expect("a world");
    let again = NewWorld::from_json(&world.to_json()).expect("a world");
    let folder = tempfile::tempdir().expect("a folder");
    let kept = |world: NewWorld| Config::default().world(world).data(folder.path().join("world"));
    drop(Sandbox::start(kept(again.clone())).expect("start"));
    let restored = Sandbox::start(Config::default().world(world)).expect("start").snapshot();
    for config in [
        Config::default().world(again),
        Config::default().world(restored),
        kept(NewWorld::default()),
    ] {
        let sandbox = Sandbox::start(config).expect("start");
        let client = Client::new(&sandbox, sandbox.port());
        let me = client.get("/api/users/me", "secret").json();
        let names: Vec<_> = me["organizations"].as_array().expect("a list").iter().collect();
        let names: Vec<_> = names.iter().map(|o| o["name"].as_str().expect("a name")).collect();
        assert_eq!(names, ["zeta", "acme", "beta"]);
    }
    let twice = r#"{"users": [{"username": "x", "organizations": {"a": "read", "a": "read"}}]}"#;
    let mistake = NewWorld::from_json(twice).expect_err("a mistake");
    assert!(mistake.contains("\"a\" is there twice"), "{mistake}");
}

#[test]
fn deep_json_and_huge_integers_are_accepted() {
    let sandbox = start(Profile::Current);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = format!(r#"{{{FORM}, "deep": {deep}, "huge": -{}}}"#, "9".repeat(1000));
    let reply = post(&sandbox, "application/json", &body);
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
    let wrong = post(&sandbox, "application/json", &body[..body.len() - 1002]);
    assert_eq!(wrong.status, 400);
    let number = format!(r#"{{"username": {}, "full_name": 1e400}}"#, "9".repeat(400));
    assert_eq!(post(&sandbox, "application/json", &number).status, 400, "a float has a limit");
    let number = format!(r#"{{"username": {}}}"#, "9".repeat(400));
    let errors = post(&sandbox, "application/json", &number).json();
    assert_eq!(errors["errors"]["username"], "expected type string");
}

#[test]
fn a_service_key_gets_the_error_of_a_missing_key() {
    let sandbox = start(Profile::Current);
    let bot = NewUser { username: "bot".into(), service: true, ..NewUser::default() };
    sandbox.add_user(bot).expect("a bot");
    let key = sandbox.add_key("bot", &["api"]).expect("a key");
    let client = Client::new(&sandbox, sandbox.port());
    for organization in ["hexpm", "acme"] {
        let target = format!("/api/orgs/{organization}/keys/none");
        assert_eq!(client.send("DELETE", &target, &key, "").status, 404, "{organization}");
    }
    let made = client.send("POST", "/api/orgs/hexpm/keys", &key, r#"{"name": "ci"}"#);
    assert_eq!(made.status, 201);
    let eric = sandbox.add_key("eric", &["api"]).expect("a key");
    assert_eq!(client.send("DELETE", "/api/orgs/hexpm/keys/ci", &eric, "").status, 403);
}

#[test]
fn a_body_of_elixir_text_is_read() {
    let sandbox = start(Profile::Current);
    let kind = "application/vnd.hex+elixir";
    let body = "%{\"username\" => \"jos\\x65\", # a comment\n \"password\" => \"a\\tb\\\"c\\u{1F600} d\",\
        \"emails\" => [%{\"email\" => \"jose@example.com\",},], \"meta\" => %{\"n\" => 0x1F, \
        \"x\" => 1_000.5e3, \"y\" => nil, \"z\" => [true, false, {1, 2}]}}";
    let reply = post(&sandbox, kind, body);
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(reply.json()["username"], "jose");
    for bad in [
        "%{",
        "%{\"a\"}",
        "%{a: 1}",
        "[a: 1]",
        "System.halt()",
        "1 + 1",
        "-1",
        "\"#{1}\"",
        ":atom",
        "%{\"a\" => 1} 2",
        "~s(x)",
        "\"\\x{110000}\"",
        "\"",
        "\"\\u12\"",
        "<<1>>",
        "{1",
        "[1 2]",
    ] {
        assert_eq!(post(&sandbox, kind, bad).status, 400, "{bad}");
    }
    assert_eq!(post(&sandbox, kind, "").status, 422);
    assert_eq!(post(&sandbox, kind, "[1]").status, 422, "no object has no fields");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(post(&sandbox, kind, &deep).status, 400, "nobody nests that deep");
}

#[test]
fn members_can_be_added_to_an_existing_organization() {
    let sandbox = start(Profile::Current);
    let client = Client::new(&sandbox, sandbox.port());
    let form = json!({"organization": "beta", "username": "eric", "role": "write"});
    assert_eq!(client.done("POST", "/members", form.clone())["role"], "write");
    let key = sandbox.add_key("eric", &["api"]).expect("a key");
    let organizations = || client.get("/api/users/me", &key).json()["organizations"].clone();
    let beta =
        |role: &str| json!([{"name": "acme", "role": "admin"}, {"name": "beta", "role": role}]);
    assert_eq!(organizations(), beta("write"));
    let form = json!({"organization": "beta", "username": "eric", "role": "read"});
    client.done("POST", "/members", form);
    assert_eq!(organizations(), beta("read"), "a second time changes the role");
    for (form, mistake) in [
        (json!({"organization": "none", "username": "eric", "role": "read"}), "\"none\""),
        (json!({"organization": "beta", "username": "none", "role": "read"}), "\"none\""),
        (json!({"organization": "beta", "username": "eric", "role": "king"}), "role"),
        (json!({"organization": "beta", "username": "eric"}), "missing field `role`"),
    ] {
        let reply = client.admin("POST", "/members", &form.to_string());
        let message = reply.json()["message"].as_str().expect("a message").to_owned();
        assert!(reply.status == 400 && message.contains(mistake), "{form}: {message}");
    }
}

#[test]
fn a_revoked_key_of_a_service_account_is_still_revoked() {
    let sandbox = start(Profile::Current);
    let bot = NewUser { username: "bot".into(), service: true, ..NewUser::default() };
    sandbox.add_user(bot).expect("a bot");
    let key = NewKey { username: Some("bot".into()), revoked: true, ..NewKey::default() };
    let key = sandbox.create_key(key).expect("a key");
    let client = Client::new(&sandbox, sandbox.port());
    assert_eq!(client.get("/api/users/me", &key).status, 401);
}
