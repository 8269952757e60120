//! Compares pages of one audit log that the server read at different times.
//!
//! Rows have no id. Two rows are equal if their JSON is equal, apart from the order of keys, which
//! the server does not promise.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::value::RawValue;

use crate::protocol::audit_log::{PAGE_SIZE, Page};

/// Longer rows are compared byte for byte: parsing them at each level would take too long.
const LONGEST_PARSED: usize = 64 << 10;

/// Whether two rows are the same.
pub(super) fn is_same_row(one: &str, other: &str) -> bool {
    // The order of keys does not change how often a byte occurs.
    one == other
        || one.len() == other.len()
            && one.len() <= LONGEST_PARSED
            && sum_in_any_order(one) == sum_in_any_order(other)
            && is_same_json(one, other)
}

/// A number that does not depend on the order of the bytes.
fn sum_in_any_order(row: &str) -> u64 {
    // A loop instead of iterators: builds without optimization spend much time here.
    let mut sum = 0_u64;
    for byte in row.as_bytes() {
        sum = sum.wrapping_add(WEIGHTS[usize::from(*byte)]);
    }
    sum
}

/// The fourth power of each byte.
static WEIGHTS: [u64; 256] = {
    let mut weights = [0; 256];
    let mut byte = 0;
    while byte < weights.len() {
        weights[byte] = (byte as u64).pow(4);
        byte += 1;
    }
    weights
};

fn is_same_json(one: &str, other: &str) -> bool {
    type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;
    if one == other {
        return true;
    }
    let are_same = |(one, other): (&&RawValue, &&RawValue)| is_same_json(one.get(), other.get());
    match (one.as_bytes().first(), other.as_bytes().first()) {
        (Some(b'{'), Some(b'{')) => {
            let read = |text| serde_json::from_str::<Object<'_>>(text);
            let (Ok(one), Ok(other)) = (read(one), read(other)) else { return false };
            one.keys().eq(other.keys()) && one.values().zip(other.values()).all(are_same)
        }
        (Some(b'['), Some(b'[')) => {
            let read = |text| serde_json::from_str::<Vec<&RawValue>>(text);
            let (Ok(one), Ok(other)) = (read(one), read(other)) else { return false };
            one.len() == other.len() && one.iter().zip(&other).all(are_same)
        }
        _ => false,
    }
}

/// Whether `count` rows of `one` from `from` on are the same as those of `other` from `at` on.
fn are_same(one: &Page, from: usize, other: &Page, at: usize, count: usize) -> bool {
    (0..count).all(|index| match (one.row_json(from + index), other.row_json(at + index)) {
        (Some(one), Some(other)) => is_same_row(one, other),
        _ => false,
    })
}

/// Whether both pages have the same rows in the same order.
pub(super) fn is_same_page(one: &Page, other: &Page) -> bool {
    one.text() == other.text() || one.len() == other.len() && are_same(one, 0, other, 0, one.len())
}

/// The counts of rows, from 1 on, that can be both the last rows of `before` and the first rows of
/// `after`.
pub(super) fn overlaps<'a>(before: &'a Page, after: &'a Page) -> impl Iterator<Item = usize> + 'a {
    (1..=before.len().min(after.len())).filter(|count| has_overlap(before, after, *count))
}

/// Whether the last `count` rows of `before` are the first ones of `after`.
fn has_overlap(before: &Page, after: &Page, count: usize) -> bool {
    are_same(before, before.len() - count, after, 0, count)
}

/// How many rows two readings of a page must share. A few equal rows are common.
pub(super) fn least_shared(page: &Page) -> usize {
    page.len().div_ceil(8).max(3).min(page.len())
}

/// Whether `page` can start `count` rows before the end of `before`, as far as their rows show.
pub(super) fn may_repeat(before: &Page, page: &Page, count: u64) -> bool {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let from = before.len().saturating_sub(count);
    let at = count.saturating_sub(before.len());
    let shared = (before.len() - from).min(page.len().saturating_sub(at));
    are_same(before, from, page, at, shared)
}

