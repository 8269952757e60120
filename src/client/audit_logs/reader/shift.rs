//! Finds the shift of a page: from the pages before it, or from a check.

use std::ops::RangeInclusive;

use super::super::compare::{
    are_unique, has_unique_row, is_distinctive, is_same_page, least_shared, overlaps,
    overlaps_by_value, repeats_at_once, shift_between,
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

    pub(super) fn proof_without_check(&self, unproven: &Unproven) -> Option<Proof> {
        let Some(last) = &self.last else { return Some(Proof { shift: 0..=0, repeated: 0 }) };
        if self.is_incomparable {
            // `behind` is 0, because each page is taken as it arrives. Without a unique row, equal
            // rows may be other rows.
            let (rows, page) = (&last.rows, &unproven.page);
            let repeated = overlaps(rows, page).find(|count| has_unique_row(rows, page, *count));
            return last.prove_by_count(repeated.unwrap_or(0) as u64);
        }
        if unproven.bounds.start() == unproven.bounds.end() {
            return Some(last.prove_by_shift(unproven.bounds.clone()));
        }
        if !unproven.is_in_sequence {
            return None;
        }
        // The page was requested after the page before had arrived, so it can repeat rows but
        // misses none.
        if unproven.page.len() == 0 {
            let least = (*last.shift.start()).max(unproven.known_shift);
            return Some(last.prove_by_shift(least..=least.max(*last.shift.end())));
        }
        let mut seen = overlaps(&last.rows, &unproven.page);
        if let Some(repeated) = seen.next() {
            // If checks come too late, an overlap of many rows decides if it allows only one shift. A
            // larger one may be a block of rows that comes twice.
            let proof = last.prove_by_count(repeated as u64)?;
            let is_shown = self.is_overtaken
                && repeated >= least_shared(&last.rows)
                && repeated * 4 <= last.rows.len() * 3
                && has_unique_row(&last.rows, &unproven.page, repeated)
                && unproven.bounds.contains(proof.shift.start())
                && seen.next().is_none();
            return is_shown.then_some(proof);
        }
        if last.behind > 0 || unproven.known_shift != *last.shift.start() {
            return None;
        }
        // With a larger shift, this page could not be the last.
        let is_end = || overlaps_by_value(&last.rows, &unproven.page).next().is_none();
        let is_proven = unproven.page.is_last() && is_end()
            || self.width() == 1
                && !unproven.is_late
                && self.sample.len() >= FEW_PAGES
                && !self.sample.has_any_of(&unproven.page, &last.rows);
        if is_proven { last.prove_by_count(0) } else { None }
    }

    /// The proof of the first unproven page, if its overlap with the page before leaves one
    /// possibility. The shift is at least the one known before, and at most `most`.
    pub(super) fn proof_by_overlap(&self, most: u64) -> Option<Proof> {
        let (last, unproven) = (self.last.as_ref()?, self.unproven.front()?);
        let known = *unproven.bounds.start();
        let known = if unproven.is_in_sequence { known.max(*last.shift.start()) } else { known };
        let most_shift = most.min(*unproven.bounds.end());
        let rows = last.rows.len().min(unproven.page.len()) as u64;
        // How many rows may be repeated: `behind`, and the rows that were written.
        known.checked_sub(*last.shift.start())?;
        let least = last.behind + known.saturating_sub(*last.shift.end());
        let most = last.behind + most_shift.checked_sub(*last.shift.start())?;
        let possible = (least == 0).then_some(0).into_iter();
        let seen = overlaps_by_value(&last.rows, &unproven.page);
        let mut possible =
            possible.chain(seen.filter(|count| (least..=most).contains(&(*count as u64))));
        let (first, other) = (possible.next(), possible.last());
        let most_failed = self.most_attempts(MOST_FAILED_CHECKS);
        if most >= rows && self.failed_checks < most_failed {
            return None;
        }
        let first = first.or((most >= rows).then_some(least.max(rows) as usize))?;
        match other {
            None => last.prove_by_count(first as u64),
            // Unique rows do not repeat by chance, unless the log repeats rows at once.
            Some(count)
                if are_unique(&last.rows, &unproven.page, count)
                    && (count > 1 || self.failed_checks >= FAILED_CHECKS_IF_UNIQUE)
                    && !repeats_at_once(&last.rows, count)
                    && !repeats_at_once(&unproven.page, count) =>
            {
                last.prove_by_count(count as u64)
            }
            // Rows are written all the time.
            Some(_) if self.failed_checks >= most_failed => {
                let Proof { shift, repeated } = last.prove_by_count(first as u64)?;
                let most_shift = most_shift.max(*shift.end());
                Some(Proof { shift: *shift.start()..=most_shift, repeated })
            }
            Some(_) => None,
        }
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
        self.notice_repeated_rows(covered);
        // A reference that does not show every shift proves pages that equal it, unless rows repeat. It
        // also proves one more page if that was requested alone, because such a page misses no row.
        let weak = self.reference.as_ref().filter(|reference| !reference.is_distinctive);
        let weak = weak.map(|reference| reference.page.clone());
        // Whether a page is proven only if it was requested alone.
        let mut may_miss_rows = false;
        for _ in 0..covered {
            let Some(unproven) = self.unproven.front() else { break };
            let is_alone = unproven.is_in_sequence && !may_miss_rows;
            may_miss_rows = self.repeats
                || weak.as_ref().is_some_and(|weak| !is_same_page(weak, &unproven.page));
            if may_miss_rows && !is_alone {
                self.sequential_left = self.sequential_left.max(1);
                self.start_over();
                return true;
            }
            let known = self.unproven.front().map(|unproven| unproven.known_shift);
            let proof = match &self.last {
                Some(last) if known == Some(self.shift) => {
                    Some(last.prove_by_shift(self.shift..=self.shift))
                }
                _ => self.proof_by_overlap(most),
            };
            let Some(proof) = proof else { return self.retry(most) };
            if !self.prove(proof) {
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

impl LastPage {
    /// The proof of the next page, if its shift is within these bounds.
    fn prove_by_shift(&self, shift: RangeInclusive<u64>) -> Proof {
        let repeated = self.behind + shift.start().saturating_sub(*self.shift.end());
        Proof { shift, repeated }
    }

    /// The proof of the next page, if so many rows of this page are on it again.
    fn prove_by_count(&self, repeated: u64) -> Option<Proof> {
        let moved = |shift: &u64| (shift + repeated).checked_sub(self.behind);
        let shift = moved(self.shift.start())?..=moved(self.shift.end())?;
        Some(Proof { shift, repeated })
    }
}
