//! The limits of a reply: its size, its compression, and the time to read it.

mod common;

use std::io::Write as _;
use std::time::Duration;

use aura_users::{Client, Error, ErrorKind, Options, Result, User, blocking};
use common::{Act, Server, USER, json, raw, try_longer, within};

/// A gzip stream of one member.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn coded(status: u16, coding: &str, body: &[u8]) -> Vec<u8> {
    raw(status, &[("content-encoding", coding)], "application/json", body)
}

/// The same reply for every request.
fn serving(reply: Vec<u8>) -> Server {
    Server::start(move |_, _| Act::ReplyAndClose(reply.clone()))
}

fn once(server: &Server) -> blocking::Client {
    server.client().with_options(Options::new().max_retries(0))
}

fn read(reply: Vec<u8>) -> Result<User> {
    once(&serving(reply)).get_user("eric")
}

fn read_in_every_way(reply: Vec<u8>) -> Vec<Result<User>> {
    get_in_every_way(serving(reply).options().max_retries(0))
}

/// Makes the same call in every way.
fn get_in_every_way(options: Options) -> Vec<Result<User>> {
    let client = blocking::Client::new(options.clone()).unwrap();
    let started = client.get_user_start("eric").unwrap();
    assert!(started.wait(None));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let hosted = runtime.block_on(async { Client::new(options)?.get_user("eric").await });
    vec![client.get_user("eric"), started.take().unwrap(), hosted]
}

