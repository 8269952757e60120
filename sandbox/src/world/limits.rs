//! Rate limits: fixed windows on the minute of the clock.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::ids::{OrgId, UserId};
use crate::new::RateLimits;

/// The subject of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    User(UserId),
    Organization(OrgId),
    Address(Ipv4Addr),
}

/// The values of the `x-ratelimit-*` headers, and whether the request may pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) limit: i64,
    pub(crate) remaining: i64,
    pub(crate) reset: i64,
    pub(crate) pass: bool,
}

/// The subject whose wrong one-time passwords are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum CodeSubject {
    User(UserId),
    Address(String),
}

impl CodeSubject {
    /// How many wrong passwords are allowed, and in how many seconds.
    fn limit(&self) -> (u32, i64) {
        match self {
            CodeSubject::User(_) => (5, 10 * 60),
            CodeSubject::Address(_) => (20, 15 * 60),
        }
    }
}

/// The limits, and the counters of the current minute.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) settings: RateLimits,
    pub(super) minute: i64,
    pub(super) counts: HashMap<Subject, i64>,
    /// The window of the count, and the count.
    pub(super) wrong_codes: HashMap<CodeSubject, (i64, u32)>,
}

/// The minute of a time, and the second at which the next minute starts.
pub(crate) fn window(now: Timestamp) -> (i64, i64) {
    let minute = now.as_second().div_euclid(60);
    (minute, (minute + 1) * 60)
}

impl Limits {
    pub(crate) fn limit(&self, subject: Subject) -> i64 {
        i64::from(match subject {
            Subject::User(_) => self.settings.user,
            Subject::Organization(_) => self.settings.organization,
            Subject::Address(_) => self.settings.address,
        })
    }

    /// Counts one request.
    pub(crate) fn count(&mut self, subject: Subject, now: Timestamp) -> Verdict {
        let (minute, reset) = window(now);
        if minute != self.minute {
            self.minute = minute;
            self.counts.clear();
        }
        let limit = self.limit(subject);
        let count = self.counts.entry(subject).or_insert(0);
        *count += 1;
        Verdict { limit, remaining: (limit - *count).max(0), reset, pass: *count <= limit }
    }

    /// Counts a wrong one-time password. `false`: there were too many.
    pub(crate) fn wrong_code(&mut self, user: UserId, address: String, now: Timestamp) -> bool {
        if !self.settings.enabled {
            return true;
        }
        let mut passes = true;
        for subject in [CodeSubject::User(user), CodeSubject::Address(address)] {
            let (most, seconds) = subject.limit();
            let window = now.as_second().div_euclid(seconds);
            let counted = self.wrong_codes.entry(subject).or_default();
            if counted.0 != window {
                *counted = (window, 0);
            }
            counted.1 = counted.1.saturating_add(1);
            passes &= counted.1 <= most;
        }
        passes
    }

    /// Resets the counters.
    pub(crate) fn clear(&mut self) {
        self.wrong_codes.clear();
        self.counts.clear();
    }
}
