//! Checks a user record in one pass, and finds the username.
//!
//! As in `scan`, serde_json reads again what is rejected here, and nothing may be accepted here that
//! serde_json rejects. `user::assert_the_same_both_ways` checks that.

use std::ops::Range;

use super::json::MAX_MEMBERS;
use super::scan::Scan;
use super::timestamp::Timestamp;

/// The username in a record. None if anything in the record is not valid or has escapes.
pub(super) fn username_at_once(json: &str) -> Option<Range<usize>> {
    const DEPTH: usize = 1;
    let (mut scan, mut username) = (Scan::new(json), None);
    scan.byte(b'{')?;
    let mut names = Distinct::<20>::new();
    scan.members(b'}', |scan| {
        match names.next(json, scan)? {
            "username" => username = Some(scan.plain()?),
            "full_name" | "url" | "email" => scan.plain_or_null(|_| Some(()))?,
            "inserted_at" | "updated_at" => {
                scan.plain_or_null(|time| Timestamp::read(&json[time]).map(drop))?;
            }
            "handles" | "owned_packages" => skip_texts(json, scan)?,
            "packages" => skip_records(json, scan, &["repository", "url", "html_url"])?,
            "organizations" => skip_records(json, scan, &["role"])?,
            _ => scan.value(DEPTH).map(drop)?,
        }
        Some(())
    })?;
    username.filter(|_| scan.is_at_end())
}

/// Null, or an object of strings.
fn skip_texts(json: &str, scan: &mut Scan<'_>) -> Option<()> {
    if scan.null().is_some() {
        return Some(());
    }
    scan.byte(b'{')?;
    let mut names = Distinct::<20>::new();
    scan.members(b'}', |scan| {
        names.next(json, scan)?;
        scan.plain().map(drop)
    })
}

/// Null, or an array of objects with a name and these strings, which may be null or missing.
fn skip_records(json: &str, scan: &mut Scan<'_>, texts: &[&str]) -> Option<()> {
    const DEPTH: usize = 3;
    if scan.null().is_some() {
        return Some(());
    }
    scan.byte(b'[')?;
    let mut room = MAX_MEMBERS;
    scan.members(b']', |scan| {
        room = room.checked_sub(1)?;
        scan.byte(b'{')?;
        let (mut names, mut has_name) = (Distinct::<8>::new(), false);
        scan.members(b'}', |scan| match names.next(json, scan)? {
            "name" => {
                has_name = true;
                scan.plain().map(drop)
            }
            name if texts.contains(&name) => scan.plain_or_null(|_| Some(())),
            _ => scan.value(DEPTH).map(drop),
        })?;
        has_name.then_some(())
    })
}

/// The names of the members of an object so far: without escapes, distinct, and at most `MOST`.
struct Distinct<'a, const MOST: usize> {
    names: [&'a str; MOST],
    count: usize,
}

impl<'a, const MOST: usize> Distinct<'a, MOST> {
    fn new() -> Self {
        Self { names: [""; MOST], count: 0 }
    }

    /// The next name in `text`, and its colon.
    fn next(&mut self, text: &'a str, scan: &mut Scan<'_>) -> Option<&'a str> {
        let name = &text[scan.plain()?];
        scan.byte(b':')?;
        if self.names[..self.count].contains(&name) {
            return None;
        }
        *self.names.get_mut(self.count)? = name;
        self.count += 1;
        Some(name)
    }
}
