//! HTTP/2 over TLS, and its rules, seen by the `h2` client.

mod common;

use std::sync::Arc;
use std::time::Duration;

use aura_sandbox::{Config, Http2, JournalFilter, NewUser, Rule, Sandbox, Tls};
use bytes::Bytes;
use common::admin::Client;
use common::bound;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use hyper::Request;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Long enough to show that nothing comes.
const A_MOMENT: Duration = Duration::from_millis(100);

fn start(http2: Http2) -> Sandbox {
    let sandbox = Sandbox::start(Config::default().tls(Tls::Good).http2(http2)).expect("start");
    let eric = NewUser { username: "eric".into(), ..NewUser::default() };
    sandbox.add_user(eric).expect("eric");
    sandbox
}

fn misbehaving(rule: &str) -> Sandbox {
    let sandbox = start(Http2::default());
    sandbox.add_rule(Rule::from_json(rule).expect(rule)).expect(rule);
    sandbox
}

async fn tls(sandbox: &Sandbox, protocols: &[&str]) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    let file = sandbox.ca_file().expect("a CA file");
    roots.add(CertificateDer::from_pem_file(file).expect("a certificate")).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let socket = TcpStream::connect(("127.0.0.1", sandbox.port())).await.expect("connect");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.expect("TLS")
}

struct Connection {
    requests: SendRequest<Bytes>,
    end: JoinHandle<Result<(), h2::Error>>,
    ping: Option<h2::PingPong>,
}

async fn connect(sandbox: &Sandbox) -> Connection {
    let socket = tls(sandbox, &["h2"]).await;
    let (requests, mut connection) = h2::client::handshake(socket).await.expect("HTTP/2");
    let ping = connection.ping_pong();
    Connection { requests, end: tokio::spawn(connection), ping }
}

/// A reply, or the part of it before the error.
#[derive(Debug, Default)]
struct Reply {
    status: Option<u16>,
    length: Option<usize>,
    body: Vec<u8>,
    error: Option<h2::Error>,
}

impl Reply {
    fn code(&self) -> Option<u32> {
        self.error.as_ref().and_then(h2::Error::reason).map(u32::from)
    }

    fn is_whole(&self) -> bool {
        self.status.is_some() && self.error.is_none() && Some(self.body.len()) == self.length
    }
}

impl Connection {
    async fn request(&self, method: &str, path: &str, body: &str) -> Reply {
        let url = format!("https://127.0.0.1{path}");
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("user-agent", "x")
            .header("content-type", "application/json")
            .body(())
            .expect("a request");
        let mut reply = Reply::default();
        if let Err(error) = self.exchange(request, body.to_owned().into(), &mut reply).await {
            reply.error = Some(error);
        }
        reply
    }

    async fn exchange(
        &self,
        request: Request<()>,
        body: Bytes,
        reply: &mut Reply,
    ) -> Result<(), h2::Error> {
        let mut requests = self.requests.clone().ready().await?;
        let (response, mut sending) = requests.send_request(request, body.is_empty())?;
        if !body.is_empty() {
            sending.send_data(body, true)?;
        }
        let (head, mut body): (_, RecvStream) = response.await?.into_parts();
        reply.status = Some(head.status.as_u16());
        reply.length =
            head.headers.get("content-length").map(|n| n.to_str().unwrap().parse().unwrap());
        while let Some(data) = body.data().await {
            let data = data?;
            body.flow_control().release_capacity(data.len())?;
            reply.body.extend_from_slice(&data);
        }
        Ok(())
    }

    async fn get(&self, path: &str) -> Reply {
        within(self.request("GET", path, "")).await
    }
}

