//! The body of an error, within limits.
//!
//! Nothing here recurses deeper than [`MAX_FIELD_LEVELS`], or keeps more than the limits in
//! `server_text` permit.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::server_text::{
    self, ELLIPSIS, MAX_ERROR_BODY, MAX_FIELD_ERRORS, MAX_FIELD_LEVELS, MAX_FIELDS,
};

/// An error body: `{"message": text, "status": N}`, and after a 422 `"errors"` by field.
pub(super) struct ErrorBody {
    pub(super) message: String,
    /// If some are left out, the last one is named `…` and contains their number.
    pub(super) errors: Option<Map<String, Value>>,
}

type Members<'a> = BTreeMap<String, &'a RawValue>;

impl ErrorBody {
    /// Reads `body`. `None` if it is not an error of the API.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        if body.len() > MAX_ERROR_BODY {
            return None;
        }
        let members: Members<'_> = serde_json::from_slice(body).ok()?;
        let message: String = read(members.get("message")?)?;
        let errors = members.get("errors").and_then(|errors| read(errors)).map(fields);
        Some(Self { message: server_text::text(&message), errors })
    }
}

fn fields(members: Members<'_>) -> Map<String, Value> {
    let mut kept = Kept { errors: MAX_FIELD_ERRORS, bytes: MAX_FIELDS, left_out: 0 };
    let mut fields = kept.fields(members, 1);
    if kept.left_out > 0 {
        fields.insert(ELLIPSIS.to_owned(), format!("and {} more", kept.left_out).into());
    }
    fields
}

/// The space that is left, and the number of field errors without space.
struct Kept {
    errors: usize,
    bytes: usize,
    left_out: usize,
}

impl Kept {
    fn fields(&mut self, members: Members<'_>, level: usize) -> Map<String, Value> {
        let mut fields = Map::new();
        for (name, value) in members {
            let name = server_text::name(&name);
            let Some(value) = self.value(value, name.len(), level) else { continue };
            if fields.insert(name, value).is_some() {
                // Two long names are equal after they were cut.
                self.left_out += 1;
            }
        }
        fields
    }

    /// Takes space for the name of a field that contains others. If there is none, they are left
    /// out.
    fn take_space_for_name(&mut self, name: usize) {
        match self.bytes.checked_sub(name) {
            Some(bytes) => self.bytes = bytes,
            None => self.errors = 0,
        }
    }

    /// A field error, or the fields in a field. `None` if there is no space for it. `name` is the
    /// length of the field's name.
    fn value(&mut self, raw: &RawValue, name: usize, level: usize) -> Option<Value> {
        let is_nested = level < MAX_FIELD_LEVELS;
        if let Some(members) = read::<Members<'_>>(raw).filter(|all| is_nested && !all.is_empty()) {
            self.take_space_for_name(name);
            let fields = self.fields(members, level + 1);
            return (!fields.is_empty()).then(|| fields.into());
        }
        if let Some(items) = read::<Vec<&RawValue>>(raw).filter(|all| is_nested && !all.is_empty())
        {
            self.take_space_for_name(name);
            let items = items.into_iter().filter_map(|item| self.value(item, 0, level + 1));
            let items: Vec<_> = items.collect();
            return (!items.is_empty()).then(|| items.into());
        }
        let value = plain_value(raw);
        let bytes = name + value.as_str().map_or(0, str::len);
        if self.errors == 0 || self.bytes < bytes {
            self.left_out += 1;
            return None;
        }
        self.errors -= 1;
        self.bytes -= bytes;
        Some(value)
    }
}

