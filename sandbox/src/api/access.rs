//! `GET /api/auth`: whether a credential allows something.

use super::auth::{Denied, Needs, authorize, permits};
use super::context::Context;
use super::fault::Fault;
use super::keys::user_access;
use crate::http::reply::Reply;
use crate::term::{Map, Term};
use crate::world::World;
use crate::world::keys::Owner;

pub(crate) fn show(world: &World, context: &Context<'_>) -> Result<Reply, Fault> {
    let Some(domain) = context.params().get("domain") else {
        let text = "missing required parameters: \"domain\"";
        return Ok(Reply::error_text(400, context.format, text));
    };
    let caller = &context.caller;
    if let Err(denied) = authorize(world, context.request, caller, &Needs::default()) {
        return Ok(denied.reply(context.format));
    }
    let Some(owner) = caller.owner() else {
        return Ok(Denied::Missing.reply(context.format));
    };
    let resource = match context.params().get("resource") {
        None | Some(Term::Nil) => None,
        Some(Term::Str(text)) => Some(text.as_str()),
        Some(_) => return Ok(Denied::Domain.reply(context.format)),
    };
    let Some(domain) = domain.as_str() else {
        return Ok(Denied::Domain.reply(context.format));
    };
    if permits(world, caller.credential, domain, resource) != Some(true) {
        return Ok(Denied::Domain.reply(context.format));
    }
    match user_access(world, owner, domain, resource)? {
        None => {
            let text = "account not authorized for this action";
            Ok(Denied::Access(text).reply(context.format))
        }
        Some(Some(org)) if !world.organization(org).billing_active => {
            let text = "organization has no active billing subscription";
            Ok(Denied::Access(text).reply(context.format))
        }
        Some(_) => Ok(grant(world, context)),
    }
}

/// A key gets a body, which names its owner. Any other credential gets none.
fn grant(world: &World, context: &Context<'_>) -> Reply {
    let super::auth::Credential::Key(index) = context.caller.credential else {
        return Reply::empty(204);
    };
    if world.is_legacy() {
        return Reply::empty(204);
    }
    let key = &world.keys[index];
    let (kind, name) = match key.owner {
        Owner::User(id) => ("user", &world.user(id).username),
        Owner::Organization(id) => ("organization", &world.organization(id).name),
    };
    let owner = Map::new().with("type", kind).with("name", name.as_str());
    let key = Map::new().with("name", key.name.as_str()).with("owner", owner);
    context.ok(&Map::new().with("key", key).into())
}
