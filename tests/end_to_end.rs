//! All five functions against the sandbox, in the order in which a person creates and uses an
//! account.

use aura_sandbox::{Config, Mail, NewKey, Profile, Sandbox};
use aura_users::{Client, ErrorKind, Options, Reason, blocking};

const PASSWORD: &str = "correct horse 9";

fn start(profile: Profile) -> (Sandbox, blocking::Client) {
    let sandbox = Sandbox::start(Config::default().profile(profile)).unwrap();
    let options = Options::new().repo_url(sandbox.api_url()).env(false);
    (sandbox, blocking::Client::new(options).unwrap())
}

fn with_key(client: &blocking::Client, key: &str) -> blocking::Client {
    client.with_options(Options::new().api_key(key))
}

/// Follows the link in a mail, as a person does.
fn follow_link(mail: &Mail) {
    use std::io::{Read, Write};
    let link = mail.link.strip_prefix("http://").unwrap();
    let (host, path) = link.split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 2") || reply.starts_with("HTTP/1.1 3"), "{reply}");
}

#[test]
fn an_account_from_its_creation_to_its_audit_log() {
    let (sandbox, client) = start(Profile::Current);
    let created = client.create_user("Eric", PASSWORD, &["Eric@Example.com"]).unwrap();
    assert_eq!((created.username(), created.email()), ("eric", Some("eric@example.com")));
    assert_eq!(created.packages(), None);

    let key = sandbox.add_key("eric", &["api"]).unwrap();
    let signed_in = with_key(&client, &key);
    let error = signed_in.get_current_user().unwrap_err();
    assert_eq!(
        (error.kind(), error.reason()),
        (ErrorKind::Forbidden, Some(Reason::EmailNotVerified))
    );
    assert!(error.request_id().is_some());

    follow_link(&sandbox.mailbox()[0]);
    let me = signed_in.get_current_user().unwrap();
    assert_eq!((me.username(), me.organizations()), ("eric", Some(&[][..])));
    assert_eq!(client.get_user("ERIC").unwrap().username(), "eric");
    assert_eq!(client.get_user("eric@example.com").unwrap().username(), "eric");
    assert_eq!(client.get_user("nobody").unwrap_err().kind(), ErrorKind::NotFound);

    let logs: Vec<_> = signed_in.stream_audit_logs().unwrap().map(Result::unwrap).collect();
    let actions: Vec<_> = logs.iter().map(aura_users::AuditLog::action).collect();
    assert!(
        actions.ends_with(&["email.public", "email.primary", "email.add", "user.create"]),
        "{actions:?}"
    );
    let ours = concat!("aura-users/", env!("CARGO_PKG_VERSION"));
    assert_eq!(logs.last().unwrap().user_agent(), Some(ours));

    sandbox.generate_audit_rows("eric", 250).unwrap();
    assert_eq!(signed_in.stream_audit_logs().unwrap().count(), logs.len() + 250);
}

#[test]
fn the_server_names_the_bad_fields_of_an_account() {
    let (_sandbox, client) = start(Profile::Current);
    let error = client.create_user("a!", "short", &["nonsense"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    let errors = error.field_errors().unwrap();
    assert_eq!(errors["username"], "has invalid format");
    assert_eq!(errors["password"], "should be at least 8 character(s)");
    assert_eq!(errors["emails"]["email"], "has invalid format");
    let error = client.create_user("eric", PASSWORD, &[]).unwrap_err();
    assert_eq!(error.field_errors().unwrap()["emails"], "can't be blank");
}

#[test]
fn a_password_reset_with_and_without_the_endpoint() {
    let (sandbox, client) = start(Profile::Legacy);
    client.create_user("eric", PASSWORD, &["eric@example.com"]).unwrap();
    follow_link(&sandbox.mailbox()[0]);
    client.reset_user_password("eric").unwrap();
    client.reset_user_password("nobody").unwrap();
    assert_eq!(sandbox.mailbox().len(), 2);

    let (_sandbox, client) = start(Profile::Current);
    let error = client.reset_user_password("eric").unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unsupported, Some(404)));
    assert!(error.hint().unwrap().contains("https://hex.pm/password/reset"), "{error}");
}

#[test]
fn refused_credentials_have_different_reasons() {
    let (sandbox, client) = start(Profile::Current);
    client.create_user("eric", PASSWORD, &["eric@example.com"]).unwrap();
    follow_link(&sandbox.mailbox()[0]);
    let narrow = sandbox.add_key("eric", &["repositories"]).unwrap();
    let revoked = NewKey { username: Some("eric".into()), revoked: true, ..NewKey::default() };
    let revoked = sandbox.create_key(revoked).unwrap();
    for (key, reason) in [
        ("no such key", Reason::InvalidCredential),
        (narrow.as_str(), Reason::InsufficientScope),
        (revoked.as_str(), Reason::RevokedCredential),
        ("Basic ZXJpYzpwYXNzd29yZA==", Reason::BasicDisabled),
    ] {
        let error = with_key(&client, key).get_current_user().unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Unauthenticated, Some(reason)));
    }
    let error = client.get_current_user().unwrap_err();
    assert_eq!(error.reason(), Some(Reason::MissingCredential));
}

#[tokio::test]
async fn async_calls_do_the_same() {
    let sandbox = Sandbox::start(Config::default()).unwrap();
    let client = Client::new(Options::new().repo_url(sandbox.api_url()).env(false)).unwrap();
    client.create_user("eric", PASSWORD, &["eric@example.com"]).await.unwrap();
    follow_link(&sandbox.mailbox()[0]);
    sandbox.generate_audit_rows("eric", 300).unwrap();
    let key = sandbox.add_key("eric", &["api:read"]).unwrap();
    let client = client.with_options(Options::new().api_key(key));
    let (me, user) = tokio::join!(client.get_current_user(), client.get_user("eric"));
    assert_eq!(me.unwrap().username(), user.unwrap().username());
    let mut rows = 0;
    let mut logs = client.stream_audit_logs().unwrap();
    while logs.next().await.unwrap().is_some() {
        rows += 1;
    }
    assert!(rows >= 304, "{rows}");
}
