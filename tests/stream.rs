//! The stream of audit logs: it loses and doubles no row, and a failure is not its end.

mod common;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use aura_users::{AuditLog, Client, Error, ErrorKind, Options, Result};
use common::{Act, HEXPM, Request, Server, json, page};
use futures_core::Stream as _;

fn log(rows: u64) -> Server {
    Server::start(move |_, request| Act::Reply(json(200, HEXPM, &page(request.page(), rows))))
}

fn numbers(logs: impl IntoIterator<Item = Result<AuditLog>>) -> Result<Vec<u64>> {
    logs.into_iter().map(|log| log.map(|log| number(&log))).collect()
}

fn number(log: &AuditLog) -> u64 {
    let params = log.params();
    params.strip_prefix("{\"n\":").and_then(|rest| rest.strip_suffix('}')).unwrap().parse().unwrap()
}

fn pages(requests: &[Request]) -> Vec<u64> {
    let mut pages: Vec<_> = requests.iter().map(Request::page).collect();
    pages.sort_unstable();
    pages
}

#[test]
fn every_row_comes_once_and_in_order() {
    for rows in [0, 1, 99, 100, 101, 200, 250, 1000] {
        for prefetch in [0, 1, 4, 100] {
            let server = log(rows);
            let client = server.client().with_options(Options::new().prefetch(prefetch));
            let all = numbers(client.stream_audit_logs().unwrap()).unwrap();
            assert_eq!(all, (0..rows).collect::<Vec<_>>(), "{rows} rows, prefetch {prefetch}");
            let asked = pages(&server.requests());
            // A short page is the last. After a full page there may be another.
            let last = rows / 100 + 1;
            assert!(asked.contains(&last), "{rows} rows: {asked:?}");
            if prefetch == 0 || rows < 200 && prefetch <= 4 {
                assert_eq!(asked.last(), Some(&last), "{rows} rows, prefetch {prefetch}");
            }
            if rows < 200 && prefetch <= 4 {
                assert_eq!(asked.len() as u64, last, "{rows} rows, prefetch {prefetch}");
            }
        }
    }
}

