//! Shared code of all parts of a document: how to read them, and which fields to leave out.

#[cfg(test)]
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use indexmap::IndexMap;
#[cfg(test)]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads a document. An error names the position of a mistake.
pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().to_string();
        let error = error.into_inner();
        // Invalid JSON has no place.
        if matches!(&*place, "." | "?") { error.to_string() } else { format!("{place}: {error}") }
    })?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(value)
}

/// Whether a snapshot leaves the field out, because it has its default.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads a value that may be `null`. `null` differs from a missing value.
pub(crate) fn nullable<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(input).map(Some)
}

/// An object in its order. A repeated key is a mistake.
pub(crate) fn each_once<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    input: D,
) -> Result<IndexMap<String, T>, D::Error> {
    struct EachOnce<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for EachOnce<T> {
        type Value = IndexMap<String, T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Self::Value, A::Error> {
            let mut map = IndexMap::new();
            while let Some((key, value)) = input.next_entry::<String, T>()? {
                let text = format!("\"{key}\" is there twice");
                if map.insert(key, value).is_some() {
                    return Err(A::Error::custom(text));
                }
            }
            Ok(map)
        }
    }

    input.deserialize_map(EachOnce(PhantomData))
}

pub(crate) fn is_true(value: &bool) -> bool {
    *value
}

/// The schema of any JSON value.
#[cfg(test)]
pub(crate) struct Anything;

#[cfg(test)]
impl JsonSchema for Anything {
    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        true.into()
    }
}

/// The schema of an address, written out or as a list.
#[cfg(test)]
pub(super) struct EmailForm;

#[cfg(test)]
impl JsonSchema for EmailForm {
    fn schema_name() -> Cow<'static, str> {
        "NewEmail".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An address; as a list: address, verified, primary, public.",
            "anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "email": {"type": "string"},
                        "verified": {"type": "boolean", "default": false},
                        "primary": {"type": "boolean", "default": false},
                        "public": {"type": "boolean", "default": false},
                        "id": {"type": ["integer", "null"]},
                        "verification_key": {"type": ["string", "null"]},
                        "verification_sent_at": {"type": ["string", "null"]},
                        "updated_at": {"type": ["string", "null"]}
                    },
                    "required": ["email"],
                    "additionalProperties": false
                },
                {
                    "type": "array",
                    "minItems": 1,
                    "prefixItems": [
                        {"type": "string"},
                        {"type": "boolean"},
                        {"type": "boolean"},
                        {"type": "boolean"}
                    ],
                    "items": false
                }
            ]
        })
    }
}
