//! Finds known rows again after more rows were written than a page has, or after rows were deleted.

use super::super::compare::is_distinctive;
use super::super::search::{Outcome, Search};
use super::*;

impl Reader {
    /// Starts to search, because more rows were written than a page has, or rows were deleted.
    pub(super) fn start_search(&mut self, target: Target) {
        self.earlier = None;
        self.start_over();
        self.searches += 1;
        if self.searches > self.most_attempts(MOST_SEARCHES) {
            return self.give_up();
        }
        self.is_overtaken |= self.searches > 2 || self.searches == 2 && self.are_last_rows_unique();
        let target = if self.is_overtaken { Target::LastRows } else { target };
        let search = match (target, &self.reference, &self.last) {
            (Target::Reference, Some(reference), _) => {
                Search::new(reference.page.clone(), reference.number)
            }
            // If blocks of rows repeat, the first of the rows do not show which ones they are.
            (_, _, Some(last)) if self.is_overtaken || self.repeats => {
                Search::new(last.rows.clone(), last.number).for_end()
            }
            (_, _, Some(last)) => Search::new(last.rows.clone(), last.number),
            _ => return,
        };
        self.search = Some((target, search));
    }

    pub(super) fn take_searched(&mut self, number: u64, page: Page) {
        let Some((target, search)) = self.search.take() else { return };
        match (target, search.receive(number, page)) {
            (_, Outcome::Continues(search)) => self.search = Some((target, search)),
            (Target::Reference, Outcome::Found { number, page, end }) => {
                self.found_reference(number, page, end);
            }
            (Target::Reference, Outcome::NotFound) => self.start_search(Target::LastRows),
            (Target::LastRows, Outcome::Found { number, page, end }) => {
                self.found_last_rows(number, page, end);
            }
            (Target::LastRows, Outcome::NotFound) => self.give_up(),
        }
    }

    /// Takes pages as they arrive from now on.
    pub(super) fn give_up(&mut self) {
        self.is_incomparable = true;
        if let Some(last) = &mut self.last {
            last.behind = 0;
        }
    }

    pub(super) fn found_reference(&mut self, number: u64, page: Page, end: usize) {
        let Some(Reference { number: before, page: known, shift, .. }) = &self.reference else {
            return;
        };
        let pages = number.saturating_sub(*before);
        let end_before = known.len() as u64;
        let written = (pages.saturating_mul(end_before) + end as u64).saturating_sub(end_before);
        self.shift = self.shift.max(shift.saturating_add(written));
        let (shift, most_shift) = (self.shift, self.shift);
        let is_distinctive = is_distinctive(&page);
        self.reference = Some(Reference { number, page, shift, most_shift, is_distinctive });
        (self.sequential_left, self.width) = (SEQUENTIAL_PAGES, 1);
    }

    pub(super) fn found_last_rows(&mut self, number: u64, page: Page, end: usize) {
        let start = end.min(page.len());
        // The number of rows written since is unknown, and no other page is compared with this one.
        self.shift += 1;
        self.reference = None;
        let shift = self.shift..=self.shift;
        self.take_proven(number, page, start, shift, (end - start) as u64);
        self.start_over();
    }
}
