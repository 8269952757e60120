//! Checks the properties in every build of the tests: on the recorded replies, on earlier findings,
//! and on arbitrary text.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use crate::Options;

/// The recorded replies as bytes.
fn recorded() -> Vec<(Vec<u8>, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let mut replies = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines() {
            let exchange: Value = serde_json::from_str(line).unwrap();
            let response = &exchange["response"];
            let Some(body) = response["body"].as_str() else { continue };
            let mut head = format!("HTTP/1.1 {} {}\r\n", response["status"], response["reason"]);
            for header in response["headers"].as_array().unwrap() {
                let (name, value) = (header[0].as_str().unwrap(), header[1].as_str().unwrap());
                head += &format!("{name}: {value}\r\n");
            }
            head += "\r\n";
            replies.push(([head.as_bytes(), body.as_bytes()].concat(), body.into()));
        }
    }
    replies
}

#[test]
fn recorded_replies_have_the_properties() {
    let replies = recorded();
    assert!(replies.len() > 500, "{} replies", replies.len());
    for (reply, body) in &replies {
        super::reply(reply);
        super::user(body);
        super::page(body);
        super::error_body(&[&[6], body.as_slice()].concat());
    }
}

/// Inputs that broke a property once, shortened.
#[test]
fn earlier_findings_have_the_properties() {
    // A quoted string after the name, and no value.
    super::challenge(br#"Bearer error"invalid_totp", realm="hex""#);
    for body in [
        // A key of the record is part of the position in a flaw.
        r#"{"username":"a","handles":{"\u001b[2J":1}}"#,
        "{\"username\":\"a\",\"handles\":{\"\u{202e}\":1}}",
        // An unknown field twice: the record was accepted, and then had no field at all.
        r#"{"username":"a","x":1,"x":2}"#,
    ] {
        super::user(body.as_bytes());
        let reply = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}");
        super::reply(reply.as_bytes());
    }
    for body in [
        // Field errors are in the text of an error, and in its JSON.
        r#"{"message":"no","errors":{"\u001b":"\u009b31m"}}"#,
        r#"{"message":"no","errors":{"emails":{"email":["\u007f"]}}}"#,
        "{\"message\":\"no\",\"errors\":{\"a\":\"\u{202e}\"}}",
    ] {
        super::error_body(&[&[6], body.as_bytes()].concat());
    }
    super::reply(b"HTTP/1.1 500 no\nx-request-id: a\tb\n\n");
    // A path of 200 kB before each of 100,000 errors became a text of 20 GB.
    let name = "a".repeat(200_000);
    let fields: Vec<_> = (0..100_000).map(|n| format!("\"{n}\":\"\"")).collect();
    let fields = fields.join(",");
    let short = &fields[..fields[..50_000].rfind(',').unwrap()];
    for body in [
        format!(r#"{{"message":"no","errors":{{"{name}":{{{fields}}}}}}}"#),
        format!(r#"{{"message":"no","errors":{{"{}":{{{short}}}}}}}"#, &name[..10_000]),
        format!(r#"{{"message":"{name}"}}"#),
        format!(r#"{{"message":"{}"}}"#, &name[..60_000]),
        format!(r#"{{"message":"no","errors":{}1{}}}"#, "{\"a\":".repeat(9000), "}".repeat(9000)),
    ] {
        super::error_body(&[&[6], body.as_bytes()].concat());
        let head = "HTTP/1.1 422 no\ncontent-type: application/json\nx-request-id: ";
        super::reply(format!("{head}{name}\nx-hex-message: {name}\n\n{body}").as_bytes());
    }
    super::reply(format!("HTTP/1.1 200 OK\ncontent-type: {name}\n\n{{}}").as_bytes());
    // A key of the record may be an address, and may be of any length.
    super::user(format!(r#"{{"username":"a","handles":{{"{name}":1}}}}"#).as_bytes());
    for (name, value) in [
        ("repo_url", "https://eric:correcthorsebatterystaple@:4000"),
        ("repo_url", "eric:correcthorsebatterystaple@hex.pm/api"),
        ("repo_url", "https://hex.pm/api?key=correcthorsebatterystaple"),
        ("repo_url", "ftp://hex.pm/api#correcthorsebatterystaple"),
        ("repo_url", "correcthorsebatterystaple"),
        ("timeout", "correcthorsebatterystaple"),
        ("rate_limit", "correcthorsebatterystaple"),
        ("proxy", "correcthorsebatterystaple:@proxy:3128"),
        ("proxy", "HTTPS://proxy"),
        ("proxy", " https://proxy"),
    ] {
        let pick = Options::SPECS.iter().position(|spec| spec.name == name).unwrap();
        super::option(&[&[pick.try_into().unwrap()], value.as_bytes()].concat());
    }
}

/// The JSON of an error. Its parts may be long, many or deep.
fn errors() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        ("[a\u{7f}\u{202e}é\"]", 0..20_000_usize)
            .prop_map(|(c, n)| Value::from(c.repeat(n)).to_string()),
        "-?[0-9]{1,30}(\\.[0-9]{1,30})?(e-?[0-9]{1,9})?",
        Just("null".to_owned()),
    ];
    text.prop_recursive(12, 100, 20, |inner| {
        let name =
            ("[a-zé\u{7f}]", 0..400_usize).prop_map(|(c, n)| Value::from(c.repeat(n)).to_string());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..40)
                .prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec((name, inner), 0..40).prop_map(|all| {
                let all: Vec<_> =
                    all.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
                format!("{{{}}}", all.join(","))
            }),
        ]
    })
}

/// Text that is likely to contain the special parts of paths and URLs.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z./%?#@:\\\\ 0-9e_+-]{0,24}",
        "(https?://)?([a-z]{0,3}(:[a-z]{0,3})?@)?[a-z.\\[\\]:]{0,6}(:[0-9]{0,6})?[/?#a-z.%]{0,8}",
        "-?[0-9]{0,20}(\\.[0-9]{0,4})?(e-?[0-9]{1,3})?",
        prop::collection::vec(
            prop::sample::select(vec![
                "me", ".", "..", "/", "%2e", "%2F", "\\", "?", "#", "\0", ""
            ]),
            0..5
        )
        .prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    // A failing case is printed in full. Add it to the findings above.
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_name_is_one_segment_that_decodes_to_it(name in text()) {
        super::path(name.as_bytes());
    }

    #[test]
    fn an_option_is_refused_by_name_or_resolves(pick in 0..Options::SPECS.len() + 1, text in text()) {
        super::option(&[&[pick.try_into().unwrap()], text.as_bytes()].concat());
    }

    #[test]
    fn any_headers_are_read(
        data in prop_oneof![any::<Vec<u8>>(), "[ -~\t\\\\\",=;]{0,40}".prop_map(String::into_bytes)],
        numbers in prop::collection::vec(prop_oneof![any::<u64>(), 0..2_000_000_000_u64], 5),
    ) {
        super::challenge(&data);
        super::notice(&data);
        let lines: Vec<_> = numbers.iter().map(u64::to_string).collect();
        super::limits(lines.join("\n").as_bytes());
    }
}

proptest! {
    // These cases are large.
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_error_is_bounded(message in errors(), errors in errors()) {
        for body in [
            format!(r#"{{"message":"no","errors":{errors}}}"#),
            format!(r#"{{"message":{message},"errors":{{"a":{errors}}}}}"#),
        ] {
            super::error_body(&[&[6], body.as_bytes()].concat());
        }
    }
}
