//! The sandbox's own API under `/_sandbox`: state for a test, and the mailbox.
//!
//! Nothing here imitates the real server. An error names an unknown field.
//!
//! - here: adds accounts, keys and rows to a world
//! - `control`: a world's clock, limits, rules, journal and snapshots
//! - `worlds`: makes and deletes worlds

mod answer;
mod control;
mod worlds;

use std::io;
use std::net::Ipv4Addr;

use serde::Deserialize;
use serde_json::value::to_raw_value;

use self::answer::{Answer, created, form, json};
use crate::host::{Hosted, Shared};
use crate::http::accept::Format;
use crate::http::query;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::new::{NewAuditLog, NewKey, NewMembership, NewOrganization, NewToken, NewUser};
use crate::term::{Map, Term};
use crate::world::World;

pub(crate) fn respond(shared: &Shared, hosted: &Hosted, request: &Request) -> Reply {
    // The first world's token is valid for all worlds.
    let tokens = [&hosted.admin_token, &shared.root.admin_token];
    let credential =
        request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    if !tokens.iter().any(|token| credential == Some(token.as_str())) {
        let text = "the admin API wants \"Authorization: Bearer \" and the admin token";
        return Reply::error_text(401, Format::Json, text)
            .header("www-authenticate", "Bearer realm=\"aura-sandbox\"")
            .plain();
    }
    let parts: Vec<&[u8]> = request.segments.iter().skip(1).map(Vec::as_slice).collect();
    let answer = match (request.method.as_str(), parts.as_slice()) {
        (_, [b"worlds", rest @ ..]) if hosted.id.is_empty() => {
            worlds::respond(shared, request, rest)
        }
        ("GET", [b"http2"]) if hosted.id.is_empty() => json(&shared.http2()),
        ("PUT", [b"http2"]) if hosted.id.is_empty() => form(request)
            .and_then(|http2| shared.set_http2(http2))
            .and_then(|()| json(&shared.http2())),
        ("GET", [b"snapshot"]) => json(&hosted.world().snapshot()),
        ("POST", [b"restore"]) => {
            form(request).and_then(|world| hosted.restore(world)).map(|()| Reply::empty(204))
        }
        ("POST", [b"reset"]) => hosted.reset().map(|()| Reply::empty(204)),
        (method, parts) => match hosted.change(|world| act(world, request, method, parts)) {
            Ok(answer) => answer,
            Err(error) => return write_failed(&error),
        },
    };
    answer.unwrap_or_else(|text| Reply::error_text(400, Format::Json, &text)).plain()
}

/// The data file could not be written.
pub(crate) fn write_failed(error: &io::Error) -> Reply {
    Reply::error_text(500, Format::Json, &format!("the data file: {error}")).plain()
}

fn act(world: &mut World, request: &Request, method: &str, parts: &[&[u8]]) -> Answer {
    match (method, parts) {
        ("GET", [b"health"]) => Ok(health(world)),
        ("GET", [b"mailbox"]) => mailbox(world, request),
        ("POST", [b"users"]) => users(world, request),
        ("POST", [b"organizations"]) => organizations(world, request),
        ("POST", [b"members"]) => members(world, request),
        ("POST", [b"keys"]) => keys(world, request),
        ("POST", [b"tokens"]) => tokens(world, request),
        ("POST", [b"audit-logs"]) => audit_logs(world, request),
        ("POST", [b"blocked-addresses"]) => block(world, request),
        _ => control::respond(world, request, method, parts),
    }
}

fn health(world: &World) -> Reply {
    let map = Map::new()
        .with("status", "ok")
        .with("profile", world.profile.as_str())
        .with("version", env!("CARGO_PKG_VERSION"))
        .with("users", world.users.len() as i64)
        .with("mails", world.mails.len() as i64);
    Reply::term(200, Format::Json, &map.into())
}

fn mailbox(world: &World, request: &Request) -> Answer {
    let params = query::decode(request.query.as_bytes()).unwrap_or_default();
    if let Some((name, _)) = params.entries().iter().find(|(name, _)| name != "to") {
        return Err(format!("unknown parameter \"{name}\": expected \"to\""));
    }
    let to = params.get("to").and_then(Term::as_str);
    let mails: Vec<Term> = world
        .mails
        .iter()
        .filter(|mail| to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to)))
        .filter_map(|mail| to_raw_value(mail).ok().map(Term::Raw))
        .collect();
    Ok(Reply::term(200, Format::Json, &Term::List(mails)))
}

fn users(world: &mut World, request: &Request) -> Answer {
    let id = world.seed_user(form::<NewUser>(request)?)?;
    let map = Map::new()
        .with("username", world.user(id).username.as_str())
        .with("id", id.0 as i64 + 1)
        .with("url", format!("{}{}", world.base_url, world.user_path(id)));
    Ok(created(map))
}

fn organizations(world: &mut World, request: &Request) -> Answer {
    let org = world.seed_organization(form::<NewOrganization>(request)?)?;
    let name = world.organization(org).name.as_str();
    Ok(created(Map::new().with("name", name)))
}

fn members(world: &mut World, request: &Request) -> Answer {
    let membership: NewMembership = form(request)?;
    world.seed_member(&membership)?;
    let map = Map::new()
        .with("organization", membership.organization)
        .with("username", membership.username)
        .with("role", membership.role.as_str());
    Ok(created(map))
}

fn keys(world: &mut World, request: &Request) -> Answer {
    let secret = world.seed_key(form::<NewKey>(request)?)?;
    Ok(created(Map::new().with("secret", secret)))
}

fn tokens(world: &mut World, request: &Request) -> Answer {
    let token = world.seed_token(form::<NewToken>(request)?)?;
    Ok(created(Map::new().with("token", token)))
}

fn audit_logs(world: &mut World, request: &Request) -> Answer {
    let added = world.seed_audit_log(form::<NewAuditLog>(request)?)?;
    Ok(created(Map::new().with("added", i64::try_from(added).unwrap_or(i64::MAX))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockForm {
    address: Ipv4Addr,
}

fn block(world: &mut World, request: &Request) -> Answer {
    let address = form::<BlockForm>(request)?.address;
    world.block_address(address);
    Ok(created(Map::new().with("address", address.to_string())))
}
