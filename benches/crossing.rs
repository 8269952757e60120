//! Measures the cost of a call through the C ABI. `cargo bench --bench crossing --features capi`
//!
//! The declarations are those of the header, and the calls are those of a C program.

#![allow(unsafe_code, reason = "declares the C ABI")]

use std::ffi::{c_char, c_int};
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::ptr::null_mut;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};

/// Rows of the real server, about 490 bytes each.
const ROWS: &str = include_str!("compare/data/rows.jsonl");
const PAGE_SIZE: usize = 100;

// Links the library, for its symbols.
use aura_users as _;

/// An opaque handle.
#[repr(C)]
struct Handle([u8; 0]);

// SAFETY: these are the signatures of include/aura_users.h. An optional reference is a pointer that
// may be NULL. Strings are C literals, and handles are freed once, as the header requires.
unsafe extern "C" {
    safe fn aura_status_name(status: c_int) -> *const c_char;
    safe fn aura_string_free(string: *mut c_char);
    safe fn aura_error_free(error: *mut Handle);
    safe fn aura_options_new() -> *mut Handle;
    safe fn aura_options_free(options: *mut Handle);
    safe fn aura_options_set(
        options: *mut Handle,
        name: *const c_char,
        value: *const c_char,
        error: &mut *mut Handle,
    ) -> c_int;
    safe fn aura_client_new(
        options: *const Handle,
        client: &mut *mut Handle,
        error: &mut *mut Handle,
    ) -> c_int;
    safe fn aura_client_free(client: *mut Handle);
    safe fn aura_get_user(
        client: *const Handle,
        name: *const c_char,
        options: *const Handle,
        user_json: &mut *mut c_char,
        error: &mut *mut Handle,
    ) -> c_int;
    safe fn aura_stream_audit_logs(
        client: *const Handle,
        options: *const Handle,
        logs: &mut *mut Handle,
        error: &mut *mut Handle,
    ) -> c_int;
    safe fn aura_audit_logs_next(
        logs: *mut Handle,
        json: &mut *mut c_char,
        error: &mut *mut Handle,
    ) -> c_int;
    safe fn aura_audit_logs_free(logs: *mut Handle);
}

fn crossing(c: &mut Criterion) {
    let mut group = c.benchmark_group("crossing");
    // Link-time optimization would inline a call by name.
    let name: extern "C" fn(c_int) -> *const c_char = black_box(aura_status_name);
    group.bench_function("there and back", |b| b.iter(|| name(0)));
    group.bench_function("an option set", |b| {
        let options = aura_options_new();
        let mut error = null_mut();
        b.iter(|| {
            aura_options_set(options, c"timeout".as_ptr(), c"15".as_ptr(), &mut error);
        });
        aura_options_free(options);
    });
    let client = client(&serve());
    group.bench_function("a call refused, its error made and freed", |b| {
        b.iter(|| {
            let (mut json, mut error) = (null_mut(), null_mut());
            aura_get_user(client, c"..".as_ptr(), null_mut(), &mut json, &mut error);
            aura_error_free(error);
        });
    });
    group.bench_function("a row at hand, taken and freed", |b| {
        b.iter_custom(|count| rows(client, count));
    });
    aura_client_free(client);
    group.finish();
}

/// The time that `count` rows take, except the first row of each page, which waits for the page.
fn rows(client: *mut Handle, count: u64) -> Duration {
    let (mut logs, mut error, mut json) = (null_mut(), null_mut(), null_mut());
    let (mut left, mut time) = (count, Duration::ZERO);
    assert_eq!(aura_stream_audit_logs(client, null_mut(), &mut logs, &mut error), 0);
    while left > 0 {
        assert_eq!(aura_audit_logs_next(logs, &mut json, &mut error), 0);
        aura_string_free(json);
        let here = left.min(PAGE_SIZE as u64 - 1);
        let start = Instant::now();
        for _ in 0..here {
            assert_eq!(aura_audit_logs_next(logs, &mut json, &mut error), 0);
            aura_string_free(json);
        }
        time += start.elapsed();
        left -= here;
        for _ in here..PAGE_SIZE as u64 - 1 {
            assert_eq!(aura_audit_logs_next(logs, &mut json, &mut error), 0);
            aura_string_free(json);
        }
    }
    aura_audit_logs_free(logs);
    time
}

fn client(url: &std::ffi::CStr) -> *mut Handle {
    let options = aura_options_new();
    let (mut client, mut error) = (null_mut(), null_mut());
    for (name, value) in [(c"repo_url", url), (c"api_key", c"key"), (c"env", c"false")] {
        assert_eq!(aura_options_set(options, name.as_ptr(), value.as_ptr(), &mut error), 0);
    }
    assert_eq!(aura_client_new(options, &mut client, &mut error), 0);
    aura_options_free(options);
    client
}

/// Starts a server whose audit log never ends, and returns its base URL.
fn serve() -> std::ffi::CString {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let rows: Vec<_> = ROWS.lines().cycle().take(PAGE_SIZE).collect();
    let body = format!("[{}]", rows.join(","));
    let length = body.len();
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let reply = reply.clone();
            std::thread::spawn(move || answer(stream.unwrap(), reply.as_bytes()));
        }
    });
    std::ffi::CString::new(url).unwrap()
}

fn answer(mut stream: TcpStream, reply: &[u8]) {
    let mut buffer = [0; 4096];
    let mut filled = 0;
    while let Ok(count @ 1..) = stream.read(&mut buffer[filled..]) {
        filled += count;
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            filled = 0;
            if stream.write_all(reply).is_err() {
                return;
            }
        }
    }
}

criterion_group!(benches, crossing);
criterion_main!(benches);
