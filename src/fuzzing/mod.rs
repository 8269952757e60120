//! Properties that must hold for all input. Each function takes bytes, and panics if a property
//! does not hold.
//!
//! The fuzz targets of `fuzz/` call these functions. `tests` runs them in every build of the tests:
//! on the recorded replies, on earlier findings, and on arbitrary text. Builds for users do not
//! contain this module.
//!
//! - `reply`: whole replies, with the records and errors in them
//! - `headers`: single headers
//! - `arguments`: names and options, which come from a program's own users

mod arguments;
mod headers;
mod reply;
#[cfg(test)]
mod tests;

pub use arguments::{option, path};
pub use headers::{challenge, limits, notice};
pub use reply::{error_body, page, reply, user};

use serde_json::Value;

use crate::server_text::{MAX_FIELD_ERRORS, MAX_NAME, MAX_TEXT, escape_control};
use crate::{Error, ErrorKind};

/// Checks text that goes to a terminal or a log file.
fn assert_printable(what: &str, text: &str) {
    let bad = text.chars().find(|c| escape_control(*c).ne([*c]));
    assert!(bad.is_none(), "{what} holds {bad:?}: {text:?}");
}

/// Checks text that an error may contain.
fn assert_bounded(what: &str, text: &str, limit: usize) {
    assert!(text.len() <= limit, "{what} is {} bytes long", text.len());
    assert_printable(what, text);
}

/// Counts the field errors in `value`, and checks the size of each.
fn count_fields(value: &Value) -> usize {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.keys().for_each(|name| assert_bounded("a name", name, MAX_NAME));
            fields.values().map(count_fields).sum()
        }
        Value::Array(values) if !values.is_empty() => values.iter().map(count_fields).sum(),
        value => {
            assert_bounded("a field error", value.as_str().unwrap_or_default(), MAX_TEXT);
            1
        }
    }
}

/// Checks the properties of every error.
fn assert_error(error: &Error) {
    assert!(ErrorKind::ALL.contains(&error.kind()));
    assert_bounded("the text", &error.to_string(), 64 * 1024);
    assert_bounded("the debug form", &format!("{error:?}"), 64 * 1024);
    assert_bounded("the message", error.message(), MAX_TEXT);
    assert_bounded("the request id", error.request_id().unwrap_or_default(), MAX_NAME);
    let fields = error.field_errors().map_or(0, |fields| fields.values().map(count_fields).sum());
    // One more entry contains the number of those that were left out.
    assert!(fields <= MAX_FIELD_ERRORS + 1, "{fields} field errors");
    assert!(!error.is_retryable() || !error.outcome_unknown());

    let json = error.to_json();
    assert_bounded("the JSON", &json, 128 * 1024);
    let read: Value = serde_json::from_str(&json).expect("the JSON of an error");
    assert_eq!(read["kind"], error.kind().as_str());
    assert_eq!(read["message"], error.message());
    assert_eq!(read["status"].as_u64(), error.status().map(u64::from));
    assert_eq!(read["request_id"].as_str(), error.request_id());
    assert_eq!(read["errors"].as_object(), error.field_errors());
    assert_eq!(read["retry_after_ms"].is_u64(), error.retry_after().is_some());
}
