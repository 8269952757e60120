//! Searches, page by page, for rows that were read before. That is needed if so many rows were
//! written that they moved off their page.

use super::compare::{continuations, ends_of, starts_of};
use super::pair::Pair;
use crate::protocol::audit_log::Page;

pub(super) struct Search {
    known: Page,
    /// Whether the search needs the page with the end of the rows. Otherwise a page with half of
    /// them is enough.
    needs_end: bool,
    next: u64,
    pages_left: u32,
    /// The page before, if the rows may start on it.
    start: Option<(u64, Page)>,
}

pub(super) enum Outcome {
    /// The last of the rows is just before `end` on this page, or after the page's end.
    Found {
        number: u64,
        page: Page,
        end: usize,
    },
    Continues(Search),
    NotFound,
}

/// The maximum number of pages to search.
const MOST_PAGES: u32 = 200;
/// Each row of one page is compared with each of the other. Larger pages are not searched.
const MOST_PAIRS: usize = 1 << 20;

impl Search {
    /// Rows move only down, so the search starts on the page that they were on.
    pub(super) fn new(known: Page, number: u64) -> Self {
        Self { known, needs_end: false, next: number, pages_left: MOST_PAGES, start: None }
    }

    /// Makes the search continue to the end of the rows.
    pub(super) fn for_end(self) -> Self {
        Self { needs_end: true, ..self }
    }

    /// The page to read next.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn receive(mut self, number: u64, page: Page) -> Outcome {
        let known = &self.known;
        if known.len().saturating_mul(page.len()) > MOST_PAIRS {
            return Outcome::NotFound;
        }
        let before = self.start.take();
        let pair = Pair::by_value(known, &page);
        if let Some((number_before, before)) = before {
            let (from, end) = places(&Pair::by_value(known, &before), &pair);
            match (from, end) {
                // Rows may have been written between the two readings, so the later one is closer.
                (Some(from), Some(end)) if from < known.len() => {
                    return Outcome::Found { number, page, end };
                }
                (Some(from), _) => {
                    let end = before.len() - from + known.len();
                    return Outcome::Found { number: number_before, page: before, end };
                }
                (None, _) => {}
            }
        }
        // If they end on this page, it does not matter where they start.
        let end = only(ends_of(&pair));
        if let Some(end) = end.filter(|end| end * 2 >= known.len()) {
            return Outcome::Found { number, page, end };
        }
        let start = only(starts_of(&pair)).filter(|_| !self.needs_end);
        if let Some(start) = start.filter(|start| (page.len() - start) * 2 >= known.len()) {
            return Outcome::Found { number, page, end: start + known.len() };
        }
        if page.is_last() || self.pages_left == 0 {
            return Outcome::NotFound;
        }
        // A few equal rows are common, so the next page decides.
        let may_start = starts_of(&pair).next().is_some();
        self.start = may_start.then_some((number, page));
        self.next = number.saturating_add(1);
        self.pages_left -= 1;
        Outcome::Continues(self)
    }
}

/// Where known rows are on two pages, of which the second was read later: how many rows of the first
/// they start with, and how many rows of the second they end with, if the pages show that. Each pair
/// is of the known rows and a page.
///
/// If rows repeat, there are several places. The first one counts: to repeat a row is better than to
/// lose one.
fn places(before: &Pair<'_>, page: &Pair<'_>) -> (Option<usize>, Option<usize>) {
    let [known, length_before] = before.lengths();
    let froms = || starts_of(before).map(|start| length_before - start);
    let continues = |from| continuations(page, from).next().is_some();
    let from = froms().find(|from| *from >= known || continues(*from));
    (from, only(froms().flat_map(|from| continuations(page, from))))
}

/// The item, if there is only one, or all are equal.
fn only(mut items: impl Iterator<Item = usize>) -> Option<usize> {
    let item = items.next()?;
    items.all(|other| other == item).then_some(item)
}
