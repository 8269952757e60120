//! Checks JSON and finds the ends of values, without creating values.
//!
//! serde_json takes 1.4 times as long. It reads again what is rejected here, for the error message. So
//! nothing may be accepted here that serde_json rejects. The fuzz target `page` checks that.

use std::ops::Range;

use super::json::MAX_DEPTH;

/// A position in a text. Each method skips the item in its name, and returns `None` if another item
/// follows.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

/// A string, without its quotes.
pub(super) struct Quoted {
    pub(super) inner: Range<usize>,
    pub(super) has_escapes: bool,
}

impl<'a> Scan<'a> {
    /// The start of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0 }
    }

    /// The position.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Skips white space. Returns whether that was the rest of the text.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.next().is_none()
    }

    /// Skips white space, and returns the next byte without skipping it.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    /// Skips white space and this byte.
    #[inline(always)]
    pub(super) fn byte(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    /// Skips the members inside brackets or braces, the commas between them, and the end.
    pub(super) fn members(
        &mut self,
        end: u8,
        mut member: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if self.byte(end).is_some() {
            return Some(());
        }
        loop {
            member(self)?;
            if self.byte(b',').is_none() {
                return self.byte(end);
            }
        }
    }

    /// Skips a member's name and the colon.
    #[inline(always)]
    pub(super) fn name(&mut self) -> Option<Quoted> {
        let name = self.string()?;
        self.byte(b':')?;
        Some(name)
    }

    /// Skips any value, within `depth` levels of brackets and braces.
    pub(super) fn value(&mut self, depth: usize) -> Option<Range<usize>> {
        const { assert!(MAX_DEPTH < 128, "a bit for each level") };
        // A copy can be kept in registers.
        let mut scan = *self;
        let mut first = scan.next()?;
        let start = scan.at;
        // One bit for each level: 1 for braces. The innermost level is the lowest bit.
        let (mut braces, mut level) = (0_u128, depth);
        loop {
            match first {
                b'"' => scan.string().map(drop)?,
                b'{' | b'[' if level == MAX_DEPTH => return None,
                b'{' | b'[' => {
                    scan.at += 1;
                    // In ASCII, the closing one is two after the opening one.
                    if scan.next()? != first + 2 {
                        level += 1;
                        braces = braces << 1 | u128::from(first == b'{');
                        first = scan.member(first == b'{')?;
                        continue;
                    }
                    scan.at += 1;
                }
                b't' => scan.word(b"true")?,
                b'f' => scan.word(b"false")?,
                b'n' => scan.word(b"null")?,
                _ => scan.number()?,
            }
            // A value has ended. Also end the levels in which it was the last.
            loop {
                if level == depth {
                    *self = scan;
                    return Some(start..self.at);
                }
                let in_braces = braces & 1 == 1;
                let next = scan.next()?;
                scan.at += 1;
                match next {
                    b',' => {
                        first = scan.member(in_braces)?;
                        break;
                    }
                    b'}' if in_braces => {}
                    b']' if !in_braces => {}
                    _ => return None,
                }
                level -= 1;
                braces >>= 1;
            }
        }
    }

    /// Returns the first byte of the next member's value. In braces, it first skips the name.
    #[inline(always)]
    fn member(&mut self, in_braces: bool) -> Option<u8> {
        if in_braces {
            self.name()?;
        }
        self.next()
    }

    /// Skips `null`.
    pub(super) fn null(&mut self) -> Option<()> {
        (self.next()? == b'n').then(|| self.word(b"null"))?
    }

    /// Skips a string without escapes.
    pub(super) fn plain(&mut self) -> Option<Range<usize>> {
        let Quoted { inner, has_escapes } = self.string()?;
        (!has_escapes).then_some(inner)
    }

    /// Skips `null`, or a string without escapes that passes `check`.
    pub(super) fn plain_or_null(
        &mut self,
        check: impl FnOnce(Range<usize>) -> Option<()>,
    ) -> Option<()> {
        match self.null() {
            Some(()) => Some(()),
            None => check(self.plain()?),
        }
    }

    #[inline(always)]
    pub(super) fn string(&mut self) -> Option<Quoted> {
        self.byte(b'"')?;
        let start = self.at;
        let special = special_from(self.text, start)?;
        let end = match self.text[special] {
            b'"' => special,
            _ => end_of_escaped(self.text, special)?,
        };
        self.at = end + 1;
        Some(Quoted { inner: start..end, has_escapes: end > special })
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.text[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn number(&mut self) -> Option<()> {
        self.optional(b"-");
        // No digits may follow a leading zero.
        if !self.optional(b"0") {
            self.digits()?;
        }
        if self.optional(b".") {
            self.digits()?;
        }
        if self.optional(b"eE") {
            self.optional(b"+-");
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(())
    }

    /// Skips one of these bytes, if it follows. Returns whether it did.
    fn optional(&mut self, bytes: &[u8]) -> bool {
        let is_there = self.text.get(self.at).is_some_and(|byte| bytes.contains(byte));
        self.at += usize::from(is_there);
        is_there
    }
}

/// The position of the next quote, backslash or control character from `at` on.
#[inline(always)]
fn special_from(text: &[u8], mut at: usize) -> Option<usize> {
    // Eight bytes at a time, as long as there are eight.
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let special = special(u64::from_le_bytes(*eight));
        if special != 0 {
            return Some(at + special.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    Some(at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?)
}

/// Finds quotes, backslashes and control characters among eight bytes: the lowest bit that is set is in
/// the first of them. Higher bits have no meaning.
fn special(word: u64) -> u64 {
    const LOW: u64 = u64::MAX / 255;
    const HIGH: u64 = LOW << 7;
    let quote = word ^ (LOW * 0x22);
    let backslash = word ^ (LOW * 0x5c);
    // A byte that is zero, or below 32, has its high bit set by the subtraction.
    let below = |word: u64, least: u64| word.wrapping_sub(LOW * least) & !word;
    (below(quote, 1) | below(backslash, 1) | below(word, 0x20)) & HIGH
}

/// The position of the quote at the end of a string whose first escape is at `at`.
#[cold]
fn end_of_escaped(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += match text[at] {
            b'"' => return Some(at),
            b'\\' => escape(&text[at + 1..])?,
            _ => return None,
        };
        at = special_from(text, at)?;
    }
}

/// The length of the escape whose backslash is before `text`.
fn escape(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => text.get(1..5)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> bool {
        let mut scan = Scan::new(text);
        scan.value(0).is_some() && scan.is_at_end()
    }

    #[test]
    fn a_value_is_valid_if_serde_json_accepts_it() {
        let mut texts: Vec<String> = [
            "",
            " ",
            "null",
            " true\t",
            "falsee",
            "nul",
            "0",
            "-0",
            "-",
            "01",
            "1.",
            "1.5",
            ".5",
            "1e9",
            "1E-9",
            "1e",
            "1e999",
            "+1",
            "\"",
            "\"\"",
            r#""\n""#,
            r#""\x""#,
            r#""\u00e9""#,
            r#""\u00g9""#,
            r#""\u00e""#,
            r#""\ud800""#,
            "\"\t\"",
            "\"\u{7f}\u{80}é🎉\"",
            "[]",
            "[ ]",
            "[1]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1",
            "{}",
            "{ }",
            r#"{"a":1}"#,
            r#"{"a":1,}"#,
            r#"{"a" : [ {} , null ] }"#,
            r#"{a:1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a"}"#,
            r#"{"a":}"#,
            "[}",
            "{]",
            "1 2",
            "\u{feff}1",
            "\u{b}1",
            "nan",
        ]
        .map(str::to_owned)
        .into();
        // Each special byte at each of the eight positions that are checked together, and after
        // them.
        for special in ['"', '\\', '\u{1f}', '\u{0}', '\u{20}', '\u{21}', '\u{23}', 'é', '\u{7f}']
        {
            for place in 0..20 {
                let mut inside = "x".repeat(20);
                inside.replace_range(place..=place, &special.to_string());
                texts.push(format!("\"{inside}\""));
                texts.push(format!("[\"{inside}\",1]"));
            }
        }
        for text in texts {
            let wanted = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            assert_eq!(whole(&text), wanted, "{text:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(whole(&nested(MAX_DEPTH)));
        assert!(!whole(&nested(MAX_DEPTH + 1)));
    }
}
