//! Separate worlds, for tests that run in parallel.

use super::answer::{Answer, created, form, json};
use crate::host::{Hosted, Shared};
use crate::http::accept::Format;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::new::NewWorld;
use crate::term::{Map, Term};

pub(super) fn respond(shared: &Shared, request: &Request, rest: &[&[u8]]) -> Answer {
    match (request.method.as_str(), rest) {
        ("GET", []) => {
            let worlds = shared.worlds().iter().map(|world| describe(world).into()).collect();
            json(&Term::List(worlds))
        }
        ("POST", []) => {
            let start = match request.body.as_slice() {
                [] => NewWorld::default(),
                _ => form(request)?,
            };
            Ok(created(describe(&*shared.add(start)?)))
        }
        ("DELETE", [id]) => {
            let gone = std::str::from_utf8(id).is_ok_and(|id| shared.remove(id));
            Ok(match gone {
                true => Reply::empty(204),
                false => Reply::error_text(404, Format::Json, "there is no such world"),
            })
        }
        _ => Ok(Reply::error_text(404, Format::Json, "the admin API has no such endpoint")),
    }
}

/// A world as its user needs it: the addresses and the token.
fn describe(hosted: &Hosted) -> Map {
    let url = hosted.place.url.as_str();
    Map::new()
        .with("id", hosted.id.as_str())
        .with("url", url)
        .with("api_url", format!("{url}/api"))
        .with("admin_url", format!("{url}/_sandbox"))
        .with("admin_token", hosted.admin_token.as_str())
        .with("profile", hosted.profile.as_str())
}
