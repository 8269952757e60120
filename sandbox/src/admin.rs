//! The sandbox's own API under `/_sandbox`: state for a test, and the mailbox.
//!
//! Nothing here imitates the real server. A field that is not known is refused by name.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::to_raw_value;

use crate::http::accept::Format;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::http::{Shared, query};
use crate::new::{NewAuditRow, NewKey, NewOrganization, NewToken, NewUser};
use crate::term::{Map, Term};
use crate::world::World;

/// The answer, or what is wrong with the request.
type Answer = Result<Reply, String>;

pub(crate) fn respond(shared: &Shared, request: &Request) -> Reply {
    let expected = format!("Bearer {}", shared.admin_token);
    if request.header("authorization") != Some(expected.as_str()) {
        let text = "the admin API wants \"Authorization: Bearer \" and the admin token";
        return Reply::error_text(401, Format::Json, text)
            .header("www-authenticate", "Bearer realm=\"aura-sandbox\"")
            .plain();
    }
    let mut world = shared.world();
    let parts: Vec<&[u8]> = request.segments.iter().skip(1).map(Vec::as_slice).collect();
    let answer = match (request.method.as_str(), parts.as_slice()) {
        ("GET", [b"health"]) => Ok(health(&world)),
        ("GET", [b"mailbox"]) => mailbox(&world, request),
        ("POST", [b"users"]) => users(&mut world, request),
        ("POST", [b"organizations"]) => organizations(&mut world, request),
        ("POST", [b"keys"]) => keys(&mut world, request),
        ("POST", [b"tokens"]) => tokens(&mut world, request),
        ("POST", [b"audit-logs"]) => audit_logs(&mut world, request),
        _ => Ok(Reply::error_text(404, Format::Json, "the admin API has no such endpoint")),
    };
    answer.unwrap_or_else(|text| Reply::error_text(400, Format::Json, &text)).plain()
}

/// The body, every field of it known.
fn form<T: DeserializeOwned>(request: &Request) -> Result<T, String> {
    serde_json::from_slice(&request.body).map_err(|error| format!("the body: {error}"))
}

fn made(map: Map) -> Reply {
    Reply::term(201, Format::Json, &map.into())
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
    Ok(made(map))
}

fn organizations(world: &mut World, request: &Request) -> Answer {
    let org = world.seed_organization(form::<NewOrganization>(request)?)?;
    let name = world.organization(org).name.as_str();
    Ok(made(Map::new().with("name", name)))
}

fn keys(world: &mut World, request: &Request) -> Answer {
    let secret = world.seed_key(form::<NewKey>(request)?)?;
    Ok(made(Map::new().with("secret", secret)))
}

fn tokens(world: &mut World, request: &Request) -> Answer {
    let token = world.seed_token(form::<NewToken>(request)?)?;
    Ok(made(Map::new().with("token", token)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditForm {
    username: String,
    /// Appended in this order: the last one is the newest.
    rows: Option<Vec<NewAuditRow>>,
    count: Option<u32>,
}

fn audit_logs(world: &mut World, request: &Request) -> Answer {
    let form: AuditForm = form(request)?;
    let rows = match (form.rows, form.count) {
        (Some(rows), None) => rows,
        (None, Some(count)) => (1..=count.into()).map(generated_row).collect(),
        _ => return Err("the body: expected either \"rows\" or \"count\"".to_owned()),
    };
    let added = rows.len() as i64;
    world.seed_audit_rows(&form.username, rows)?;
    Ok(made(Map::new().with("added", added)))
}

/// The nth of many rows that are alike.
pub(crate) fn generated_row(number: i64) -> NewAuditRow {
    let params = Map::new()
        .with("id", number)
        .with("name", format!("row-{number}"))
        .with("permissions", vec![api_permission()]);
    NewAuditRow {
        action: "key.generate".to_owned(),
        params: to_raw_value(&params).unwrap_or_default(),
        user_agent: Some("aura-sandbox".to_owned()),
    }
}

fn api_permission() -> Term {
    Map::new().with("domain", "api").with("resource", Term::Nil).into()
}
