//! The call that makes our client send a recorded request, or the reason why no call does.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::case::{Call, Options};
use crate::http::Request;
use crate::target::{Route, route};
use crate::wire::{Exchange, Reply};

/// Headers that a request of our client may carry. The client sends them, except Accept-Encoding
/// (from the transport) and X-Forwarded-For (from a proxy).
const OURS: [&str; 9] = [
    "accept",
    "accept-encoding",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-forwarded-for",
    "x-hex-otp",
];

/// The client's request for one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) call: Call,
    pub(crate) options: Options,
}

pub(crate) fn cause(exchange: &Exchange) -> Result<Cause, String> {
    let request = &exchange.request;
    let route = route(&request.method, &request.target)?;
    if request.version != "HTTP/1.1" {
        return Err("an HTTP version other than 1.1".to_owned());
    }
    for (name, _) in &request.headers {
        let name = name.to_ascii_lowercase();
        if !OURS.contains(&&*name) {
            return Err(format!("the request header {name}"));
        }
    }
    // The recorded servers ran under localhost. Another name is the purpose of the exchange.
    if !matches!(&request.all("host").collect::<Vec<_>>()[..], [host] if host.starts_with("localhost:"))
    {
        return Err("no Host or another one".to_owned());
    }
    if request.all("user-agent").count() != 1 {
        return Err("no User-Agent".to_owned());
    }
    accept(request, exchange.reply.as_ref())?;
    if exchange
        .reply
        .as_ref()
        .and_then(|reply| reply.header("content-encoding"))
        .is_some_and(|coding| coding != "gzip")
    {
        return Err("a content-encoding no client of ours asks for".to_owned());
    }
    if exchange.request_body_left_out {
        return Err("a request body that was not recorded".to_owned());
    }
    if route != Route::Create
        && !(request.body.is_empty() && request.all("content-type").next().is_none())
    {
        return Err("a body or its type where none is sent".to_owned());
    }
    let mut options = Options {
        api_key: credential(request, "authorization")?,
        otp: credential(request, "x-hex-otp")?,
        page: None,
    };
    let call = match route {
        Route::Create if options.api_key.is_some() => {
            return Err("a credential on create_user".to_owned());
        }
        Route::Create => new_user(request)?,
        Route::CurrentUser => Call::GetCurrentUser {},
        Route::User(username_or_email) => Call::GetUser { username_or_email },
        Route::Reset(username_or_email) => Call::ResetUserPassword { username_or_email },
        Route::AuditLogs(page) => {
            options.page = page;
            Call::StreamAuditLogs {}
        }
    };
    Ok(Cause { call, options })
}

/// `application/json`, or a value that includes it if the server answered in JSON.
fn accept(request: &Request, reply: Option<&Reply>) -> Result<(), &'static str> {
    const JSON: [&str; 3] = ["application/json", "application/vnd.hex+json", "*/*"];
    let values: Vec<&str> = request.all("accept").collect();
    let includes_json = match values[..] {
        ["application/json"] => return Ok(()),
        [] => true,
        [value] => value
            .split(',')
            .any(|range| JSON.contains(&range.split(';').next().unwrap_or_default().trim())),
        _ => false,
    };
    let answered_in_json = reply.is_some_and(|reply| match reply.header("content-type") {
        Some(value) => is_json(value),
        None => reply.status == 204,
    });
    if includes_json && answered_in_json {
        Ok(())
    } else {
        Err("another Accept, and another reply for it")
    }
}

/// A header with the exact value of an option.
fn credential(request: &Request, name: &str) -> Result<Option<String>, String> {
    let values: Vec<&str> = request.all(name).collect();
    match values[..] {
        [] => Ok(None),
        [value]
            if !value.is_empty()
                && value.trim() == value
                && value.bytes().all(|byte| matches!(byte, b' '..=b'~')) =>
        {
            Ok(Some(value.to_owned()))
        }
        [_] => Err(format!("an empty or padded {name}")),
        _ => Err(format!("two of {name}")),
    }
}

/// The new user in a request, if our client would write the request in this form.
pub(crate) fn new_user(request: &Request) -> Result<Call, &'static str> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct User {
        username: String,
        password: String,
        emails: [Email; 1],
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Email {
        email: String,
    }
    const SHAPE: &str = "a body other than username, password and one address";

    if !matches!(&request.all("content-type").collect::<Vec<_>>()[..], [value] if is_json(value)) {
        return Err("no JSON Content-Type");
    }
    // A struct refuses repeated keys. A value is needed too, because a struct may also be an array.
    let User { username, password, emails: [Email { email }] } =
        serde_json::from_slice(&request.body).map_err(|_| SHAPE)?;
    let value: Value = serde_json::from_slice(&request.body).map_err(|_| SHAPE)?;
    if value != json!({"username": username, "password": password, "emails": [{"email": email}]}) {
        return Err(SHAPE);
    }
    Ok(Call::CreateUser { username, password, emails: vec![email] })
}