/// Waits until the server has got that many requests with this method, with or without a reply.
async fn served(sandbox: &Sandbox, method: &str, count: usize) {
    let filter = JournalFilter { method: Some(method.into()), ..JournalFilter::default() };
    within(async {
        while sandbox.count_requests(&filter) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(bound(60), future).await.expect("it hangs")
}

#[tokio::test]
async fn tls_offers_http2_unless_it_is_switched_off() {
    let sandbox = start(Http2::default());
    for (offered, chosen) in [
        (&["h2", "http/1.1"][..], Some("h2")),
        (&["http/1.1", "h2"], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&[], None),
    ] {
        let socket = tls(&sandbox, offered).await;
        let found = socket.get_ref().1.alpn_protocol().map(String::from_utf8_lossy);
        assert_eq!(found.as_deref(), chosen, "{offered:?}");
    }
    sandbox.set_http2(Http2 { enabled: false, ..Http2::default() }).expect("settings");
    let socket = tls(&sandbox, &["h2", "http/1.1"]).await;
    assert_eq!(socket.get_ref().1.alpn_protocol(), None);
}

#[tokio::test]
async fn answers_as_over_http1() {
    let sandbox = start(Http2::default());
    let connection = connect(&sandbox).await;
    let reply = connection.get("/api/users/eric").await;
    assert!(reply.is_whole() && reply.status == Some(200), "{reply:?}");
    let body: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
    assert_eq!(body["username"], "eric");
    let head = connection.request("HEAD", "/api/users/eric", "").await;
    assert_eq!((head.status, head.length, head.body.len()), (Some(200), reply.length, 0));
    let form = r#"{"username": "jose", "email": "jose@example.com", "password": "password"}"#;
    let made = connection.request("POST", "/api/users", form).await;
    assert_eq!(made.status, Some(201), "{made:?}");
    assert_eq!(connection.get("/api/users/jose").await.status, Some(200));
    let nobody = connection.get("/api/users/nobody").await;
    assert!(nobody.is_whole() && nobody.status == Some(404), "{nobody:?}");
    // The real server closes after some errors only over HTTP/1.
    assert_eq!(connection.request("POST", "/api/users", "{").await.status, Some(400));
    assert_eq!(connection.get("/api/users/eric").await.status, Some(200));
    let large = "x".repeat(1_000_000);
    let large = format!(r#"{{"username": "x", "full_name": "{large}", "email": "no"}}"#);
    let reply = within(connection.request("POST", "/api/users", &large)).await;
    assert_eq!(reply.status, Some(422), "the body arrived window by window: {reply:?}");
    let first = &sandbox.journal(&JournalFilter::default())[0];
    assert_eq!((first.http.as_str(), first.target.as_str()), ("2", "/api/users/eric"));
}

#[tokio::test]
async fn a_thousand_streams_on_one_connection() {
    let sandbox = start(Http2::default());
    let connection = Arc::new(connect(&sandbox).await);
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let connection = Arc::clone(&connection);
            tokio::spawn(async move { connection.get("/api/users/eric").await })
        })
        .collect();
    for call in calls {
        assert!(call.await.expect("a call").is_whole());
    }
}

#[tokio::test]
async fn resets_a_stream_with_any_code() {
    for (at, status) in [("before", None), ("after_headers", Some(200)), ("in_body", Some(200))] {
        for code in [0, 1, 2, 5, 7, 8, 11, 13, 0xabcd, u32::MAX] {
            let sandbox = misbehaving(&format!(
                r#"{{"nth": 2, "then": {{"reset_stream": {{"code": {code}, "at": "{at}"}}}}}}"#
            ));
            let connection = connect(&sandbox).await;
            let whole = connection.get("/api/users/eric").await;
            let broken = connection.get("/api/users/eric").await;
            assert_eq!((broken.status, broken.code()), (status, Some(code)), "{at}: {broken:?}");
            let some = at == "in_body";
            assert_eq!(!broken.body.is_empty() && broken.body.len() < whole.body.len(), some);
            assert!(connection.get("/api/users/eric").await.is_whole(), "the connection is good");
            assert_eq!(sandbox.journal(&JournalFilter::default())[1].status, status);
        }
    }
}

#[tokio::test]
async fn a_refused_request_is_not_processed_but_a_reset_one_is() {
    let form = r#"{"username": "jose", "email": "jose@example.com", "password": "password"}"#;
    for (then, found) in [
        (r#"{"reset_stream": {"code": 7}}"#, 404),
        (r#"{"reset_stream": {"code": 8}}"#, 200),
        (r#"{"go_away": {"last_stream": 0}}"#, 404),
        (r#"{"reset_stream": {"code": 7, "at": "after_headers"}}"#, 200),
        (r#"{"silence": {}}"#, 200),
    ] {
        let sandbox = misbehaving(&format!(r#"{{"method": "POST", "then": {then}}}"#));
        let connection = connect(&sandbox).await;
        let lost = connection.request("POST", "/api/users", form);
        tokio::select! {
            lost = lost => assert!(lost.error.is_some(), "{then}: {lost:?}"),
            () = served(&sandbox, "POST", 1), if then.contains("silence") => {}
        }
        let found_again = connect(&sandbox).await.get("/api/users/jose").await;
        assert_eq!(found_again.status, Some(found), "{then}");
    }
}

#[tokio::test]
async fn goes_away_before_a_reply_and_in_the_middle_of_it() {
    let sandbox = misbehaving(r#"{"nth": 2, "then": {"go_away": {"last_stream": 0}}}"#);
    let connection = connect(&sandbox).await;
    connection.get("/api/users/eric").await;
    let refused = connection.get("/api/users/eric").await;
    let error = refused.error.as_ref().expect("an error");
    assert!(error.is_go_away() && error.is_remote() && refused.code() == Some(0), "{error:?}");
    within(connection.end).await.expect("a task").expect("the client ends without an error");

    for at in ["before", "after_headers", "in_body"] {
        let rule = format!(r#"{{"then": {{"go_away": {{"code": 11, "at": "{at}"}}}}}}"#);
        let sandbox = misbehaving(&rule);
        let connection = connect(&sandbox).await;
        let reply = connection.get("/api/users/eric").await;
        assert!(reply.is_whole(), "{at}: the stream itself is served: {reply:?}");
        let end = within(connection.end).await.expect("a task").expect_err("a reason");
        assert_eq!(end.reason(), Some(Reason::ENHANCE_YOUR_CALM), "{at}");
    }

    let rule = r#"{"then": {"go_away": {"last_stream": 0, "code": 2, "at": "in_body"}}}"#;
    let sandbox = misbehaving(rule);
    let cut = connect(&sandbox).await.get("/api/users/eric").await;
    assert_eq!((cut.status, cut.code()), (Some(200), Some(2)), "{cut:?}");
    assert!(!cut.body.is_empty() && Some(cut.body.len()) < cut.length);
}

#[tokio::test]
async fn floods_with_frames_that_carry_nothing() {
    // This client allows fewer DATA frames.
    for (frame, count) in [("settings", 5000), ("ping", 5000), ("empty_data", 50)] {
        for at in ["after_headers", "in_body"] {
            let flood = format!(r#"{{"frame": "{frame}", "count": {count}, "at": "{at}"}}"#);
            let sandbox = misbehaving(&format!(r#"{{"times": 1, "then": {{"flood": {flood}}}}}"#));
            let connection = connect(&sandbox).await;
            let reply = connection.get("/api/users/eric").await;
            assert!(reply.is_whole(), "{frame} {at}: {reply:?}");
            assert!(connection.get("/api/users/eric").await.is_whole(), "{frame} {at}");
        }
        let rule = format!(r#"{{"nth": 1, "then": {{"flood": {{"frame": "{frame}"}}}}}}"#);
        let sandbox = misbehaving(&rule);
        let connection = connect(&sandbox).await;
        let flooded = connection.request("GET", "/api/users/eric", "");
        match frame {
            "empty_data" => assert_eq!(within(flooded).await.code(), Some(11)),
            _ => assert!(timeout(A_MOMENT, flooded).await.is_err(), "{frame} has no end"),
        }
        // Otherwise it would use all of this runtime's time.
        connection.end.abort();
        let other = connect(&sandbox).await;
        assert!(other.get("/api/users/eric").await.is_whole(), "{frame}");
        let mut ping = other.ping.expect("pings");
        within(ping.ping(h2::Ping::opaque())).await.expect("a pong");
    }
}

#[tokio::test]
async fn a_zero_window_lets_no_body_through() {
    let sandbox = start(Http2 { initial_window: 0, ..Http2::default() });
    let connection = connect(&sandbox).await;
    assert!(connection.get("/api/users/eric").await.is_whole());
    let post = timeout(A_MOMENT, connection.request("POST", "/api/users", "{}")).await;
    assert!(post.is_err(), "{post:?}");
    assert!(connection.get("/api/users/eric").await.is_whole(), "only bodies wait");
    let posts = JournalFilter { method: Some("POST".into()), ..JournalFilter::default() };
    assert_eq!(sandbox.count_requests(&posts), 0);
}

#[tokio::test]
async fn one_stream_at_a_time() {
    let sandbox = start(Http2 { max_concurrent_streams: Some(1), ..Http2::default() });
    let rule = r#"{"path": "/api", "delay_ms": 60000}"#;
    sandbox.add_rule(Rule::from_json(rule).expect("a rule")).expect("a rule");
    let connection = connect(&sandbox).await;
    assert!(connection.get("/api/users/eric").await.is_whole());
    assert_eq!(connection.requests.current_max_send_streams(), 1);
    let slow = connection.request("GET", "/api", "");
    let mut slow = std::pin::pin!(slow);
    tokio::select! {
        reply = &mut slow => panic!("{reply:?}"),
        () = served(&sandbox, "GET", 2) => {}
    }
    let second = timeout(A_MOMENT, connection.request("GET", "/api/users/eric", "")).await;
    assert!(second.is_err(), "it waits for the first: {second:?}");
    assert!(connect(&sandbox).await.get("/api/users/eric").await.is_whole());
}

#[tokio::test]
async fn stops_sending_on_one_connection() {
    for (at, status) in [("before", None), ("after_headers", Some(200)), ("in_body", Some(200))] {
        let sandbox =
            misbehaving(&format!(r#"{{"nth": 1, "then": {{"silence": {{"at": "{at}"}}}}}}"#));
        let mut connection = connect(&sandbox).await;
        let mut ping = connection.ping.take().expect("pings");
        // It stays: the silence would not begin if the client cancelled it before.
        let mut first = std::pin::pin!(connection.request("GET", "/api/users/eric", ""));
        let call = async {
            served(&sandbox, "GET", 1).await;
            tokio::time::sleep(A_MOMENT).await;
        };
        tokio::select! {
            reply = &mut first => panic!("{at}: {reply:?}"),
            () = call => {}
        }
        // On a busy machine the silence may begin a little later.
        let second = || connection.request("GET", "/api/users/eric", "");
        within(async { while timeout(A_MOMENT, second()).await.is_ok() {} }).await;
        let pong = timeout(A_MOMENT, ping.ping(h2::Ping::opaque())).await;
        assert!(pong.is_err(), "{at}: not even to a ping");
        assert!(!connection.end.is_finished(), "{at}: it stays open");
        assert!(connect(&sandbox).await.get("/api/users/eric").await.is_whole());
        assert_eq!(sandbox.journal(&JournalFilter::default())[0].status, status);
    }
}

#[tokio::test]
async fn rules_for_every_version_apply_to_http2() {
    let whole = connect(&start(Http2::default())).await.get("/api/users/eric").await;
    for (then, check) in [
        (
            r#"{"close": {"at": "before"}}"#,
            (|r, _| r.status.is_none() && r.error.is_some()) as fn(&Reply, &Reply) -> bool,
        ),
        (r#"{"close": {"at": "in_headers"}}"#, |r, _| r.status.is_none() && r.error.is_some()),
        (r#"{"close": {"at": "after_headers"}}"#, |r, _| {
            r.status.is_some() && r.error.is_some() && r.body.is_empty()
        }),
        (r#"{"close": {"at": "in_body"}}"#, |r, whole| {
            !r.body.is_empty() && r.error.is_some() && r.body.len() < whole.body.len()
        }),
        (r#"{"dribble": {"bytes": 10, "every_ms": 1}}"#, |r, whole| {
            r.is_whole() && r.body.len() == whole.body.len()
        }),
        (r#"{"wrong_length": {"by": 10}}"#, |r, _| r.code() == Some(1)),
        (r#"{"wrong_length": {"by": -10}}"#, |r, _| r.code() == Some(1)),
        (r#""bad_json""#, |r, whole| r.is_whole() && r.body.len() == whole.body.len() / 2),
        (r#"{"bomb": {"bytes": 50000000}}"#, |r, _| {
            r.error.is_none() && (10_000..1_000_000).contains(&r.body.len())
        }),
        (r#"{"huge_header": {"bytes": 100000}}"#, |r, _| r.is_whole()),
        (
            r#"{"reply": {"status": 503, "headers": {"connection": "close"}, "body": "no"}}"#,
            |r, _| r.status == Some(503) && r.body == b"no" && r.error.is_none(),
        ),
    ] {
        let sandbox = misbehaving(&format!(r#"{{"times": 1, "then": {then}}}"#));
        let reply = connect(&sandbox).await.get("/api/users/eric").await;
        assert!(check(&reply, &whole), "{then}: {reply:?}");
        assert!(connect(&sandbox).await.get("/api/users/eric").await.is_whole(), "{then}");
    }
}

#[test]
fn rules_of_http2_are_not_for_http1() {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    for rule in [
        r#"{"then": {"reset_stream": {"code": 8}}}"#,
        r#"{"then": {"go_away": {}}}"#,
        r#"{"then": {"flood": {"frame": "ping"}}}"#,
    ] {
        sandbox.add_rule(Rule::from_json(rule).expect(rule)).expect(rule);
    }
    assert_eq!(
        common::request(sandbox.port(), "GET", "/api", &[("User-Agent", "x")], "").status,
        200
    );
    assert!(sandbox.rules().iter().all(|rule| (rule.seen, rule.struck) == (0, 0)));
}

#[test]
fn errors_name_the_mistake_in_rules_and_settings() {
    let sandbox = Sandbox::start(Config::default()).expect("start");
    let admin = Client::new(&sandbox, sandbox.port());
    for (path, form, mistake) in [
        ("/rules", json!({"then": {"flood": {"frame": "ping", "at": "x"}}}), "then.flood.at"),
        (
            "/rules",
            json!({"then": {"flood": {"frame": "empty_data", "at": "before"}}}),
            "then.flood.at: DATA comes after the headers",
        ),
        (
            "/rules",
            json!({"then": {"go_away": {"last_stream": 1u32 << 31}}}),
            "then.go_away.last_stream: expected 0 to 2147483647",
        ),
        ("/rules", json!({"then": {"reset_stream": {"code": -1}}}), "then.reset_stream.code"),
        ("/rules", json!({"then": {"reset_stream": {}}}), "missing field `code`"),
        ("/http2", json!({"initial_window": 1u32 << 31}), "initial_window: expected 0 to"),
    ] {
        let method = if path == "/rules" { "POST" } else { "PUT" };
        let reply = admin.admin(method, path, &form.to_string());
        let message = reply.json()["message"].as_str().expect("a message").to_owned();
        assert!(reply.status == 400 && message.contains(mistake), "{form}: {message}");
    }
    let settings = admin.done("PUT", "/http2", json!({"max_concurrent_streams": 1}));
    let expected = json!({"enabled": true, "max_concurrent_streams": 1, "initial_window": 65535});
    assert_eq!(settings, expected);
    assert_eq!(admin.done("GET", "/http2", json!(null)), settings);
}
