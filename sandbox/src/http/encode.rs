//! Percent encoding, both ways.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A value of a query string.
pub(crate) fn form_value(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The bytes of a path segment. A `%` that encodes nothing stays.
pub(crate) fn decode_segment(segment: &str) -> Vec<u8> {
    percent_decode(segment.as_bytes()).collect()
}

/// The text of a form's key or value: `+` is a space. `None` when it is not UTF-8.
pub(crate) fn decode_form(text: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    String::from_utf8(percent_decode(&spaced).collect()).ok()
}
