//! Started calls, and ending a call from another thread.

mod common;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use aura_users::{CancelToken, ErrorKind, Options};
use common::{Act, HEXPM, Server, bound, json, page, user};

/// Ends a test that hangs. A working test takes much less.
fn soon() -> Option<Duration> {
    Some(bound(60))
}

fn mute() -> Server {
    Server::start(|_, _| Act::Stall(Vec::new()))
}

#[test]
fn a_started_call_returns_the_same_as_a_blocking_call() {
    let server = Server::start(|_, request| {
        Act::Reply(match request.target.as_str() {
            "/api/users/nobody" => json(404, &[], r#"{"message":"Page not found","status":404}"#),
            "/api/users/eric/reset" => json(204, &[], ""),
            _ => user(),
        })
    });
    let client = server.client();
    let call = client.get_user_start("eric").unwrap();
    assert!(call.wait(soon()) && call.is_done());
    assert_eq!(call.take().unwrap().unwrap(), client.get_user("eric").unwrap());
    assert!(call.take().is_none(), "it is taken once");

    let call = client.get_user_start("nobody").unwrap();
    assert!(call.wait(None));
    assert_eq!(call.take().unwrap().unwrap_err().kind(), ErrorKind::NotFound);

    let call = client.reset_user_password_start("eric").unwrap();
    assert!(call.wait(soon()));
    call.take().unwrap().unwrap();

    let error = client.get_user_start("..").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_listener_is_called_once_even_after_the_end() {
    let server = Server::start(|_, _| Act::Reply(user()));
    let call = server.client().get_user_start("eric").unwrap();
    let (notify, calls) = mpsc::channel();
    let early = notify.clone();
    call.on_done(move || early.send("early").unwrap());
    assert_eq!(calls.recv_timeout(soon().unwrap()), Ok("early"));
    assert!(call.is_done());
    call.on_done(move || notify.send("late").unwrap());
    assert_eq!(calls.recv(), Ok("late"));
    assert!(calls.recv().is_err(), "and no more");
}

#[test]
fn a_cancelled_or_dropped_call_closes_its_connection() {
    let server = mute();
    let client = server.client();
    let call = client.get_user_start("eric").unwrap();
    while server.requests().is_empty() {
        thread::yield_now();
    }
    assert!(!call.wait(Some(Duration::ZERO)));
    assert!(call.take().is_none());
    call.cancel();
    assert!(call.wait(soon()));
    assert_eq!(call.take().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);

    let call = client.get_user_start("eric").unwrap();
    while !server.requests().iter().any(|request| request.connection == 1) {
        thread::yield_now();
    }
    drop(call);
    let mut closed = [server.next_closed(), server.next_closed()];
    closed.sort();
    assert_eq!(closed, [0, 1]);
}

#[test]
fn a_token_ends_waiting_and_later_calls() {
    let server = mute();
    let token = CancelToken::new();
    let client = server.client().with_cancel_token(token.clone());
    let logs = client.stream_audit_logs().unwrap();
    let call = client.get_user_start("eric").unwrap();
    thread::scope(|scope| {
        let user = scope.spawn(|| client.get_user("eric").unwrap_err());
        let made = scope.spawn(|| client.create_user("a", "b", &["a@example.com"]).unwrap_err());
        let row = scope.spawn(|| logs.next_log().unwrap_err());
        while server.requests().len() < 4 {
            thread::yield_now();
        }
        token.cancel();
        let (user, made, row) = (user.join().unwrap(), made.join().unwrap(), row.join().unwrap());
        assert_eq!(user.kind(), ErrorKind::Cancelled);
        assert_eq!(row.kind(), ErrorKind::Cancelled);
        assert_eq!((user.attempts(), made.attempts()), (1, 1));
        assert!(!user.outcome_unknown());
        assert!(made.outcome_unknown(), "the server had the request");
    });
    assert!(call.wait(soon()));
    let error = call.take().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Cancelled, 1));

    assert!(token.is_cancelled());
    let error = client.create_user("a", "b", &["a@example.com"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(!error.outcome_unknown(), "nothing was sent");
    assert_eq!(client.get_user_start("eric").unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(logs.next_log().unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn calls_on_one_stream_take_turns_and_lose_nothing() {
    let server =
        Server::start(|_, request| Act::Reply(json(200, HEXPM, &page(request.page(), 307))));
    let logs = server.client().stream_audit_logs().unwrap();
    let mut numbers = thread::scope(|scope| {
        let readers = [(); 4].map(|()| {
            scope.spawn(|| {
                let mut seen = Vec::new();
                loop {
                    let call = logs.next_log_start().unwrap();
                    if seen.len() % 3 == 0 {
                        call.cancel();
                    }
                    assert!(call.wait(soon()));
                    match call.take().unwrap() {
                        Ok(Some(row)) => seen.push(row.raw_json().to_owned()),
                        Ok(None) => return seen,
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Cancelled);
                            let Some(row) = logs.next_log().unwrap() else { return seen };
                            seen.push(row.raw_json().to_owned());
                        }
                    }
                }
            })
        });
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect::<Vec<_>>()
    });
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 307);
    assert_eq!(logs.page(), 4);
}

#[test]
fn calls_on_one_stream_are_served_in_their_order() {
    let server =
        Server::start(|_, request| Act::Reply(json(200, HEXPM, &page(request.page(), 250))));
    let logs = server.client().stream_audit_logs().unwrap();
    let calls: Vec<_> = (0..250).map(|_| logs.next_log_start().unwrap()).collect();
    for (number, call) in calls.iter().enumerate() {
        assert!(call.wait(soon()));
        let row = call.take().unwrap().unwrap().unwrap();
        assert!(
            row.raw_json().contains(&format!("{{\"n\":{number}}}")),
            "{number}: {}",
            row.raw_json()
        );
    }
    assert!(logs.next_log().unwrap().is_none());
}

#[test]
fn a_large_prefetch_is_used_from_the_second_page_on() {
    for (prefetch, asked) in [(4, 2), (8, 9)] {
        let server = Server::start(|_, request| match request.page() {
            1 => Act::Reply(json(200, HEXPM, &page(1, 2000))),
            _ => Act::Stall(Vec::new()),
        });
        let token = CancelToken::new();
        let client = server.client().with_cancel_token(token.clone());
        let logs =
            client.with_options(Options::new().prefetch(prefetch)).stream_audit_logs().unwrap();
        logs.next_page().unwrap().unwrap();
        thread::scope(|scope| {
            let row = scope.spawn(|| logs.next_log().unwrap_err());
            while server.requests().len() < asked {
                thread::yield_now();
            }
            token.cancel();
            assert_eq!(row.join().unwrap().kind(), ErrorKind::Cancelled);
        });
        let mut pages: Vec<_> = server.requests().iter().map(|request| request.page()).collect();
        pages.sort_unstable();
        assert_eq!(pages, (1..=asked as u64).collect::<Vec<_>>(), "prefetch {prefetch}");
    }
}
