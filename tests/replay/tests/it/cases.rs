//! The list of cases: their number, and the content of some.

use std::collections::{BTreeMap, HashSet};

use crate::common::recorded;
use aura_replay::{Call, Case, Derivation, Expect, Kind, Mode, Wire, cases};
use serde_json::{Value, json};

fn find(id: &str) -> Case {
    cases().into_iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no case {id}"))
}

#[test]
fn no_case_is_lost() {
    let derivation = Derivation::of(&Wire::open(Wire::default_dir()).unwrap());
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for case in &derivation.cases {
        let strict = case.mode == Mode::Strict;
        counts.entry(format!("{}/{}", case.server, case.file)).or_default()
            [usize::from(!strict)] += 1;
    }
    for skipped in &derivation.left_out {
        let (file, _) = skipped.id.rsplit_once('/').unwrap();
        counts.entry(file.to_owned()).or_default()[2] += 1;
    }
    // Strict, loose, left out. An independent program also counted the strict ones.
    let expected = [
        ("current/audit", [17, 28, 0]),
        ("current/create", [41, 69, 0]),
        ("current/extra", [10, 5, 0]),
        ("current/keys", [0, 21, 0]),
        ("current/me", [39, 12, 1]),
        ("current/misc", [18, 29, 2]),
        ("current/publish", [3, 9, 0]),
        ("current/ratelimit", [19, 8, 0]),
        ("current/reset", [13, 9, 0]),
        ("current/show", [52, 38, 3]),
        ("legacy/audit", [17, 28, 0]),
        ("legacy/create", [41, 69, 0]),
        ("legacy/extra", [10, 5, 0]),
        ("legacy/keys", [0, 21, 0]),
        ("legacy/me", [39, 12, 1]),
        ("legacy/misc", [18, 29, 2]),
        ("legacy/publish", [4, 9, 0]),
        ("legacy/ratelimit", [19, 8, 0]),
        ("legacy/reset", [13, 9, 0]),
        ("legacy/show", [52, 38, 3]),
    ];
    let counts: Vec<_> = counts.iter().map(|(file, counts)| (file.as_str(), *counts)).collect();
    assert_eq!(counts, expected);
    assert_eq!(derivation.cases.len() + derivation.left_out.len(), recorded().len());
    let ids: HashSet<_> = derivation.cases.iter().map(|case| &case.id).collect();
    assert_eq!(ids.len(), derivation.cases.len());
    assert!(derivation.to_string().contains("all                      425     456        12\n"));
}

#[test]
fn a_case_in_json() {
    let recorded = recorded();
    let body = |id: &str| recorded[id]["response"]["body"].clone();
    assert_eq!(
        serde_json::to_value(find("current/show/name_ERIC")).unwrap(),
        json!({
            "id": "current/show/name_ERIC", "mode": "strict", "server": "current", "file": "show", "name": "name_ERIC",
            "prefix": "/current/show/name_ERIC/api", "operation": "get_user", "args": {"username_or_email": "ERIC"},
            "options": {}, "expect": {"ok": body("current/show/name_ERIC")},
        })
    );
    let created = serde_json::to_value(find("legacy/create/uppercase_username")).unwrap();
    assert_eq!(created["operation"], "create_user");
    let args = json!({"username": "NewUser8", "password": "correct horse 9", "emails": ["NewUser8@Example.COM"]});
    assert_eq!(created["args"], args);
    let me = serde_json::to_value(find("current/me/otp_header")).unwrap();
    assert_eq!(
        (&me["args"], &me["options"]),
        (&json!({}), &json!({"api_key": "key-tfa-api", "otp": "123456"}))
    );
    let page = serde_json::to_value(find("current/audit/page_3")).unwrap();
    assert_eq!(page["options"], json!({"api_key": "key-auditor-api", "page": 3}));
    assert_eq!(page["expect"]["ok_rows"].as_array().unwrap().len(), 100);
    let reset = serde_json::to_value(find("legacy/reset/known_username")).unwrap();
    assert_eq!(reset["expect"], json!({"ok_empty": true}));
    let gone = serde_json::to_value(find("current/reset/known_username")).unwrap();
    let request_id = recorded["current/reset/known_username"]["response"]["headers"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|pair| (pair[0] == "x-request-id").then(|| pair[1].clone()));
    let error = json!({"kind": "unsupported", "status": 404, "message": "Page not found", "errors": null, "request_id": request_id});
    assert_eq!(gone["expect"], json!({"error": error}));
}