/// A value that is kept as a whole. Values that `Value` would change stay JSON text: a number
/// beyond 64 bits, and values that are nested too deep.
fn plain_value(raw: &RawValue) -> Value {
    if let Some(text) = read::<String>(raw) {
        return server_text::text(&text).into();
    }
    let json = raw.get();
    let is_plain = matches!(json, "{}" | "[]") || !json.starts_with(['{', '[']);
    let value = is_plain.then(|| read::<Value>(raw)).flatten();
    match value.map(|value| (value.to_string(), value)) {
        Some((written, value)) if written == json => value,
        _ => server_text::text(json).into(),
    }
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(json: &str) -> Map<String, Value> {
        let body = format!(r#"{{"message":"no","errors":{json}}}"#);
        ErrorBody::read(body.as_bytes()).unwrap().errors.unwrap()
    }

    #[test]
    fn field_errors_keep_their_form() {
        let given = json!({
            "username": "is reserved",
            "emails": {"email": ["has invalid format", 1, null, true, {}]},
            "a": {"b": {"c": {"d": {"e": {"f": {"g": "deep"}}}}}},
        });
        assert_eq!(Value::from(errors(&given.to_string())), given);
    }

    #[test]
    fn numbers_of_any_size_stay_unchanged() {
        let huge = "9".repeat(400);
        let json = format!(
            r#"{{"a":18446744073709551615,"b":18446744073709551616,"c":1e999999999,"d":1.50,"e":-{huge}}}"#
        );
        let errors = errors(&json);
        assert_eq!(errors["a"], u64::MAX);
        assert_eq!(errors["b"], "18446744073709551616");
        assert_eq!(errors["c"], "1e999999999");
        assert_eq!(errors["d"], "1.50");
        assert_eq!(errors["e"], format!("-{huge}"));
        let body = format!(r#"{{"status":{huge},"message":"no","x":-1e{huge}}}"#);
        assert_eq!(ErrorBody::read(body.as_bytes()).unwrap().message, "no");
    }

    #[test]
    fn deeply_nested_values_become_text() {
        let nest = |depth: usize| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
        let mut value = &Value::from(errors(&nest(5000)));
        for _ in 0..MAX_FIELD_LEVELS {
            value = &value["a"];
        }
        assert!(value.as_str().unwrap().starts_with("{\"a\":{\"a\":"), "{value}");
        let brackets = format!("{{\"a\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
        errors(&brackets);
    }

    #[test]
    fn the_number_of_kept_errors_is_bounded() {
        let many: Vec<_> = (0..5000).map(|n| format!("\"{n:04}\":\"\"")).collect();
        let many = many.join(",");
        for (json, inner) in
            [(format!("{{{many}}}"), 200), (format!(r#"{{"a":{{{many}}},"b":"left out"}}"#), 1)]
        {
            let errors = errors(&json);
            assert_eq!(errors.len(), inner + 1);
            let left_out = if inner == 1 { 4801 } else { 4800 };
            assert_eq!(errors[ELLIPSIS], format!("and {left_out} more"));
        }
        let lists = format!("{{\"a\":[{}0]}}", "0,".repeat(4999));
        let errors = errors(&lists);
        assert_eq!(errors["a"].as_array().unwrap().len(), MAX_FIELD_ERRORS);
        assert_eq!(errors[ELLIPSIS], "and 4800 more");
    }

    fn text_in(value: &Value) -> usize {
        value.as_str().map_or(0, str::len)
    }

    #[test]
    fn names_and_texts_are_bounded_one_by_one_and_together() {
        let long = "\u{7f}".repeat(10_000);
        let errors = errors(&json!({ &long: {&long: &long} }).to_string());
        let (name, nested) = errors.iter().next().unwrap();
        let text = nested[name].as_str().unwrap();
        assert!(name.len() <= server_text::MAX_NAME && name.ends_with(ELLIPSIS));
        assert!(text.len() <= server_text::MAX_TEXT && text.ends_with(ELLIPSIS));

        let texts = (0..199).map(|n| (n.to_string(), json!("\u{7f}".repeat(300))));
        let fields = (0..199).map(|n| (format!("{n:0250}"), json!({"": ""})));
        for json in [Value::from_iter(texts), Value::from_iter(fields)] {
            let errors = super::tests::errors(&json.to_string());
            let size: usize = errors.iter().map(|(name, value)| name.len() + text_in(value)).sum();
            assert!((MAX_FIELDS / 2..MAX_FIELDS + 32).contains(&size), "{size}");
            assert!(errors[ELLIPSIS].as_str().unwrap().starts_with("and "), "{errors:?}");
        }
    }

    #[test]
    fn a_body_that_is_too_large_is_no_error_of_the_api() {
        let body = |length: usize| format!(r#"{{"message":"{}"}}"#, "a".repeat(length - 14));
        assert!(ErrorBody::read(body(MAX_ERROR_BODY).as_bytes()).is_some());
        assert!(ErrorBody::read(body(MAX_ERROR_BODY + 1).as_bytes()).is_none());
        for body in ["", "{}", "[]", "<html>", r#"{"message":1}"#, "{\"message\":\"\\ud800\"}"] {
            assert!(ErrorBody::read(body.as_bytes()).is_none(), "{body}");
        }
        assert!(ErrorBody::read(b"{\"message\":\"\xff\"}").is_none());
    }
}