/// Whether the two pages of a log share a third of their rows in the same order, so that the log
/// probably repeats them. Rows of one kind do not count. Rows are compared byte by byte, because that
/// is done with most pages.
pub(super) fn repeats_rows(one: &Page, other: &Page) -> bool {
    let least = one.len().div_ceil(3).max(2);
    let is_same = |(at, there): &(usize, usize)| one.row_json(*at) == other.row_json(*there);
    // Each such piece of the page has one of these rows.
    (0..one.len()).step_by(least).any(|at| {
        let known = one.row_json(at);
        let places = (0..other.len()).filter(|there| other.row_json(*there) == known);
        places.take(PAGE_SIZE).any(|there| {
            let before = (0..at).rev().zip((0..there).rev()).take_while(is_same).count();
            let after = (at..one.len()).zip(there..other.len()).take_while(is_same).count();
            before + after >= least && (at - before..at + after).any(|at| one.row_json(at) != known)
        })
    })
}

/// The shifts of `page` that leave the rows that stay on it unchanged, if enough of them stay.
fn invisible_shifts(page: &Page) -> impl Iterator<Item = usize> + '_ {
    let most = page.len() - least_shared(page);
    (1..=most).filter(|shift| are_same(page, *shift, page, 0, page.len() - shift))
}

/// Whether rows of `page` repeat so that a shift is invisible. Rows of one kind do not count.
pub(super) fn repeats_itself(page: &Page) -> bool {
    let is_of_one_kind = |count| are_same(page, 0, page, 1, count - 1);
    invisible_shifts(page).any(|shift| !is_of_one_kind(page.len() - shift))
}

/// Whether a shift of `page` always changes it, as long as some of its rows stay on it. This holds
/// if no long end of the page equals its start.
pub(super) fn is_distinctive(page: &Page) -> bool {
    page.len() > 0 && invisible_shifts(page).next().is_none()
}

/// How many rows were written between two readings of one page, at least and at most. `None` if the
/// pages do not show it.
pub(super) fn shift_between(earlier: &Page, later: &Page) -> Option<RangeInclusive<usize>> {
    if earlier.text() == later.text() {
        return Some(0..=0);
    }
    let most = later.len().checked_sub(least_shared(earlier)).filter(|_| earlier.len() > 0)?;
    let moved = |shift: &usize| {
        let count = earlier.len().min(later.len() - shift);
        are_same(earlier, 0, later, *shift, count)
    };
    let mut shifts = (0..later.len()).filter(moved);
    match shifts.next() {
        Some(0) => Some(0..=0),
        Some(shift) if shift <= most => Some(shift..=shifts.next_back().unwrap_or(shift)),
        _ => shift_in_any_order(earlier, later, most).map(|shift| shift..=shift),
    }
}

/// As [`shift_between`], if the server changed the order of rows that it wrote at the same time.
fn shift_in_any_order(earlier: &Page, later: &Page, most: usize) -> Option<usize> {
    if earlier.len() != later.len() {
        return None;
    }
    // The position of equal rows is not known.
    let is_among = |row: &str, others: &[&str]| others.iter().any(|it| is_same_row(it, row));
    let known: Vec<&str> = earlier.rows_json().collect();
    if (1..known.len()).any(|at| is_among(known[at], &known[..at])) {
        return None;
    }
    let new = later.rows_json().filter(|row| !is_among(row, &known)).count();
    (new <= most).then_some(new)
}

/// Whether each of the last `count` rows of `before` occurs once on it, and once on `after`.
pub(super) fn are_unique(before: &Page, after: &Page, count: usize) -> bool {
    last_rows(before, count).all(|row| occurs_once(row, before) && occurs_once(row, after))
}

/// Whether one of the last `count` rows of `before` occurs once on it, and once on `after`.
pub(super) fn has_unique_row(before: &Page, after: &Page, count: usize) -> bool {
    last_rows(before, count).any(|row| occurs_once(row, before) && occurs_once(row, after))
}

