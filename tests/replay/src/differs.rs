//! Compares an arriving request with the request of its case.

use crate::case::{Call, Options};
use crate::causable::new_user;
use crate::http::Request;
use crate::target::{Route, route};

/// Headers that change the real server's reply, and headers that only a proxy or a browser adds.
const NEVER_SENT: [&str; 6] =
    ["cookie", "if-match", "if-modified-since", "if-none-match", "origin", "x-forwarded-for"];

/// One line for each difference; none if the request is as expected.
pub(crate) fn differences(call: &Call, options: &Options, arrived: &Request) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: &str, expected: &dyn std::fmt::Debug, got: &dyn std::fmt::Debug| {
        found.push(format!("{what}: expected {expected:?}, got {got:?}"));
    };
    let values = |name| arrived.all(name).collect::<Vec<_>>();

    let expected = expected_route(call, options);
    match route(&arrived.method, &arrived.target) {
        Ok(got) if first_page(&got) == first_page(&expected) => {}
        Ok(got) => differs("request line", &expected, &got),
        Err(reason) => differs(
            "request line",
            &expected,
            &format!("{} {} ({reason})", arrived.method, arrived.target),
        ),
    }
    if arrived.version != "HTTP/1.1" {
        differs("version", &"HTTP/1.1", &arrived.version);
    }
    if values("host").len() != 1 {
        differs("host", &"exactly one", &values("host"));
    }
    if values("accept") != ["application/json"] {
        differs("accept", &["application/json"], &values("accept"));
    }
    if !matches!(values("user-agent")[..], [agent] if !agent.is_empty()) {
        differs("user-agent", &"one that is not empty", &values("user-agent"));
    }
    for (name, expected) in [("authorization", &options.api_key), ("x-hex-otp", &options.otp)] {
        if values(name) != expected.as_deref().into_iter().collect::<Vec<_>>() {
            differs(name, expected, &values(name));
        }
    }
    for name in NEVER_SENT {
        if !values(name).is_empty() {
            differs(name, &"none", &values(name));
        }
    }
    if let Call::CreateUser { .. } = call {
        match new_user(arrived) {
            Ok(got) if got == *call => {}
            Ok(got) => differs("body", call, &got),
            Err(reason) => differs(
                "body",
                call,
                &format!("{} ({reason})", String::from_utf8_lossy(&arrived.body)),
            ),
        }
    } else {
        if !arrived.body.is_empty() {
            differs("body", &"none", &String::from_utf8_lossy(&arrived.body));
        }
        if !values("content-type").is_empty() {
            differs("content-type", &"none", &values("content-type"));
        }
    }
    found
}

fn expected_route(call: &Call, options: &Options) -> Route {
    match call {
        Call::CreateUser { .. } => Route::Create,
        Call::GetCurrentUser {} => Route::CurrentUser,
        Call::GetUser { username_or_email } => Route::User(username_or_email.clone()),
        Call::ResetUserPassword { username_or_email } => Route::Reset(username_or_email.clone()),
        Call::StreamAuditLogs {} => Route::AuditLogs(options.page),
    }
}

/// For the server, no page is page 1. A client may write either.
fn first_page(route: &Route) -> Route {
    match route {
        Route::AuditLogs(None) => Route::AuditLogs(Some(1)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
        let all = [("Host", "x"), ("User-Agent", "a/1"), ("Accept", "application/json")];
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: all
                .iter()
                .filter(|(name, _)| !headers.iter().any(|(other, _)| other == name))
                .chain(headers.iter().filter(|(_, value)| *value != "-"))
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// The names of the differences, in order.
    fn names(call: &Call, options: &Options, arrived: &Request) -> Vec<String> {
        differences(call, options, arrived)
            .iter()
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn the_name_is_compared_decoded() {
        let call = Call::GetUser { username_or_email: "a;b@c.d".to_owned() };
        let get = |target| names(&call, &Options::default(), &request("GET", target, &[], ""));
        for target in ["/api/users/a;b@c.d", "/api/users/a%3Bb%40c.d", "/api/users/a%3bb%40c%2ed"] {
            assert!(get(target).is_empty(), "{target}");
        }
        for target in
            ["/api/users/a", "/api/users/a;b@c.d?", "/api/users/a;b@c.d/", "/users/a;b@c.d"]
        {
            assert_eq!(get(target), ["request line"], "{target}");
        }
    }

    #[test]
    fn every_part_counts() {
        let options =
            Options { api_key: Some("Bearer t".to_owned()), otp: Some("1".to_owned()), page: None };
        let right = [("authorization", "Bearer t"), ("X-Hex-OTP", "1")];
        let me = |headers: &[(&str, &str)], body: &str| {
            let headers: Vec<_> = right
                .iter()
                .filter(|(name, _)| !headers.iter().any(|(other, _)| other == name))
                .chain(headers)
                .copied()
                .collect();
            names(
                &Call::GetCurrentUser {},
                &options,
                &request("GET", "/api/users/me", &headers, body),
            )
        };
        assert!(me(&[], "").is_empty());
        assert_eq!(me(&[("authorization", "-")], ""), ["authorization"]);
        assert_eq!(me(&[("Authorization", "Bearer t")], ""), ["authorization"], "twice");
        assert_eq!(me(&[("X-Hex-OTP", "2")], ""), ["x-hex-otp"]);
        assert_eq!(me(&[("Accept", "*/*")], ""), ["accept"]);
        assert_eq!(me(&[("User-Agent", "")], ""), ["user-agent"]);
        assert_eq!(me(&[("User-Agent", "-")], ""), ["user-agent"]);
        assert_eq!(me(&[("Host", "-")], ""), ["host"]);
        assert_eq!(me(&[("If-None-Match", "*")], ""), ["if-none-match"]);
        assert_eq!(me(&[("Content-Type", "application/json")], "{}"), ["body", "content-type"]);
        let keyless = names(
            &Call::GetCurrentUser {},
            &Options::default(),
            &request("GET", "/api/users/me", &[("Authorization", "key")], ""),
        );
        assert_eq!(keyless, ["authorization"]);
    }

    #[test]
    fn no_page_is_page_one() {
        let stream = |page, target| {
            names(
                &Call::StreamAuditLogs {},
                &Options { page, ..Options::default() },
                &request("GET", target, &[], ""),
            )
        };
        assert!(stream(None, "/api/users/me/audit-logs?page=1").is_empty());
        assert!(stream(Some(1), "/api/users/me/audit-logs").is_empty());
        assert_eq!(stream(None, "/api/users/me/audit-logs?page=2"), ["request line"]);
        assert_eq!(stream(Some(2), "/api/users/me/audit-logs"), ["request line"]);
    }

    #[test]
    fn a_new_user_is_compared_as_json() {
        let call = Call::CreateUser {
            username: "ü".to_owned(),
            password: "p".to_owned(),
            emails: vec!["e".to_owned()],
        };
        let create = |headers: &[(&str, &str)], body: &str| {
            names(&call, &Options::default(), &request("POST", "/api/users", headers, body))
        };
        let json = [("Content-Type", "application/json")];
        assert!(
            create(&json, r#"{"emails": [{"email":"e"}], "password":"p","username":"\u00fc"}"#)
                .is_empty()
        );
        assert_eq!(
            create(&json, r#"{"emails":[{"email":"e"}],"password":"q","username":"ü"}"#),
            ["body"]
        );
        assert_eq!(create(&json, ""), ["body"]);
        assert_eq!(
            create(&[], r#"{"emails":[{"email":"e"}],"password":"p","username":"ü"}"#),
            ["body"]
        );
    }
}
