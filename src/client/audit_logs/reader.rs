//! Decides which pages to request and which of their rows are exact. No I/O, no tasks.
//!
//! The server pages by offset, so each row that it writes shifts all older rows down by one. If a
//! page was requested after the page before it had arrived, it can only repeat rows. Pages that are
//! requested at the same time can also miss rows. So each page gets a *shift*: the number of rows
//! written between the first page of the stream and this page. Its rows are returned once its shift
//! is known. Rows that were returned before are dropped.
//!
//! The shift is known from *checks*. A check reads the *reference* again, a page whose rows are
//! known, and compares. If nothing was written between two checks, the pages requested after the
//! first and received before the second have the same shift as both.
//!
//! - `shift`: finds the shift of a page
//! - `recovery`: finds known rows again if a check cannot

mod recovery;
mod shift;

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::compare::{
    are_unique, is_distinctive, is_same_page, may_repeat, repeats_itself, repeats_rows,
};
use super::sample::Sample;
use super::search::Search;
use crate::protocol::audit_log::Page;

/// A request for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageRequest {
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
    /// To compare its rows with the reference.
    Check,
    /// To find rows that were returned before.
    Search,
}

/// A page whose rows can be returned.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) number: u64,
    pub(super) page: Page,
    /// Its first row that was not returned before.
    pub(super) start: usize,
}

/// A page whose shift is not known yet.
struct Unproven {
    number: u64,
    page: Page,
    /// The shift that was known when it was requested.
    known_shift: u64,
    /// The limits of its shift, from an earlier reading of the same page.
    bounds: RangeInclusive<u64>,
    is_in_sequence: bool,
    is_late: bool,
}

/// What is known of a page that is ready.
struct Proof {
    /// The bounds of its shift.
    shift: RangeInclusive<u64>,
    /// How many rows were already returned, from its first row on. To repeat a row is better than to
    /// lose one, so it is the smallest possible number.
    repeated: u64,
}

/// A reading of a page whose shift is within these bounds.
struct EarlierReading {
    number: u64,
    page: Page,
    bounds: RangeInclusive<u64>,
}

/// The last page whose rows are ready.
struct LastPage {
    number: u64,
    shift: RangeInclusive<u64>,
    /// How many rows after that page's end were already returned.
    behind: u64,
    /// The last rows that were returned.
    rows: Page,
}

/// The page that checks read again.
struct Reference {
    number: u64,
    page: Page,
    shift: u64,
    /// The largest possible shift, if the rows leave several.
    most_shift: u64,
    is_distinctive: bool,
}

pub(super) struct Reader {
    first: u64,
    prefetch: usize,
    is_long: bool,
    ready: VecDeque<Ready>,
    unproven: VecDeque<Unproven>,
    last: Option<LastPage>,
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
    /// The page whose shift the latest check did not find. The next reading of this page shows how
    /// many rows were written between the two, so each reading narrows the bounds of the other.
    earlier: Option<EarlierReading>,
    failed_checks: u32,
    /// How many more pages are requested one after another, because rows were written recently. If
    /// rows are written, pages that were requested together are useless.
    sequential_left: u32,
    search: Option<(Target, Search)>,
    /// How many searches were started since rows were last returned.
    searches: u32,
    /// Whether blocks of rows repeat. Then a page can look the same after it has moved.
    repeats: bool,
    /// Whether so many rows are written between two requests that searches find no row.
    is_overtaken: bool,
    /// Whether pages cannot be compared. Then their rows are returned as they arrive.
    is_incomparable: bool,
    is_over: bool,
    /// How many pages in a row have the same rows as the page before them.
    same_pages: usize,
    received: Option<Instant>,
    sample: Sample,
}

/// The rows that a search looks for.
#[derive(Clone, Copy)]
enum Target {
    Reference,
    LastRows,
}

/// After this number of consecutive checks that found new rows, the overlap of the pages decides.
/// Unique rows need fewer checks.
const MOST_FAILED_CHECKS: u32 = 20;
const FAILED_CHECKS_IF_UNIQUE: u32 = 3;
const FAILED_CHECKS_IF_DISTINCTIVE: u32 = 8;

/// After this number of searches without a new row, pages are taken as they arrive.
const MOST_SEARCHES: u32 = 8;

/// Both limits, if the rows of the last page show its position. If that page ends within equal rows,
/// its end has moved to other rows after at most a page of new rows, and then the shift is certain.
const MOST_IF_DISTINCTIVE: u32 = 100;

/// A page that was requested after the page before had arrived needs no check, if fewer rows can
/// have been written between the two than were returned.
const QUICK: Duration = Duration::from_secs(1);
const FEW_PAGES: usize = 8;

/// A server that ignores the number of the page sends the same rows without an end. A log can have
/// the same page several times, but not so often and with so many rows.
const MOST_SAME_PAGES: usize = 20;
const MOST_SAME_ROWS: usize = 1000;

