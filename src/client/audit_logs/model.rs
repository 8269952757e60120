//! Tests the stream against a model of the server, on a runtime without sockets and timers.
//!
//! The server writes rows while it is read, delays replies and fails, all at random. In every case,
//! each row that existed when the reading started comes once and in order.
//!
//! - `server`: the model of the server
//! - `reading`: reads its log and checks what came
//! - `cases`: random logs, servers and steps of the reader

mod cases;
mod reading;
mod server;

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use crate::ErrorKind;
use cases::{
    config, fates, growth, looks, periods, prefetches, repetitions, rows, simple_looks, steps,
};
use reading::{Reader, Step, run};
use server::{Fate, Looks, Server, lock};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn rows_are_exact_however_the_server_writes_them(
        rows in rows(),
        prefetch in prefetches(),
        fates in fates(3),
        steps in steps(40),
    ) {
        let server = Server { rows, changes_text: true, is_hexpm: true, fates, ..Server::default() };
        block_on(run(server, prefetch, 1, steps));
    }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn every_row_comes_once_and_in_order_while_others_are_written(
        rows in rows(),
        looks in simple_looks(),
        prefetch in prefetches(),
        page in prop_oneof![4 => Just(1_u64), 1 => 1..8_u64],
        fates in prop_oneof![fates(0), fates(3)],
        steps in steps(40),
    ) {
        // If new rows equal a whole page of old rows, nothing shows that they were written.
        let looks = Looks(looks.0.into_iter().take(rows).collect());
        let server = Server { rows, looks, is_hexpm: true, fates, ..Server::default() };
        block_on(run(server, prefetch, page, steps));
    }

    /// If pages full of equal rows move, an equal row may come too often, because nothing shows its
    /// position. No row is lost, and unique rows are exact.
    #[test]
    fn no_row_is_lost_if_rows_are_equal(
        rows in rows(),
        looks in looks(),
        prefetch in prefetches(),
        page in prop_oneof![4 => Just(1_u64), 1 => 1..8_u64],
        fates in prop_oneof![fates(0), fates(3)],
        steps in steps(40),
    ) {
        let looks = Looks(looks.0.into_iter().take(rows).collect());
        let has_long_runs = true;
        let server =
            Server { rows, looks, has_long_runs, is_hexpm: true, fates, ..Server::default() };
        block_on(run(server, prefetch, page, steps));
    }

    /// Rows repeat in turn, as if a program did the same things again and again, and new rows continue.
    /// A turn is a few rows or about a page. Other rows are among them. Nothing shows by how much a
    /// page has moved.
    #[test]
    fn no_row_is_lost_if_rows_repeat_in_turn(
        rows in 0..1500_usize,
        period in prop_oneof![1..10_usize, 85..160_usize],
        others in prop::collection::vec(0..1500_usize, 0..12),
        size in prop_oneof![2 => Just(100), 1 => 20..150_usize],
        prefetch in prefetches(),
        fates in growth(),
    ) {
        let in_turn = |row| ('\u{4e00}'..).nth(row % period).filter(|_| !others.contains(&row));
        let looks = Looks((0..rows + 4000).map(in_turn).collect());
        let (may_repeat_rows, is_hexpm, sizes) = (true, size == 100, vec![size]);
        let server =
            Server { rows, looks, may_repeat_rows, sizes, is_hexpm, fates, ..Server::default() };
        block_on(run(server, prefetch, 1, Vec::new()));
    }

    /// As before, and the log grows by whole turns while pages are requested together, so that every
    /// page looks as it did before.
    #[test]
    fn no_row_is_lost_if_whole_turns_are_written(
        rows in 0..3000_usize,
        period in 40..160_usize,
        others in prop::collection::vec(0..3000_usize, 0..12),
        prefetch in prefetches(),
        turns in prop::collection::vec((0..4_u8, 0..4_u8, prop::bool::weighted(0.1)), 0..100),
    ) {
        let in_turn = |row| ('\u{4e00}'..).nth(row % period).filter(|_| !others.contains(&row));
        let looks = Looks((0..rows + 20_000).map(in_turn).collect());
        let fate = |(delay, reply_delay, is_written)| Fate {
            delay,
            reply_delay,
            written_before: if is_written { period as u16 } else { 0 },
            ..Fate::GOOD
        };
        let fates = turns.into_iter().map(fate).collect();
        let server = Server {
            rows, looks, may_repeat_rows: true, is_hexpm: true, fates, ..Server::default()
        };
        block_on(run(server, prefetch, 1, Vec::new()));
    }

    /// Many rows and pairs of rows come again at once, and a page can end between the two. Rows are
    /// written with most requests.
    #[test]
    fn no_row_is_lost_if_rows_repeat_at_once(
        rows in 0..700_usize,
        looks in repetitions(),
        prefetch in prefetches(),
        written in prop::collection::vec((0..4_u8, 0..4_u8, 0..6_u16), 0..300),
    ) {
        let fate = |(delay, reply_delay, written_before)| Fate {
            delay,
            reply_delay,
            written_before,
            ..Fate::GOOD
        };
        let fates = written.into_iter().map(fate).collect();
        let has_long_runs = true;
        let server =
            Server { rows, looks, has_long_runs, is_hexpm: true, fates, ..Server::default() };
        block_on(run(server, prefetch, 1, Vec::new()));
    }

    /// More rows are written at once than a page has. Equal rows then cannot be distinguished.
    #[test]
    fn unique_rows_are_exact_if_many_rows_are_written(
        rows in rows(),
        prefetch in prefetches(),
        page in prop_oneof![4 => Just(1_u64), 1 => 1..8_u64],
        fates in prop_oneof![fates(120), fates(400)],
        steps in steps(300),
    ) {
        let server = Server { rows, is_hexpm: true, fates, ..Server::default() };
        block_on(run(server, prefetch, page, steps));
    }

    /// Other servers have pages of other sizes. Only an empty page is the end.
    #[test]
    fn pages_of_any_size_are_read_to_the_end(
        rows in 0..900_usize,
        looks in prop_oneof![looks(), periods()],
        sizes in prop_oneof![
            Just(vec![50]),
            Just(vec![100, 99, 100]),
            prop::collection::vec(1..150_usize, 1..5),
        ],
        prefetch in prefetches(),
        fates in fates(0),
        steps in steps(0),
    ) {
        let steps = steps.into_iter().filter(|step| !matches!(step, Step::Pause(_))).collect();
        let server = Server { rows, looks, sizes, fates, ..Server::default() };
        block_on(run(server, prefetch, 1, steps));
    }

    #[test]
    fn pages_of_any_size_are_exact_while_rows_are_written(
        rows in 0..900_usize,
        looks in simple_looks(),
        size in 40..150_usize,
        prefetch in prefetches(),
        fates in fates(3),
    ) {
        let looks = Looks(looks.0.into_iter().take(rows).collect());
        let server = Server { rows, looks, sizes: vec![size], fates, ..Server::default() };
        block_on(run(server, prefetch, 1, Vec::new()));
    }

    /// A server hides rows after it has divided the log into pages. Pages that are requested one after
    /// another miss none.
    #[test]
    fn without_prefetch_no_row_is_lost_if_the_server_filters_pages(
        rows in 0..900_usize,
        size in 40..150_usize,
        mut hidden in prop::collection::vec(prop::bool::weighted(0.3), 7..40),
        prefetch in 0..=1_usize,
        fates in fates(12),
    ) {
        // An empty page is the end.
        hidden[0] = false;
        let server = Server { rows, hidden, sizes: vec![size], fates, ..Server::default() };
        block_on(run(server, prefetch, 1, Vec::new()));
    }

    /// With a `prefetch` of 0, no request is sent before it is needed.
    #[test]
    fn without_prefetch_nothing_is_requested_early(rows in 0..450_usize, reads in 1..400_usize) {
        block_on(async {
            let server = Server { rows, is_hexpm: true, ..Server::default() };
            let server = Arc::new(Mutex::new(server));
            let mut reader = Reader::new(&server, 0, 1);
            for read in 1..=reads {
                let more = reader.logs.next().await.unwrap().is_some();
                let needed = read.min(rows + 1).div_ceil(100) as u64;
                let latest = lock(&server).requested.iter().max().copied();
                assert_eq!(latest, Some(needed), "after {read} of {rows} rows");
                if !more {
                    break;
                }
            }
        });
    }
}

