//! Keeps one row of each page that was returned, as a fingerprint.

use std::collections::{HashSet, VecDeque};

use super::pair::fingerprint;
use crate::protocol::audit_log::Page;

/// The first rows of the latest pages. A page whose rows were all returned before has one of them,
/// because a page has as many rows as lie between two of them.
#[derive(Default)]
pub(super) struct Sample {
    known: HashSet<u64>,
    in_order: VecDeque<u64>,
}

/// 100 kB at most.
const MOST: usize = 4096;

impl Sample {
    pub(super) fn add(&mut self, page: &Page) {
        let Some(row) = page.row_json(0) else { return };
        let row = fingerprint(row);
        if self.known.insert(row) {
            self.in_order.push_back(row);
        }
        if self.in_order.len() > MOST {
            let oldest = self.in_order.pop_front();
            oldest.map(|oldest| self.known.remove(&oldest));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.in_order.len()
    }

    /// Whether a row of `page` equals one of them, or the last row of `before`, even if it is another
    /// row.
    pub(super) fn has_any_of(&self, page: &Page, before: &Page) -> bool {
        let last = before.len().checked_sub(1).and_then(|last| before.row_json(last));
        let last = last.map(fingerprint);
        page.rows_json().map(fingerprint).any(|row| Some(row) == last || self.known.contains(&row))
    }
}
