//! Times as text: RFC 3339.

use std::time::SystemTime;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::json::Text;

/// A time in RFC 3339. If it has no offset, as from old servers, it is UTC.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timestamp(SystemTime);

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| D::Error::custom("not a time, expected RFC 3339"))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(Timestamp(time): Timestamp) -> Self {
        time
    }
}

impl Timestamp {
    pub(super) fn read(text: &str) -> Option<Self> {
        let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339);
        let time = read(text).or_else(|_| read(&format!("{text}Z"))).ok()?;
        Some(Self(time.into()))
    }
}

/// `2026-11-28T21:00:00Z`
pub(super) fn format(time: OffsetDateTime) -> String {
    let (date, clock) = (time.date(), time.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    )
}