#[test]
fn a_short_page_of_another_server_is_not_the_end() {
    let sizes = |number: u64| if number % 2 == 0 { 99 } else { 100 };
    let server = Server::start(move |_, request| {
        let number = request.page();
        let first: u64 = (1..number).map(sizes).sum();
        let rows: Vec<_> = (first..460.min(first + sizes(number)))
            .map(|row| format!(r#"{{"action":"row","params":{{"n":{row}}}}}"#))
            .collect();
        Act::Reply(json(200, &[], &format!("[{}]", rows.join(","))))
    });
    for prefetch in [0, 1, 4, 8] {
        let client = server.client().with_options(Options::new().prefetch(prefetch));
        let all = numbers(client.stream_audit_logs().unwrap()).unwrap();
        assert_eq!(all, (0..460).collect::<Vec<_>>(), "prefetch {prefetch}");
    }
}

/// A row is written before each reply. Every existing row comes once and in order, and no row
/// twice.
#[test]
fn a_log_that_grows_is_exact() {
    for prefetch in [0, 1, 4, 8] {
        let server = Server::start(move |nth, request| {
            let (written, first) = (nth as u64, (request.page() - 1) * 100);
            let rows: Vec<_> = (first..(1000 + written).min(first + 100))
                .map(|row| {
                    format!(r#"{{"params":{{"n":{}}},"action":"row"}}"#, 999 + written - row)
                })
                .collect();
            Act::Reply(json(200, HEXPM, &format!("[{}]", rows.join(","))))
        });
        let client = server.client().with_options(Options::new().prefetch(prefetch));
        let all = numbers(client.stream_audit_logs().unwrap()).unwrap();
        assert_eq!(all, (0..1000).rev().collect::<Vec<_>>(), "prefetch {prefetch}");
    }
}

#[test]
fn nothing_is_sent_before_the_first_row_is_requested() {
    let server = log(1);
    let logs = server.client().stream_audit_logs().unwrap();
    drop(logs);
    assert_eq!(server.connections(), 0);
}

/// Phoenix, the framework of hexpm, sends these headers for every application: Bandit, its HTTP server,
/// adds `vary`.
const PHOENIX: &[(&str, &str)] = &[
    ("vary", "accept-encoding"),
    ("cache-control", "max-age=0, private, must-revalidate"),
    ("x-request-id", "GOqqWUmgaRM8yHEAADPB"),
];

#[test]
fn short_pages_of_another_phoenix_server_do_not_end_the_log() {
    for (size, headers) in [(30, PHOENIX), (50, &PHOENIX[1..]), (99, PHOENIX)] {
        let server = Server::start(move |_, request| {
            let first = (request.page() - 1) * size;
            let rows: Vec<_> = (first..250.min(first + size))
                .map(|row| format!(r#"{{"action":"row","params":{{"n":{row}}}}}"#))
                .collect();
            Act::Reply(json(200, headers, &format!("[{}]", rows.join(","))))
        });
        let read = numbers(server.client().stream_audit_logs().unwrap()).unwrap();
        assert_eq!(read, (0..250).collect::<Vec<_>>(), "pages of {size}");
    }
}

#[test]
fn the_stream_resumes_after_an_error() {
    for (prefetch, status) in [(0, 500), (4, 500), (4, 401)] {
        let failed = AtomicBool::new(false);
        let server = Server::start(move |_, request| {
            let fails = request.page() == 3 && !failed.swap(true, Ordering::SeqCst);
            Act::Reply(if fails {
                json(status, &[("x-request-id", "abc")], r#"{"message":"broken"}"#)
            } else {
                json(200, HEXPM, &page(request.page(), 450))
            })
        });
        let client = server.client().with_options(Options::new().prefetch(prefetch));
        let mut logs = client.stream_audit_logs().unwrap();
        let first: Vec<_> = logs.by_ref().take(200).map(|log| number(&log.unwrap())).collect();
        assert_eq!(first, (0..200).collect::<Vec<_>>());
        assert_eq!(logs.page(), 3);
        let error = logs.next_log().unwrap_err();
        assert_eq!((error.status(), error.request_id()), (Some(status), Some("abc")));
        assert_eq!(logs.page(), 3);
        assert_eq!(numbers(logs).unwrap(), (200..450).collect::<Vec<_>>());
    }
}

#[test]
fn without_prefetch_no_page_is_requested_early() {
    let server = log(250);
    let client = server.client().with_options(Options::new().prefetch(0));
    let logs = client.stream_audit_logs().unwrap();
    for number in 1..=3 {
        logs.next_page().unwrap().unwrap();
        assert_eq!(pages(&server.requests()).last(), Some(&number));
    }
}

#[test]
fn it_starts_on_the_given_page_and_reports_its_page() {
    let server = log(250);
    let client = server.client().with_options(Options::new().page(2));
    let logs = client.stream_audit_logs().unwrap();
    assert_eq!(logs.page(), 2);
    assert_eq!(number(&logs.next_log().unwrap().unwrap()), 100);
    assert_eq!(logs.page(), 2);
    let rest = logs.next_page().unwrap().unwrap();
    assert_eq!((rest.number(), rest.rows().count()), (2, 99));
    assert!(rest.json().starts_with(r#"[{"action":"row","params":{"n":101}"#));
    let last = logs.next_page().unwrap().unwrap();
    assert_eq!((last.number(), last.json().as_ref()), (3, page(3, 250).as_str()));
    assert!(logs.next_page().unwrap().is_none());
    assert!(logs.next_log().unwrap().is_none(), "the end stays the end");
    assert_eq!(logs.page(), 3);
}

#[test]
fn a_malformed_page_is_an_error() {
    let server =
        Server::start(|_, _| Act::Reply(json(200, &[], r#"[{"action":"a"},{"action":7}]"#)));
    let error = server.client().stream_audit_logs().unwrap().next_log().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("row 1 of the page: expected a string"), "{error}");
    assert_eq!(error.route(), Some("/users/me/audit-logs"));
}

#[test]
fn the_stream_outlives_its_client() {
    let server = log(150);
    let logs = server.client().stream_audit_logs().unwrap();
    assert_eq!(numbers(logs).unwrap().len(), 150);
}

#[tokio::test]
async fn a_dropped_future_loses_no_row() {
    let server = log(250);
    let client = Client::new(server.options()).unwrap();
    let mut logs = client.stream_audit_logs().unwrap();
    let mut rows = Vec::new();
    loop {
        // Polled once and dropped: the requested page must not be lost.
        let polled = tokio::select! {
            biased;
            row = logs.next() => Some(row),
            () = std::future::ready(()) => None,
        };
        match polled {
            Some(Ok(Some(log))) => rows.push(number(&log)),
            Some(Ok(None)) => break,
            Some(Err(error)) => panic!("{error}"),
            None => tokio::task::yield_now().await,
        }
    }
    assert_eq!(rows, (0..250).collect::<Vec<_>>());
}

#[tokio::test]
async fn dropping_the_stream_cancels_its_requests() {
    let server = Server::start(|_, request| match request.page() {
        1 => Act::Reply(json(200, HEXPM, &page(1, 1000))),
        _ => Act::Stall(Vec::new()),
    });
    let client = Client::new(server.options().prefetch(7)).unwrap();
    let mut logs = client.stream_audit_logs().unwrap();
    logs.next().await.unwrap().unwrap();
    while server.requests().len() < 8 {
        tokio::task::yield_now().await;
    }
    drop(logs);
    let closed = tokio::task::spawn_blocking(move || {
        for _ in 0..7 {
            server.next_closed();
        }
    });
    closed.await.unwrap();
}

#[test]
fn a_stream_uses_the_clients_options() {
    let server = log(1);
    let client = server.client().with_options(Options::new().api_key("key"));
    numbers(client.stream_audit_logs().unwrap()).unwrap();
    assert_eq!(server.requests()[0].header("authorization"), Some("key"));
    let error: Error = client.with_options(Options::new().page(0)).stream_audit_logs().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn the_trait_stream_returns_every_row() {
    let server = log(250);
    let options = Options::new().env(false).repo_url(server.url()).api_key("key");
    let mut logs = Client::new(options).unwrap().stream_audit_logs().unwrap();
    let mut rows = Vec::new();
    while let Some(row) = poll_fn(|context| Pin::new(&mut logs).poll_next(context)).await {
        rows.push(number(&row.unwrap()));
    }
    assert_eq!(rows, (0..250).collect::<Vec<_>>());
}
