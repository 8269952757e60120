//! Records that are kept with their ETag: requested again with it, and never returned to another
//! user.

mod common;

use aura_users::{ErrorKind, Options};
use common::{Act, Request, Server, USER, json};

const ETAG: &str = "56c79140dd661baa9517f944ce35891b";

/// A server that compares ETags byte for byte, as hexpm does.
fn server() -> Server {
    Server::start(|_, request| {
        let fresh = request.header("if-none-match") == Some(ETAG);
        let headers = [("etag", ETAG), ("x-request-id", "abc")];
        Act::Reply(if fresh {
            b"HTTP/1.1 304 Not Modified\r\nx-request-id: abc\r\n\r\n".to_vec()
        } else {
            json(200, &headers, USER)
        })
    })
}

fn sent_etags(requests: &[Request]) -> Vec<Option<&str>> {
    requests.iter().map(|request| request.header("if-none-match")).collect()
}

#[test]
fn the_cache_is_off_by_default() {
    let server = server();
    let client = server.client();
    client.get_user("eric").unwrap();
    client.get_user("eric").unwrap();
    assert_eq!(sent_etags(&server.requests()), [None, None]);
}

#[test]
fn a_304_returns_the_kept_record() {
    let server = server();
    let client = server.client().with_options(Options::new().cache(10));
    for _ in 0..3 {
        assert_eq!(client.get_user("eric").unwrap().raw_json(), USER);
    }
    assert_eq!(sent_etags(&server.requests()), [None, Some(ETAG), Some(ETAG)]);
}

#[test]
fn another_name_credential_or_base_has_its_own_record() {
    let server = server();
    let client = server.client().with_options(Options::new().cache(10));
    client.get_user("eric").unwrap();
    client.get_user("other").unwrap();
    client.get_current_user().unwrap();
    client.with_options(Options::new().api_key("key")).get_user("eric").unwrap();
    let elsewhere = Options::new().repo_url(server.url() + "/v2");
    client.with_options(elsewhere).get_user("eric").unwrap();
    assert_eq!(sent_etags(&server.requests()), [None; 5]);
}

#[test]
fn the_least_recently_used_is_removed_first() {
    let server = server();
    let client = server.client().with_options(Options::new().cache(2));
    for name in ["a", "b", "a", "c", "a", "b"] {
        client.get_user(name).unwrap();
    }
    let expected = [None, None, Some(ETAG), None, Some(ETAG), None];
    assert_eq!(sent_etags(&server.requests()), expected);
}

#[test]
fn a_temporary_failure_keeps_the_record() {
    let server = Server::start(|nth, request| match nth {
        1 => Act::Reply(json(503, &[], r#"{"message":"later"}"#)),
        _ if request.header("if-none-match").is_some() => {
            Act::Reply(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec())
        }
        _ => Act::Reply(json(200, &[("etag", ETAG)], USER)),
    });
    let client = server.client().with_options(Options::new().cache(2));
    for _ in 0..2 {
        assert_eq!(client.get_user("eric").unwrap().raw_json(), USER);
    }
    assert_eq!(sent_etags(&server.requests()), [None, Some(ETAG), Some(ETAG)]);
}

#[test]
fn an_unreadable_record_is_not_kept() {
    let server = Server::start(|_, _| Act::Reply(json(200, &[("etag", ETAG)], "{}")));
    let client = server.client().with_options(Options::new().cache(2));
    for _ in 0..2 {
        assert_eq!(client.get_user("eric").unwrap_err().kind(), ErrorKind::Decode);
    }
    assert_eq!(sent_etags(&server.requests()), [None, None]);
}
