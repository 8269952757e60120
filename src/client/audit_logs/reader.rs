//! Decides which pages to request and which of their rows are exact. No I/O, no tasks.
//!
//! The server pages by offset, so each row that it writes shifts all older rows down by one. If a
//! page was requested after the page before it had arrived, it can only repeat rows. Pages that are
//! requested at the same time can also miss rows. So each page gets a *shift*: the number of rows
//! written between the first page of the stream and this page. Its rows are returned once its shift
//! is known. Rows that were returned before are dropped.
//!
//! *Checks* show the shift. A check reads the *reference* again, a page whose rows are known, and
//! compares. If nothing was written between two checks, the pages requested after the first and
//! received before the second have the same shift as both.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::compare::{
    are_unique, is_distinctive, is_same_page, least_shared, may_repeat, overlaps, shift_between,
};
use super::sample::Sample;
use super::search::{self, Search};
use crate::protocol::audit_log::Page;

/// A request for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) number: u64,
    pub(super) purpose: Purpose,
    /// The shift that was known when the request was sent.
    known_shift: u64,
    /// Whether the page before had arrived when the request was sent.
    is_in_sequence: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To read its rows.
    Rows,
    /// To compare it with the reference.
    Check,
    /// To find the last rows that were handed out.
    Search,
}

/// A page whose rows can be handed out.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) number: u64,
    pub(super) page: Page,
    /// Its first row that was not handed out before.
    pub(super) start: usize,
}

/// A page whose shift is not known yet.
struct Unproven {
    number: u64,
    page: Page,
    /// The shift that was known when it was requested.
    known_shift: u64,
    /// What an earlier reading of the same page tells of its shift.
    bounds: RangeInclusive<u64>,
    is_in_sequence: bool,
    is_late: bool,
}

/// A reading of a page whose shift is within these bounds.
struct Tried {
    number: u64,
    page: Page,
    bounds: RangeInclusive<u64>,
}

/// The place of the last row that was handed out.
struct Last {
    /// The last page whose shift is known.
    number: u64,
    shift: u64,
    /// How many rows behind that page's end were handed out already.
    behind: u64,
    /// The last rows that were handed out.
    rows: Page,
}

/// The page that checks read again.
struct Reference {
    number: u64,
    page: Page,
    shift: u64,
    /// Its shift at most, if the rows left several possibilities.
    most_shift: u64,
    is_distinctive: bool,
}

pub(super) struct Reader {
    first: u64,
    prefetch: usize,
    is_long: bool,
    ready: VecDeque<Ready>,
    unproven: VecDeque<Unproven>,
    last: Option<Last>,
    reference: Option<Reference>,
    /// The shift of the latest check.
    shift: u64,
    /// The next page to request.
    next: u64,
    /// How many pages are requested at the same time.
    width: usize,
    in_flight: usize,
    /// How many unproven pages the check in flight covers.
    covered: Option<usize>,
    /// The page whose shift the latest check left open. The next reading of it shows how many rows
    /// were written between the two, so each reading narrows the bounds of the other.
    tried: Option<Tried>,
    failed_checks: u32,
    /// So many pages are requested one after another, because rows were written a short time ago:
    /// new rows make pages useless that were requested together.
    caution: u32,
    search: Option<(Target, Search)>,
    /// How many searches began since rows were handed out.
    searches: u32,
    /// Whether so many rows are written between two requests that searches bring no row.
    is_overtaken: bool,
    /// Whether pages cannot be compared: then their rows are handed out as they come.
    is_incomparable: bool,
    is_over: bool,
    received: Option<Instant>,
    sample: Sample,
}

/// What a search looks for.
#[derive(Clone, Copy)]
enum Target {
    Reference,
    LastRows,
}

/// After so many checks in a row that found new rows, the rows themselves decide: sooner if they are
/// unique.
const MOST_FAILED_CHECKS: u32 = 20;
const FAILED_CHECKS_IF_UNIQUE: u32 = 3;
const FAILED_CHECKS_IF_DISTINCTIVE: u32 = 8;

/// After so many searches without a new row, pages are taken as they come.
const MOST_SEARCHES: u32 = 8;

