//! ETag, Last-Modified and the conditions a client may put on a reply.

use hyper::header::{self, HeaderMap};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use sha2::{Digest, Sha256};

use crate::random::hex;

/// Identifies the state of a record: its parts, and their times.
#[derive(Default)]
pub(crate) struct Version {
    hash: Sha256,
    modified: Timestamp,
}

/// The two headers of a record.
pub(crate) struct Tag {
    pub(crate) etag: String,
    pub(crate) modified: Timestamp,
}

/// `If-Modified-Since` is no date. The real server fails on it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadDate;

impl Version {
    /// Adds a part by its kind, its id and when it changed last.
    pub(crate) fn part(&mut self, kind: &str, id: i64, at: Timestamp) {
        self.hash.update(kind);
        self.hash.update(id.to_be_bytes());
        self.hash.update(at.as_microsecond().to_be_bytes());
        self.modified = self.modified.max(at);
    }

    /// 32 hex digits, as many as an MD5 has.
    pub(crate) fn tag(self) -> Tag {
        Tag { etag: hex(&self.hash.finalize()[..16]), modified: self.modified }
    }
}

/// Whether the client's copy is still good. With both conditions, both have to agree.
pub(crate) fn fresh(headers: &HeaderMap, tag: &Tag) -> Result<bool, BadDate> {
    let since = headers.get(header::IF_MODIFIED_SINCE);
    let none_match = headers.get(header::IF_NONE_MATCH);
    if since.is_none() && none_match.is_none() {
        return Ok(false);
    }
    if let Some(since) = since {
        let since = parse_date(since.as_bytes()).ok_or(BadDate)?;
        if tag.modified.as_second() > since.as_second() {
            return Ok(false);
        }
    }
    if let Some(list) = none_match {
        let list = list.to_str().unwrap_or("");
        let matches = list.split(',').map(str::trim).any(|word| word == "*" || word == tag.etag);
        if !matches {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A date in one of HTTP's three forms. The fourth letter identifies the form.
fn parse_date(text: &[u8]) -> Option<Timestamp> {
    match text.get(3)? {
        b',' => {
            let (day, month, year) =
                (num(text, 5, 2)?, month(text.get(8..11)?)?, num(text, 12, 4)?);
            at(year, month, day, text.get(17..25)?)
        }
        b' ' => {
            let day = match text.get(8)? {
                b' ' => num(text, 9, 1)?,
                _ => num(text, 8, 2)?,
            };
            let (month, year) = (month(text.get(4..7)?)?, num(text, 20, 4)?);
            at(year, month, day, text.get(11..19)?)
        }
        _ => {
            let mut words = text.split(|b| *b == b' ').filter(|w| !w.is_empty());
            let (_weekday, date, time) = (words.next()?, words.next()?, words.next()?);
            words.next()?;
            // Two digits are always of this century.
            let (day, month, year) = (num(date, 0, 2)?, month(date.get(3..6)?)?, num(date, 7, 2)?);
            at(2000 + year, month, day, time)
        }
    }
}

fn num(text: &[u8], start: usize, len: usize) -> Option<i16> {
    let digits = text.get(start..start + len)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn month(name: &[u8]) -> Option<i16> {
    const NAMES: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let index = NAMES.iter().position(|n| n.as_slice() == name)?;
    i16::try_from(index + 1).ok()
}

fn at(year: i16, month: i16, day: i16, time: &[u8]) -> Option<Timestamp> {
    let small = |n: i16| i8::try_from(n).ok();
    let time = DateTime::new(
        year,
        small(month)?,
        small(day)?,
        small(num(time, 0, 2)?)?,
        small(num(time, 3, 2)?)?,
        small(num(time, 6, 2)?)?,
        0,
    );
    Offset::UTC.to_timestamp(time.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let read = |text: &str| parse_date(text.as_bytes()).map(|t| t.to_string());
        let expected = Some("2100-01-01T00:00:00Z".to_owned());
        assert_eq!(read("Fri, 01 Jan 2100 00:00:00 GMT"), expected);
        assert_eq!(read("Fri Jan  1 00:00:00 2100"), expected);
        let expected = Some("2099-01-01T00:00:00Z".to_owned());
        assert_eq!(read("Friday, 01-Jan-99 00:00:00 GMT"), expected);
        for bad in ["", "x", "2026-11-23T00:00:00Z", "Fri, 99 Foo 2100 00:00:00 GMT", "Fri,"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
