//! Rate limits: fixed windows on the minute of the clock.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{OrgId, UserId, World};
use crate::new::{NewCount, NewCounts};

/// How many requests may pass in a minute, and whose.
///
/// ```
/// use aura_sandbox::RateLimits;
/// let tight = RateLimits { address: 3, loopback: true, ..RateLimits::default() };
/// assert_eq!((tight.user, tight.enabled), (500, true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// Whether anything is counted; true unless said otherwise.
    pub enabled: bool,
    /// For an address without a credential; 100 unless said otherwise.
    pub address: u32,
    /// For an account; 500 unless said otherwise.
    pub user: u32,
    /// For an organization; 500 unless said otherwise.
    pub organization: u32,
    /// Whether requests from the loopback count, too; on the real server they do not.
    pub loopback: bool,
}

impl Default for RateLimits {
    fn default() -> Self {
        RateLimits { enabled: true, address: 100, user: 500, organization: 500, loopback: false }
    }
}

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    User(UserId),
    Organization(OrgId),
    Address(Ipv4Addr),
}

/// What the `x-ratelimit-*` headers say, and whether the request may pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) limit: i64,
    pub(crate) remaining: i64,
    pub(crate) reset: i64,
    pub(crate) pass: bool,
}

/// The limits, and the counters of the current minute.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) settings: RateLimits,
    minute: i64,
    counts: HashMap<Subject, i64>,
}

/// The minute a time is in, and the second the next one starts.
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

    /// Forgets what was counted.
    pub(crate) fn clear(&mut self) {
        self.counts.clear();
    }
}

impl World {
    pub(crate) fn rate_counts(&self) -> NewCounts {
        let Limits { minute, counts, .. } = &self.limits;
        let mut forms: Vec<NewCount> = counts
            .iter()
            .map(|(subject, count)| {
                let mut form = NewCount { count: *count, ..NewCount::default() };
                match *subject {
                    Subject::User(id) => form.username = Some(self.user(id).username.clone()),
                    Subject::Organization(id) => {
                        form.organization = Some(self.organization(id).name.clone());
                    }
                    Subject::Address(address) => form.address = Some(address),
                }
                form
            })
            .collect();
        forms.sort_by(|a, b| {
            (&a.username, &a.organization, a.address).cmp(&(
                &b.username,
                &b.organization,
                b.address,
            ))
        });
        match forms.is_empty() {
            true => NewCounts::default(),
            false => NewCounts { minute: *minute, counts: forms },
        }
    }

    pub(crate) fn restore_rate_counts(&mut self, form: &NewCounts) -> Result<(), String> {
        self.limits.minute = form.minute;
        for (index, count) in form.counts.iter().enumerate() {
            let place = |error| format!("rate_counts.counts[{index}]: {error}");
            let subject = match (&count.username, &count.organization, count.address) {
                (Some(name), None, None) => Subject::User(self.known_user(name).map_err(place)?),
                (None, Some(name), None) => {
                    Subject::Organization(self.known_organization(name).map_err(place)?)
                }
                (None, None, Some(address)) => Subject::Address(address),
                _ => {
                    let text = "expected one of \"username\", \"organization\", \"address\"";
                    return Err(place(text.to_owned()));
                }
            };
            self.limits.counts.insert(subject, count.count);
        }
        Ok(())
    }
}
