//! What must hold whatever bytes come: each function here takes them and panics where it does not.
//!
//! The fuzz targets of `fuzz/` are made of these; `tests` runs them in every build, on the recorded
//! replies, on what fuzzing found, and on arbitrary text. Nothing of this is in a library that is
//! built to be used.
//!
//! - `reply`: whole replies, the records and errors that are read from them
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

use crate::protocol::headers::escape_control;
use crate::{Error, ErrorKind};

/// Text on its way to a terminal or a log file.
fn assert_printable(what: &str, text: &str) {
    let bad = text.chars().find(|c| escape_control(*c).ne([*c]));
    assert!(bad.is_none(), "{what} holds {bad:?}: {text:?}");
}

/// What is true of every error, whatever it was made of.
fn assert_error(error: &Error) {
    assert!(ErrorKind::ALL.contains(&error.kind()));
    assert_printable("the text", &error.to_string());
    assert_printable("the debug form", &format!("{error:?}"));
    assert_printable("the message", error.message());
    assert_printable("the request id", error.request_id().unwrap_or_default());

    let json = error.to_json();
    assert_printable("the JSON", &json);
    let read: serde_json::Value = serde_json::from_str(&json).expect("the JSON of an error");
    assert_eq!(read["kind"], error.kind().as_str());
    assert_eq!(read["message"], error.message());
    assert_eq!(read["status"].as_u64(), error.status().map(u64::from));
    assert_eq!(read["request_id"].as_str(), error.request_id());
    assert_eq!(read["errors"].as_object(), error.field_errors());
    assert_eq!(read["retry_after_ms"].is_u64(), error.retry_after().is_some());
}
