//! The outcome to expect from a recorded reply. It comes from a table of errors and from the
//! recordings, never from a client.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::case::{Expect, ExpectedError, Kind, Operation};
use crate::wire::Reply;

/// Rows on a full page. A shorter page is the last.
pub(crate) const PAGE_SIZE: usize = 100;

pub(crate) fn expect(operation: Operation, reply: Option<&Reply>) -> Expect {
    let Some(reply) = reply else {
        return Expect::Error(ExpectedError {
            kind: Kind::Connect,
            status: None,
            message: None,
            errors: None,
            request_id: None,
        });
    };
    let text = text(reply);
    if !(200..300).contains(&reply.status) {
        return failure(kind(operation, reply), reply, text.as_deref());
    }
    let value = match operation {
        Operation::ResetUserPassword => Some(Expect::OkEmpty),
        Operation::StreamAuditLogs => text.as_deref().and_then(rows).map(Expect::OkRows),
        Operation::CreateUser | Operation::GetCurrentUser | Operation::GetUser => {
            text.filter(|text| is_user(text)).map(Expect::Ok)
        }
    };
    value.unwrap_or_else(|| failure(Kind::Decode, reply, None))
}

fn kind(operation: Operation, reply: &Reply) -> Kind {
    let asks = |word: &str| {
        reply
            .header("www-authenticate")
            .is_some_and(|value| value.contains(&format!("error=\"{word}\"")))
    };
    match reply.status {
        401 if asks("totp_required") => Kind::OtpRequired,
        401 if asks("invalid_totp") => Kind::OtpInvalid,
        401 => Kind::Unauthenticated,
        403 => Kind::Forbidden,
        404 => match operation {
            Operation::GetUser | Operation::GetCurrentUser | Operation::StreamAuditLogs => {
                Kind::NotFound
            }
            Operation::ResetUserPassword | Operation::CreateUser => Kind::Unsupported,
        },
        422 => Kind::Validation,
        429 => Kind::RateLimited,
        500..=599 => Kind::Server,
        _ => Kind::UnexpectedStatus,
    }
}

fn failure(kind: Kind, reply: &Reply, text: Option<&str>) -> Expect {
    let mut said: Map<String, Value> =
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Expect::Error(ExpectedError {
        kind,
        status: Some(reply.status),
        message: match said.remove("message") {
            Some(Value::String(message)) => Some(message),
            _ => None,
        },
        errors: match said.remove("errors") {
            Some(Value::Object(errors)) => Some(errors),
            _ => None,
        },
        request_id: reply.header("x-request-id").map(str::to_owned),
    })
}

/// The unpacked body as text; `None` if it is not UTF-8.
fn text(reply: &Reply) -> Option<String> {
    let mut body = reply.body.clone();
    if reply.header("content-encoding") == Some("gzip") {
        let mut unpacked = Vec::new();
        GzDecoder::new(&body[..]).read_to_end(&mut unpacked).ok()?;
        body = unpacked;
    }
    String::from_utf8(body).ok()
}

fn is_user(text: &str) -> bool {
    #[derive(Deserialize)]
    struct User {
        #[serde(rename = "username")]
        _username: String,
    }
    // First check that it is an object, because a struct may also be read from an array.
    text.trim_start().starts_with('{') && serde_json::from_str::<User>(text).is_ok()
}

