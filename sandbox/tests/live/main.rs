//! The same cases against the sandbox and against your own live server:
//!
//! ```text
//! AURA_LIVE_URL=http://localhost:4000/api cargo test -p aura-sandbox --test live -- --nocapture
//! ```
//!
//! Without that variable, the sandbox is the server. hex.pm is refused by name. Recorded requests
//! that need no state are sent unchanged. `life` needs an account, and creates one with a new name.
//! If `AURA_LIVE_KEY` has a key of an account with a verified address, that account's endpoints are
//! tested too. `target` is the server.

#[path = "../common/mod.rs"]
mod common;
#[path = "../fidelity/compare.rs"]
mod compare;
#[path = "../fidelity/etf.rs"]
mod etf;
mod life;
mod target;
#[path = "../fidelity/wire.rs"]
mod wire;

use std::collections::HashMap;

use aura_sandbox::Profile;

use target::Target;
use wire::Exchange;

/// Files with requests that may need no state.
const FILES: [&str; 5] = ["create", "show", "me", "audit", "misc"];

/// Whether a request changes nothing and needs no account: the server refuses an unknown caller.
fn is_free(exchange: &Exchange) -> bool {
    let refused = exchange.reply.as_ref().is_some_and(|r| (400..500).contains(&r.status));
    let bound = ["Authorization", "X-Forwarded-For", "If-None-Match", "If-Modified-Since"];
    refused && bound.iter().all(|name| exchange.header(name).is_none())
}

fn differences(target: &Target, exchange: &Exchange) -> Vec<String> {
    let mut connection = target.open();
    let bytes = exchange.bytes_at(&|t| target.path(t), &HashMap::new());
    let reply = connection.send(&bytes, exchange.method == "HEAD");
    match (reply, &exchange.reply) {
        (Ok(Some(reply)), Some(expected)) => compare::differences(exchange, expected, &reply),
        _ => vec!["no reply".to_owned()],
    }
}

fn recorded(profile: Profile) {
    let target = Target::choose(profile);
    if target.is_live() && target.profile != profile {
        println!("{profile}: the server is the other one, see there");
        return;
    }
    // If an empty world sends the same reply, the request needs no state.
    let empty = Target::sandbox(profile);
    let mut complaints = Vec::new();
    let mut cases = 0;
    for file in FILES {
        for exchange in wire::load(profile, file) {
            if !is_free(&exchange) || !differences(&empty, &exchange).is_empty() {
                continue;
            }
            cases += 1;
            let found = differences(&target, &exchange);
            if !found.is_empty() {
                complaints.push(format!("{file} {}: {}", exchange.name, found.join("; ")));
            }
        }
    }
    println!("{profile}: {} of {cases} recorded cases agree", cases - complaints.len());
    assert!(cases >= 100, "only {cases} cases are left");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn recorded_requests_of_the_current_server() {
    recorded(Profile::Current);
}

#[test]
fn recorded_requests_of_the_legacy_server() {
    recorded(Profile::Legacy);
}

#[test]
fn the_life_of_an_account() {
    life::check_account(&Target::choose(Profile::Current));
}

#[test]
fn endpoints_of_a_keys_account() {
    let target = Target::choose(Profile::Legacy);
    match target.key.clone() {
        Some(key) => life::check_key(&target, &key),
        None => println!("without AURA_LIVE_KEY the caller's own endpoints are not looked at"),
    }
}

#[test]
fn hex_pm_is_refused_by_name() {
    for url in [
        "https://hex.pm/api",
        "http://hex.pm:80/api",
        "http://www.HEX.pm/api",
        "https://Hex.pm./api",
    ] {
        let refused = target::parse(url).expect_err(url);
        assert!(refused.contains("hex.pm is not there"), "{refused}");
    }
    target::parse("http://localhost:x/api").expect_err("no port");
    let fine = target::parse("http://localhost:4000/api/");
    assert_eq!(fine, Ok(("localhost".to_owned(), 4000, "/api".to_owned())));
}