/// A page that was requested after the page before had arrived needs no check if fewer rows than
/// were handed out can have been written between the two.
const QUICK: Duration = Duration::from_secs(1);
const FEW_PAGES: usize = 8;

/// How many pages are requested one after another once rows were written.
const CAUTION: u32 = 8;

impl Reader {
    /// `is_long`: whether the caller expects many pages.
    pub(super) fn new(first: u64, prefetch: usize, is_long: bool) -> Self {
        Self {
            first,
            prefetch,
            is_long,
            ready: VecDeque::new(),
            unproven: VecDeque::new(),
            last: None,
            reference: None,
            shift: 0,
            next: first,
            width: 1,
            in_flight: 0,
            covered: None,
            tried: None,
            failed_checks: 0,
            caution: 0,
            search: None,
            searches: 0,
            is_overtaken: false,
            is_incomparable: false,
            is_over: false,
            received: None,
            sample: Sample::default(),
        }
    }

    /// The next page whose rows can be handed out.
    pub(super) fn take_ready(&mut self) -> Option<Ready> {
        self.ready.pop_front()
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over && self.ready.is_empty()
    }

    /// The page that the next row will be on, if it is known that there is one.
    pub(super) fn next_number(&self) -> Option<u64> {
        let ready = self.ready.front().map(|ready| ready.number);
        let unproven = self.unproven.front().map(|unproven| unproven.number);
        let following =
            || self.last.as_ref().map_or(self.first, |last| last.number.saturating_add(1));
        ready.or(unproven).or_else(|| (!self.is_over).then(following))
    }

    /// Adds the requests to send now. `is_waiting`: whether the caller waits for a row.
    pub(super) fn plan(&mut self, is_waiting: bool, requests: &mut Vec<Ask>) {
        if self.is_over {
            return;
        }
        if let Some((_, search)) = &self.search {
            if self.in_flight == 0 {
                let number = search.next();
                self.send(number, Purpose::Search, requests);
            }
            return;
        }
        if self.last.is_none() {
            if self.in_flight == 0 {
                self.next = self.first.saturating_add(1);
                self.send(self.first, Purpose::Rows, requests);
            }
            return;
        }
        if self.in_flight > 0 {
            return;
        }
        if self.covered.is_none() && self.is_time_to_check(is_waiting) {
            if let Some(reference) = &self.reference {
                let number = reference.number;
                self.covered = Some(self.unproven.len());
                requests.push(self.ask(number, Purpose::Check));
            }
        }
        if self.may_request_more(is_waiting) {
            for _ in 0..self.width() {
                let number = self.next;
                // There is no page behind the last number.
                let Some(next) = number.checked_add(1) else { break };
                self.next = next;
                self.send(number, Purpose::Rows, requests);
            }
        }
    }

    fn send(&mut self, number: u64, purpose: Purpose, requests: &mut Vec<Ask>) {
        let mut ask = self.ask(number, purpose);
        ask.is_in_sequence &= self.in_flight == 0;
        self.in_flight += 1;
        requests.push(ask);
    }

    fn ask(&self, number: u64, purpose: Purpose) -> Ask {
        let latest = self.unproven.back().map(|unproven| unproven.number);
        let latest = latest.or(self.last.as_ref().map(|last| last.number));
        let is_in_sequence = latest.is_none_or(|latest| latest.checked_add(1) == Some(number));
        Ask { number, purpose, known_shift: self.shift, is_in_sequence }
    }

    /// The same request, to be sent again now: everything received so far came before it.
    pub(super) fn renew(&self, ask: Ask) -> Ask {
        self.ask(ask.number, ask.purpose)
    }

    /// How many pages may be requested at the same time.
    fn width(&self) -> usize {
        if self.caution > 0 || self.is_incomparable { 1 } else { self.width }
    }

    fn is_time_to_check(&self, is_waiting: bool) -> bool {
        let is_growing = self.width() < self.prefetch;
        !self.unproven.is_empty()
            && (is_growing
                || self.unproven.len() >= self.pages_per_check()
                || !self.may_request_more(is_waiting))
    }

    /// One check proves so many pages, if the caller waits for all of them.
    fn pages_per_check(&self) -> usize {
        if self.prefetch <= 1 { 1 } else { self.prefetch.max(8) }
    }

