//! `world.schema.json` is made from the types that read a world file, and has to be up to date.

use std::borrow::Cow;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::NewWorld;

/// Any JSON value.
pub(crate) struct Anything;

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

/// An address, written out or as a list.
pub(super) struct EmailForm;

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

#[test]
fn the_schema_is_what_the_code_reads() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("world.schema.json");
    let made = serde_json::to_string_pretty(&schemars::schema_for!(NewWorld)).expect("JSON") + "\n";
    if std::env::var_os("AURA_BLESS").is_some() {
        std::fs::write(&path, &made).expect("world.schema.json");
    }
    let kept = std::fs::read_to_string(&path).expect("world.schema.json");
    assert!(made == kept, "world.schema.json is stale: run this test with AURA_BLESS=1");
}

/// The one part of the schema that is written by hand.
#[test]
fn an_address_in_the_schema_has_the_fields_of_an_address() {
    let now = Some(jiff::Timestamp::UNIX_EPOCH);
    let email = super::NewEmail {
        id: Some(1),
        verification_key: Some("x".to_owned()),
        verification_sent_at: now,
        updated_at: now,
        ..super::NewEmail::verified("eric@example.com")
    };
    let email = serde_json::to_value(email).expect("JSON");
    let schema = serde_json::to_value(schemars::schema_for!(EmailForm)).expect("JSON");
    let names = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(names(&schema["anyOf"][0]["properties"]), names(&email));
}
