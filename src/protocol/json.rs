//! The rules for reading bodies.
//!
//! A body is UTF-8, and nested no deeper than [`MAX_DEPTH`]. An object or an array whose members are
//! kept has at most [`MAX_MEMBERS`]. A body that is not valid is an error as a whole. The error
//! contains the position. It repeats no value and no key of the server, because each may be an e-mail
//! address.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_path_to_error::{Path, Segment};

/// The maximum nesting depth of a reply. It is the limit of serde_json.
pub(crate) const MAX_DEPTH: usize = 127;

/// The maximum number of members of an object or an array whose members are kept.
pub(crate) const MAX_MEMBERS: usize = 10_000;

/// Why a body is not valid: the position, and what was expected there.
pub(crate) type Flaw = String;

/// Reads the body as text.
pub(crate) fn text(body: Vec<u8>) -> Result<String, Flaw> {
    let text = utf8(body)?;
    check_depth(&text, 0..text.len(), 0)?;
    Ok(text)
}

/// Reads the body as text without checking its depth.
pub(crate) fn utf8(body: Vec<u8>) -> Result<String, Flaw> {
    String::from_utf8(body)
        .map_err(|error| format!("invalid UTF-8 at byte {}", error.utf8_error().valid_up_to()))
}

/// Checks the nesting of a piece of `text` that is itself `depth` levels deep.
pub(crate) fn check_depth(text: &str, piece: Range<usize>, depth: usize) -> Result<(), Flaw> {
    let (start, piece) = (piece.start, &text[piece]);
    // A fast check: a piece is not deeper than the number of its opening brackets.
    if count_openings(piece) + depth <= MAX_DEPTH {
        return Ok(());
    }
    match find_too_deep(piece, depth) {
        Some(at) => Err(format!("nested deeper than {MAX_DEPTH} levels at byte {}", start + at)),
        None => Ok(()),
    }
}

/// The number of opening brackets and braces in `text`. They differ in one bit. The sum of 255 bytes fits
/// in one, so the compiler can add many bytes at a time.
fn count_openings(text: &str) -> usize {
    let count = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>();
    text.as_bytes().chunks(255).map(|chunk| usize::from(count(chunk))).sum()
}

/// The position at which the nesting becomes too deep. The parser checks the syntax.
fn find_too_deep(text: &str, depth: usize) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (depth, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            in_string = byte != b'"' || escaped;
            escaped = byte == b'\\' && !escaped;
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(at);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Reads `text` as a `T`. If that fails, reads it again to find the position.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Flaw> {
    serde_json::from_str(text).map_err(|error| {
        let mut reader = serde_json::Deserializer::from_str(text);
        let place = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Err(error) => format_path(error.path()),
            Ok(_) => String::new(),
        };
        format_flaw(&error, &place)
    })
}

/// The field names that this library knows. An error contains no others.
const KNOWN_NAMES: [&str; 17] = [
    "action",
    "email",
    "full_name",
    "handles",
    "html_url",
    "inserted_at",
    "name",
    "organizations",
    "owned_packages",
    "packages",
    "params",
    "repository",
    "role",
    "updated_at",
    "url",
    "user_agent",
    "username",
];

/// `path` in parentheses, such as ` (packages[0].name)`. An unknown key may be personal data, such as
/// an e-mail address, and becomes `*`.
fn format_path(path: &Path) -> String {
    let mut place = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => place += &format!("[{index}]"),
            Segment::Map { key } => {
                place += if place.is_empty() { "" } else { "." };
                place += KNOWN_NAMES.iter().find(|name| *name == key).unwrap_or(&"*");
            }
            // Invalid JSON has no path.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    if place.is_empty() { place } else { format!(" ({place})") }
}

fn format_flaw(error: &serde_json::Error, place: &str) -> Flaw {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let text = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    // serde repeats the value: 'invalid type: string "eric@…", expected a map'.
    let text = match text.rsplit_once(", expected ") {
        Some((_, expected)) if error.is_data() => format!("expected {expected}"),
        _ => text.to_owned(),
    };
    format!("{text} at line {line} column {column}{place}")
}

/// A string, borrowed if it has no escapes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl From<Text<'_>> for String {
    fn from(Text(text): Text<'_>) -> Self {
        text.into_owned()
    }
}

/// A string of a text: a range, or a copy if it has escapes.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    In(Range<usize>),
    Own(Box<str>),
}

impl Piece {
    pub(crate) fn new(whole: &str, Text(text): Text<'_>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::In(place(whole, text)),
            Cow::Owned(text) => Self::Own(text.into()),
        }
    }

    pub(crate) fn text<'a>(&'a self, whole: &'a str) -> &'a str {
        match self {
            Self::In(place) => &whole[place.clone()],
            Self::Own(text) => text,
        }
    }
}