fn rows(text: &str) -> Option<Vec<String>> {
    let rows: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    rows.into_iter()
        .map(|row| {
            serde_json::from_str::<std::collections::BTreeMap<String, IgnoredAny>>(row.get())
                .ok()?;
            Some(row.get().to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    fn reply(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        Reply {
            version: "HTTP/1.1".to_owned(),
            status,
            reason: String::new(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.to_vec(),
        }
    }

    fn kind_of(operation: Operation, reply: &Reply) -> Kind {
        match expect(operation, Some(reply)) {
            Expect::Error(error) => error.kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_status_decides_the_kind() {
        use Operation::{CreateUser, GetCurrentUser, GetUser, ResetUserPassword, StreamAuditLogs};
        for (operation, status, expected) in [
            (GetUser, 301, Kind::UnexpectedStatus),
            (GetUser, 304, Kind::UnexpectedStatus),
            (GetUser, 400, Kind::UnexpectedStatus),
            (GetUser, 401, Kind::Unauthenticated),
            (GetUser, 403, Kind::Forbidden),
            (GetUser, 404, Kind::NotFound),
            (GetCurrentUser, 404, Kind::NotFound),
            (StreamAuditLogs, 404, Kind::NotFound),
            (ResetUserPassword, 404, Kind::Unsupported),
            (CreateUser, 404, Kind::Unsupported),
            (GetUser, 406, Kind::UnexpectedStatus),
            (CreateUser, 413, Kind::UnexpectedStatus),
            (CreateUser, 422, Kind::Validation),
            (GetUser, 429, Kind::RateLimited),
            (GetUser, 500, Kind::Server),
            (GetUser, 503, Kind::Server),
        ] {
            assert_eq!(
                kind_of(operation, &reply(status, &[], b"")),
                expected,
                "{operation:?} {status}"
            );
        }
        let challenge = |word| reply(401, &[("www-authenticate", word)], b"");
        assert_eq!(
            kind_of(GetUser, &challenge(r#"Bearer realm="hex", error="totp_required""#)),
            Kind::OtpRequired
        );
        assert_eq!(
            kind_of(GetUser, &challenge(r#"Bearer realm="hex", error="invalid_totp""#)),
            Kind::OtpInvalid
        );
        assert_eq!(kind_of(GetUser, &challenge(r#"Bearer realm="hex""#)), Kind::Unauthenticated);
    }

    #[test]
    fn a_failure_has_the_servers_message() {
        let body = br#"{"message":"Validation error(s)","status":422,"errors":{"emails":{"email":"bad"}}}"#;
        let Expect::Error(error) =
            expect(Operation::CreateUser, Some(&reply(422, &[("x-request-id", "id")], body)))
        else {
            panic!("no error");
        };
        assert_eq!(error.message.as_deref(), Some("Validation error(s)"));
        assert_eq!(error.request_id.as_deref(), Some("id"));
        assert_eq!(error.errors.map(Value::Object), Some(json!({"emails": {"email": "bad"}})));
        let Expect::Error(error) = expect(Operation::GetUser, None) else { panic!("no error") };
        assert_eq!((error.kind, error.status), (Kind::Connect, None));
    }

    #[test]
    fn only_a_valid_record_is_a_user() {
        let get = |body: &str| expect(Operation::GetUser, Some(&reply(200, &[], body.as_bytes())));
        let user = r#"{"username":"a","n":1e999}"#;
        assert_eq!(get(user), Expect::Ok(user.to_owned()));
        for body in ["", "[]", r#"["a"]"#, r#"{"username":null}"#, "{}", "%{username: 1}", "<html>"]
        {
            assert_eq!(
                kind_of(Operation::GetUser, &reply(200, &[], body.as_bytes())),
                Kind::Decode,
                "{body}"
            );
        }
        assert_eq!(kind_of(Operation::GetUser, &reply(200, &[], b"\x83t\xff")), Kind::Decode);
        assert_eq!(
            expect(Operation::ResetUserPassword, Some(&reply(204, &[], b""))),
            Expect::OkEmpty
        );
    }

    #[test]
    fn rows_are_kept_unchanged() {
        let body = r#"[{"a":1.0,"n":123456789012345678901234567890},{"b":"\u2028"}]"#;
        let expected = Expect::OkRows(vec![
            r#"{"a":1.0,"n":123456789012345678901234567890}"#.to_owned(),
            r#"{"b":"\u2028"}"#.to_owned(),
        ]);
        assert_eq!(
            expect(Operation::StreamAuditLogs, Some(&reply(200, &[], body.as_bytes()))),
            expected
        );
        let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(body.as_bytes()).unwrap();
        let packed = reply(200, &[("content-encoding", "gzip")], &packed.finish().unwrap());
        assert_eq!(expect(Operation::StreamAuditLogs, Some(&packed)), expected);
        for body in ["{}", "[1]", "[[]]", "[{}", ""] {
            assert_eq!(
                kind_of(Operation::StreamAuditLogs, &reply(200, &[], body.as_bytes())),
                Kind::Decode,
                "{body}"
            );
        }
    }
}
