//! The endpoints under `/api/users`.

use super::auth::{Needs, authorize};
use super::context::Context;
use super::fault::{Fault, text};
use super::view;
use crate::http::reply::Reply;
use crate::http::stale::{self, Version};
use crate::term::Term;
use crate::world::World;
use crate::world::account::Package;
use crate::world::create::CreateError;
use crate::world::ids::UserId;

const READ: Needs = Needs { domain: Some(("api", "read")), allow_unconfirmed: false };

pub(crate) fn create(world: &mut World, context: &Context<'_>) -> Result<Reply, Fault> {
    let signed_in = context.caller.owner().is_some();
    match world.create_user(context.params(), signed_in, &context.user_agent) {
        Ok(id) => {
            let record = view::user(world, id, None);
            let location = format!("{}{}", world.prefix, world.user_path(id));
            Ok(Reply::term(201, context.format, &record).cached().header("location", &location))
        }
        Err(CreateError::Invalid(errors)) => Ok(Reply::invalid(context.format, errors)),
        Err(CreateError::BadText) => Err(Fault::BadText),
        Err(CreateError::Crash) => Err(Fault::Crash),
    }
}

pub(crate) fn me(world: &World, context: &Context<'_>) -> Result<Reply, Fault> {
    let id = match signed_in(world, context) {
        Ok(id) => id,
        Err(reply) => return Ok(reply),
    };
    let packages = world.owned_packages(id);
    let mut version = version(world, id, &packages);
    for (org, _) in world.memberships(id) {
        version.part("organization", org.0 as i64, world.user(id).inserted_at);
    }
    conditional(context, version, || view::me(world, id, &packages))
}

pub(crate) fn audit_logs(world: &mut World, context: &Context<'_>) -> Result<Reply, Fault> {
    let id = match signed_in(world, context) {
        Ok(id) => id,
        Err(reply) => return Ok(reply),
    };
    let page = match page(context.params().get("page")) {
        Page::Number(page) => page,
        Page::TooLarge => return Err(Fault::Crash),
    };
    Ok(context.ok(&Term::List(world.audit_page(id, page))))
}

pub(crate) fn show(world: &World, context: &Context<'_>, name: &[u8]) -> Result<Reply, Fault> {
    let Some(id) = world.find_public_user(text(name)?) else {
        return Ok(context.not_found());
    };
    let packages = world.visible_packages(id, context.caller.user);
    let version = version(world, id, &packages);
    conditional(context, version, || view::user(world, id, Some(&packages)))
}

pub(crate) fn test(world: &World, context: &Context<'_>, name: &[u8]) -> Result<Reply, Fault> {
    match authorize(world, context.request, &context.caller, &READ) {
        Ok(()) => show(world, context, name),
        Err(denied) => Ok(denied.reply(context.format)),
    }
}

pub(crate) fn reset(world: &mut World, context: &Context<'_>, name: &[u8]) -> Result<Reply, Fault> {
    let caller = context.caller.owner();
    match world.reset_init(text(name)?, caller, Some(&context.user_agent)) {
        true => Ok(Reply::empty(204).cached()),
        false => Err(Fault::Crash),
    }
}

/// The caller's account, for endpoints under `/me`.
fn signed_in(world: &World, context: &Context<'_>) -> Result<UserId, Reply> {
    authorize(world, context.request, &context.caller, &READ)
        .map_err(|denied| denied.reply(context.format))?;
    context.caller.user.ok_or_else(|| context.not_found())
}

fn version(world: &World, id: UserId, packages: &[&Package]) -> Version {
    let user = world.user(id);
    let mut version = Version::default();
    version.part("user", id.0 as i64, user.updated_at);
    for email in &user.emails {
        // If the clock is frozen, the time does not show a change.
        let kind = if email.verified { "verified email" } else { "email" };
        version.part(kind, email.id, email.updated_at);
    }
    for package in packages {
        let place = world.packages.iter().position(|p| std::ptr::eq(p, *package));
        version.part("package", place.unwrap_or(0) as i64, package.updated_at);
    }
    version
}

/// 304 if the client's copy is up to date, or else the record.
pub(super) fn conditional(
    context: &Context<'_>,
    version: Version,
    record: impl FnOnce() -> Term,
) -> Result<Reply, Fault> {
    let tag = version.tag();
    let fresh = stale::fresh(&context.request.headers, &tag).map_err(|_| Fault::Crash)?;
    let reply = if fresh { Reply::empty(304) } else { context.ok(&record()).cached() };
    Ok(reply
        .header("etag", &tag.etag)
        .header("last-modified", &crate::clock::http_date(tag.modified)))
}

enum Page {
    /// Counted from 0.
    Number(usize),
    /// The database has no such offset.
    TooLarge,
}

/// Anything that is not a whole number above 0 is the first page.
fn page(param: Option<&Term>) -> Page {
    let Some(text) = param.and_then(Term::as_str) else {
        return Page::Number(0);
    };
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Page::Number(0);
    }
    const LAST: u64 = i64::MAX as u64 / 100 + 1;
    match digits.parse::<u64>() {
        Ok(0) => Page::Number(0),
        Ok(page) if page <= LAST => usize::try_from(page - 1).map_or(Page::TooLarge, Page::Number),
        _ => Page::TooLarge,
    }
}
