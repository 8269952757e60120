//! The life of an account, in a server inside the test.

mod common;

use std::collections::HashSet;

use aura_sandbox::{Config, NewEmail, NewKey, NewOrganization, NewToken, NewUser, Profile, Role};
use aura_sandbox::{Sandbox, SeedError};
use common::{Connection, Reply, request};

fn start(profile: Profile) -> Sandbox {
    Sandbox::start(Config::default().profile(profile)).expect("start")
}

fn send(sandbox: &Sandbox, method: &str, target: &str, authorization: &str, body: &str) -> Reply {
    let mut headers = vec![
        ("User-Agent", "behaviour/1.0"),
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
    ];
    if !authorization.is_empty() {
        headers.push(("Authorization", authorization));
    }
    request(sandbox.port(), method, target, &headers, body)
}

fn get(sandbox: &Sandbox, target: &str, authorization: &str) -> Reply {
    send(sandbox, "GET", target, authorization, "")
}

fn create(sandbox: &Sandbox, name: &str) -> Reply {
    let body = format!(
        "{{\"username\":\"{name}\",\"password\":\"correct horse\",\
         \"emails\":[{{\"email\":\"{name}@example.com\"}}]}}"
    );
    send(sandbox, "POST", "/api/users", "", &body)
}

fn path<'a>(sandbox: &Sandbox, link: &'a str) -> &'a str {
    link.strip_prefix(sandbox.url()).expect("a link to here")
}

fn eric() -> NewUser {
    NewUser {
        username: "eric".into(),
        password: Some("password1234".into()),
        emails: vec![NewEmail::verified("eric@example.com")],
        ..NewUser::default()
    }
}

#[test]
fn an_account_from_its_creation_to_a_new_password() {
    let sandbox = start(Profile::Legacy);
    let reply = create(&sandbox, "Jose");
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("location"), Some("/api/users/jose"));

    let key = sandbox.add_key("jose", &[]).expect("key");
    let me = get(&sandbox, "/api/users/me", &key);
    assert_eq!((me.status, me.json()["message"].as_str()), (403, Some("email not verified")));
    assert_eq!(get(&sandbox, "/api/users/jose@example.com", "").status, 404);

    let mails = sandbox.mailbox();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].to.as_str(), mails[0].kind.as_str()),
        ("jose@example.com", "email-verification")
    );
    assert!(mails[0].text.contains(&mails[0].link));
    let verified = get(&sandbox, path(&sandbox, &mails[0].link), "");
    assert_eq!((verified.status, verified.header("location")), (302, Some("/")));
    let again = get(&sandbox, path(&sandbox, &mails[0].link), "");
    assert!(String::from_utf8_lossy(&again.body).contains("failed to verify"));

    assert_eq!(get(&sandbox, "/api/users/jose@example.com", "").status, 200);
    let made = send(&sandbox, "POST", "/api/keys", &key, "{\"name\":\"ci\"}");
    assert_eq!(made.status, 201);
    let ci = made.json()["secret"].as_str().expect("a secret").to_owned();
    let me = get(&sandbox, "/api/users/me", &ci);
    assert_eq!((me.status, me.json()["username"].as_str()), (200, Some("jose")));
    assert_eq!(me.json()["organizations"], serde_json::json!([]));

    let logs = get(&sandbox, "/api/users/me/audit-logs", &ci).json();
    let actions: Vec<_> = logs.as_array().expect("rows").iter().map(|row| &row["action"]).collect();
    assert_eq!(
        actions,
        ["key.generate", "email.public", "email.primary", "email.add", "user.create"]
    );

    assert_eq!(send(&sandbox, "POST", "/api/users/jose/reset", "", "").status, 204);
    let mail = sandbox.mailbox().pop().expect("a mail");
    assert_eq!(mail.kind, "password-reset");
    let form = get(&sandbox, path(&sandbox, &mail.link), "");
    assert_eq!(form.status, 200);
    let link_key = mail.link.rsplit('=').next().expect("a key");
    let change = |password: &str| {
        let body = format!(
            "{{\"user\":{{\"username\":\"jose\",\"key\":\"{link_key}\",\"password\":\"{password}\"}}}}"
        );
        send(&sandbox, "POST", "/password/new", "", &body)
    };
    assert_eq!(change("short").status, 400);
    assert_eq!(change("battery staple").header("location"), Some("/"));
    assert_eq!(change("used already").header("location"), Some("/password/reset"));

    let revoked = get(&sandbox, "/api/users/me", &ci).json();
    assert_eq!(revoked["message"], "API key revoked");
    // jose:battery staple
    let basic = get(&sandbox, "/api/users/me", "Basic am9zZTpiYXR0ZXJ5IHN0YXBsZQ==");
    assert_eq!(basic.status, 200);
}

#[test]
fn the_two_profiles() {
    let basic = "Basic ZXJpYzpwYXNzd29yZDEyMzQ="; // eric:password1234
    for (profile, reset, signed_in) in [(Profile::Current, 404, 401), (Profile::Legacy, 204, 200)] {
        let sandbox = start(profile);
        sandbox.add_user(eric()).expect("eric");
        assert_eq!(send(&sandbox, "POST", "/api/users/eric/reset", "", "").status, reset);
        assert_eq!(get(&sandbox, "/api/users/me", basic).status, signed_in);
        // In the browser, a person can request a reset under both profiles.
        let before = sandbox.mailbox().len();
        assert_eq!(
            send(&sandbox, "POST", "/password/reset", "", "{\"username\":\"eric\"}").status,
            200
        );
        assert_eq!(sandbox.mailbox().len(), before + 1);
    }
}