#[test]
fn the_status_counts_before_the_body() {
    let announced = |status: u16| {
        let head = "content-type: application/json\r\ncontent-length: 4000000\r\n";
        format!("HTTP/1.1 {status} X\r\nretry-after: 7\r\n{head}\r\n{{\"message\"").into_bytes()
    };
    let large = |status: u16| {
        let body = format!(r#"{{"message":"{}"}}"#, "x".repeat(100_000));
        let head = "retry-after: 7\r\ncontent-type: application/json\r\n";
        format!("HTTP/1.1 {status} X\r\n{head}\r\n{body}").into_bytes()
    };
    let headers = |coding| [("retry-after", "7"), ("content-encoding", coding)];
    let json = "application/json";
    let bomb = gzip(&vec![b' '; 1_000_000]);
    for (status, kind) in [
        (401, ErrorKind::Unauthenticated),
        (404, ErrorKind::NotFound),
        (422, ErrorKind::Validation),
        (429, ErrorKind::RateLimited),
        (418, ErrorKind::UnexpectedStatus),
        (500, ErrorKind::Server),
        (503, ErrorKind::Server),
    ] {
        let mut broken = gzip(br#"{"message":"no"}"#);
        broken[15] ^= 0x55;
        for (what, reply) in [
            ("cannot be decompressed", raw(status, &headers("gzip"), json, b"plain")),
            ("cannot be decompressed", raw(status, &headers("gzip"), json, &broken)),
            ("\"br\"", raw(status, &headers("br"), json, b"?")),
            ("65536", raw(status, &headers("gzip"), json, &bomb)),
            ("65536", large(status)),
            ("65536", announced(status)),
            ("broke", cut(status, 3)),
        ] {
            let error = read(reply).unwrap_err();
            let seen = (error.kind(), error.status(), error.attempts());
            assert_eq!(seen, (kind, Some(status), 1), "{what}: {error}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(7)), "{error}");
            assert!(error.message().contains(what), "{what}: {error}");
            assert!(error.message().contains("cannot be read"), "{error}");
            let hint = error.hint().unwrap_or_default();
            assert!(!hint.contains("not the reply of a Hex API"), "{error}");
        }
    }
}

/// A reply without the last `missing` bytes of its body, which has 16.
fn cut(status: u16, missing: usize) -> Vec<u8> {
    let mut reply = json(status, &[("retry-after", "7")], r#"{"message":"no"}"#);
    reply.truncate(reply.len() - missing);
    reply
}

#[test]
fn the_status_counts_if_the_body_stalls() {
    for (status, kind, missing) in [
        (422, ErrorKind::Validation, 13),
        (429, ErrorKind::RateLimited, 16),
        (503, ErrorKind::Server, 1),
    ] {
        let server = Server::start(move |_, _| Act::Stall(cut(status, missing)));
        for set_limit in [Options::timeout, Options::total_timeout] {
            let attempt = |limit| {
                let options = set_limit(server.options().max_retries(0), limit);
                let results = within(3 * limit, || get_in_every_way(options));
                results.into_iter().map(Result::unwrap_err).collect::<Vec<_>>()
            };
            let has_status =
                |errors: &Vec<_>| errors.iter().all(|it: &Error| it.status().is_some());
            for error in try_longer(Duration::from_millis(300), attempt, has_status) {
                let seen = (error.kind(), error.status(), error.attempts());
                assert_eq!(seen, (kind, Some(status), 1), "{error}");
                assert_eq!(error.retry_after(), Some(Duration::from_secs(7)), "{error}");
                assert!(error.message().contains("did not arrive in time"), "{error}");
            }
        }
    }
}

#[test]
fn a_get_with_an_unreadable_body_is_repeated() {
    const STALLING: &[u8] = b"HTTP/1.1 503 X\r\ncontent-length: 9\r\n\r\n";
    let unreadable: [fn() -> Act; 2] =
        [|| Act::Reply(coded(503, "gzip", b"plain")), || Act::Stall(STALLING.to_vec())];
    for first in unreadable {
        let attempt = |limit| {
            let server = Server::start(move |nth, _| match nth {
                0 => first(),
                _ => Act::Reply(json(200, &[], USER)),
            });
            let user = server.client().with_options(Options::new().timeout(limit)).get_user("eric");
            (server.requests().len(), user)
        };
        let is_late =
            |user: &Result<User>| user.as_ref().is_err_and(|it| it.kind() == ErrorKind::Timeout);
        let (requests, user) =
            try_longer(Duration::from_secs(1), attempt, |(_, user)| !is_late(user));
        assert_eq!((user.unwrap().raw_json(), requests), (USER, 2));
    }
}

#[test]
fn a_refused_post_has_a_known_outcome() {
    let unreadable: [fn() -> Act; 2] =
        [|| Act::Reply(coded(422, "gzip", b"plain")), || Act::Stall(cut(422, 16))];
    for reply in unreadable {
        let server = Server::start(move |_, _| reply());
        let attempt = |limit| {
            let client = server.client().with_options(Options::new().timeout(limit));
            client.create_user("eric", "password", &["a@b.c"]).unwrap_err()
        };
        let error = try_longer(Duration::from_secs(1), attempt, |error| error.status().is_some());
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Validation, false));
    }
}

#[test]
fn an_empty_body_needs_no_decoding() {
    let reply = b"HTTP/1.1 204 X\r\ncontent-encoding: gzip\r\n\r\n";
    once(&serving(reply.to_vec())).reset_user_password("eric").unwrap();
    once(&serving(coded(200, "br", b""))).reset_user_password("eric").unwrap();
    let error = read(coded(404, "gzip", b"")).unwrap_err();
    assert_eq!(error.message(), "status 404 with no body");

    let server = Server::start(|nth, _| {
        Act::Reply(if nth == 0 {
            json(200, &[("etag", "abc")], USER)
        } else {
            b"HTTP/1.1 304 X\r\ncontent-encoding: gzip\r\n\r\n".to_vec()
        })
    });
    let client = server.client().with_options(Options::new().cache(1));
    for _ in 0..3 {
        assert_eq!(client.get_user("eric").unwrap().raw_json(), USER);
    }
}

#[test]
fn the_names_of_codings() {
    for coding in ["gzip", "x-gzip", "GZIP", " X-Gzip ", "identity, gzip", "gzip,"] {
        assert_eq!(read(coded(200, coding, &gzip(USER.as_bytes()))).unwrap().raw_json(), USER);
    }
    for coding in ["identity", "", ","] {
        assert_eq!(read(coded(200, coding, USER.as_bytes())).unwrap().raw_json(), USER);
    }
    for coding in ["br", "deflate", "zstd", "gzip, gzip", "br\u{202e}"] {
        let error = read(coded(200, coding, &gzip(USER.as_bytes()))).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)), "{error}");
        let named = coding.replace('\u{202e}', "\\u{202e}");
        assert!(error.message().contains(&format!("\"{named}\"")), "{error}");
    }
    let long = "x".repeat(5000);
    let error = read(coded(200, &long, USER.as_bytes())).unwrap_err();
    assert!(error.to_string().len() < 500, "{error}");
}

