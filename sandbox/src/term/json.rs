//! Terms as JSON, by way of serde.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

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

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(TermVisitor)
    }
}

struct TermVisitor;

impl<'de> Visitor<'de> for TermVisitor {
    type Value = Term;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Term, E> {
        Ok(Term::Nil)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Term, E> {
        Ok(Term::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Term, E> {
        Ok(Term::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Term, E> {
        Ok(i64::try_from(value).map_or(Term::Float(value as f64), Term::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Term, E> {
        Ok(Term::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Term, E> {
        Ok(Term::Str(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Term, E> {
        Ok(Term::Str(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Term, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Term::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Term, A::Error> {
        // A set beside the list: an object of a million keys must not take a million squared steps.
        let mut seen = std::collections::HashSet::new();
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Term>()? {
            if seen.insert(key.clone()) {
                entries.push((key, value));
            }
        }
        Ok(Term::Map(Map(entries)))
    }
}
