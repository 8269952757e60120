//! Calls over HTTP/2, against the sandbox with TLS. Async calls, started calls and the pages of a
//! stream use HTTP/2 if the server offers it.

mod common;

use aura_sandbox::{Config, Http2, JournalFilter, NewEmail, NewUser, Sandbox, Tls};
use aura_users::{AuditLog, Client, ErrorKind, Options, blocking};
use common::bound;

const ROWS: usize = 450;

fn start(http2: Http2) -> (Sandbox, Options) {
    let sandbox = Sandbox::start(Config::default().tls(Tls::Good).http2(http2)).unwrap();
    let emails = vec![NewEmail::verified("eric@example.com")];
    let eric = NewUser { username: "eric".into(), emails, ..NewUser::default() };
    sandbox.add_user(eric).unwrap();
    sandbox.generate_audit_rows("eric", ROWS as u32).unwrap();
    let options = Options::new()
        .repo_url(sandbox.api_url())
        .ca_file(sandbox.ca_file().unwrap())
        .api_key(sandbox.add_key("eric", &["api"]).unwrap())
        .env(false);
    (sandbox, options)
}

/// Fails if a request came over another version of HTTP.
fn assert_http2(sandbox: &Sandbox, requests: usize) {
    let journal = sandbox.journal(&JournalFilter::default());
    assert!(journal.iter().all(|entry| entry.http == "2"), "{journal:?}");
    assert_eq!(journal.len(), requests);
}

fn row_numbers(logs: &[AuditLog]) -> Vec<u64> {
    let params = |log: &AuditLog| serde_json::from_str::<serde_json::Value>(log.params()).unwrap();
    logs.iter().map(|log| params(log)["id"].as_u64().unwrap()).collect()
}

fn newest_first() -> Vec<u64> {
    (1..=ROWS as u64).rev().collect()
}

#[tokio::test]
async fn async_calls_and_their_errors() {
    let (sandbox, options) = start(Http2::default());
    let client = Client::new(options).unwrap();
    let (me, user) = tokio::join!(client.get_current_user(), client.get_user("eric"));
    assert_eq!((me.unwrap().username(), user.unwrap().username()), ("eric", "eric"));
    let made = client.create_user("jose", "correct horse 9", &["jose@example.com"]).await.unwrap();
    assert_eq!(made.username(), "jose");
    assert_eq!(client.get_user("nobody").await.unwrap_err().kind(), ErrorKind::NotFound);
    let error = client.create_user("a!", "short", &["nonsense"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_http2(&sandbox, 5);
}

#[tokio::test]
async fn two_hundred_async_calls_at_once() {
    let (sandbox, options) = start(Http2::default());
    let client = Client::new(options).unwrap();
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get_user("eric").await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().username(), "eric");
    }
    assert_http2(&sandbox, 200);
}

#[test]
fn started_calls() {
    let (sandbox, options) = start(Http2::default());
    let client = blocking::Client::new(options).unwrap();
    let calls: Vec<_> = (0..20).map(|_| client.get_user_start("eric").unwrap()).collect();
    for call in calls {
        assert!(call.wait(Some(bound(60))));
        assert_eq!(call.take().unwrap().unwrap().username(), "eric");
    }
    assert_http2(&sandbox, 20);
}

#[tokio::test]
async fn the_stream_of_an_async_client() {
    let (sandbox, options) = start(Http2::default());
    let client = Client::new(options).unwrap();
    let mut stream = client.stream_audit_logs().unwrap();
    let mut logs = Vec::new();
    while let Some(log) = stream.next().await.unwrap() {
        logs.push(log);
    }
    assert_eq!(row_numbers(&logs), newest_first());
    let pages =
        JournalFilter { path: Some("/api/users/me/audit-logs".into()), ..JournalFilter::default() };
    let pages = sandbox.journal(&pages);
    assert!(pages.len() >= 5 && pages.iter().all(|entry| entry.http == "2"), "{pages:?}");
}

#[test]
fn the_stream_of_a_blocking_client_that_requests_ahead() {
    let (_sandbox, options) = start(Http2::default());
    let client = blocking::Client::new(options.prefetch(3)).unwrap();
    let logs: Vec<_> = client.stream_audit_logs().unwrap().map(Result::unwrap).collect();
    assert_eq!(row_numbers(&logs), newest_first());
}

#[tokio::test]
async fn a_server_that_serves_one_stream_at_a_time() {
    let http2 = Http2 { max_concurrent_streams: Some(1), ..Http2::default() };
    let (sandbox, options) = start(http2);
    let client = Client::new(options).unwrap();
    client.get_user("eric").await.unwrap();
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get_user("eric").await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().username(), "eric");
    }
    assert_http2(&sandbox, 11);
}

#[tokio::test]
async fn a_server_without_http2() {
    let (sandbox, options) = start(Http2 { enabled: false, ..Http2::default() });
    Client::new(options).unwrap().get_user("eric").await.unwrap();
    assert_eq!(sandbox.journal(&JournalFilter::default())[0].http, "1.1");
}