#[test]
fn bytes_after_a_gzip_stream() {
    let whole = gzip(USER.as_bytes());
    for trailing in ["\0\0\0\0", "\r\n", "\n", "<!-- cached -->", "\u{1f}"] {
        let body = [&whole, trailing.as_bytes()].concat();
        assert_eq!(read(coded(200, "gzip", &body)).unwrap().raw_json(), USER, "{trailing:?}");
    }
    let (first, second) = USER.split_at(5);
    let members = [gzip(first.as_bytes()), gzip(b""), gzip(second.as_bytes())].concat();
    assert_eq!(read(coded(200, "gzip", &members)).unwrap().raw_json(), USER);
    // Bytes that start like a member are a member, and must be complete.
    for end in [members.len() - 1, members.len() - 8, members.len() - 12] {
        let error = read(coded(200, "gzip", &members[..end])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.message().contains("cannot be decompressed"), "{error}");
    }
}

#[test]
fn a_gzip_stream_has_few_members() {
    let empty = gzip(b"");
    let few = [empty.repeat(8), gzip(USER.as_bytes())].concat();
    assert_eq!(read(coded(200, "gzip", &few)).unwrap().raw_json(), USER);
    for error in read_in_every_way(coded(200, "gzip", &empty.repeat(500_000))) {
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)), "{error}");
        assert!(error.message().contains("members"), "{error}");
    }
    // Also in a small reply.
    let error = read(coded(200, "gzip", &empty.repeat(100))).unwrap_err();
    assert!(error.message().contains("members"), "{error}");
}

#[test]
fn an_empty_gzip_stream_is_no_record() {
    // A member of stored blocks that are empty.
    let mut body = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    body.extend(b"\0\0\0\xff\xff".repeat(400_000));
    body.extend(b"\x01\0\0\xff\xff");
    body.extend([0; 8]);
    for error in read_in_every_way(coded(200, "gzip", &body)) {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Decode);
    }
}

#[test]
fn a_record_has_a_limited_number_of_members() {
    let fields = |count: usize, member: fn(usize) -> String| {
        (0..count).map(member).collect::<Vec<_>>().join(",")
    };
    let numbered = |count| fields(count, |nth| format!(r#""{nth}":"""#));
    let named = |count| fields(count, |nth| format!(r#"{{"name":"{nth}"}}"#));
    let records = |count: usize| {
        [
            format!(r#"{{"username":"eric",{}}}"#, numbered(count - 1)),
            format!(r#"{{"username":"eric","handles":{{{}}}}}"#, numbered(count)),
            format!(r#"{{"username":"eric","owned_packages":{{{}}}}}"#, numbered(count)),
            format!(r#"{{"username":"eric","packages":[{}]}}"#, named(count)),
            format!(r#"{{"username":"eric","organizations":[{}]}}"#, named(count)),
            // An escape makes the reader take the slow path.
            format!(r#"{{"username":"\u0065","packages":[{}]}}"#, named(count)),
        ]
    };
    for record in records(10_000) {
        read(json(200, &[], &record)).unwrap();
    }
    for record in records(10_001) {
        let error = read(json(200, &[], &record)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.message().contains("more than 10000"), "{error}");
    }
    for error in read_in_every_way(json(200, &[], &records(700_000)[0])) {
        assert!(error.unwrap_err().message().contains("more than 10000"));
    }
}

#[test]
fn a_large_record_is_read() {
    let record = format!(r#"{{"username":"eric","more":"{}"}}"#, "x".repeat(3_000_000));
    for reply in [
        json(200, &[], &record),
        coded(200, "gzip", &gzip(record.as_bytes())),
        coded(200, "gzip", &gzip(&noise(&record))),
    ] {
        for user in read_in_every_way(reply) {
            assert_eq!(user.unwrap().raw_json().len(), record.len());
        }
    }
}

/// The record with text that hardly compresses, so it stays large in transit.
fn noise(record: &str) -> Vec<u8> {
    let mut state = 1_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'A' + (state >> 27) as u8 % 26
    };
    record.bytes().map(|byte| if byte == b'x' { letter() } else { byte }).collect()
}

#[test]
fn a_body_of_tiny_pieces_is_read() {
    let body = format!(r#"{{"username":"eric","more":"{}"}}"#, "x".repeat(20_000));
    let mut reply = b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n\
                      transfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for byte in body.bytes() {
        reply.extend_from_slice(&[b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
    reply.extend_from_slice(b"0\r\n\r\n");
    for user in read_in_every_way(reply) {
        assert_eq!(user.unwrap().raw_json().len(), body.len());
    }
}

#[test]
fn the_error_of_an_unreadable_body_repeats_no_secret() {
    let error: Error = read(coded(500, "gzip", b"eric@example.com")).unwrap_err();
    assert!(!error.to_string().contains("eric@"), "{error}");
}
