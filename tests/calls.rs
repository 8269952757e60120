//! Calls to a server that misbehaves.

mod common;

use std::time::Duration;

use aura_users::{Error, ErrorKind, Options, RateLimit, blocking};
use common::{Act, Server, USER, json, raw, try_longer, user, within};

const UNREACHABLE: &str = "http://127.0.0.1:1/api";

#[test]
fn a_get_is_repeated_if_the_server_asks_for_it() {
    for status in [429, 502, 503, 504] {
        let server = Server::start(move |nth, _| {
            Act::Reply(if nth < 2 { json(status, &[], r#"{"message":"later"}"#) } else { user() })
        });
        assert_eq!(server.client().get_user("eric").unwrap().raw_json(), USER, "{status}");
        assert_eq!(server.requests().len(), 3);
    }
}

#[test]
fn a_permanent_failure_is_not_repeated() {
    for status in [400, 401, 403, 404, 422, 500, 501] {
        let server =
            Server::start(move |_, _| Act::Reply(json(status, &[], r#"{"message":"no"}"#)));
        let error = server.client().get_user("eric").unwrap_err();
        assert_eq!((error.status(), error.attempts()), (Some(status), 1));
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[test]
fn the_error_counts_the_attempts() {
    let server = Server::start(|_, _| Act::Reply(json(503, &[], r#"{"message":"later"}"#)));
    let client = server.client().with_options(Options::new().max_retries(1));
    let error = client.get_user("eric").unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 2));
    assert!(error.is_retryable());

    let client = blocking::Client::new(Options::new().repo_url(UNREACHABLE).env(false)).unwrap();
    let error = client.get_user("eric").unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 0), "nothing was sent");
    assert!(!error.outcome_unknown());
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn a_post_is_repeated_only_if_nothing_can_have_arrived() {
    let client = blocking::Client::new(Options::new().repo_url(UNREACHABLE).env(false)).unwrap();
    let error = client.create_user("eric", "password", &["a@b.c"]).unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.outcome_unknown()),
        (ErrorKind::Connect, 0, false)
    );

    for act in [|| Act::ReplyAndClose(Vec::new()), || Act::ReplyAndClose(b"HTTP/1.1 20".to_vec())] {
        let server = Server::start(move |_, _| act());
        let error = server.client().create_user("eric", "password", &["a@b.c"]).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 1), "{error}");
        assert!(error.outcome_unknown() && !error.is_retryable());
        assert!(error.to_string().contains("check before you repeat"), "{error}");
        assert_eq!(server.requests().len(), 1);
    }

    let server = Server::start(|_, _| Act::Reply(json(503, &[], r#"{"message":"later"}"#)));
    let error = server.client().reset_user_password("eric").unwrap_err();
    assert_eq!((error.attempts(), error.outcome_unknown()), (1, true));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn create_user_sends_no_credential_and_one_address() {
    let server = Server::start(|nth, _| {
        Act::Reply(if nth == 0 { json(201, &[], USER) } else { json(204, &[], "") })
    });
    let client = server.client().with_options(Options::new().api_key("key").otp("123456"));
    client.create_user("eric", "pass\"word", &["a@b.c"]).unwrap();
    client.reset_user_password("eric").unwrap();
    let requests = server.requests();
    let create = &requests[0];
    assert_eq!((create.method.as_str(), create.target.as_str()), ("POST", "/api/users"));
    assert_eq!(create.header("authorization"), None);
    assert_eq!(create.header("x-hex-otp"), None);
    assert_eq!(create.header("content-type"), Some("application/json"));
    assert_eq!(
        std::str::from_utf8(&create.body).unwrap(),
        r#"{"username":"eric","password":"pass\"word","emails":[{"email":"a@b.c"}]}"#
    );
    let reset = &requests[1];
    assert_eq!((reset.method.as_str(), reset.target.as_str()), ("POST", "/api/users/eric/reset"));
    assert_eq!(
        (reset.header("authorization"), reset.header("x-hex-otp")),
        (Some("key"), Some("123456"))
    );
    assert_eq!((reset.header("content-type"), reset.body.len()), (None, 0));
}

#[test]
fn nothing_is_sent_after_a_mistake_of_the_caller() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let client = server.client();
    let refused = [
        client.get_user("me").unwrap_err(),
        client.get_user("").unwrap_err(),
        client.reset_user_password("..").unwrap_err(),
        client.create_user("eric", "password", &["a@b.c", "d@e.f"]).unwrap_err(),
        client.with_options(Options::new().page(0)).stream_audit_logs().unwrap_err(),
        client.with_options(Options::new().api_key("a\nb")).get_user("eric").unwrap_err(),
    ];
    for error in refused {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidArgument, 0), "{error}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_credential_is_not_sent_over_plain_http() {
    let plain = Options::new().repo_url("http://192.0.2.1/api").env(false);
    let client = blocking::Client::new(plain.clone().api_key("key")).unwrap();
    for error in [
        client.get_user("eric").unwrap_err(),
        client.stream_audit_logs().unwrap().next_log().unwrap_err(),
        blocking::Client::new(plain).unwrap().create_user("e", "password", &["a@b.c"]).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains("allow_insecure_http"), "{error}");
    }
}

#[test]
fn a_connection_that_the_server_closed_is_no_failure() {
    let server = Server::start(|nth, _| {
        let reply = json(if nth % 2 == 0 { 500 } else { 200 }, &[], USER);
        // Without a header that announces it, as hexpm does after a 500.
        if nth % 2 == 0 { Act::ReplyAndClose(reply) } else { Act::Reply(reply) }
    });
    let client = server.client().with_options(Options::new().max_retries(0));
    for _ in 0..5 {
        assert_eq!(client.get_user("eric").unwrap_err().status(), Some(500));
        server.next_closed();
        client.get_user("eric").unwrap();
    }
    assert_eq!(server.requests().len(), 10, "nothing was sent twice");
}

#[test]
fn a_connection_that_breaks_while_idle_is_replaced() {
    let server = Server::start(|nth, _| match nth {
        1 => Act::ReplyAndClose(Vec::new()),
        _ => Act::Reply(user()),
    });
    let client = server.client().with_options(Options::new().max_retries(0));
    client.get_user("eric").unwrap();
    client.get_user("eric").unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_new_connection_that_breaks_is_a_failure_of_the_call() {
    let server = Server::start(|_, _| Act::ReplyAndClose(Vec::new()));
    for retries in [0, 2] {
        let sent = server.requests().len();
        let client = server.client().with_options(Options::new().max_retries(retries));
        let error = client.get_user("eric").unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, retries + 1));
        assert_eq!(server.requests().len() - sent, retries as usize + 1);
    }
}

#[test]
fn a_connection_is_used_again_except_for_a_post() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let client = server.client();
    for _ in 0..10 {
        client.get_user("eric").unwrap();
    }
    assert_eq!(server.connections(), 1);
    client.reset_user_password("eric").unwrap();
    assert_eq!(server.connections(), 2);
}

/// The limit and the error of a call that gets no reply.
fn without_reply(call: impl Fn(Duration) -> Error) -> (Duration, Error) {
    let attempt = |limit| (limit, within(limit, || call(limit)));
    try_longer(Duration::from_millis(300), attempt, |(_, error)| error.attempts() > 0)
}

#[test]
fn timeouts_hold_for_every_misbehaviour() {
    let head = json(200, &[], USER);
    type Misbehaviour = fn(Vec<u8>) -> Act;
    let acts: [(&str, Misbehaviour); 4] = [
        ("says nothing", |_| Act::Stall(Vec::new())),
        ("stalls in the head", |head| Act::Stall(head[..20].to_vec())),
        ("stalls in the body", |head| Act::Stall(head[..head.len() - 3].to_vec())),
        ("dribbles", Act::Dribble),
    ];
    for (what, act) in acts {
        let head = head.clone();
        let server = Server::start(move |_, request| match request.target.as_str() {
            "/api/users/late" => act(head.clone()),
            _ => Act::Reply(user()),
        });
        let client = server.client();
        let (limit, error) = without_reply(|limit| {
            let hurried = client.with_options(Options::new().timeout(limit));
            hurried.get_user("late").unwrap_err()
        });
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1), "{what}: {error}");
        let words = format!("within timeout ({} s)", limit.as_secs_f64());
        assert!(error.message().contains(&words), "{error}");
        client.get_user("eric").unwrap();
    }
    let server = Server::start(|_, _| Act::Stall(Vec::new()));
    let (limit, error) = without_reply(|limit| {
        let hurried = server.client().with_options(Options::new().total_timeout(limit));
        hurried.create_user("eric", "password", &["a@b.c"]).unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let words = format!("total_timeout ({} s)", limit.as_secs_f64());
    assert!(error.outcome_unknown() && error.message().contains(&words), "{error}");
}

#[test]
fn no_wait_goes_past_the_deadline() {
    let server = Server::start(|_, _| {
        Act::Reply(json(429, &[("retry-after", "60")], r#"{"message":"API rate limit exceeded"}"#))
    });
    let client =
        server.client().with_options(Options::new().total_timeout(Duration::from_secs(30)));
    let error = within(Duration::ZERO, || client.get_user("eric").unwrap_err());
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
}

fn in_seconds(seconds: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    (now.as_secs() + seconds).to_string()
}

#[test]
fn a_used_up_window_delays_only_the_next_request() {
    let server = Server::start(|_, request| {
        let is_brief = request.header("authorization") == Some("brief");
        let reset = in_seconds(if is_brief { 2 } else { 60 });
        let headers = [
            ("x-ratelimit-limit", "100"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", &reset),
        ];
        Act::Reply(json(200, &headers, USER))
    });
    let client = server.client();
    client.get_user("eric").unwrap();
    let at_once = client.with_options(Options::new().rate_limit(RateLimit::Error));
    let error = within(Duration::ZERO, || at_once.get_user("eric").unwrap_err());
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 0));
    assert!(error.retry_after().unwrap() <= Duration::from_secs(60));
    let other = client.with_options(Options::new().rate_limit(RateLimit::Error).api_key("other"));
    other.get_user("eric").unwrap();
    assert_eq!(server.requests().len(), 2);
    let brief = client.with_options(Options::new().api_key("brief"));
    brief.get_user("eric").unwrap();
    // An error, or a reply if a busy machine needs the whole window.
    let hurried = brief.with_options(Options::new().rate_limit(RateLimit::Error));
    let is_late = hurried.get_user("eric").is_ok();
    brief.get_user("eric").unwrap();
    assert_eq!(server.requests().len(), 4 + usize::from(is_late));
}

#[test]
fn a_redirect_is_followed_only_within_the_origin() {
    let elsewhere = Server::start(|_, _| Act::Reply(user()));
    let away = elsewhere.url();
    let server = Server::start(move |_, request| {
        let to = |location: &str| json(301, &[("location", location)], "{}");
        Act::Reply(match request.target.as_str() {
            "/api/users/near" => to("/api/users/eric"),
            "/api/users/far" => to(&format!("{away}/users/eric")),
            "/api/users/round" => to("/api/users/round"),
            "/api/users/bad" => to("http://"),
            "/api/users/long" => to(&"a".repeat(70_000)),
            "/api/users/none" => json(301, &[], "{}"),
            _ if request.method == "POST" => to("/api/users/eric"),
            _ => user(),
        })
    });
    let client = server.client().with_options(Options::new().api_key("key"));
    client.get_user("near").unwrap();
    for (name, words) in [
        ("far", "status 301"),
        ("round", "too many redirects: 5"),
        ("bad", "a malformed Location"),
        ("long", "too long"),
        ("none", "no Location"),
    ] {
        let error = client.get_user(name).unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::UnexpectedStatus, Some(301)),
            "{name}"
        );
        assert!(error.hint().unwrap().contains("redirect"), "{error}");
        assert!(error.message().contains(words), "{error}");
        assert_eq!(error.hint().unwrap().contains("same origin"), name == "far", "{error}");
    }
    let error = client.reset_user_password("eric").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedStatus);
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_reply_that_cannot_be_the_record_is_a_decode_error() {
    let deep = format!(r#"{{"username":"a","x":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    for (reply, why) in [
        (raw(200, &[], "text/html", b"<html>"), "content type is text/html"),
        (json(200, &[], "{\"username\":"), "EOF"),
        (raw(200, &[], "application/json", b"{\"username\":\"\xff\"}"), "invalid UTF-8 at byte 13"),
        (json(200, &[], &deep), "nested deeper"),
        (raw(200, &[("content-encoding", "gzip")], "application/json", b"{}"), "decompressed"),
        (json(200, &[], r#"{"username":"a","username":"b"}"#), "the same key twice"),
    ] {
        let server = Server::start(move |_, _| Act::Reply(reply.clone()));
        let error = server.client().get_user("eric@example.com").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        let text = error.to_string();
        assert!(text.contains(why), "{text}");
        assert!(text.starts_with("GET /users/{username_or_email}"), "{text}");
        assert!(!text.contains("eric"), "{text}");
    }
}

#[test]
fn a_reply_without_a_length_is_bounded_too() {
    let body = format!(r#"{{"username":"{}"}}"#, "a".repeat(5000));
    let with_length = json(200, &[], &body);
    let without_length =
        format!("HTTP/1.1 200 X\r\ncontent-type: application/json\r\n\r\n{body}").into_bytes();
    for reply in [with_length, without_length] {
        let server = Server::start(move |_, _| Act::ReplyAndClose(reply.clone()));
        let client = server.client();
        client.get_user("eric").unwrap();
        let error =
            client.with_options(Options::new().max_body(5000)).get_user("eric").unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)));
        assert!(error.message().contains("max_body, 5000 bytes"), "{error}");
    }
}

#[test]
fn a_reply_cut_short_is_not_a_record() {
    let whole = json(200, &[], USER);
    let server = Server::start(move |_, _| Act::ReplyAndClose(whole[..whole.len() - 1].to_vec()));
    let client = server.client().with_options(Options::new().max_retries(0));
    let error = client.get_user("eric").unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Connect, false), "{error}");
}

#[test]
fn no_error_repeats_a_name_a_key_or_a_url() {
    let client = blocking::Client::new(
        Options::new().repo_url(UNREACHABLE).api_key("secret-key").env(false).max_retries(0),
    )
    .unwrap();
    let error = client.get_user("eric@example.com").unwrap_err();
    let mut texts =
        vec![error.to_string(), format!("{error:?}"), error.to_json(), format!("{client:?}")];
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        texts.extend([error.to_string(), format!("{error:?}")]);
        cause = error.source();
    }
    for text in texts {
        assert!(!text.contains("eric") && !text.contains("secret-key"), "{text}");
    }
}