#[test]
fn an_etag_lasts_until_the_record_changes() {
    let sandbox = start(Profile::Current);
    create(&sandbox, "jose");
    let etag = |reply: &Reply| reply.header("etag").expect("an etag").to_owned();
    let first = etag(&get(&sandbox, "/api/users/jose", ""));
    assert_eq!(first.len(), 32);
    let conditional = |tag: &str| {
        let headers = [("User-Agent", "x"), ("If-None-Match", tag)];
        request(sandbox.port(), "GET", "/api/users/jose", &headers, "").status
    };
    assert_eq!(conditional(&first), 304);
    let link = sandbox.mailbox()[0].link.clone();
    get(&sandbox, path(&sandbox, &link), "");
    assert_eq!(conditional(&first), 200);
    assert_ne!(etag(&get(&sandbox, "/api/users/jose", "")), first);
}

#[test]
fn parallel_clients() {
    const CLIENTS: usize = 8;
    const EACH: usize = 40;
    let sandbox = start(Profile::Current);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let sandbox = &sandbox;
            scope.spawn(move || {
                for n in 0..EACH {
                    assert_eq!(create(sandbox, &format!("user-{client}-{n}")).status, 201);
                    // All threads request this name.
                    assert!([201, 422].contains(&create(sandbox, "contested").status));
                }
            });
        }
    });
    let mails = sandbox.mailbox();
    let links: HashSet<_> = mails.iter().map(|mail| &mail.link).collect();
    assert_eq!((mails.len(), links.len()), (CLIENTS * EACH + 1, CLIENTS * EACH + 1));
}

#[test]
fn works_inside_an_async_runtime_and_stops_on_drop() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let sandbox = start(Profile::Current);
        let port = sandbox.port();
        let mut open = Connection::open(port);
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("connect");
        drop(sandbox);
        assert!(open.is_closed());
        assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
    });
}

#[test]
fn invalid_state_is_refused_with_its_name() {
    let sandbox = start(Profile::Current);
    sandbox.add_user(eric()).expect("eric");
    let text = |result: Result<(), SeedError>| result.expect_err("refused").to_string();
    assert!(text(sandbox.add_user(eric())).contains("\"eric\""));
    let stranger = NewUser {
        username: "jose".into(),
        packages: vec!["acme/secret".into()],
        ..NewUser::default()
    };
    assert!(text(sandbox.add_user(stranger)).contains("\"acme\""));
    assert!(text(sandbox.generate_audit_rows("nobody", 1)).contains("\"nobody\""));
    assert!(sandbox.create_key(NewKey::default()).is_err());
}

#[test]
fn private_packages_are_shown_to_members_only() {
    let sandbox = start(Profile::Current);
    let acme = NewOrganization { name: "acme".into(), ..NewOrganization::default() };
    sandbox.add_organization(acme).expect("acme");
    let owner = NewUser { packages: vec!["open".into(), "acme/secret".into()], ..eric() };
    sandbox.add_user(owner).expect("eric");
    let jose = NewUser { username: "jose".into(), ..NewUser::default() };
    sandbox.add_user(jose).expect("jose");
    let key = sandbox.add_key("jose", &["api:read"]).expect("key");
    let packages = || {
        let record = get(&sandbox, "/api/users/eric", &key).json();
        record["packages"].as_array().expect("a list").len()
    };
    assert_eq!(packages(), 1);
    sandbox.add_member("acme", "jose", Role::Read).expect("member");
    assert_eq!(packages(), 2);
}

#[test]
fn one_time_passwords_protect_writes_with_a_token() {
    let sandbox = start(Profile::Current);
    sandbox.add_user(NewUser { otp: Some("123456".into()), ..eric() }).expect("eric");
    let token = NewToken { username: Some("eric".into()), ..NewToken::default() };
    let token = format!("Bearer {}", sandbox.create_token(token).expect("token"));
    let post = |otp: Option<&str>| {
        let mut headers = vec![
            ("User-Agent", "x"),
            ("Authorization", token.as_str()),
            ("Content-Type", "application/json"),
        ];
        headers.extend(otp.map(|otp| ("X-Hex-OTP", otp)));
        let reply = request(sandbox.port(), "POST", "/api/keys", &headers, "{\"name\":\"ci\"}");
        (reply.status, reply.header("www-authenticate").unwrap_or("").to_owned())
    };
    assert!(post(None).1.contains("totp_required"));
    assert!(post(Some("000000")).1.contains("invalid_totp"));
    assert_eq!(post(Some("123456")).0, 201);
}

/// With these headers, a client assumes the real server.
#[test]
fn a_page_of_a_log_has_the_headers_of_the_real_server() {
    for profile in [Profile::Current, Profile::Legacy] {
        let sandbox = start(profile);
        sandbox.add_user(eric()).expect("eric");
        sandbox.generate_audit_rows("eric", 150).expect("rows");
        let key = sandbox.add_key("eric", &[]).expect("a key");
        for page in [1, 2, 3] {
            let reply = get(&sandbox, &format!("/api/users/me/audit-logs?page={page}"), &key);
            assert_eq!(reply.status, 200);
            let control = "max-age=0, private, must-revalidate";
            assert_eq!(reply.header("cache-control"), Some(control));
            assert_eq!(reply.header("x-request-id").map(str::len), Some(20));
            for absent in ["etag", "link", "last-modified"] {
                assert_eq!(reply.header(absent), None, "{absent}");
            }
        }
    }
}
