//! A case as one line of columns, for programs without a JSON library.

use std::fmt::Write as _;

use crate::case::{Call, Case, Expect};

impl Case {
    /// The columns of [`Case::tsv`].
    pub const COLUMNS: [&'static str; 14] = [
        "id",
        "prefix",
        "operation",
        "name",
        "password",
        "email",
        "api_key",
        "otp",
        "page",
        "outcome",
        "status",
        "message",
        "request_id",
        "body",
    ];

    /// The case as tab-separated columns: `-` is an absent value; in a text every control
    /// character, every byte beyond ASCII and `%` are percent-encoded, and so is a text that is `-`.
    #[must_use]
    pub fn tsv(&self) -> String {
        let (name, password, email) = match &self.call {
            Call::CreateUser { username, password, emails } => (
                Some(username.as_str()),
                Some(password.as_str()),
                emails.first().map(String::as_str),
            ),
            Call::GetUser { username_or_email } | Call::ResetUserPassword { username_or_email } => {
                (Some(username_or_email.as_str()), None, None)
            }
            Call::GetCurrentUser {} | Call::StreamAuditLogs {} => (None, None, None),
        };
        let error = match &self.expect {
            Expect::Error(error) => Some(error),
            _ => None,
        };
        let outcome = match &self.expect {
            Expect::Ok(_) => "ok",
            Expect::OkEmpty => "ok_empty",
            Expect::OkRows(_) => "ok_rows",
            Expect::Error(error) => error.kind.name(),
        };
        let body = match &self.expect {
            Expect::Ok(body) => Some(body.clone()),
            Expect::OkRows(rows) => Some(rows.join("\n")),
            Expect::OkEmpty | Expect::Error(_) => None,
        };
        let page = self.options.page.map(|page| page.to_string());
        let status = error.and_then(|error| error.status).map(|status| status.to_string());
        [
            Some(self.id.as_str()),
            Some(self.prefix.as_str()),
            Some(self.call.operation().name()),
            name,
            password,
            email,
            self.options.api_key.as_deref(),
            self.options.otp.as_deref(),
            page.as_deref(),
            Some(outcome),
            status.as_deref(),
            error.and_then(|error| error.message.as_deref()),
            error.and_then(|error| error.request_id.as_deref()),
            body.as_deref(),
        ]
        .map(column)
        .join("\t")
    }
}

fn column(text: Option<&str>) -> String {
    let Some(text) = text else {
        return "-".to_owned();
    };
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if matches!(byte, b' '..=b'~') && byte != b'%' && text != "-" {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::column;

    #[test]
    fn nothing_breaks_the_line() {
        assert_eq!(column(None), "-");
        assert_eq!(column(Some("-")), "%2D");
        assert_eq!(column(Some("")), "");
        assert_eq!(column(Some("a b\t\n\0%ü~-")), "a b%09%0A%00%25%C3%BC~-");
    }
}
