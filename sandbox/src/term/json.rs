//! Terms as JSON, with serde.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::{Map, Term};
use crate::clock;

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Term::Nil => out.serialize_unit(),
            Term::Bool(value) => out.serialize_bool(*value),
            Term::Int(value) => out.serialize_i64(*value),
            Term::Float(value) => out.serialize_f64(*value),
            Term::Str(value) => out.serialize_str(value),
            Term::List(items) => out.collect_seq(items),
            Term::Map(map) => map.serialize(out),
            Term::Time(time) => out.serialize_str(&clock::micros(*time)),
            Term::Raw(raw) => raw.serialize(out),
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.sorted() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Deeper values are read and dropped, because no parameter is there.
const KEPT_DEPTH: usize = 100;

/// Reads a document. Unlike serde_json alone, it limits neither the depth nor the size of integers.
pub(crate) fn parse(text: &[u8]) -> Result<Term, serde_json::Error> {
    read(serde_json::from_slice(text)?, 0)
}

/// Reads one value, whose end serde_json has found.
fn read(raw: &RawValue, depth: usize) -> Result<Term, serde_json::Error> {
    let text = raw.get();
    if depth > KEPT_DEPTH {
        return Ok(Term::Nil);
    }
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Entries(raw) = serde_json::from_str(text)?;
            let entries = raw.into_iter().map(|(key, raw)| Ok((key, read(raw, depth + 1)?)));
            Term::Map(Map(entries.collect::<Result<_, serde_json::Error>>()?))
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            let items = items.into_iter().map(|raw| read(raw, depth + 1));
            Term::List(items.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Term::Str(serde_json::from_str(text)?),
        Some(b'n') => Term::Nil,
        Some(b't' | b'f') => Term::Bool(serde_json::from_str(text)?),
        _ if text.contains(['.', 'e', 'E']) => Term::Float(serde_json::from_str(text)?),
        // The sandbox does not compute with integers, so a huge one only has to be a number.
        _ => match text.parse() {
            Ok(value) => Term::Int(value),
            Err(_) => Term::Float(text.parse().unwrap_or(f64::INFINITY)),
        },
    })
}

/// The entries of an object, the first of each key.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                // A set beside the list, because an object may have a million keys.
                let mut seen = HashSet::new();
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if seen.insert(key.clone()) {
                        entries.push((key, value));
                    }
                }
                Ok(Entries(entries))
            }
        }

        input.deserialize_map(EntriesVisitor)
    }
}
