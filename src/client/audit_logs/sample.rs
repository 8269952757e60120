//! Keeps one row of each page that was returned, as a hash.

use std::collections::hash_map::RandomState;
use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;

use crate::protocol::audit_log::Page;

/// The first rows of the latest pages. A page whose rows were all returned before has one of them,
/// because a page has as many rows as lie between two of them.
#[derive(Default)]
pub(super) struct Sample {
    state: RandomState,
    hashes: HashSet<u64>,
    in_order: VecDeque<u64>,
}

/// 100 kB at most.
const MOST: usize = 4096;

impl Sample {
    pub(super) fn add(&mut self, page: &Page) {
        let Some(row) = page.row_json(0) else { return };
        let hash = self.hash(row);
        if self.hashes.insert(hash) {
            self.in_order.push_back(hash);
        }
        if self.in_order.len() > MOST {
            let oldest = self.in_order.pop_front();
            oldest.map(|oldest| self.hashes.remove(&oldest));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.in_order.len()
    }

    /// Whether a row of `page` equals one of them, even if it is another row.
    pub(super) fn has_any_of(&self, page: &Page) -> bool {
        page.rows_json().any(|row| self.hashes.contains(&self.hash(row)))
    }

    fn hash(&self, row: &str) -> u64 {
        self.state.hash_one(row)
    }
}