/// The range of `part` in `whole`.
pub(crate) fn place(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

/// The keys of an object so far, to find repeated keys.
#[derive(Default)]
pub(crate) struct Keys<'de> {
    few: Vec<Cow<'de, str>>,
    many: HashSet<Cow<'de, str>>,
}

/// Up to this number, comparing keys is faster than hashing them.
const FEW: usize = 24;

impl<'de> Keys<'de> {
    /// The next key.
    pub(crate) fn next<A: MapAccess<'de>>(
        &mut self,
        map: &mut A,
    ) -> Result<Option<Cow<'de, str>>, A::Error> {
        let Some(Text(key)) = map.next_key()? else { return Ok(None) };
        if self.many.len() == MAX_MEMBERS {
            return Err(too_many());
        }
        let is_new = if self.few.len() < FEW {
            let is_new = !self.few.contains(&key);
            self.few.push(key.clone());
            is_new
        } else {
            if self.many.is_empty() {
                self.many.extend(self.few.iter().cloned());
            }
            self.many.insert(key.clone())
        };
        if is_new { Ok(Some(key)) } else { Err(A::Error::custom("the same key twice")) }
    }
}

fn too_many<E: serde::de::Error>() -> E {
    E::custom(format_args!("more than {MAX_MEMBERS} members"))
}

/// A JSON array.
#[derive(Debug)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = list.next_element()? {
                    if members.len() == MAX_MEMBERS {
                        return Err(too_many());
                    }
                    members.push(member);
                }
                Ok(List(members))
            }
        }

        deserializer.deserialize_seq(Members(PhantomData))
    }
}

/// A JSON object as pairs in the server's order. The same key twice is an error.
#[derive(Debug)]
pub(crate) struct UniqueMap<'a, V>(pub(crate) Vec<(Cow<'a, str>, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<'de, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
            type Value = UniqueMap<'de, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                let mut keys = Keys::default();
                while let Some(key) = keys.next(&mut map)? {
                    pairs.push((key, map.next_value()?));
                }
                Ok(UniqueMap(pairs))
            }
        }

        deserializer.deserialize_map(Pairs(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_bounded_and_strings_do_not_count() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(text(nested(MAX_DEPTH).into_bytes()).is_ok());
        assert_eq!(
            text(nested(MAX_DEPTH + 1).into_bytes()).unwrap_err(),
            "nested deeper than 127 levels at byte 127"
        );
        let row = nested(MAX_DEPTH);
        assert!(check_depth(&row, 0..row.len(), 0).is_ok());
        assert_eq!(
            check_depth(&row, 0..row.len(), 1).unwrap_err(),
            "nested deeper than 127 levels at byte 126"
        );
        let quoted = format!(r#"["{}\"{}"]"#, "[".repeat(500), "{".repeat(500));
        assert!(text(quoted.into_bytes()).is_ok());
        assert_eq!(text(b"\"a\xff\"".to_vec()).unwrap_err(), "invalid UTF-8 at byte 2");
    }

    #[test]
    fn a_flaw_names_the_position_and_hides_the_value() {
        let error = read::<Vec<UniqueMap<String>>>("[{\"a\":\"b\"},\n{\"c\":12345}]").unwrap_err();
        assert_eq!(error, "expected a string at line 2 column 10 ([1].*)");
        let error = read::<UniqueMap<String>>(r#"{"a":"b","a":"c"}"#).unwrap_err();
        assert!(error.starts_with("the same key twice at line 1 column 12"), "{error}");
        let error = read::<UniqueMap<String>>(r#"{"a":"#).unwrap_err();
        assert_eq!(error, "EOF while parsing a value at line 1 column 5 (*)");
        let error = read::<UniqueMap<String>>("{").unwrap_err();
        assert_eq!(error, "EOF while parsing an object at line 1 column 1");
        let error = read::<UniqueMap<String>>(r#""eric@example.com""#).unwrap_err();
        assert_eq!(error, "expected an object at line 1 column 18");
    }

    #[test]
    fn a_repeated_key_is_found_among_many() {
        let pairs: Vec<_> = (0..FEW * 2).map(|number| format!("\"{number}\":1")).collect();
        assert!(read::<UniqueMap<u8>>(&format!("{{{}}}", pairs.join(","))).is_ok());
        for twice in [0, FEW - 1, FEW, FEW * 2 - 1] {
            let text = format!("{{{},{}}}", pairs.join(","), pairs[twice]);
            assert!(read::<UniqueMap<u8>>(&text).unwrap_err().starts_with("the same key twice"));
        }
    }
}
