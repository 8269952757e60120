//! Reads Elixir text. The real server accepts only literals in a request.

use super::{Map, Term};

/// Values may be nested this deep.
const MAX_DEPTH: u32 = 500;

/// The value of a text; `None` if it is malformed, or not a literal.
pub(crate) fn parse(text: &[u8]) -> Option<Term> {
    let mut reader = Reader { rest: std::str::from_utf8(text).ok()? };
    let term = reader.term(0)?;
    reader.skip_blanks();
    reader.rest.is_empty().then_some(term)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// White space and comments.
    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return;
            }
            self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn term(&mut self, depth: u32) -> Option<Term> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.eat("%{") {
            return self.map(depth).map(Term::Map);
        }
        if self.eat("[") {
            return self.items("]", depth).map(Term::List);
        }
        // JSON has no tuples, so no parameter may contain one.
        if self.eat("{") {
            return self.items("}", depth).map(Term::List);
        }
        if self.eat("\"") {
            return self.string().map(Term::Str);
        }
        let word = |c: char| c.is_alphanumeric() || "_.?!@:".contains(c);
        let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        match text {
            "nil" => Some(Term::Nil),
            "true" => Some(Term::Bool(true)),
            "false" => Some(Term::Bool(false)),
            text => number(text, self),
        }
    }

    fn items(&mut self, end: &str, depth: u32) -> Option<Vec<Term>> {
        let mut items = Vec::new();
        while !self.eat(end) {
            items.push(self.term(depth + 1)?);
            if !self.eat(",") {
                return self.eat(end).then_some(items);
            }
        }
        Some(items)
    }

    fn map(&mut self, depth: u32) -> Option<Map> {
        let mut map = Map::new();
        while !self.eat("}") {
            let key = self.term(depth + 1)?;
            if !self.eat("=>") {
                return None;
            }
            let value = self.term(depth + 1)?;
            // The name of a parameter is text.
            if let Term::Str(key) = key {
                map.set(key, value);
            }
            if !self.eat(",") {
                return self.eat("}").then_some(map);
            }
        }
        Some(map)
    }

    /// The rest of a string, after its first quote.
    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let (plain, rest) = self.rest.split_at(self.rest.find(['"', '\\', '#'])?);
            text.push_str(plain);
            let mut chars = rest.chars();
            let special = chars.next()?;
            self.rest = chars.as_str();
            match special {
                '"' => return Some(text),
                // Interpolation is code.
                '#' if self.rest.starts_with('{') => return None,
                '#' => text.push('#'),
                _ => text.extend(self.escape()?),
            }
        }
    }

    /// The character after a backslash. An escaped end of line is empty.
    fn escape(&mut self) -> Option<Option<char>> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(Some(match c {
            '\n' => return Some(None),
            'a' => '\u{7}',
            'b' => '\u{8}',
            'd' => '\u{7f}',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            's' => ' ',
            't' => '\t',
            'v' => '\u{b}',
            '0' => '\0',
            'x' => self.code_point(1..=2)?,
            'u' => self.code_point(4..=4)?,
            other => other,
        }))
    }

    /// Hex digits, or up to six of them in braces.
    fn code_point(&mut self, digits: std::ops::RangeInclusive<usize>) -> Option<char> {
        let (text, rest) = match self.rest.strip_prefix('{') {
            Some(rest) => rest.split_once('}').filter(|(text, _)| (1..=6).contains(&text.len()))?,
            None => {
                let hex = self.rest.bytes().take(*digits.end());
                let len = hex.take_while(u8::is_ascii_hexdigit).count();
                digits.contains(&len).then(|| self.rest.split_at(len))?
            }
        };
        self.rest = rest;
        // Two digits are a byte. It is text only if it is ASCII.
        let code = text.bytes().all(|b| b.is_ascii_hexdigit()).then_some(text)?;
        char::from_u32(u32::from_str_radix(code, 16).ok()?)
    }
}

/// `12`, `1_000`, `0x1f`, `0b1`, `0o7`, `1.5`, `1.5e-3`.
fn number(text: &str, reader: &mut Reader<'_>) -> Option<Term> {
    let first = text.bytes().next()?;
    if !first.is_ascii_digit() {
        return None;
    }
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let all = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
            let value = i64::from_str_radix(digits, radix).map_or(Term::Float(f64::MAX), Term::Int);
            return all.then_some(value);
        }
    }
    let mut text = text.to_owned();
    // The sign of an exponent ended the token.
    if text.contains('.') && text.ends_with(['e', 'E']) && reader.rest.starts_with(['-', '+']) {
        let digits = reader.rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        let (exponent, rest) = reader.rest.split_at(1 + digits);
        text.push_str(exponent);
        reader.rest = rest;
    }
    let is_digits = |text: &str| {
        text.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let plain = text.replace('_', "");
    let Some((whole, rest)) = text.split_once('.') else {
        let value = plain.parse().map_or(Term::Float(f64::MAX), Term::Int);
        return is_digits(&text).then_some(value);
    };
    let (fraction, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let good = is_digits(whole) && is_digits(fraction) && is_digits(exponent);
    let value: f64 = plain.parse().ok()?;
    (good && value.is_finite()).then_some(Term::Float(value))
}