#[test]
fn a_call_can_be_interrupted_and_the_client_goes_on() {
    let server = Server::start(|_, request| match request.target.as_str() {
        "/api/users/late" => Act::Stall(Vec::new()),
        _ => Act::Reply(user()),
    });
    let client = server.client();
    let error = within(Duration::from_millis(100), || {
        client.with_interrupt(|| true).get_user("late").unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    client.with_interrupt(|| false).get_user("eric").unwrap();
}

#[tokio::test]
async fn a_blocking_call_works_inside_a_runtime() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let client = server.client();
    client.get_user("eric").unwrap();
    drop(client);
}

#[test]
fn many_threads_share_a_client() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let client = server.client();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                (0..20)
                    .for_each(|_| assert_eq!(client.get_user("eric").unwrap().username(), "eric"))
            });
        }
    });
    assert_eq!(server.requests().len(), 320);
    assert!(server.connections() <= 16, "{}", server.connections());
}

#[test]
fn a_compression_bomb_is_an_error() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"{\"username\":\"").unwrap();
    for _ in 0..100 {
        packed.write_all(&[b'a'; 1 << 20]).unwrap();
    }
    packed.write_all(b"\"}").unwrap();
    let bomb =
        raw(200, &[("content-encoding", "gzip")], "application/json", &packed.finish().unwrap());
    let server = Server::start(move |_, _| Act::ReplyAndClose(bomb.clone()));
    let error = server.client().get_user("eric").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("max_body, 16777216 bytes"), "{error}");
}

#[test]
fn a_packed_reply_is_unpacked() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(USER.as_bytes()).unwrap();
    let reply =
        raw(200, &[("content-encoding", "gzip")], "application/json", &packed.finish().unwrap());
    let cut = reply[..reply.len() - 9].to_vec();
    let server = Server::start(move |nth, request| {
        assert_eq!(request.header("accept-encoding"), Some("gzip"));
        Act::ReplyAndClose(if nth == 0 { reply.clone() } else { cut.clone() })
    });
    let client = server.client().with_options(Options::new().max_retries(0));
    assert_eq!(client.get_user("eric").unwrap().raw_json(), USER);
    assert_eq!(client.get_user("eric").unwrap_err().kind(), ErrorKind::Connect);
}

#[test]
fn a_malformed_head_is_a_decode_error() {
    let huge = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(1 << 20)).into_bytes();
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(5000)).into_bytes();
    for head in [b"SMTP ready\r\n\r\n".to_vec(), huge, many] {
        let server = Server::start(move |_, _| Act::ReplyAndClose(head.clone()));
        let error = server.client().get_user("eric").unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{error}");
    }
}