#[test]
fn an_exact_log_costs_few_requests() {
    let requests = |rows, prefetch| {
        let server = Server { rows, is_hexpm: true, ..Server::default() };
        block_on(run(server, prefetch, 1, Vec::new())).len()
    };
    for prefetch in [0, 1, 4] {
        for (rows, most) in [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (199, 2), (250, 5)] {
            let count = requests(rows, prefetch);
            assert!(count <= most, "{rows} rows, prefetch {prefetch}: {count} requests");
        }
    }
    for prefetch in [0, 1, 4, 8, 20] {
        for pages in [40, 200] {
            let count = requests(pages * 100, prefetch);
            // The requests after the end come in addition.
            let most = pages * 13 / 10 + prefetch;
            assert!(count <= most, "{pages} pages, prefetch {prefetch}: {count} requests");
        }
    }
}

/// A server that filters rows after paging does not show how many rows it wrote.
#[test]
fn pages_of_different_sizes_are_requested_one_after_another() {
    for hidden in [vec![false, false, true, false, true, false, false], vec![false, true, false]] {
        let server = Server { rows: 3000, hidden, ..Server::default() };
        let server = Arc::new(Mutex::new(server));
        block_on(async {
            let mut reader = Reader::new(&server, 4, 1);
            while !reader.is_over {
                reader.step(Step::NextPage).await;
            }
            reader.check(false);
            assert_eq!(reader.read, reader.existed);
        });
        // A page, and the check of the page before.
        assert_eq!(lock(&server).most_in_flight, 2);
    }
}

