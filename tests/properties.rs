//! Any options that a program sets with typed methods: an error, never a panic.

mod common;

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use aura_users::{ErrorKind, Options, blocking};
use common::{Act, Server};
use proptest::prelude::*;

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        1 => prop::sample::select(vec![
            Duration::ZERO,
            Duration::from_nanos(1),
            Duration::from_secs(31_536_000),
            Duration::from_secs(u64::MAX / 4),
            Duration::MAX,
        ]),
        8 => (1..5_u64).prop_map(Duration::from_millis),
        1 => (any::<u64>(), 0..1_000_000_000_u32).prop_map(|(s, n)| Duration::new(s, n)),
    ]
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..9_u64, Just(u64::MAX), any::<u64>()]
}

/// A port without a listener.
fn port_without_listener() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

proptest! {
    // Print the failing case in full.
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn typed_options_never_panic(
        (timeout, total, connect) in (time(), time(), time()),
        (max_body, page) in (number(), number()),
        (prefetch, key) in (prop_oneof![0..9_u32, any::<u32>()], "[ -~]{0,9}|.{0,9}"),
    ) {
        let options = Options::new()
            .env(false)
            .repo_url(format!("http://127.0.0.1:{}", port_without_listener()))
            .timeout(timeout)
            .total_timeout(total)
            .connect_timeout(connect)
            .max_retries(0)
            .max_body(max_body)
            .page(page)
            .prefetch(prefetch)
            .api_key(key);
        let first = blocking::Client::new(options).and_then(|client| {
            client.get_user("eric")?;
            client.stream_audit_logs()?.next().transpose()
        });
        let kind = first.expect_err("a port without a listener answers").kind();
        prop_assert!(
            matches!(kind, ErrorKind::InvalidArgument | ErrorKind::Connect | ErrorKind::Timeout),
            "{kind}"
        );
    }
}

/// A server announces a length that no memory can hold, and the caller set no limit.
#[test]
fn an_announced_length_is_not_trusted() {
    let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{{", i64::MAX);
    let server = Server::start(move |_, _| Act::ReplyAndClose(reply.clone().into_bytes()));
    let options = server.options().max_body(u64::MAX).max_retries(0);
    let error = blocking::Client::new(options).and_then(|client| client.get_user("eric"));
    assert_eq!(error.expect_err("it never comes").kind(), ErrorKind::Connect);
}