#[test]
fn outcomes_by_hand() {
    let kind = |id: &str| match find(id).expect {
        Expect::Error(error) => error.kind,
        other => panic!("{id}: {other:?}"),
    };
    for (id, expected) in [
        ("current/me/no_auth", Kind::Unauthenticated),
        ("current/me/key_unver-api", Kind::Forbidden),
        ("current/me/key_zorg-api", Kind::NotFound),
        ("current/me/key_deact-api", Kind::UnexpectedStatus),
        ("current/misc/blocked_ip", Kind::Forbidden),
        ("current/misc/ae_404_0", Kind::NotFound),
        ("current/misc/long_target", Kind::Connect),
        ("current/ratelimit/ip_101", Kind::RateLimited),
        ("current/create/short_password", Kind::Validation),
        ("current/create/email_9", Kind::Server),
        ("current/audit/q_17", Kind::Server),
        ("current/audit/org_key", Kind::NotFound),
        ("loose/current/keys/oauth_tfa_no_otp", Kind::OtpRequired),
        ("loose/current/misc/www_host", Kind::UnexpectedStatus),
        ("loose/current/show/cond_inm_same", Kind::UnexpectedStatus),
        ("loose/current/show/format_erlang", Kind::Decode),
        ("loose/current/me/accept_2", Kind::Decode),
        ("loose/current/audit/accept_1", Kind::Decode),
        ("loose/current/keys/list", Kind::Decode),
        ("loose/current/create/large_body_9mb", Kind::UnexpectedStatus),
        ("loose/current/create/get_users", Kind::NotFound),
        ("loose/legacy/reset/no_ua", Kind::UnexpectedStatus),
    ] {
        assert_eq!(kind(id), expected, "{id}");
    }
    let Expect::Error(error) = find("current/create/taken_username_bad_password").expect else {
        panic!("no error")
    };
    assert_eq!(
        error.errors.map(Value::Object),
        Some(json!({"password": "should be at least 8 character(s)"}))
    );
    // Compressed bodies are compared uncompressed.
    let Expect::Error(error) = find("current/misc/ae_404_0").expect else { panic!("no error") };
    assert_eq!(error.message.as_deref(), Some("Page not found"));
    let Expect::OkRows(rows) = find("current/audit/gzip").expect else { panic!("no rows") };
    assert_eq!(rows.len(), 100);
    // The joined rows are the recorded body.
    let Expect::OkRows(rows) = find("current/extra/odd_rows").expect else { panic!("no rows") };
    let body = recorded()["current/extra/odd_rows"]["response"]["body"].clone();
    assert_eq!(Some(&*format!("[{}]", rows.join(","))), body.as_str());
    assert!(matches!(find("loose/legacy/reset/trailing").call, Call::ResetUserPassword { .. }));
}

#[test]
fn a_case_as_columns() {
    for case in cases() {
        let line = case.tsv();
        assert_eq!(line.split('\t').count(), Case::COLUMNS.len(), "{}", case.id);
        assert!(line.len() < 64 << 10, "{}", case.id);
        assert!(
            line.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)),
            "{}",
            case.id
        );
    }
    let columns = |id: &str| find(id).tsv().split('\t').map(str::to_owned).collect::<Vec<_>>();
    let dash = columns("current/show/odd_34");
    assert_eq!(dash[..4], ["current/show/odd_34", "/current/show/odd_34/api", "get_user", "%2D"]);
    assert_eq!(dash[9..12], ["not_found", "404", "Page not found"]);
    assert_eq!(columns("current/show/odd_13")[3], "%00");
    assert_eq!(
        columns("current/create/empty_password")[3..6],
        ["newuser7", "", "newuser7@example.com"]
    );
    let page = columns("current/audit/bulk_page_2");
    assert_eq!(page[6..11], ["key-bulk-api", "-", "2", "ok_rows", "-"]);
    assert_eq!(page[13].matches("%0A").count(), 99);
    assert_eq!(columns("current/misc/long_target")[9..13], ["connect", "-", "-", "-"]);
}