#[test]
fn a_log_that_grows_with_each_request_is_read_to_its_end() {
    for is_hexpm in [true, false] {
        for prefetch in [0, 1, 4, 16] {
            for written_before in [1, 2, 10, 40, 50, 60] {
                for rows in [0, 40, 100, 250, 1000] {
                    // Equal rows are not exact if they are written fast.
                    for equal in [0, if written_before > 2 { 0 } else { 12 }] {
                        let fates = vec![Fate { written_before, ..Fate::GOOD }; 1500];
                        let looks = Looks(vec![Some('a'); equal.min(rows)]);
                        // The oldest rows are equal. They may come too often while rows are
                        // written.
                        let has_long_runs = equal > 0;
                        let server = Server {
                            rows,
                            looks,
                            has_long_runs,
                            is_hexpm,
                            fates,
                            ..Server::default()
                        };
                        let count = block_on(run(server, prefetch, 1, Vec::new())).len();
                        let what = format!("{rows} rows, {equal}, {written_before}, {prefetch}");
                        assert!(count < 1500, "{what}: {count} requests");
                    }
                }
            }
        }
    }
}

/// If a page ends within equal rows, the next page does not show how many rows it repeats. After
/// enough new rows, the page ends elsewhere.
#[test]
fn a_page_that_ends_within_equal_rows_is_exact_while_rows_are_written() {
    for run_length in [2, 10, 40, 80] {
        for place in [0, 1, run_length / 2, run_length - 1, run_length] {
            for written_before in [1, 2, 3, 7] {
                for prefetch in [0, 1, 4, 8] {
                    // The second page ends after `place` of the equal rows.
                    let parts = [
                        vec![None; 200],
                        vec![Some('s'); run_length],
                        vec![None; 200 - place],
                        [Some('s'), None].repeat(2000),
                    ];
                    let server = Server {
                        rows: parts[..3].iter().map(Vec::len).sum(),
                        looks: Looks(parts.concat()),
                        is_hexpm: true,
                        fates: vec![Fate { written_before, ..Fate::GOOD }; 1500],
                        ..Server::default()
                    };
                    let count = block_on(run(server, prefetch, 1, Vec::new())).len();
                    assert!(count < 100, "{run_length}, {place}, {written_before}, {prefetch}");
                }
            }
        }
    }
}

