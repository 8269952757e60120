//! Foreign text in errors and log lines.
//!
//! A server, a proxy or another library decides the content and the length of such a text. So its
//! control characters are escaped, and it is cut to a limit. Every limit is in this file.

/// One text: a message, a field error, a notice, or an error text of another library.
pub(crate) const MAX_TEXT: usize = 8 * 1024;
/// The name of a field, and a request id.
pub(crate) const MAX_NAME: usize = 256;
/// The field errors that are kept, counted by their texts and not by their fields.
pub(crate) const MAX_FIELD_ERRORS: usize = 200;
/// The maximum depth of fields in fields. Deeper ones stay JSON text.
pub(crate) const MAX_FIELD_LEVELS: usize = 8;
/// All names and texts of an error's fields together, and the part of the error's text that
/// repeats them.
pub(crate) const MAX_FIELDS: usize = 32 * 1024;
/// A larger body is not read as an error of the API.
pub(crate) const MAX_ERROR_BODY: usize = 64 * 1024;

/// Marks the position at which a text was cut.
pub(crate) const ELLIPSIS: &str = "…";

/// A text, printable and no longer than [`MAX_TEXT`].
pub(crate) fn text(text: &str) -> String {
    bounded(text, MAX_TEXT)
}

/// The name of a field, printable and no longer than [`MAX_NAME`].
pub(crate) fn name(name: &str) -> String {
    bounded(name, MAX_NAME)
}

/// A request id, no longer than [`MAX_NAME`]. It has no ellipsis: an operator searches for it.
pub(crate) fn id(id: &str) -> &str {
    id.get(..MAX_NAME).unwrap_or(id)
}

/// `text` with control characters escaped, in at most `limit` bytes.
fn bounded(text: &str, limit: usize) -> String {
    let mut printable = String::with_capacity(text.len().min(limit));
    let mut cut = 0;
    for c in text.chars() {
        printable.extend(escape_control(c));
        if printable.len() > limit {
            printable.truncate(cut);
            printable.push_str(ELLIPSIS);
            break;
        }
        if printable.len() + ELLIPSIS.len() <= limit {
            cut = printable.len();
        }
    }
    printable
}

/// Escapes control characters, and characters that change the direction of text.
pub(crate) fn escape_control(c: char) -> impl Iterator<Item = char> {
    let dangerous = c.is_control()
        || matches!(c, '\u{61c}' | '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let escaped = dangerous.then(|| c.escape_unicode());
    escaped.into_iter().flatten().chain((!dangerous).then_some(c))
}

/// Writes up to `left` bytes, and fails at the next byte.
pub(crate) struct Bounded<'a, W> {
    inner: &'a mut W,
    left: usize,
    is_cut: bool,
}

impl<'a, W: std::fmt::Write> Bounded<'a, W> {
    pub(crate) fn new(inner: &'a mut W, limit: usize) -> Self {
        Self { inner, left: limit - ELLIPSIS.len(), is_cut: false }
    }

    /// Marks the cut if there was one, and returns the result of writing.
    pub(crate) fn end(self, written: std::fmt::Result) -> std::fmt::Result {
        if self.is_cut { self.inner.write_str(ELLIPSIS) } else { written }
    }
}

impl<W: std::fmt::Write> std::fmt::Write for Bounded<'_, W> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if text.len() <= self.left {
            self.left -= text.len();
            return self.inner.write_str(text);
        }
        let end = (0..=self.left).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        (self.left, self.is_cut) = (0, true);
        self.inner.write_str(&text[..end])?;
        Err(std::fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (given, cut) in [
            ("", ""),
            ("abcdefgh", "abcdefgh"),
            ("abcdefghi", "abcde…"),
            ("abcdé…", "abcd…"),
            ("abcd\u{7}", "abcd…"),
            ("\u{7}bcd", "\\u{7}bcd"),
            ("\u{7}\u{7}", "\\u{7}…"),
            ("……………", "……"),
        ] {
            let text = bounded(given, 8);
            assert_eq!(text, cut, "{given:?}");
            assert!(text.len() <= 8, "{text}");
        }
    }

    #[test]
    fn a_long_name_costs_no_more_than_its_kept_part() {
        let long = "\u{202e}".repeat(1 << 20);
        let (text, name) = (text(&long), name(&long));
        assert!(text.len() <= MAX_TEXT && text.ends_with("}…"), "{}", text.len());
        assert!(name.len() <= MAX_NAME && name.ends_with("}…"), "{}", name.len());
        assert_eq!(id(&"a".repeat(1000)).len(), MAX_NAME);
    }

    #[test]
    fn a_bounded_writer_stops_within_a_character_at_most() {
        let write = |given: &str| {
            let mut text = String::new();
            let mut bounded = Bounded::new(&mut text, 10);
            let written = write!(bounded, "abc{given}");
            assert!(bounded.end(written).is_ok());
            text
        };
        assert_eq!(write(&"é".repeat(1000)), "abcéé…");
        assert_eq!(write("defg"), "abcdefg");
    }
}