fn last_rows(page: &Page, count: usize) -> impl Iterator<Item = &str> {
    (page.len() - count..page.len()).filter_map(|at| page.row_json(at))
}

fn occurs_once(row: &str, page: &Page) -> bool {
    page.rows_json().filter(|other| is_same_row(row, other)).count() == 1
}

/// The positions at which the rows of `known` can start on a later reading of a page. They continue
/// after the page's end if they do not fit.
pub(super) fn starts_of<'a>(known: &'a Page, page: &'a Page) -> impl Iterator<Item = usize> + 'a {
    (0..page.len()).filter(|start| {
        let count = known.len().min(page.len() - start);
        are_same(known, 0, page, *start, count)
    })
}

/// The positions at which the rows of `known` can end on a later reading of a page.
pub(super) fn ends_of<'a>(known: &'a Page, page: &'a Page) -> impl Iterator<Item = usize> + 'a {
    (1..=page.len()).filter(|end| {
        let count = known.len().min(*end);
        are_same(known, known.len() - count, page, end - count, count)
    })
}

/// The numbers of rows of `known` that `page` can start with, if `known` goes on there from its row
/// `from` on. If rows were written since the page before was read, it goes on from an earlier row.
pub(super) fn continuations<'a>(
    known: &'a Page,
    from: usize,
    page: &'a Page,
) -> impl Iterator<Item = usize> + 'a {
    let counts = known.len().saturating_sub(from)..=known.len();
    counts.filter(|count| {
        *count <= page.len() && are_same(known, known.len() - count, page, 0, *count)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: &str) -> Page {
        let rows: Vec<_> = rows.chars().map(|row| format!(r#"{{"action":"{row}"}}"#)).collect();
        Page::read(format!("[{}]", rows.join(",")).into()).unwrap()
    }

    #[test]
    fn rows_are_compared_without_the_order_of_their_keys() {
        let row = r#"{"action":"a","params":{"x":[{"a":1,"b":"ü"}],"y":null},"user_agent":""}"#;
        for (other, is_same) in [
            (row, true),
            (r#"{"user_agent":"","params":{"y":null,"x":[{"b":"ü","a":1}]},"action":"a"}"#, true),
            (r#"{"user_agent":"","params":{"y":null,"x":[{"b":"ü","a":2}]},"action":"a"}"#, false),
            (r#"{"user_agent":"","params":{"y":null,"x":[{"b":1,"a":"ü"}]},"action":"a"}"#, false),
            (r#"{"action":"a"}"#, false),
        ] {
            assert_eq!(is_same_row(row, other), is_same, "{other}");
        }
        let large = |last| format!(r#"{{"action":"a","params":1234567890123456789{last}}}"#);
        assert!(!is_same_row(&large(1), &large(2)), "beyond 64 bits");
        assert!(is_same_page(&page("abc"), &page("abc")));
        assert!(!is_same_page(&page("abc"), &page("abd")));
        assert!(!is_same_page(&page("abc"), &page("abcd")));
    }

    #[test]
    fn every_overlap_is_found() {
        for (before, after, counts) in [
            ("abcd", "efgh", &[][..]),
            ("abcd", "defg", &[1]),
            ("abcd", "abcd", &[4]),
            ("aaaa", "aaab", &[1, 2, 3]),
            ("xyxy", "xyxy", &[2, 4]),
            ("abcd", "", &[]),
        ] {
            let found: Vec<_> = overlaps(&page(before), &page(after)).collect();
            assert_eq!(found, counts, "{before} {after}");
        }
    }

    #[test]
    fn repeated_rows_equal_the_earlier_ones() {
        for (before, after, count, may) in [
            ("abcd", "efgh", 0, true),
            ("abcd", "defg", 1, true),
            ("abcd", "cdef", 1, false),
            ("abcd", "bc", 3, true),
            ("abcd", "bx", 3, false),
            ("abcd", "xabc", 5, true),
            ("abcd", "abcd", 5, false),
            ("abcd", "wxyz", 8, true),
            ("abcd", "wxyz", u64::MAX, true),
        ] {
            assert_eq!(may_repeat(&page(before), &page(after), count), may, "{after} {count}");
        }
    }

    #[test]
    fn distinctive_pages_show_a_shift() {
        for (text, is) in [
            ("abcd", true),
            ("aaab", true),
            ("abca", true),
            ("abcabc", false),
            ("aaaa", false),
            ("", false),
            ("abcdefghija", true),
            ("abcdefghiab", true),
            ("abcdefghabc", false),
        ] {
            assert_eq!(is_distinctive(&page(text)), is, "{text}");
        }
        for (earlier, later, shift) in [
            ("abcdefgh", "abcdefgh", Some(0..=0)),
            ("abcdefgh", "xabcdefg", Some(1..=1)),
            ("abcdefgh", "uvwxyabc", Some(5..=5)),
            ("abcdefgh", "uvwxyzab", None),
            ("abcdefghi", "stuvwxyza", None),
            ("abcdefgh", "stuvwxyz", None),
            ("abcdefgh", "xbacedfg", Some(1..=1)),
            ("abcdeegh", "xbaceedg", None),
            ("aaaaaaaa", "aaaaaaaa", Some(0..=0)),
            ("aaaaaaaa", "xaaaaaaa", Some(1..=7)),
            ("aaaaaabb", "aaaaaaaa", Some(2..=7)),
            ("abc", "", None),
            ("", "abc", None),
        ] {
            assert_eq!(shift_between(&page(earlier), &page(later)), shift, "{earlier} {later}");
        }
    }

    #[test]
    fn repeated_rows_are_noticed() {
        for (one, other, repeats) in [
            ("abcdefghi", "xxabcdxxx", true),
            ("abcdefghi", "xxxxxxghi", true),
            ("abcdefghi", "hixxxxxxx", false),
            ("abcdefghi", "xxabxdexx", false),
            ("aaaaaabbb", "xxxaaaaaa", false),
            ("aaaaaabbb", "xxxaaaabb", true),
            ("abcdefghi", "", false),
            ("", "abc", false),
        ] {
            assert_eq!(repeats_rows(&page(one), &page(other)), repeats, "{one} {other}");
        }
        for (text, repeats) in [
            ("abcabcabc", true),
            ("abcdefabc", true),
            ("abcdefgab", false),
            ("aaaaaaaaa", false),
            ("aaadefaaa", false),
            ("", false),
        ] {
            assert_eq!(repeats_itself(&page(text)), repeats, "{text}");
        }
    }

    #[test]
    fn known_rows_are_found_again() {
        for (known, seen, starts, ends) in [
            ("abcd", "abcd", &[0][..], &[4][..]),
            ("abcd", "xyab", &[2], &[]),
            ("abcd", "xyza", &[3], &[]),
            ("abc", "xabcd", &[1], &[4]),
            ("aaa", "xaaaa", &[1, 2, 3, 4], &[4, 5]),
            ("abcd", "bcde", &[], &[3]),
            ("abcd", "wxyz", &[], &[]),
            ("abcd", "", &[], &[]),
        ] {
            let (known, seen) = (page(known), page(seen));
            assert_eq!(starts_of(&known, &seen).collect::<Vec<_>>(), starts, "{seen:?}");
            assert_eq!(ends_of(&known, &seen).collect::<Vec<_>>(), ends, "{seen:?}");
        }
        for (known, from, next, counts) in [
            ("abcd", 2, "cdef", &[2][..]),
            ("abcd", 2, "bcde", &[3]),
            ("abcd", 2, "abcd", &[4]),
            ("abcd", 2, "xcde", &[]),
            ("abcd", 2, "c", &[]),
            ("abcd", 4, "x", &[0]),
            ("abbb", 3, "bbbc", &[1, 2, 3]),
        ] {
            let (known, next) = (page(known), page(next));
            assert_eq!(continuations(&known, from, &next).collect::<Vec<_>>(), counts, "{next:?}");
        }
    }
}
