//! `aura_json_get`: reads one value of a JSON text, for programs without a JSON library.

use std::borrow::Cow;
use std::ffi::c_char;
use std::fmt;
use std::mem::MaybeUninit;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::argument::{OutPointer, read_text};
use super::error::aura_error;
use super::guard::return_status;
use super::status::aura_status;
use crate::{Error, Result};

/// Gets one value of a JSON text. `pointer` is a JSON pointer (RFC 6901), such as "/username" or
/// "/packages/0/name". "" is the whole text. In a name, write "~1" for "/" and "~0" for "~".
///
/// Returns AURA_OK and sets `value` to the value as text; free it with aura_string_free(). A string is
/// decoded. A number, true, false, an object or an array is copied as it is in the JSON. `value` is
/// NULL if the value does not exist or is null. Returns AURA_INVALID_ARGUMENT if `json` or `pointer` is
/// not valid, or if the string contains a NUL character.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_json_get(
    json: *const c_char,
    pointer: *const c_char,
    value: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let value = OutPointer::new("value", value)?;
        let (json, pointer) = (read_text("json", json)?, read_text("pointer", pointer)?);
        if let Some(found) = find(json, pointer)? {
            if memchr::memchr(0, found.as_bytes()).is_some() {
                let why = "the string at pointer contains a NUL character, and a C string cannot: \
                           read it with a JSON library";
                return Err(Error::invalid_argument(why));
            }
            value.set_text(&found)?;
        }
        Ok(aura_status::AURA_OK)
    })
}

/// The value at `pointer` in `json`. None if it does not exist or is null.
fn find<'a>(json: &'a str, pointer: &str) -> Result<Option<Cow<'a, str>>> {
    let invalid = |error: serde_json::Error| {
        Error::invalid_argument(format!("json is not valid: {error}")).with_source(error)
    };
    let mut value: &RawValue = serde_json::from_str(json).map_err(invalid)?;
    for name in parse_pointer(pointer)? {
        let next = match value.get().as_bytes().first() {
            Some(b'{' | b'[') => {
                Member(&name).deserialize(&mut serde_json::Deserializer::from_str(value.get()))
            }
            _ => return Ok(None),
        };
        let Some(next) = next.map_err(invalid)? else { return Ok(None) };
        value = next;
    }
    Ok(match value.get() {
        "null" => None,
        string if string.starts_with('"') => {
            let Text(text) = serde_json::from_str(string).map_err(invalid)?;
            Some(text)
        }
        other => Some(other.into()),
    })
}

/// The names and indices in a pointer.
fn parse_pointer(pointer: &str) -> Result<Vec<String>> {
    let mut pieces = pointer.split('/');
    if pieces.next() != Some("") {
        return Err(Error::invalid_argument("pointer must be empty or start with a slash"));
    }
    pieces
        .map(|piece| {
            let is_escape = |rest: &str| rest.starts_with(['0', '1']);
            match piece.split('~').skip(1).all(is_escape) {
                true => Ok(piece.replace("~1", "/").replace("~0", "~")),
                false => Err(Error::invalid_argument("pointer contains a ~ that is not ~0 or ~1")),
            }
        })
        .collect()
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Finds the member of an object or the element of an array. If names are repeated, the last wins.
struct Member<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Text(name)) = members.next_key()? {
            match name == self.0 {
                true => found = Some(members.next_value()?),
                false => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let is_index = self.0 == "0" || !self.0.starts_with(['0', '+']);
        let index = self.0.parse::<usize>().ok().filter(|_| is_index);
        let (mut found, mut at) = (None, 0);
        while let Some(element) = elements.next_element::<&RawValue>()? {
            if Some(at) == index {
                found = Some(element);
            }
            at += 1;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_finds_its_value() {
        let json = r#" {"a/b":{"~":[1,"\u00e9",{"x":null}]},"":"empty","n":1e999,"n2":-0.50,"t":true,
            "twice":1,"twice":2} "#;
        for (pointer, value) in [
            ("/a~1b/~0/0", Some("1")),
            ("/a~1b/~0/1", Some("é")),
            ("/a~1b/~0/2", Some(r#"{"x":null}"#)),
            ("/a~1b/~0/2/x", None),
            ("/a~1b/~0/3", None),
            ("/a~1b/~0/-", None),
            ("/a~1b/~0/00", None),
            ("/a~1b/~0/x", None),
            ("/", Some("empty")),
            ("/n", Some("1e999")),
            ("/n/deeper", None),
            ("/n2", Some("-0.50")),
            ("/t", Some("true")),
            ("/twice", Some("2")),
            ("/none", None),
        ] {
            assert_eq!(find(json, pointer).unwrap().as_deref(), value, "{pointer}");
        }
        assert_eq!(find(json, "").unwrap().as_deref(), Some(json.trim()));
        assert_eq!(find("null", "").unwrap(), None);
    }

    #[test]
    fn invalid_json_and_invalid_pointers_are_refused() {
        for (json, pointer, why) in [
            ("", "/a", "json is not valid"),
            ("{\"a\":1", "/a", "json is not valid"),
            (r#"{"a":"\ud800"}"#, "/a", "json is not valid"),
            ("{}", "a", "pointer must be empty or start with a slash"),
            ("{}", "/~2", "pointer contains a ~"),
            ("{}", "/a~", "pointer contains a ~"),
        ] {
            let error = find(json, pointer).unwrap_err();
            assert!(error.message().starts_with(why), "{json} {pointer}: {error}");
        }
    }
}
