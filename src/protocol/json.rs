//! The rules every body is read by.
//!
//! A body is text (UTF-8), is nested no deeper than [`MAX_DEPTH`], and is read as a whole: what
//! cannot be read is an error that names the place and never repeats a value, which may be
//! somebody's address.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::headers::printable;

/// How deep a reply may be nested: as deep as serde_json, and with it our users, can follow.
pub(crate) const MAX_DEPTH: usize = 127;

/// Why a body could not be read: where, and what was expected there.
pub(crate) type Flaw = String;

/// The body as text.
pub(crate) fn text(body: Vec<u8>) -> Result<String, Flaw> {
    let text = String::from_utf8(body)
        .map_err(|error| format!("invalid UTF-8 at byte {}", error.utf8_error().valid_up_to()))?;
    match too_deep(&text) {
        Some(at) => Err(format!("nested deeper than {MAX_DEPTH} levels at byte {at}")),
        None => Ok(text),
    }
}

/// Where the nesting becomes too deep, if it does. Text that is not JSON is left to the parser.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
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

/// Reads `text` as a `T`. Only a failure pays for finding out where it is.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Flaw> {
    serde_json::from_str(text).map_err(|error| {
        let mut reader = serde_json::Deserializer::from_str(text);
        let path = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
            Err(error) if error.path().iter().next().is_some() => {
                format!(" ({})", printable(&error.path().to_string()))
            }
            _ => String::new(),
        };
        flaw(&error, &path)
    })
}

fn flaw(error: &serde_json::Error, path: &str) -> Flaw {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let text = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    // serde repeats the value it found ('invalid type: string "eric@…", expected a map').
    let text = match text.rsplit_once(", expected ") {
        Some((_, expected)) if error.is_data() => format!("expected {expected}"),
        _ => text.to_owned(),
    };
    format!("{text} at line {line} column {column}{path}")
}

/// A JSON object as pairs in the server's order; the same key twice is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UniqueMap<V>(pub(crate) Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
            type Value = UniqueMap<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                let mut seen = HashSet::new();
                while let Some((key, value)) = map.next_entry::<String, V>()? {
                    if !seen.insert(key.clone()) {
                        return Err(A::Error::custom("the same key twice"));
                    }
                    pairs.push((key, value));
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
        let quoted = format!(r#"["{}\"{}"]"#, "[".repeat(500), "{".repeat(500));
        assert!(text(quoted.into_bytes()).is_ok());
        assert_eq!(text(b"\"a\xff\"".to_vec()).unwrap_err(), "invalid UTF-8 at byte 2");
    }

    #[test]
    fn a_flaw_names_the_place_and_keeps_the_value_to_itself() {
        let error = read::<Vec<UniqueMap<String>>>("[{\"a\":\"b\"},\n{\"c\":12345}]").unwrap_err();
        assert_eq!(error, "expected a string at line 2 column 10 ([1].c)");
        let error = read::<UniqueMap<String>>(r#"{"a":"b","a":"c"}"#).unwrap_err();
        assert!(error.starts_with("the same key twice at line 1 column 17"), "{error}");
        let error = read::<UniqueMap<String>>(r#"{"a":"#).unwrap_err();
        assert!(error.starts_with("EOF while parsing"), "{error}");
        let error = read::<UniqueMap<String>>(r#""eric@example.com""#).unwrap_err();
        assert_eq!(error, "expected an object at line 1 column 18");
    }
}
