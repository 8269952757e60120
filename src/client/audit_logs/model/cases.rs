//! Random logs, servers and steps of the reader.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::reading::Step;
use super::server::{Fate, Looks, Outcome};
use crate::ErrorKind;

/// Rows by their number, oldest first: runs of equal rows, and unique rows.
pub(super) fn simple_looks() -> impl Strategy<Value = Looks> {
    let run = prop_oneof![
        3 => (1..300_usize).prop_map(|count| vec![None; count]),
        1 => (prop::char::range('a', 'z'), 2..30_usize).prop_map(|(look, n)| vec![Some(look); n]),
    ];
    prop::collection::vec(run, 0..8).prop_map(|runs| Looks(runs.concat()))
}

/// Like `simple_looks`, with long runs and with a few random kinds of rows.
pub(super) fn looks() -> impl Strategy<Value = Looks> {
    let run = prop_oneof![
        4 => (1..300_usize).prop_map(|count| vec![None; count]),
        2 => (prop::char::range('a', 'c'), 2..260_usize).prop_map(|(look, n)| vec![Some(look); n]),
        1 => prop::collection::vec(prop::char::range('a', 'c').prop_map(Some), 1..200),
    ];
    prop_oneof![
        2 => Just(Looks::default()),
        3 => prop::collection::vec(run, 1..8).prop_map(|runs| Looks(runs.concat())),
    ]
}

/// Rows or pairs of rows that come up to three times, as if a program did most things again.
pub(super) fn repetitions() -> impl Strategy<Value = Looks> {
    let run = (1..4_usize, 1..3_usize, prop::bool::weighted(0.1));
    prop::collection::vec(run, 0..600).prop_map(|runs| {
        let looks = |(number, (times, size, is_common)): (usize, (usize, usize, bool))| {
            let first = if is_common { 0 } else { 2 * number };
            ('\u{4e00}'..).skip(first).take(size).map(Some).collect::<Vec<_>>().repeat(times)
        };
        Looks(runs.into_iter().enumerate().flat_map(looks).collect())
    })
}

/// A few rows that repeat in the same order. The pages do not show a shift by a whole period.
pub(super) fn periods() -> impl Strategy<Value = Looks> {
    let turn = (1..5_usize, 2..80_usize)
        .prop_map(|(period, n)| ('p'..).take(period).map(Some).collect::<Vec<_>>().repeat(n));
    prop::collection::vec(turn, 0..8).prop_map(|periods| Looks(periods.concat()))
}

pub(super) fn fates(most_written: u16) -> impl Strategy<Value = Vec<Fate>> {
    use ErrorKind::{Connect, Decode, RateLimited, Server, Timeout};
    let outcome = prop_oneof![
        8 => Just(Outcome::Good),
        2 => prop::sample::select(vec![Timeout, Connect, Server, RateLimited, Decode])
            .prop_map(Outcome::Fails),
        1 => Just(Outcome::Panics),
    ];
    let written =
        move || prop_oneof![4 => Just(0), 2 => 0..=most_written.min(3), 1 => 0..=most_written];
    let fate = (0..6_u8, 0..6_u8, outcome, written(), written());
    let fate = fate.prop_map(|(delay, reply_delay, outcome, written_before, written_after)| Fate {
        delay,
        reply_delay,
        outcome,
        written_before,
        written_after,
    });
    prop::collection::vec(fate, 0..60)
}

/// Requests that all succeed, while a row is written now and then.
pub(super) fn growth() -> impl Strategy<Value = Vec<Fate>> {
    let growing = |chance| {
        let written = prop_oneof![3 => Just(1), 1 => 2..4_u16];
        let written = prop::option::weighted(chance, written).prop_map(Option::unwrap_or_default);
        let fate = (0..4_u8, 0..4_u8, written).prop_map(|(delay, reply_delay, written_before)| {
            Fate { delay, reply_delay, written_before, ..Fate::GOOD }
        });
        prop::collection::vec(fate, 0..300)
    };
    prop::sample::select(vec![0.1, 0.3, 0.6, 0.99]).prop_flat_map(growing)
}

pub(super) fn steps(most_written: u16) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Next),
        6 => Just(Step::NextPage),
        4 => (any::<bool>(), 0..4_u8).prop_map(|(page, polls)| Step::Dropped(page, polls)),
        2 => prop_oneof![4 => 0..3_u16, 1 => 0..=most_written].prop_map(Step::Pause),
        1 => Just(Step::Resume),
    ];
    prop::collection::vec(step, 0..40)
}

pub(super) fn rows() -> impl Strategy<Value = usize> {
    prop_oneof![0..4_usize, (0..12_usize).prop_map(|pages| pages * 100), 0..1500_usize]
}

pub(super) fn prefetches() -> impl Strategy<Value = usize> {
    prop_oneof![Just(4), 0..3_usize, 0..12_usize]
}

/// The cases are the same in each run, because a few hard ones cannot be decided: see the limits in
/// docs/audit-log.md. A failing case is printed in full.
pub(super) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    }
}
