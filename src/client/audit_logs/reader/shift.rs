//! Finds the shift of a page: from the pages before it, or from a check.

use std::ops::RangeInclusive;

use super::super::compare::{
    are_unique, is_distinctive, is_same_page, least_shared, overlaps, shift_between,
};
use super::*;

impl Reader {
    /// The bounds of the shift of this reading, from the reading before.
    pub(super) fn bounds_after(
        &self,
        number: u64,
        page: &Page,
        known_shift: u64,
    ) -> RangeInclusive<u64> {
        let earlier = self.earlier.as_ref().filter(|earlier| earlier.number == number);
        let earlier = earlier
            .filter(|earlier| earlier.page.len() == page.len() && is_distinctive(&earlier.page));
        let written = earlier.and_then(|earlier| shift_between(&earlier.page, page));
        match (earlier, written) {
            (Some(EarlierReading { bounds, .. }), Some(written))
                if written.start() == written.end() =>
            {
                let written = *written.start() as u64;
                known_shift.max(bounds.start() + written)..=bounds.end().saturating_add(written)
            }
            _ => known_shift..=u64::MAX,
        }
    }

    pub(super) fn shift_without_check(&self, unproven: &Unproven) -> Option<u64> {
        let Some(last) = &self.last else { return Some(0) };
        if self.is_incomparable {
            // `behind` is 0, because each page is taken as it arrives.
            // To repeat a row is better than to lose one.
            let repeated = overlaps(&last.rows, &unproven.page).next().unwrap_or(0);
            return Some(last.shift + repeated as u64);
        }
        if unproven.bounds.start() == unproven.bounds.end() {
            return Some(*unproven.bounds.start());
        }
        if !unproven.is_in_sequence {
            return None;
        }
        // The page was requested after the page before had arrived, so it can repeat rows but
        // misses none.
        if unproven.page.len() == 0 {
            return Some(last.shift.max(unproven.known_shift));
        }
        let mut seen = overlaps(&last.rows, &unproven.page);
        if let Some(repeated) = seen.next() {
            // If checks come too late, an overlap of many rows decides if it allows only one shift.
            let shift = (last.shift + repeated as u64).checked_sub(last.behind)?;
            let is_shown = self.is_overtaken
                && repeated >= least_shared(&last.rows)
                && unproven.bounds.contains(&shift)
                && seen.next().is_none();
            return is_shown.then_some(shift);
        }
        if last.behind > 0 || unproven.known_shift != last.shift {
            return None;
        }
        // With a larger shift, this page could not be the last.
        let is_proven = unproven.page.is_last()
            || self.width() == 1
                && !unproven.is_late
                && self.sample.len() >= FEW_PAGES
                && !self.sample.has_any_of(&unproven.page);
        is_proven.then_some(last.shift)
    }

    /// The shift of the first unproven page, if its overlap with the page before leaves one
    /// possibility. The shift is at least the one known before, and at most `most`.
    pub(super) fn shift_by_overlap(&self, most: u64) -> Option<u64> {
        let (last, unproven) = (self.last.as_ref()?, self.unproven.front()?);
        let known = *unproven.bounds.start();
        let known = if unproven.is_in_sequence { known.max(last.shift) } else { known };
        let most = most.min(*unproven.bounds.end());
        let rows = last.rows.len().min(unproven.page.len()) as u64;
        // How many rows may be repeated: `behind`, and the rows that were written.
        let least = last.behind + known.checked_sub(last.shift)?;
        let most = last.behind + most.checked_sub(last.shift)?;
        let possible = (least == 0).then_some(0).into_iter();
        let seen = overlaps(&last.rows, &unproven.page);
        let mut possible =
            possible.chain(seen.filter(|count| (least..=most).contains(&(*count as u64))));
        let (first, other) = (possible.next(), possible.last());
        let most_failed = self.most_attempts(MOST_FAILED_CHECKS);
        if most >= rows && self.failed_checks < most_failed {
            return None;
        }
        let first = first.or((most >= rows).then_some(least.max(rows) as usize))?;
        let count = match other {
            None => first,
            // Several unique rows do not repeat by chance.
            Some(count)
                if are_unique(&last.rows, &unproven.page, count)
                    && (count > 1 || self.failed_checks >= FAILED_CHECKS_IF_UNIQUE) =>
            {
                count
            }
            // Rows are written all the time. To repeat a row is better than to lose one.
            Some(_) if self.failed_checks >= most_failed => first,
            Some(_) => return None,
        };
        Some(last.shift + (count as u64).saturating_sub(last.behind))
    }

