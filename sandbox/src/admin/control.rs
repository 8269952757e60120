//! A world as a whole: its clock, its rate limits, its rules, its journal.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::answer::{Answer, created, form, json};
use crate::clock::micros;
use crate::http::accept::Format;
use crate::http::query;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::journal::JournalFilter;
use crate::new::NewAuditWriter;
use crate::profile::KeyOrder;
use crate::rules::Rule;
use crate::term::Map;
use crate::world::World;

pub(super) fn respond(
    world: &mut World,
    request: &Request,
    method: &str,
    parts: &[&[u8]],
) -> Answer {
    match (method, parts) {
        ("GET", [b"clock"]) => Ok(clock(world)),
        ("POST", [b"clock"]) => set_clock(world, &form(request)?),
        ("GET", [b"rate-limits"]) => json(&world.limits.settings),
        ("PUT", [b"rate-limits"]) => set_limits(world, &form(request)?),
        ("GET", [b"rate-limits", b"counts"]) => json(&world.rate_counts()),
        ("DELETE", [b"rate-limits", b"counts"]) => {
            world.limits.clear();
            Ok(Reply::empty(204))
        }
        ("GET", [b"key-order"]) => json(&KeyOrderForm { key_order: world.key_order }),
        ("PUT", [b"key-order"]) => {
            let form: KeyOrderForm = form(request)?;
            world.key_order = form.key_order;
            json(&form)
        }
        ("GET", [b"rules"]) => json(&world.rules.list()),
        ("POST", [b"rules"]) => {
            let number = world.rules.add(form::<Rule>(request)?)?;
            Ok(created(Map::new().with("number", number as i64)))
        }
        ("GET", [b"rules", number]) => match rule_number(number).and_then(|n| world.rules.get(n)) {
            Some(rule) => json(rule),
            None => Ok(no_such_rule()),
        },
        ("DELETE", [b"rules", number]) => {
            let removed = rule_number(number).is_some_and(|number| world.rules.remove(number));
            Ok(if removed { Reply::empty(204) } else { no_such_rule() })
        }
        ("DELETE", [b"rules"]) => {
            world.rules.clear();
            Ok(Reply::empty(204))
        }
        ("GET", [b"audit-writers"]) => json(&world.audit_writers),
        ("POST", [b"audit-writers"]) => {
            world.add_audit_writer(form::<NewAuditWriter>(request)?)?;
            Ok(created(Map::new().with("writers", world.audit_writers.len() as i64)))
        }
        ("DELETE", [b"audit-writers"]) => {
            world.audit_writers.clear();
            Ok(Reply::empty(204))
        }
        ("GET", [b"journal"]) => journal(world, request),
        ("GET", [b"journal", b"count"]) => {
            let count = world.journal.count(&filter(request)?);
            Ok(object(Map::new().with("count", count as i64)))
        }
        ("DELETE", [b"journal"]) => {
            world.journal.clear();
            Ok(Reply::empty(204))
        }
        _ => Ok(Reply::error_text(404, Format::Json, "the admin API has no such endpoint")),
    }
}

fn rule_number(part: &[u8]) -> Option<u64> {
    std::str::from_utf8(part).ok()?.parse().ok()
}

fn no_such_rule() -> Reply {
    Reply::error_text(404, Format::Json, "there is no such rule")
}

fn object(map: Map) -> Reply {
    Reply::term(200, Format::Json, &map.into())
}

fn clock(world: &World) -> Reply {
    let map =
        Map::new().with("time", micros(world.clock.peek())).with("frozen", world.clock.is_frozen());
    object(map)
}

/// Applied in this order: reset to the machine's time, freeze, set a time, advance, run on.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ClockForm {
    reset: bool,
    time: Option<Timestamp>,
    advance: Option<f64>,
    frozen: Option<bool>,
}

fn set_clock(world: &mut World, form: &ClockForm) -> Answer {
    let advance = form.advance.map(SignedDuration::try_from_secs_f64).transpose();
    let advance = advance.map_err(|_| "advance: expected a number of seconds".to_owned())?;
    if form.reset {
        world.clock.reset();
    }
    if form.frozen == Some(true) {
        world.clock.freeze();
    }
    if let Some(time) = form.time {
        world.clock.set(time);
    }
    if let Some(by) = advance {
        world.clock.advance(by)?;
    }
    if form.frozen == Some(false) {
        world.clock.run();
    }
    Ok(clock(world))
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct KeyOrderForm {
    key_order: KeyOrder,
}

/// A missing field keeps its value.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsForm {
    enabled: Option<bool>,
    address: Option<u32>,
    user: Option<u32>,
    organization: Option<u32>,
    loopback: Option<bool>,
}

fn set_limits(world: &mut World, form: &LimitsForm) -> Answer {
    let settings = &mut world.limits.settings;
    settings.enabled = form.enabled.unwrap_or(settings.enabled);
    settings.address = form.address.unwrap_or(settings.address);
    settings.user = form.user.unwrap_or(settings.user);
    settings.organization = form.organization.unwrap_or(settings.organization);
    settings.loopback = form.loopback.unwrap_or(settings.loopback);
    json(settings)
}

fn journal(world: &World, request: &Request) -> Answer {
    let entries = world.journal.find(&filter(request)?);
    #[derive(serde::Serialize)]
    struct Found<T> {
        entries: T,
        forgotten: u64,
    }
    json(&Found { entries, forgotten: world.journal.forgotten() })
}

/// The filter in the query: `method`, `path`, `path_prefix`, `status`, `after`, `user_agent`.
fn filter(request: &Request) -> Result<JournalFilter, String> {
    let params = query::decode(request.query.as_bytes()).unwrap_or_default();
    let mut filter = JournalFilter::default();
    for (name, value) in params.entries() {
        let text = value.as_str().unwrap_or("");
        let bad = |_| format!("{name}: expected a number, not \"{text}\"");
        match name.as_str() {
            "method" => filter.method = Some(text.to_owned()),
            "path" => filter.path = Some(text.to_owned()),
            "path_prefix" => filter.path_prefix = Some(text.to_owned()),
            "user_agent" => filter.user_agent = Some(text.to_owned()),
            "status" => filter.status = Some(text.parse().map_err(bad)?),
            "after" => filter.after = Some(text.parse().map_err(bad)?),
            other => return Err(format!("unknown parameter \"{other}\"")),
        }
    }
    Ok(filter)
}
