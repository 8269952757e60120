//! Compares pages of one audit log that the server read at different times.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use super::pair::Pair;
use crate::protocol::audit_log::{PAGE_SIZE, Page};

/// Whether both pages have the same rows in the same order.
pub(super) fn is_same_page(one: &Page, other: &Page) -> bool {
    one.text() == other.text()
        || one.len() == other.len() && Pair::new(one, other).are_same(0, 0, one.len())
}

/// The counts of rows, from 1 on, that can be both the last rows of `before` and the first rows of
/// `after`.
pub(super) fn overlaps<'a>(before: &'a Page, after: &'a Page) -> impl Iterator<Item = usize> + 'a {
    overlaps_of(Pair::new(before, after), before, after)
}

/// As [`overlaps`], also if the server wrote equal values differently. This takes longer.
pub(super) fn overlaps_by_value<'a>(
    before: &'a Page,
    after: &'a Page,
) -> impl Iterator<Item = usize> + 'a {
    overlaps_of(Pair::by_value(before, after), before, after)
}

fn overlaps_of<'a>(
    pair: Pair<'a>,
    before: &'a Page,
    after: &'a Page,
) -> impl Iterator<Item = usize> + 'a {
    let counts = 1..=before.len().min(after.len());
    counts.filter(move |count| pair.are_same(before.len() - count, 0, *count))
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
    Pair::new(before, page).are_same(from, at, shared)
        || Pair::by_value(before, page).are_same(from, at, shared)
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
    let pair = Pair::new(page, page);
    (1..=most).filter(move |shift| pair.are_same(*shift, 0, page.len() - shift))
}

/// Whether rows of `page` repeat so that a shift is invisible. Rows of one kind do not count.
pub(super) fn repeats_itself(page: &Page) -> bool {
    let pair = Pair::new(page, page);
    let of_first_kind = (0..page.len()).take_while(|at| pair.are_same(0, *at, 1)).count();
    invisible_shifts(page).any(|shift| page.len() - shift > of_first_kind)
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
    visible_shift(&Pair::new(earlier, later), earlier, later, most).or_else(|| {
        let pair = Pair::by_value(earlier, later);
        let shift = visible_shift(&pair, earlier, later, most);
        shift.or_else(|| shift_in_any_order(&pair, most).map(|shift| shift..=shift))
    })
}

fn visible_shift(
    pair: &Pair<'_>,
    earlier: &Page,
    later: &Page,
    most: usize,
) -> Option<RangeInclusive<usize>> {
    let moved = |shift: &usize| pair.are_same(0, *shift, earlier.len().min(later.len() - shift));
    let mut shifts = (0..later.len()).filter(moved);
    match shifts.next()? {
        0 => Some(0..=0),
        shift => (shift <= most).then(|| shift..=shifts.next_back().unwrap_or(shift)),
    }
}

/// As [`shift_between`], if the server changed the order of rows that it wrote at the same time.
fn shift_in_any_order(pair: &Pair<'_>, most: usize) -> Option<usize> {
    let [earlier, later] = pair.numbers();
    let known: HashSet<_> = earlier.iter().collect();
    // The position of equal rows is not known.
    if earlier.len() != later.len() || known.len() < earlier.len() {
        return None;
    }
    let new = later.iter().filter(|row| !known.contains(row)).count();
    (new <= most).then_some(new)
}

/// Whether each of the last `count` rows of `before` occurs once on it, and once on `after`.
pub(super) fn are_unique(before: &Page, after: &Page, count: usize) -> bool {
    uniqueness(before, after, count).all(|is_unique| is_unique)
}

/// Whether rows of the page are followed by the same rows again: `count` rows, or a few if `count` is
/// small.
pub(super) fn repeats_at_once(page: &Page, count: usize) -> bool {
    const FEW: usize = 4;
    let counts = if count > FEW { count..=count } else { 1..=FEW };
    let pair = Pair::by_value(page, page);
    counts.into_iter().any(|count| {
        (2 * count..=page.len()).any(|end| pair.are_same(end - 2 * count, end - count, count))
    })
}

/// Whether one of the last `count` rows of `before` occurs once on it, and once on `after`.
pub(super) fn has_unique_row(before: &Page, after: &Page, count: usize) -> bool {
    uniqueness(before, after, count).any(|is_unique| is_unique)
}

/// For each of the last `count` rows of `before`, whether it occurs once on it, and once on `after`.
fn uniqueness(before: &Page, after: &Page, count: usize) -> impl Iterator<Item = bool> {
    let pair = Pair::by_value(before, after);
    let [mut counts_before, mut counts_after] = [HashMap::new(), HashMap::new()];
    let [before, after] = pair.numbers();
    before.iter().for_each(|row| *counts_before.entry(*row).or_insert(0) += 1);
    after.iter().for_each(|row| *counts_after.entry(*row).or_insert(0) += 1);
    let rows = before[before.len() - count..].to_vec();
    let is_one = |counts: &HashMap<u32, usize>, row| counts.get(&row) == Some(&1);
    rows.into_iter().map(move |row| is_one(&counts_before, row) && is_one(&counts_after, row))
}

/// The positions at which the rows of the first page can start on the second, a later reading of a
/// page. They continue after its end if they do not fit.
pub(super) fn starts_of<'a>(pair: &'a Pair<'_>) -> impl Iterator<Item = usize> + 'a {
    let [known, page] = pair.lengths();
    (0..page).filter(move |start| pair.are_same(0, *start, known.min(page - start)))
}

/// The positions at which the rows of the first page can end on the second, a later reading of a page.
pub(super) fn ends_of<'a>(pair: &'a Pair<'_>) -> impl Iterator<Item = usize> + 'a {
    let [known, page] = pair.lengths();
    (1..=page).filter(move |end| {
        let count = known.min(*end);
        pair.are_same(known - count, end - count, count)
    })
}

/// The numbers of rows of the first page that the second can start with, if the first goes on there
/// from its row `from` on. If rows were written since the page before was read, it goes on from an
/// earlier row.
pub(super) fn continuations<'a>(
    pair: &'a Pair<'_>,
    from: usize,
) -> impl Iterator<Item = usize> + 'a {
    let [known, page] = pair.lengths();
    let counts = known.saturating_sub(from)..=known.min(page);
    counts.filter(move |count| pair.are_same(known - count, 0, *count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: &str) -> Page {
        let rows: Vec<_> = rows.chars().map(|row| format!(r#"{{"action":"{row}"}}"#)).collect();
        Page::read(format!("[{}]", rows.join(",")).into()).unwrap()
    }

    #[test]
    fn same_pages() {
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
            let pair = Pair::new(&known, &seen);
            assert_eq!(starts_of(&pair).collect::<Vec<_>>(), starts, "{seen:?}");
            assert_eq!(ends_of(&pair).collect::<Vec<_>>(), ends, "{seen:?}");
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
            let pair = Pair::new(&known, &next);
            assert_eq!(continuations(&pair, from).collect::<Vec<_>>(), counts, "{next:?}");
        }
    }
}
