//! Measures the parts of a call: building a request, reading a reply, passing the rate limit.
//! `cargo bench --bench pieces`
//!
//! They are private, so this file compiles their source files.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    reason = "whole files are compiled, and only parts of them are measured"
)]

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;

#[path = "../src/error.rs"]
mod error;
#[path = "../src/operation.rs"]
mod operation;
#[path = "../src/protocol/mod.rs"]
mod protocol;
#[path = "../src/client/rate_limit.rs"]
mod rate_limit;
#[path = "../src/server_text.rs"]
mod server_text;

pub use error::{Error, ErrorKind, Result};

use operation::Operation;
use protocol::headers::RateWindow;
use protocol::request::Headers;
use protocol::{Reply, Request};
use rate_limit::RateLimits;

const USER: &str = include_str!("compare/data/user.json");
/// Rows of the real server, about 490 bytes each.
const ROWS: &str = include_str!("compare/data/rows.jsonl");

fn page() -> String {
    let rows: Vec<_> = ROWS.lines().cycle().take(protocol::audit_log::PAGE_SIZE).collect();
    format!("[{}]", rows.join(","))
}

fn reply(body: &str) -> Reply {
    let headers = [
        ("date", "Mon, 23 Nov 2026 11:51:27 GMT"),
        ("content-type", "application/json; charset=utf-8"),
        ("x-request-id", "GOqqVjBdfYa7cjYAACxh"),
        ("x-ratelimit-limit", "500"),
        ("x-ratelimit-remaining", "499"),
        ("x-ratelimit-reset", "1795434720"),
    ];
    let headers: HeaderMap = headers
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .into_iter()
        .collect();
    let (body, received) = (body.as_bytes().to_vec(), SystemTime::now());
    Reply { status: 200, headers, body, unreadable: None, received, known: None }
}

fn requests(c: &mut Criterion) {
    let mut group = c.benchmark_group("request");
    let key = SecretString::from("0123456789abcdef0123456789abcdef");
    let headers = Headers::new("aura-users/0.1.0", Some(&key), None).unwrap();
    group.bench_function("get_user with its headers", |b| {
        b.iter(|| {
            let request = Request::get_user(black_box("eric@example.com")).unwrap();
            (headers.for_request(&request), request)
        });
    });
    group.bench_function("create_user", |b| {
        b.iter(|| Request::create_user("eric", &key, &["eric@example.com"]).unwrap());
    });
    group.finish();
}

fn replies(c: &mut Criterion) {
    let mut group = c.benchmark_group("reply");
    group.throughput(Throughput::Bytes(USER.len() as u64));
    group.bench_function("a user of 1.4 kB", |b| {
        b.iter_batched(
            || reply(USER.trim_end()),
            |reply| reply.user(Operation::GetUser).unwrap(),
            BatchSize::SmallInput,
        );
    });
    let page = page();
    group.throughput(Throughput::Bytes(page.len() as u64));
    let read = |reply: Reply| reply.page(Operation::StreamAuditLogs).unwrap();
    group.bench_function("a page of 100 rows", |b| {
        b.iter_batched(|| reply(&page), read, BatchSize::SmallInput);
    });
    group.throughput(Throughput::Elements(protocol::audit_log::PAGE_SIZE as u64));
    let read_page = read(reply(&page));
    group.bench_function("the rows of a page, action read", |b| {
        b.iter(|| {
            let rows = (0..read_page.len()).filter_map(|index| read_page.row(index));
            rows.map(|row| row.action().len()).sum::<usize>()
        });
    });
    group.finish();

    let reply = reply("[]");
    c.bench_function("reply/the rate window of its headers", |b| b.iter(|| reply.rate_window()));
}

fn rate_gate(c: &mut Criterion) {
    let mut group = c.benchmark_group("rate gate");
    let limits = RateLimits::default();
    group.bench_function("pass, nothing known", |b| b.iter(|| limits.take(1, Instant::now())));
    let resets_in = Duration::from_secs(3600);
    let window = RateWindow { limit: u64::MAX, remaining: u64::MAX, resets_in };
    limits.learn(1, window, Instant::now());
    group.bench_function("pass", |b| b.iter(|| limits.take(1, Instant::now())));
    group.bench_function("learn", |b| b.iter(|| limits.learn(1, window, Instant::now())));
    group.finish();
}

criterion_group!(pieces, requests, replies, rate_gate);
criterion_main!(pieces);