fn is_json(content_type: &str) -> bool {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Exchange {
        let pairs = [
            ("Host", "localhost:4001"),
            ("User-Agent", "golden/1.0"),
            ("Accept", "application/json"),
        ];
        let headers = pairs
            .iter()
            .filter(|(name, _)| !headers.iter().any(|(other, _)| other == name))
            .chain(headers.iter().filter(|(_, value)| *value != "-"))
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Exchange {
            server: "current".to_owned(),
            file: "test".to_owned(),
            name: "test".to_owned(),
            request: Request {
                method: method.to_owned(),
                target: target.to_owned(),
                version: "HTTP/1.1".to_owned(),
                headers,
                body: body.as_bytes().to_vec(),
            },
            request_body_left_out: false,
            reply: Some(Reply {
                version: "HTTP/1.1".to_owned(),
                status: 200,
                reason: "OK".to_owned(),
                headers: vec![(
                    "content-type".to_owned(),
                    "application/json; charset=utf-8".to_owned(),
                )],
                body: b"{}".to_vec(),
            }),
            closed: false,
        }
    }

    fn me(headers: &[(&str, &str)]) -> Result<Options, String> {
        cause(&exchange("GET", "/api/users/me", headers, "")).map(|cause| cause.options)
    }

    #[test]
    fn credentials_go_into_the_options_verbatim() {
        let options = me(&[("authorization", "Basic !!!"), ("X-Hex-OTP", "123456")]).unwrap();
        assert_eq!(
            options,
            Options { api_key: Some("Basic !!!".into()), otp: Some("123456".into()), page: None }
        );
        assert!(me(&[("Authorization", "")]).is_err());
        assert!(me(&[("Authorization", "Basic ")]).is_err());
        assert!(me(&[("Authorization", "a"), ("Authorization", "b")]).is_err());
    }

    #[test]
    fn headers_decide_whether_a_call_exists() {
        for accepted in [
            &[("X-Forwarded-For", "198.51.100.77")][..],
            &[("Accept-Encoding", "gzip")],
            &[("Accept", "*/*")],
            &[("Accept", "-")],
            &[("Accept", "text/html,application/json;q=0.9")],
        ] {
            assert!(me(accepted).is_ok(), "{accepted:?}");
        }
        for refused in [
            &[("If-None-Match", "*")][..],
            &[("Cookie", "a=b")],
            &[("Host", "hex.pm")],
            &[("Host", "-")],
            &[("User-Agent", "-")],
            &[("Accept", "text/html")],
            &[("Content-Type", "application/json")],
        ] {
            assert!(me(refused).is_err(), "{refused:?}");
        }
        let mut html = exchange("GET", "/api/users/me", &[("Accept", "*/*")], "");
        html.reply.as_mut().unwrap().headers[0].1 = "text/html".to_owned();
        assert!(cause(&html).is_err());
        assert!(cause(&exchange("GET", "/api/users/me", &[], "{}")).is_err());
    }

    #[test]
    fn a_new_user_has_exactly_three_keys() {
        let create = |body: &str| {
            cause(&exchange("POST", "/api/users", &[("Content-Type", "application/json")], body))
        };
        let call =
            create(r#"{"emails":[{"email":"a@b.c"}],"username":"a","password":""}"#).unwrap().call;
        assert_eq!(
            call,
            Call::CreateUser {
                username: "a".into(),
                password: String::new(),
                emails: vec!["a@b.c".into()]
            }
        );
        for body in [
            "",
            "hello",
            r#"["a","b",[{"email":"c"}]]"#,
            r#"{"username":"a","password":"b"}"#,
            r#"{"username":"a","password":"b","emails":[]}"#,
            r#"{"username":"a","password":"b","emails":[["c"]]}"#,
            r#"{"username":"a","password":"b","emails":[{"email":"c"},{"email":"d"}]}"#,
            r#"{"username":"a","password":"b","emails":[{"email":null}]}"#,
            r#"{"username":"a","password":"b","emails":[{"email":"c","primary":true}]}"#,
            r#"{"username":"a","password":"b","emails":[{"email":"c"}],"full_name":"d"}"#,
            r#"{"username":"a","username":"b","password":"b","emails":[{"email":"c"}]}"#,
        ] {
            assert!(create(body).is_err(), "{body}");
        }
        let body = r#"{"username":"a","password":"b","emails":[{"email":"c"}]}"#;
        assert!(cause(&exchange("POST", "/api/users", &[], body)).is_err());
        let headers = [("Content-Type", "application/json"), ("Authorization", "key")];
        assert!(cause(&exchange("POST", "/api/users", &headers, body)).is_err());
    }
}
