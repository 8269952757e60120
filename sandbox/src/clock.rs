//! The server's time. Everything that is dated asks this value, so that a test can own it.

use jiff::{SignedDuration, Timestamp};

/// Where the server's time comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    last: Option<Timestamp>,
}

impl Clock {
    /// The time in whole microseconds, never the same twice: rows are ordered by it.
    pub(crate) fn now(&mut self) -> Timestamp {
        let now = Timestamp::from_microsecond(Timestamp::now().as_microsecond())
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let now = match self.last {
            Some(last) if now <= last => {
                last.checked_add(SignedDuration::from_micros(1)).unwrap_or(last)
            }
            _ => now,
        };
        self.last = Some(now);
        now
    }
}

/// `2026-11-23T11:50:45.977004Z`, as the JSON format writes it.
pub(crate) fn micros(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// `2026-11-23T11:50:45Z`, as the Erlang and Elixir formats write it.
pub(crate) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `Mon, 23 Nov 2026 11:50:45 GMT`.
pub(crate) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
