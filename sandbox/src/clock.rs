//! The server's time. Every date comes from this value, so a test can control it.

use jiff::{SignedDuration, Timestamp};

use crate::new::NewClock;

/// The source of the server's time: the machine's clock, an offset from it, or a frozen time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    ahead_us: i64,
    frozen: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Clock {
    pub(crate) fn from_form(form: Option<&NewClock>) -> Result<Clock, String> {
        let mut clock = Clock::default();
        let Some(form) = form else {
            return Ok(clock);
        };
        if form.offset_us.is_some() && (form.time.is_some() || form.frozen) {
            return Err("clock: offset_us goes with neither time nor frozen".to_owned());
        }
        clock.ahead_us = form.offset_us.unwrap_or(0);
        if form.frozen {
            clock.freeze();
        }
        if let Some(time) = form.time {
            clock.set(time);
        }
        Ok(clock)
    }

    pub(crate) fn form(&self) -> Option<NewClock> {
        match (self.frozen, self.ahead_us) {
            (Some(time), _) => Some(NewClock { time: Some(time), frozen: true, offset_us: None }),
            (None, 0) => None,
            (None, ahead) => Some(NewClock { offset_us: Some(ahead), ..NewClock::default() }),
        }
    }

    /// The time in whole microseconds. A running clock never returns the same time twice, because
    /// the time orders rows.
    pub(crate) fn now(&mut self) -> Timestamp {
        if let Some(time) = self.frozen {
            return time;
        }
        let now = self.peek();
        let now = match self.last {
            Some(last) if now <= last => {
                last.checked_add(SignedDuration::from_micros(1)).unwrap_or(last)
            }
            _ => now,
        };
        self.last = Some(now);
        now
    }

    /// The time, for dates that do not order rows.
    pub(crate) fn peek(&self) -> Timestamp {
        let machine = Timestamp::now().as_microsecond().saturating_add(self.ahead_us);
        self.frozen.or_else(|| Timestamp::from_microsecond(machine).ok()).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Freezes the clock.
    pub(crate) fn freeze(&mut self) {
        self.frozen = Some(self.peek());
    }

    /// Lets the clock run on from its time.
    pub(crate) fn run(&mut self) {
        if let Some(time) = self.frozen.take() {
            self.set(time);
        }
    }

    /// Sets the time. The clock stays frozen or running.
    pub(crate) fn set(&mut self, time: Timestamp) {
        // Whole microseconds, as in every reply.
        let time = Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time);
        self.last = None;
        match &mut self.frozen {
            Some(frozen) => *frozen = time,
            None => self.ahead_us = time.as_microsecond() - Timestamp::now().as_microsecond(),
        }
    }

    /// Moves the clock forward, or back if the span is negative.
    pub(crate) fn advance(&mut self, by: SignedDuration) -> Result<(), String> {
        let time = self.peek().checked_add(by);
        self.set(time.map_err(|_| "the clock: there is no such time".to_owned())?);
        Ok(())
    }

    /// Returns to the machine's time.
    pub(crate) fn reset(&mut self) {
        *self = Clock::default();
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