/// Some servers ignore the number of the page. Equal rows do not show that.
#[test]
fn a_server_without_pages_is_an_error() {
    for (rows, is_hexpm, prefetch) in
        [(3, false, 4), (100, true, 4), (1, false, 0), (250, false, 1)]
    {
        let server =
            Server { rows, is_hexpm, is_unpaged: true, sizes: vec![rows], ..Server::default() };
        let server = Arc::new(Mutex::new(server));
        block_on(async {
            let mut reader = Reader::new(&server, prefetch, 1);
            let error = loop {
                match reader.logs.next_page().await {
                    Ok(page) => assert!(page.is_some()),
                    Err(error) => break error,
                }
            };
            assert!(error.message().contains("every page"), "{error}");
            assert!(reader.logs.next_page().await.is_err());
        });
        let requests = lock(&server).requested.len();
        assert!(requests < 100 + 4000 / rows, "{requests} requests for {rows} rows");
    }
}

#[test]
fn a_stream_ends_at_the_last_number_of_a_page() {
    for first in [u64::MAX - 3, u64::MAX - 1, u64::MAX] {
        for prefetch in [0, 1, 4, 100] {
            let server = Server { rows: 100, is_unpaged: true, ..Server::default() };
            let server = Arc::new(Mutex::new(server));
            block_on(async {
                let mut reader = Reader::new(&server, prefetch, first);
                loop {
                    let page = reader.logs.next_page().await;
                    let page = page.unwrap_or_else(|error| panic!("{first} {prefetch} {error}"));
                    if page.is_none() {
                        break;
                    }
                }
            });
        }
    }
}

/// A page of rows is written with each request, so that the next page never has a new row.
#[test]
fn a_log_that_grows_faster_than_it_is_read_ends_the_call() {
    for prefetch in [0, 1, 4] {
        let fates = vec![Fate { written_before: 100, ..Fate::GOOD }; 400];
        let server = Server { rows: 500, fates, may_repeat_rows: true, ..Server::default() };
        let server = Arc::new(Mutex::new(server));
        block_on(async {
            let mut reader = Reader::new(&server, prefetch, 1);
            reader.logs.limit = Duration::ZERO;
            let mut timeouts = 0;
            loop {
                match reader.logs.next_page().await {
                    Ok(Some(page)) => {
                        reader.read.extend(page.rows().map(|row| row.raw_json().to_owned()));
                    }
                    Ok(None) => break,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
                        timeouts += 1;
                    }
                }
            }
            assert!(timeouts > 100, "{timeouts} timeouts, prefetch {prefetch}");
            reader.check(false);
        });
    }
}

#[test]
fn a_log_that_grows_slowly_costs_few_requests() {
    for prefetch in [1, 4, 8] {
        let fate = |written_before| Fate { written_before, ..Fate::GOOD };
        // One row is written for every ten pages.
        let fates = (0..400).map(|at| fate(u16::from(at % 10 == 0))).collect();
        let server = Server { rows: 20_000, is_hexpm: true, fates, ..Server::default() };
        let count = block_on(run(server, prefetch, 1, Vec::new())).len();
        println!("prefetch {prefetch}: {count} requests for 200 pages");
        assert!(count <= 400, "prefetch {prefetch}: {count} requests for 200 pages");
    }
}