    /// Compares the reference with the page that a check read. Returns the same as
    /// [`Self::receive`].
    pub(super) fn check(&mut self, page: Page) -> bool {
        let covered = self.covered.take().unwrap_or(0);
        let Some(reference) = &mut self.reference else { return false };
        let Some(written) = shift_between(&reference.page, &page) else {
            let is_distinctive = reference.is_distinctive;
            self.start_search(if is_distinctive { Target::Reference } else { Target::LastRows });
            return true;
        };
        reference.most_shift += *written.end() as u64;
        let most = reference.most_shift;
        reference.shift += *written.start() as u64;
        self.shift = self.shift.max(reference.shift);
        if *written.start() > 0 {
            reference.is_distinctive = is_distinctive(&page);
            reference.page = page;
            (self.sequential_left, self.width) = (SEQUENTIAL_PAGES, 1);
        } else {
            self.is_overtaken = false;
            self.width = (self.width * 2).min(self.prefetch.max(1));
        }
        // A reference that does not show every shift proves pages that equal it. It also proves one
        // more page if that was requested alone, because such a page misses no row.
        let weak = self.reference.as_ref().filter(|reference| !reference.is_distinctive);
        let weak = weak.map(|reference| reference.page.clone());
        let mut differs = false;
        for _ in 0..covered {
            let Some(unproven) = self.unproven.front() else { break };
            let is_alone = unproven.is_in_sequence && !differs;
            differs = weak.as_ref().is_some_and(|weak| !is_same_page(weak, &unproven.page));
            if differs && !is_alone {
                self.sequential_left = self.sequential_left.max(1);
                self.start_over();
                return true;
            }
            let known = self.unproven.front().map(|unproven| unproven.known_shift);
            let shift = if known == Some(self.shift) { known } else { self.shift_by_overlap(most) };
            let Some(shift) = shift else { return self.retry(most) };
            if !self.prove(shift) {
                return true;
            }
        }
        self.prove_in_sequence()
    }

    /// Reads the unproven pages again. `most` is the largest shift that is possible now. Returns
    /// the same as [`Self::receive`].
    pub(super) fn retry(&mut self, most: u64) -> bool {
        self.failed_checks += 1;
        if self.failed_checks > FAILED_CHECKS_IF_UNIQUE && self.are_last_rows_unique()
            || self.failed_checks > FAILED_CHECKS_IF_DISTINCTIVE && self.shows_its_position()
        {
            self.is_overtaken = true;
            self.start_search(Target::LastRows);
            return true;
        }
        self.earlier =
            self.unproven.pop_front().map(|Unproven { number, page, bounds, .. }| {
                let bounds = *bounds.start()..=most.min(*bounds.end());
                EarlierReading { number, page, bounds }
            });
        self.start_over();
        true
    }

    /// Whether the rows of the last page show its position.
    fn shows_its_position(&self) -> bool {
        self.last.as_ref().is_some_and(|last| is_distinctive(&last.rows))
    }

    /// How often to try to find a shift, if `most` is the limit for rows that show no position.
    pub(super) fn most_attempts(&self, most: u32) -> u32 {
        if self.shows_its_position() { MOST_IF_DISTINCTIVE } else { most }
    }

    pub(super) fn are_last_rows_unique(&self) -> bool {
        let are_unique = |last: &LastPage| are_unique(&last.rows, &last.rows, last.rows.len());
        self.last.as_ref().is_some_and(are_unique)
    }
}
