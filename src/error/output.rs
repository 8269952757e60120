//! An error as text and as JSON.

use std::fmt::{self, Write};

use serde_json::{Map, Value, json};

use super::hint::OUTCOME_UNKNOWN;
use super::{Error, Reason};
use crate::server_text::{Bounded, ELLIPSIS, MAX_FIELDS};

impl Error {
    /// The whole error as a JSON object of at most 256 kB. All languages use this form.
    #[must_use]
    pub fn to_json(&self) -> String {
        let e = &*self.0;
        json!({
            "kind": e.kind.as_str(),
            "code": e.kind.number(),
            "text": self.to_string(),
            "status": e.status,
            "message": e.message,
            "hint": self.hint(),
            "reason": e.reason.map(Reason::as_str),
            "errors": e.errors,
            "request_id": e.request_id,
            // JSON parsers read whole numbers as signed 64-bit integers.
            "retry_after_ms": e.retry_after.map(|wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)),
            "attempts": e.attempts,
            "method": self.method(),
            "route": self.route(),
            "outcome_unknown": e.outcome_unknown,
            "retryable": self.is_retryable(),
        })
        .to_string()
    }
}

/// `GET /users/{username_or_email}: not_found (404): Page not found [request id …]`
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &*self.0;
        if let Some(operation) = e.operation {
            write!(f, "{} {}: ", operation.method(), operation.route())?;
        }
        write!(f, "{}", e.kind)?;
        if let Some(status) = e.status {
            write!(f, " ({status})")?;
        }
        write!(f, ": {}", e.message)?;
        if let Some(errors) = &e.errors {
            let mut bounded = Bounded::new(f, MAX_FIELDS);
            let written = write_fields(&mut bounded, "", errors);
            bounded.end(written)?;
            if let Some(Value::String(left_out)) = errors.get(ELLIPSIS) {
                write!(f, "; {ELLIPSIS} {left_out}")?;
            }
        }
        if let Some(hint) = self.hint() {
            write!(f, "; {hint}")?;
        }
        if let Some(wait) = e.retry_after.filter(|_| self.is_retryable()) {
            write!(f, "; try again in {} s", wait.as_millis().div_ceil(1000))?;
        }
        if e.outcome_unknown && self.hint() != Some(OUTCOME_UNKNOWN) {
            write!(f, "; {OUTCOME_UNKNOWN}")?;
        }
        if e.attempts > 1 {
            write!(f, " [{} attempts]", e.attempts)?;
        }
        if let Some(id) = &e.request_id {
            write!(f, " [request id {id}]")?;
        }
        Ok(())
    }
}

fn write_fields(f: &mut impl Write, prefix: &str, fields: &Map<String, Value>) -> fmt::Result {
    for (name, value) in fields.iter().filter(|(name, _)| name.as_str() != ELLIPSIS) {
        match value {
            Value::Object(nested) => write_fields(f, &format!("{prefix}{name}."), nested)?,
            Value::String(text) => write!(f, "; {prefix}{name} {text}")?,
            other => write!(f, "; {prefix}{name} {other}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::server_text;

    #[test]
    fn long_names_are_bounded_in_the_text() {
        let fields: Map<_, _> = (0..200).map(|n| (n.to_string(), "".into())).collect();
        let long = "a".repeat(server_text::MAX_NAME);
        let nested =
            (0..7).fold(fields, |fields, _| Map::from_iter([(long.clone(), fields.into())]));
        let error = Error::new(ErrorKind::Validation, "no").with_errors(Some(nested));
        let error = error.with_request_id(Some("GOqq".into()));
        let text = error.to_string();
        assert!(text.len() <= MAX_FIELDS + 100, "{}", text.len());
        assert!(text.ends_with("… [request id GOqq]"), "{}", &text[text.len() - 100..]);
    }
}
