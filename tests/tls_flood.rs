//! A flood of replies over TLS. It has a process of its own, because it keeps the background thread
//! busy.

#[path = "common/authority.rs"]
mod authority;
#[path = "common/bound.rs"]
mod bound;
#[path = "common/tls_server.rs"]
mod tls_server;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aura_users::{CancelToken, ErrorKind, Options, blocking};
use authority::{Authority, ages_hence};
use bound::{bound, within};
use tls_server::{options, result, serve, serve_each};

/// reqwest does not count interim replies. Over TLS it reads few of them in one turn.
#[test]
fn a_flood_of_interim_replies_over_https_delays_nothing_else() {
    static FLOODS: AtomicUsize = AtomicUsize::new(0);
    let authority = Authority::new();
    let root = authority.file();
    let flood = serve_each(authority.certify("localhost", ages_hence()), |stream| {
        FLOODS.fetch_add(1, Ordering::SeqCst);
        let pieces = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(1000);
        while stream.write_all(&pieces).is_ok() {}
    });
    // The digits of the size of a chunk.
    let digits = serve_each(authority.certify("localhost", ages_hence()), |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while stream.write_all(&[b'0'; 1 << 14]).is_ok() {}
    });
    let flooded = options(flood).ca_file(root.0.clone()).max_retries(0);
    let limit = Duration::from_millis(500);
    let timed = |options: &Options| blocking::Client::new(options.clone().timeout(limit)).unwrap();
    let digits = options(digits).ca_file(root.0.clone()).max_retries(0);
    for error in [
        within(limit, || result(&timed(&flooded).get_user_start("eric").unwrap())),
        within(limit, || timed(&flooded).get_user("eric")),
        within(limit, || timed(&digits).get_user("eric")),
    ]
    .map(Result::unwrap_err)
    {
        assert!([ErrorKind::Decode, ErrorKind::Timeout].contains(&error.kind()), "{error}");
    }

    let token = CancelToken::new();
    // Longer than the other call may take.
    let flooded = flooded.timeout(bound(120)).total_timeout(bound(120));
    let flooded = blocking::Client::new(flooded).unwrap().with_cancel_token(token.clone());
    let before = FLOODS.load(Ordering::SeqCst);
    let calls: Vec<_> = (0..2).map(|_| flooded.get_user_start("eric").unwrap()).collect();
    while FLOODS.load(Ordering::SeqCst) < before + 2 {
        std::thread::yield_now();
    }
    let good = serve(authority.certify("localhost", ages_hence()));
    let patient = options(good).ca_file(root.0.clone()).connect_timeout(bound(60));
    let patient = patient.timeout(bound(60)).total_timeout(bound(60));
    let client = blocking::Client::new(patient).unwrap();
    result(&client.get_user_start("eric").unwrap()).unwrap();
    within(bound(60), || {
        token.cancel();
        for call in calls {
            assert_eq!(result(&call).unwrap_err().kind(), ErrorKind::Cancelled);
        }
    });
}
