//! Rate limits: fixed windows on the minute of the clock.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::{OrgId, UserId};

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    User(UserId),
    Organization(OrgId),
    Address(Ipv4Addr),
}

impl Subject {
    fn limit(self) -> i64 {
        match self {
            Subject::User(_) | Subject::Organization(_) => 500,
            Subject::Address(_) => 100,
        }
    }
}

/// What the `x-ratelimit-*` headers say, and whether the request may pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) limit: i64,
    pub(crate) remaining: i64,
    pub(crate) reset: i64,
    pub(crate) pass: bool,
}

/// The counters of the current minute.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    minute: i64,
    counts: HashMap<Subject, i64>,
}

impl Limits {
    /// Counts one request.
    pub(crate) fn count(&mut self, subject: Subject, now: Timestamp) -> Verdict {
        let minute = now.as_second().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.counts.clear();
        }
        let count = self.counts.entry(subject).or_insert(0);
        *count += 1;
        let limit = subject.limit();
        Verdict {
            limit,
            remaining: (limit - *count).max(0),
            reset: (minute + 1) * 60,
            pass: *count <= limit,
        }
    }
}
