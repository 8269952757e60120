//! Serializes records as the server's own text, byte for byte, inside JSON that a program writes.
//! Only for serde_json.

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use super::audit_log::AuditLog;
use super::user::User;

fn verbatim<S: Serializer>(json: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<&RawValue>(json).map_err(S::Error::custom)?.serialize(serializer)
}

impl Serialize for User {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        verbatim(self.raw_json(), serializer)
    }
}

impl Serialize for AuditLog {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        verbatim(self.raw_json(), serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_written_unchanged() {
        let user = r#"{"username":"eric","n":12345678901234567890123,"x": 1.0}"#;
        let row = r#"{"action":"a","params":{"b":[ ]}}"#;
        let both = (User::from_json(user).unwrap(), AuditLog::from_json(row).unwrap());
        assert_eq!(serde_json::to_string(&both).unwrap(), format!("[{user},{row}]"));
    }
}
