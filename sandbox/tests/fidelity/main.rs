//! Compares the sandbox with the real server: sends the recorded requests again, and compares the
//! replies with the recorded ones.
//!
//! - `wire`: reads the recordings
//! - `world`: builds the accounts of the recordings
//! - `compare`: finds the differences of two replies
//! - `etf`: reads the Erlang format
//! - `known`: lists the known differences with their reasons; everything else must be equal

#[path = "../common/mod.rs"]
mod common;
mod compare;
mod etf;
mod known;
mod wire;
mod world;

use std::collections::HashMap;

use aura_sandbox::Profile;

use common::Connection;
use wire::Exchange;

/// In the recorded order, because each file needs the state that the earlier ones left.
const FILES: [&str; 10] =
    ["create", "show", "me", "audit", "reset", "keys", "misc", "ratelimit", "publish", "extra"];

#[test]
fn current() {
    replay(Profile::Current);
}

#[test]
fn legacy() {
    replay(Profile::Legacy);
}

fn replay(profile: Profile) {
    let world = world::World::build(profile);
    let mut complaints = Vec::new();
    let (mut agreed, mut total) = (0, 0);
    // Values that a client keeps from earlier replies, by the real server's value.
    let mut seen = HashMap::new();
    for file in FILES {
        let exchanges = wire::load(profile, file);
        let mut same = 0;
        for exchange in &exchanges {
            world.prepare(file, &exchange.name);
            world.rewind(exchange);
            let differences = one(&world, exchange, &mut seen);
            let reason = known::reason(profile, file, &exchange.name);
            match (differences.is_empty(), reason) {
                (true, None) => same += 1,
                (false, Some(_)) => {}
                (true, Some(reason)) => complaints.push(format!(
                    "{profile}-{file} {}: agrees, but is listed: {reason}",
                    exchange.name
                )),
                (false, None) => complaints.push(format!(
                    "{profile}-{file} {}: {}",
                    exchange.name,
                    differences.join("; ")
                )),
            }
        }
        println!("{profile}-{file}: {same} of {} agree", exchanges.len());
        agreed += same;
        total += exchanges.len();
    }
    println!("{profile}: {agreed} of {total} agree");
    assert!(
        complaints.is_empty(),
        "{} disagreements that are not listed:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

fn one(
    world: &world::World,
    exchange: &Exchange,
    seen: &mut HashMap<String, String>,
) -> Vec<String> {
    let mut connection = Connection::open(world.sandbox.port());
    let is_head = exchange.method == "HEAD";
    let reply = match connection.send(&exchange.bytes(seen), is_head) {
        Ok(reply) => reply,
        Err(error) => return vec![format!("no reply: {error}")],
    };
    let (Some(reply), Some(expected)) = (&reply, &exchange.reply) else {
        return match (reply.is_some(), exchange.reply.is_some()) {
            (false, false) => Vec::new(),
            (true, _) => vec!["a reply where the real server hung up".to_owned()],
            (false, true) => vec!["hung up where the real server replied".to_owned()],
        };
    };
    for name in ["etag", "last-modified"] {
        if let (Some(theirs), Some(ours)) = (expected.header(name), reply.header(name)) {
            seen.insert(theirs.to_owned(), ours.to_owned());
        }
    }
    let mut differences = compare::differences(exchange, expected, reply);
    if let Some(closed) = exchange.closed_after
        && closed != connection.is_closed()
    {
        differences.push(format!("closed afterwards: expected {closed}"));
    }
    differences
}