    fn may_request_more(&self, is_waiting: bool) -> bool {
        let knows_end = self.unproven.iter().any(|unproven| unproven.page.is_last());
        let uncovered = self.unproven.len() - self.covered.unwrap_or(0);
        // Without prefetch, no page is requested before the rows of all others are out. And while
        // rows are being written, pages that are requested together with a check are often useless.
        let has_room = if self.failed_checks > 0 || self.prefetch == 0 {
            is_waiting && self.unproven.is_empty()
        } else if is_waiting {
            uncovered < self.pages_per_check()
        } else {
            self.ready.len() + self.unproven.len() < self.prefetch
        };
        !knows_end && has_room
    }

    /// Takes the reply to a request. Returns whether the requests still in flight are to be dropped.
    pub(super) fn receive(&mut self, ask: Ask, page: Page, arrived: Instant) -> bool {
        let before = self.received.replace(arrived);
        if ask.purpose == Purpose::Check {
            return self.check(page);
        }
        self.in_flight -= 1;
        if ask.purpose == Purpose::Search {
            self.take_searched(ask.number, page);
            return false;
        }
        let is_late =
            before.is_some_and(|before| arrived.saturating_duration_since(before) > QUICK);
        let Ask { number, known_shift, is_in_sequence, .. } = ask;
        let bounds = self.bounds_after(number, &page, known_shift);
        self.unproven.push_back(Unproven {
            number,
            page,
            known_shift,
            bounds,
            is_in_sequence,
            is_late,
        });
        self.prove_in_sequence()
    }

    /// What the reading before tells of the shift of this one.
    fn bounds_after(&self, number: u64, page: &Page, known_shift: u64) -> RangeInclusive<u64> {
        let tried = self.tried.as_ref().filter(|tried| tried.number == number);
        let tried =
            tried.filter(|tried| tried.page.len() == page.len() && is_distinctive(&tried.page));
        let written = tried.and_then(|tried| shift_between(&tried.page, page));
        match (tried, written) {
            (Some(Tried { bounds, .. }), Some(written)) if written.start() == written.end() => {
                let written = *written.start() as u64;
                known_shift.max(bounds.start() + written)..=bounds.end().saturating_add(written)
            }
            _ => known_shift..=u64::MAX,
        }
    }

    fn abandon_requests(&mut self) {
        (self.in_flight, self.covered) = (0, None);
    }

    /// Proves pages for which no check is needed. Returns as [`Self::receive`].
    fn prove_in_sequence(&mut self) -> bool {
        while let Some(unproven) = self.unproven.front() {
            let Some(shift) = self.shift_without_check(unproven) else { return false };
            if !self.prove(shift) {
                return true;
            }
        }
        self.is_over
    }

