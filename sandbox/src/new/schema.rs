//! `world.schema.json` comes from the types that read a world file. A test checks that it is up to
//! date.

use std::path::PathBuf;

use super::account::NewEmail;
use super::form::EmailForm;
use super::world::NewWorld;

#[test]
fn the_schema_matches_the_code() {
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
    let email = NewEmail {
        id: Some(1),
        verification_key: Some("x".to_owned()),
        verification_sent_at: now,
        updated_at: now,
        ..NewEmail::verified("eric@example.com")
    };
    let email = serde_json::to_value(email).expect("JSON");
    let schema = serde_json::to_value(schemars::schema_for!(EmailForm)).expect("JSON");
    let names = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(names(&schema["anyOf"][0]["properties"]), names(&email));
}
