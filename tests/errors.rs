//! The text and the fields of an error, for all kinds of misbehaviour of the server.

mod common;

use std::sync::{Arc, Mutex};

use aura_users::{Error, ErrorKind, LogLevel, Options, clear_log_hook, set_log_hook};
use common::{Act, Server, USER, json, raw, user};

fn create(server: &Server) -> Result<(), Error> {
    server.client().create_user("eric", "password", &["a@b.c"]).map(drop)
}

fn reset(server: &Server) -> Result<(), Error> {
    server.client().reset_user_password("eric")
}

fn assert_bounded(error: &Error) {
    assert!(error.message().len() <= 8 << 10, "{}", error.message().len());
    assert!(error.request_id().is_none_or(|id| id.len() <= 256));
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.len() <= 64 << 10, "{}", text.len());
    }
    assert!(error.to_json().len() <= 256 << 10, "{}", error.to_json().len());
}

#[test]
fn field_errors_with_long_paths_stay_bounded() {
    let fields = |count: usize| {
        let fields: Vec<_> = (0..count).map(|n| format!("\"{n}\":\"is bad\"")).collect();
        fields.join(",")
    };
    let (huge, large) = ("a".repeat(200_000), "a".repeat(20_000));
    for (body, kept) in [
        (format!(r#"{{"message":"no","errors":{{"{huge}":{{{}}}}}}}"#, fields(100_000)), None),
        (format!(r#"{{"message":"no","errors":{{"{large}":{{{}}}}}}}"#, fields(2000)), Some(200)),
    ] {
        let server = Server::start(move |_, _| Act::ReplyAndClose(json(422, &[], &body)));
        let error = create(&server).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Validation, Some(422)));
        assert_bounded(&error);
        let Some(kept) = kept else { continue };
        let errors = error.field_errors().unwrap();
        assert_eq!(
            errors.values().filter_map(|value| value.as_object()).next().unwrap().len(),
            kept
        );
        assert_eq!(errors["…"], "and 1800 more");
        assert!(error.to_string().contains("…; … and 1800 more"));
    }
}

#[test]
fn every_text_of_the_server_is_cut_in_errors_and_log_lines() {
    let long = "a".repeat(30_000);
    let message = format!(r#"{{"message":"{long}"}}"#);
    let key = format!(r#"{{"username":"a","handles":{{"{long}":1}}}}"#);
    let id = "i".repeat(2000);
    let headers = [("x-request-id", id.as_str()), ("x-hex-message", long.as_str())];
    let replies = [
        json(400, &headers, &message),
        raw(502, &headers, &format!("text/{long}"), b"no"),
        raw(200, &headers, &format!("text/{long}"), b"{}"),
        json(200, &headers, &key),
        json(200, &headers, &"[".repeat(100_000)),
        format!("HTTP/1.1 {long}\r\n\r\n").into_bytes(),
    ];
    let lines = Arc::new(Mutex::new(Vec::new()));
    let record = lines.clone();
    set_log_hook(LogLevel::Debug, move |line| record.lock().unwrap().push(line.to_string()));
    for reply in replies {
        let server = Server::start(move |_, _| Act::ReplyAndClose(reply.clone()));
        let client = server.client().with_options(Options::new().max_retries(0));
        let error = client.get_user("eric").unwrap_err();
        assert_bounded(&error);
        assert!(error.request_id().is_none_or(|id| id == "i".repeat(256)), "{error}");
    }
    clear_log_hook();
    let lines = lines.lock().unwrap();
    assert!(lines.iter().any(|line| line.contains("the server says: aaa") && line.ends_with('…')));
    assert!(lines.iter().any(|line| line.contains("request id iii")));
    for line in &*lines {
        assert!(line.len() <= (8 << 10) + 512, "{}", line.len());
    }
}

#[test]
fn a_decode_error_repeats_no_key_of_the_record() {
    for (body, place) in [
        (r#"{"username":"a","handles":{"eric@example.com":1}}"#, "(handles.*)"),
        (r#"{"username":"a","owned_packages":{"eric_s_package":1}}"#, "(owned_packages.*)"),
        (r#"{"username":"a","packages":[{"name":"eric"},{"name":1}]}"#, "(packages[1].name)"),
    ] {
        let server = Server::start(move |_, _| Act::Reply(json(200, &[], body)));
        let error = server.client().get_user("eric").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.message().ends_with(place), "{error}");
        assert!(!error.to_json().contains("eric"), "{error}");
    }
}

#[test]
fn numbers_of_any_size_cause_and_change_no_error() {
    let huge = "9".repeat(5000);
    for number in ["1e999999999", "-1e999999999", "1e-999999999", "18446744073709551616", &huge] {
        let record =
            format!(r#"{{"username":"eric","future":{number},"more":[{{"a":{number}}}]}}"#);
        let row = format!(r#"{{"action":"a","params":{{"n":{number}}},"future":{number}}}"#);
        let page = format!("[{row}]");
        let refusal = format!(
            r#"{{"status":{number},"message":"no","errors":{{"a":{number}}},"x":{number}}}"#
        );
        let (served_record, first) = (record.clone(), page.clone());
        let server = Server::start(move |_, request| {
            Act::Reply(match request.target.as_str() {
                "/api/users/eric" => json(200, &[], &served_record),
                "/api/users" => json(422, &[], &refusal),
                target if target.ends_with("page=1") => json(200, &[], &first),
                _ => json(200, &[], "[]"),
            })
        });
        assert_eq!(server.client().get_user("eric").unwrap().raw_json(), record);
        let rows: Vec<_> =
            server.client().stream_audit_logs().unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].raw_json(), row);
        assert_eq!(rows[0].params(), format!(r#"{{"n":{number}}}"#));
        let error = create(&server).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Validation, "no"));
        assert_eq!(error.field_errors().unwrap()["a"], number);
    }
}

#[test]
fn the_outcome_of_a_post_is_unknown_unless_the_server_refused_it() {
    let no = r#"{"message":"no"}"#;
    for (reply, kind, is_unknown) in [
        (json(400, &[], no), ErrorKind::UnexpectedStatus, false),
        (json(401, &[], no), ErrorKind::Unauthenticated, false),
        (json(422, &[], no), ErrorKind::Validation, false),
        (json(429, &[], no), ErrorKind::RateLimited, false),
        (json(301, &[("location", "/")], no), ErrorKind::UnexpectedStatus, false),
        (json(303, &[("location", "/")], no), ErrorKind::UnexpectedStatus, true),
        (json(500, &[], no), ErrorKind::Server, true),
        (json(502, &[], no), ErrorKind::Server, true),
        (raw(503, &[], "text/html", b"<html>"), ErrorKind::Server, true),
        (json(504, &[], ""), ErrorKind::Server, true),
        (raw(201, &[], "text/html", b"<html>"), ErrorKind::Decode, true),
        (json(200, &[], "{\"username\":"), ErrorKind::Decode, true),
        (json(206, &[], USER), ErrorKind::UnexpectedStatus, true),
        (raw(200, &[("content-encoding", "gzip")], "a/b", b"no"), ErrorKind::Decode, true),
        // The server refused it. The body does not matter.
        (raw(422, &[("content-encoding", "gzip")], "a/b", b"no"), ErrorKind::Validation, false),
    ] {
        let server = Server::start(move |_, _| Act::ReplyAndClose(reply.clone()));
        for error in [create(&server).unwrap_err(), reset(&server).unwrap_err()] {
            assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error}");
            assert_eq!(error.outcome_unknown(), is_unknown, "{error}");
            assert!(!error.is_retryable() || kind == ErrorKind::RateLimited, "{error}");
            assert_eq!(error.to_string().contains("check before you repeat the call"), is_unknown);
            assert!(!is_unknown || error.hint().is_none_or(|hint| !hint.contains("try again")));
        }
        assert_eq!(server.requests().len(), 2, "nothing was sent twice");
        let error = server.client().get_user("eric").err();
        assert!(error.as_ref().is_none_or(|error| !error.outcome_unknown()));
        let may_succeed = matches!(kind, ErrorKind::Server | ErrorKind::RateLimited);
        assert!(error.is_none_or(|error| error.is_retryable() == may_succeed), "{kind:?}");
    }
}

#[test]
fn a_reset_succeeds_only_if_the_server_confirms_it() {
    for (reply, is_done) in [
        (raw(204, &[], "application/json", b""), true),
        (json(200, &[], ""), true),
        (raw(200, &[], "text/html", b""), true),
        (json(200, &[], "{}"), true),
        (json(200, &[], " null\n"), true),
        (json(202, &[], r#"{"message":"sent"}"#), true),
        (raw(202, &[], "application/vnd.hex+json", b"\"ok\""), true),
        (raw(200, &[], "text/html", b"<html>"), false),
        (raw(200, &[], "text/html", b"{}"), false),
        (json(200, &[], "<html>"), false),
        (json(200, &[], "{"), false),
        (raw(200, &[], "application/json", b"\"\xff\""), false),
        (json(201, &[], "{}"), false),
        (json(203, &[], "{}"), false),
        (json(205, &[], ""), false),
    ] {
        let shown = String::from_utf8_lossy(&reply).into_owned();
        let server = Server::start(move |_, _| Act::ReplyAndClose(reply.clone()));
        let result = reset(&server);
        assert_eq!(result.is_ok(), is_done, "{shown}: {result:?}");
        let Err(error) = result else { continue };
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.outcome_unknown(), "{error}");
        assert!(error.hint().unwrap().contains("check repo_url"), "{error}");
    }
}

/// `{"exp":1795899600}`, which is 2026-11-28T21:00:00Z, and `{"exp":32503680000}`, in the year 3000.
const EXPIRED: &str = "eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjE3OTU4OTk2MDB9.c2lnbmF0dXJl";
const LASTING: &str = "eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjMyNTAzNjgwMDAwfQ.c2lnbmF0dXJl";

#[test]
fn a_401_distinguishes_an_expired_token_from_an_invalid_key() {
    let body = |message| json(401, &[], &format!(r#"{{"message":"{message}","status":401}}"#));
    let (invalid, scope) = (body("invalid API key"), body("key not authorized for this action"));
    let bearer = |token| format!("Bearer {token}");
    for (reply, credential, hint) in [
        (
            &invalid,
            bearer(EXPIRED),
            "the access token expired at 2026-11-28T21:00:00Z; get a new one",
        ),
        (&invalid, bearer(LASTING), "the access token has not expired, so"),
        (&invalid, bearer("0123456789abcdef"), "check the option api_key"),
        (&invalid, EXPIRED.to_owned(), "check the option api_key"),
        (&body("go away"), bearer(EXPIRED), "the access token expired at 2026-11-28T21:00:00Z"),
        (&scope, bearer(EXPIRED), "use a key with the permission api:read"),
    ] {
        let reply = reply.clone();
        let server = Server::start(move |_, _| Act::Reply(reply.clone()));
        let client = server.client().with_options(Options::new().api_key(credential));
        let logs = client.stream_audit_logs().unwrap().next_log();
        for error in [client.get_user("eric").unwrap_err(), logs.unwrap_err()] {
            assert_eq!((error.kind(), error.status()), (ErrorKind::Unauthenticated, Some(401)));
            assert!(error.hint().unwrap().starts_with(hint), "{error}");
            assert!(!error.to_json().contains("eyJ"), "{error}");
        }
        // It is sent without a credential.
        let error = client.create_user("eric", "password", &["a@b.c"]).unwrap_err();
        assert!(!error.to_string().contains("access token"), "{error}");
    }
}

#[test]
fn attempts_counts_only_requests_that_were_sent() {
    let server = Server::start(|nth, _| match nth {
        0 => Act::Reply(user()),
        _ => Act::ReplyAndClose(Vec::new()),
    });
    let client = server.client().with_options(Options::new().max_retries(1));
    client.get_user("eric").unwrap();
    // One attempt: on the kept connection, then on a new one. Then the retry.
    let error = client.get_user("eric").unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 2), "{error}");
    assert_eq!(server.requests().len(), 4);

    let nobody = Options::new().repo_url("http://127.0.0.1:1/api").max_retries(1);
    for error in [
        client.with_options(nobody.clone()).get_user("eric").unwrap_err(),
        client.with_options(nobody.clone()).reset_user_password("eric").unwrap_err(),
        client.with_options(nobody).stream_audit_logs().unwrap().next_log().unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 0), "{error}");
        assert!(!error.outcome_unknown() && error.is_retryable());
    }
}