    fn shift_without_check(&self, unproven: &Unproven) -> Option<u64> {
        let Some(last) = &self.last else { return Some(0) };
        if self.is_incomparable {
            // `behind` is 0: each page is taken as it comes.
            let repeated = overlaps(&last.rows, &unproven.page).last().unwrap_or(0);
            return Some(last.shift + repeated as u64);
        }
        if unproven.bounds.start() == unproven.bounds.end() {
            return Some(*unproven.bounds.start());
        }
        if !unproven.is_in_sequence {
            return None;
        }
        // Requested after the page before had arrived, a page can repeat rows, but miss none.
        if unproven.page.len() == 0 {
            return Some(last.shift.max(unproven.known_shift));
        }
        let mut seen = overlaps(&last.rows, &unproven.page);
        if let Some(repeated) = seen.next() {
            // If checks come too late, many rows decide that show one shift only.
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
        // A larger one would leave no page that is the last.
        let is_proven = unproven.page.is_last()
            || self.width() == 1
                && !unproven.is_late
                && self.sample.len() >= FEW_PAGES
                && !self.sample.has_any_of(&unproven.page);
        is_proven.then_some(last.shift)
    }

    /// Hands the rows of the first unproven page out, except those that were handed out before.
    /// Returns whether the next unproven page is still of use.
    fn prove(&mut self, shift: u64) -> bool {
        let Some(Unproven { number, page, .. }) = self.unproven.pop_front() else { return true };
        self.covered = self.covered.map(|covered| covered.saturating_sub(1));
        self.tried = None;
        self.failed_checks = 0;
        self.caution = self.caution.saturating_sub(1);
        self.shift = self.shift.max(shift);
        let mut repeated = 0;
        if let Some(last) = &self.last {
            repeated = last.behind + shift.saturating_sub(last.shift);
            if !may_repeat(&last.rows, &page, repeated) {
                // The checks did not tell the truth: rows were deleted, or look too much alike.
                self.start_search(Target::LastRows);
                return false;
            }
        }
        let start = usize::try_from(repeated).map_or(page.len(), |start| start.min(page.len()));
        self.take_proven(number, page, start, shift, repeated - start as u64);
        !self.is_over
    }

    fn take_proven(&mut self, number: u64, page: Page, start: usize, shift: u64, behind: u64) {
        if start < page.len() {
            self.searches = 0;
            self.ready.push_back(Ready { number, page: page.clone(), start });
        }
        if page.is_last() {
            // Nothing behind it is of use.
            self.is_over = true;
            self.unproven.clear();
            self.abandon_requests();
            return;
        }
        if self.last.is_none() && self.is_long {
            self.width = self.prefetch.max(1);
        }
        self.sample.add(&page);
        self.refer_to(number, &page, shift);
        let known = self.last.take().filter(|_| behind > 0).map(|last| last.rows);
        self.last = Some(Last { number, shift, behind, rows: known.unwrap_or(page) });
    }

    /// Makes `page` the reference if there is none that shows every shift.
    fn refer_to(&mut self, number: u64, page: &Page, shift: u64) {
        let is_needed = self.reference.as_ref().is_none_or(|reference| !reference.is_distinctive);
        if !is_needed || self.covered.is_some() {
            return;
        }
        let is_distinctive = is_distinctive(page);
        if is_distinctive || self.reference.is_none() {
            let (page, most_shift) = (page.clone(), shift);
            self.reference = Some(Reference { number, page, shift, most_shift, is_distinctive });
        }
    }

    /// Compares the reference with what a check read. Returns as [`Self::receive`].
    fn check(&mut self, page: Page) -> bool {
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
            (self.caution, self.width) = (CAUTION, 1);
        } else {
            self.is_overtaken = false;
            self.width = (self.width * 2).min(self.prefetch.max(1));
        }
        // A reference that does not show every shift proves pages that look the same, and one more
        // if that was requested alone, because such a page misses no row.
        let weak = self.reference.as_ref().filter(|reference| !reference.is_distinctive);
        let weak = weak.map(|reference| reference.page.clone());
        let mut differs = false;
        for _ in 0..covered {
            let Some(unproven) = self.unproven.front() else { break };
            let is_alone = unproven.is_in_sequence && !differs;
            differs = weak.as_ref().is_some_and(|weak| !is_same_page(weak, &unproven.page));
            if differs && !is_alone {
                self.caution = self.caution.max(1);
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

    /// The shift of the first unproven page, between what was known before and what is known now,
    /// if its overlap with the page before leaves one possibility.
    fn shift_by_overlap(&self, most: u64) -> Option<u64> {
        let (last, unproven) = (self.last.as_ref()?, self.unproven.front()?);
        let known = *unproven.bounds.start();
        let known = if unproven.is_in_sequence { known.max(last.shift) } else { known };
        let most = most.min(*unproven.bounds.end());
        let rows = last.rows.len().min(unproven.page.len()) as u64;
        // How many rows may be repeated: so many more than `behind` as were written.
        let least = last.behind + known.checked_sub(last.shift)?;
        let most = last.behind + most.checked_sub(last.shift)?;
        let possible = (least == 0).then_some(0).into_iter();
        let seen = overlaps(&last.rows, &unproven.page);
        let mut possible =
            possible.chain(seen.filter(|count| (least..=most).contains(&(*count as u64))));
        let (first, other) = (possible.next(), possible.last());
        if most >= rows && self.failed_checks < MOST_FAILED_CHECKS {
            return None;
        }
        let first = first.or((most >= rows).then_some(least.max(rows) as usize))?;
        let count = match other {
            None => first,
            // Several rows that occur nowhere else do not repeat by chance.
            Some(count)
                if are_unique(&last.rows, &unproven.page, count)
                    && (count > 1 || self.failed_checks >= FAILED_CHECKS_IF_UNIQUE) =>
            {
                count
            }
            // Somebody writes without a pause: better repeat a row than lose one.
            Some(_) if self.failed_checks >= MOST_FAILED_CHECKS => first,
            Some(_) => return None,
        };
        Some(last.shift + (count as u64).saturating_sub(last.behind))
    }

    /// Reads what is unproven again. `most`: the shift that is known now, at most. Returns as
    /// [`Self::receive`].
    fn retry(&mut self, most: u64) -> bool {
        self.failed_checks += 1;
        let shows_its_place = |last: &Last| is_distinctive(&last.rows);
        if self.failed_checks > FAILED_CHECKS_IF_UNIQUE && self.are_last_rows_unique()
            || self.failed_checks > FAILED_CHECKS_IF_DISTINCTIVE
                && self.last.as_ref().is_some_and(shows_its_place)
        {
            self.is_overtaken = true;
            self.start_search(Target::LastRows);
            return true;
        }
        self.tried = self.unproven.pop_front().map(|Unproven { number, page, bounds, .. }| {
            let bounds = *bounds.start()..=most.min(*bounds.end());
            Tried { number, page, bounds }
        });
        self.start_over();
        true
    }

    fn are_last_rows_unique(&self) -> bool {
        let are_unique = |last: &Last| are_unique(&last.rows, &last.rows, last.rows.len());
        self.last.as_ref().is_some_and(are_unique)
    }

    fn start_over(&mut self) {
        self.unproven.clear();
        self.abandon_requests();
        if let Some(last) = &self.last {
            self.next = last.number.saturating_add(1);
        }
    }

    /// More rows were written than a page has, or rows were deleted.
    fn start_search(&mut self, target: Target) {
        self.tried = None;
        self.start_over();
        self.searches += 1;
        if self.searches > MOST_SEARCHES {
            return self.give_up();
        }
        self.is_overtaken |= self.searches > 2 || self.searches == 2 && self.are_last_rows_unique();
        let target = if self.is_overtaken { Target::LastRows } else { target };
        let search = match (target, &self.reference, &self.last) {
            (Target::Reference, Some(reference), _) => {
                Search::new(reference.page.clone(), reference.number)
            }
            (_, _, Some(last)) if self.is_overtaken => {
                Search::new(last.rows.clone(), last.number).for_end()
            }
            (_, _, Some(last)) => Search::new(last.rows.clone(), last.number),
            _ => return,
        };
        self.search = Some((target, search));
    }

    fn take_searched(&mut self, number: u64, page: Page) {
        let Some((target, search)) = self.search.take() else { return };
        match (target, search.receive(number, page)) {
            (_, search::Outcome::Continues(search)) => self.search = Some((target, search)),
            (Target::Reference, search::Outcome::Found { number, page, end }) => {
                self.found_reference(number, page, end);
            }
            (Target::Reference, search::Outcome::NotFound) => self.start_search(Target::LastRows),
            (Target::LastRows, search::Outcome::Found { number, page, end }) => {
                self.found_last_rows(number, page, end);
            }
            (Target::LastRows, search::Outcome::NotFound) => self.give_up(),
        }
    }

    /// From now on, pages are taken as they come.
    fn give_up(&mut self) {
        self.is_incomparable = true;
        if let Some(last) = &mut self.last {
            last.behind = 0;
        }
    }

    fn found_reference(&mut self, number: u64, page: Page, end: usize) {
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
        (self.caution, self.width) = (CAUTION, 1);
    }

    fn found_last_rows(&mut self, number: u64, page: Page, end: usize) {
        let start = end.min(page.len());
        // How much was written since is not known, and no other page is compared with this one.
        self.shift += 1;
        self.reference = None;
        self.take_proven(number, page, start, self.shift, (end - start) as u64);
        self.start_over();
    }

    /// Whether pages cannot be compared, asked once.
    pub(super) fn is_incomparable(&self) -> bool {
        self.is_incomparable
    }
}