/// How many pages are requested one after another after rows were written.
const SEQUENTIAL_PAGES: u32 = 8;

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
            earlier: None,
            failed_checks: 0,
            sequential_left: 0,
            search: None,
            searches: 0,
            repeats: false,
            is_overtaken: false,
            is_incomparable: false,
            is_over: false,
            same_pages: 0,
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
    pub(super) fn plan(&mut self, is_waiting: bool, requests: &mut Vec<PageRequest>) {
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
                requests.push(self.new_request(number, Purpose::Check));
            }
        }
        if self.may_request_more(is_waiting) {
            for _ in 0..self.width() {
                let number = self.next;
                // There is no page after the last number.
                let Some(next) = number.checked_add(1) else { break };
                self.next = next;
                self.send(number, Purpose::Rows, requests);
            }
        }
    }

    fn send(&mut self, number: u64, purpose: Purpose, requests: &mut Vec<PageRequest>) {
        let mut request = self.new_request(number, purpose);
        request.is_in_sequence &= self.in_flight == 0;
        self.in_flight += 1;
        requests.push(request);
    }

    fn new_request(&self, number: u64, purpose: Purpose) -> PageRequest {
        let latest = self.unproven.back().map(|unproven| unproven.number);
        let latest = latest.or(self.last.as_ref().map(|last| last.number));
        let is_in_sequence = latest.is_none_or(|latest| latest.checked_add(1) == Some(number));
        PageRequest { number, purpose, known_shift: self.shift, is_in_sequence }
    }

    /// The same request, to be sent again now, after all replies received so far.
    pub(super) fn renew(&self, request: PageRequest) -> PageRequest {
        self.new_request(request.number, request.purpose)
    }

    /// The reading that the reply to a check is compared with. Most replies equal it.
    pub(super) fn known_reading(&self, request: PageRequest) -> Option<Page> {
        let reference = self.reference.as_ref().filter(|_| request.purpose == Purpose::Check);
        reference.map(|reference| reference.page.clone())
    }

    /// How many pages may be requested at the same time. A reference that does not show every shift
    /// does not show either that pages requested together miss rows.
    fn width(&self) -> usize {
        let is_weak = self.reference.as_ref().is_some_and(|reference| !reference.is_distinctive);
        let is_sequential =
            self.sequential_left > 0 || self.is_incomparable || self.repeats || is_weak;
        if is_sequential { 1 } else { self.width }
    }

    fn is_time_to_check(&self, is_waiting: bool) -> bool {
        let is_growing = self.width() < self.prefetch;
        !self.unproven.is_empty()
            && (is_growing
                || self.unproven.len() >= self.pages_per_check()
                || !self.may_request_more(is_waiting))
    }

    /// How many pages one check proves if the caller waits for all of them.
    fn pages_per_check(&self) -> usize {
        if self.prefetch <= 1 { 1 } else { self.prefetch.max(8) }
    }

    fn may_request_more(&self, is_waiting: bool) -> bool {
        let knows_end =
            self.next == u64::MAX || self.unproven.iter().any(|unproven| unproven.page.is_last());
        let uncovered = self.unproven.len() - self.covered.unwrap_or(0);
        // Without prefetch, no page is requested before all other rows are returned. While rows are
        // being written, pages that are requested together with a check are often useless.
        let has_room = if self.failed_checks > 0 || self.prefetch == 0 {
            is_waiting && self.unproven.is_empty()
        } else if is_waiting {
            uncovered < self.pages_per_check()
        } else {
            self.ready.len() + self.unproven.len() < self.prefetch
        };
        !knows_end && has_room
    }

    /// Takes the reply to a request. Returns whether to drop the requests that are still in flight.
    pub(super) fn receive(&mut self, request: PageRequest, page: Page, arrived: Instant) -> bool {
        let before = self.received.replace(arrived);
        if request.purpose == Purpose::Check {
            return self.check(page);
        }
        self.in_flight -= 1;
        if request.purpose == Purpose::Search {
            self.take_searched(request.number, page);
            return false;
        }
        let is_late =
            before.is_some_and(|before| arrived.saturating_duration_since(before) > QUICK);
        let PageRequest { number, known_shift, is_in_sequence, .. } = request;
        let follows_other_size =
            self.previous_page().is_some_and(|page| self.differs_in_size(page));
        if follows_other_size || self.differs_in_size(&page) {
            (self.sequential_left, self.width) = (SEQUENTIAL_PAGES, 1);
        }
        if follows_other_size && !is_in_sequence && page.len() > 0 {
            self.start_over();
            return true;
        }
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

    /// Whether the page has rows, and another size than the reference. Then it is the last page with
    /// rows, or the server filters rows after paging. Such a server does not show how many rows it
    /// wrote, so no pages may be requested together.
    fn differs_in_size(&self, page: &Page) -> bool {
        let size = self.reference.as_ref().map(|reference| reference.page.len());
        page.len() > 0 && size.is_some_and(|size| size != page.len())
    }

    /// The latest page, if its rows are kept.
    fn previous_page(&self) -> Option<&Page> {
        let last = self.last.as_ref().filter(|last| last.behind == 0).map(|last| &last.rows);
        self.unproven.back().map(|unproven| &unproven.page).or(last)
    }

    fn abandon_requests(&mut self) {
        (self.in_flight, self.covered) = (0, None);
    }

    /// Proves pages that need no check. Returns the same as [`Self::receive`].
    fn prove_in_sequence(&mut self) -> bool {
        while let Some(unproven) = self.unproven.front() {
            let Some(proof) = self.proof_without_check(unproven) else { return false };
            if !self.prove(proof) {
                return true;
            }
        }
        self.is_over
    }

    /// Makes the rows of the first unproven page ready, except those that were returned before.
    /// Returns whether the next unproven page is still useful.
    fn prove(&mut self, Proof { shift, repeated }: Proof) -> bool {
        let Some(Unproven { number, page, .. }) = self.unproven.pop_front() else { return true };
        self.covered = self.covered.map(|covered| covered.saturating_sub(1));
        self.earlier = None;
        self.failed_checks = 0;
        self.sequential_left = self.sequential_left.saturating_sub(1);
        self.shift = self.shift.max(*shift.start());
        if let Some(last) = &self.last {
            if !may_repeat(&last.rows, &page, repeated) {
                // The checks were wrong: rows were deleted, or too many rows are equal.
                self.start_search(Target::LastRows);
                return false;
            }
        }
        let start = usize::try_from(repeated).map_or(page.len(), |start| start.min(page.len()));
        self.take_proven(number, page, start, shift, repeated - start as u64);
        !self.is_over
    }

    fn take_proven(
        &mut self,
        number: u64,
        page: Page,
        start: usize,
        shift: RangeInclusive<u64>,
        behind: u64,
    ) {
        if start < page.len() {
            self.searches = 0;
            self.ready.push_back(Ready { number, page: page.clone(), start });
        }
        // There is no page after the last number.
        if page.is_last() || number >= u64::MAX - 1 {
            // Later pages are not needed.
            self.is_over = true;
            self.unproven.clear();
            self.abandon_requests();
            return;
        }
        if self.last.is_none() && self.is_long {
            self.width = self.prefetch.max(1);
        }
        let before = self.last.as_ref().filter(|last| last.behind == 0).map(|last| &last.rows);
        let is_same = before.is_some_and(|before| is_same_page(before, &page));
        self.same_pages = if is_same { self.same_pages + 1 } else { 0 };
        self.sample.add(&page);
        self.update_reference(number, &page, &shift);
        let known = self.last.take().filter(|_| behind > 0).map(|last| last.rows);
        self.last = Some(LastPage { number, shift, behind, rows: known.unwrap_or(page) });
    }

    /// Makes `page` the reference if there is none that shows every shift.
    fn update_reference(&mut self, number: u64, page: &Page, shift: &RangeInclusive<u64>) {
        let is_needed = self.reference.as_ref().is_none_or(|reference| !reference.is_distinctive);
        if !is_needed || self.covered.is_some() {
            return;
        }
        self.repeats |= repeats_itself(page);
        let is_distinctive = is_distinctive(page);
        if is_distinctive || self.reference.is_none() {
            let (page, shift, most_shift) = (page.clone(), *shift.start(), *shift.end());
            self.reference = Some(Reference { number, page, shift, most_shift, is_distinctive });
        }
    }

    /// Looks for rows of the reference on these pages, which were requested together.
    fn notice_repeated_rows(&mut self, pages: usize) {
        let Some(reference) = self.reference.as_ref().filter(|_| !self.repeats) else { return };
        let mut pages = self.unproven.iter().take(pages);
        self.repeats = pages.any(|unproven| repeats_rows(&reference.page, &unproven.page));
    }

    fn start_over(&mut self) {
        self.unproven.clear();
        self.abandon_requests();
        if let Some(last) = &self.last {
            self.next = last.number.saturating_add(1);
        }
    }

    /// Whether the server sends the same rows for every page. Equal rows on one page do not count.
    pub(super) fn is_unpaged(&self) -> bool {
        let Some(LastPage { rows, .. }) = &self.last else { return false };
        self.same_pages >= MOST_SAME_PAGES
            && self.same_pages.saturating_mul(rows.len()) >= MOST_SAME_ROWS
            && are_unique(rows, rows, rows.len())
    }

    /// Whether pages cannot be compared.
    pub(super) fn is_incomparable(&self) -> bool {
        self.is_incomparable
    }
}
