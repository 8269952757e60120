//! The API of hex.pm: finds the endpoint of a request, after the checks that every request passes.
//!
//! - `auth`: the caller and the caller's permissions
//! - `users`, `keys`, `access`: the endpoints
//! - `view`: writes records; `handles` writes their links
//! - `remote`: the address that a request comes from

mod access;
mod auth;
mod context;
mod fault;
mod handles;
mod keys;
mod remote;
mod users;
pub(crate) mod view;

use hyper::Method;
use hyper::header::HeaderMap;

use self::auth::Caller;
use self::context::Context;
use self::fault::Fault;
use self::remote::Remote;
use crate::http::accept::{self, Format};
use crate::http::html;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::world::World;
use crate::world::limits::Subject;

/// An endpoint, with the parts of its path.
enum Route<'a> {
    Index,
    CreateUser,
    Me,
    MyAuditLogs,
    ShowUser(&'a [u8]),
    TestUser(&'a [u8]),
    ResetPassword(&'a [u8]),
    Keys(keys::Action, Option<&'a [u8]>, Option<&'a [u8]>),
    Access,
}

pub(crate) fn respond(world: &mut World, request: &Request) -> Reply {
    if let Some(redirect) = canonical_host(world, request) {
        return redirect;
    }
    let Some(route) = route(world, request) else {
        return Reply::error(404, request.error_format());
    };
    let accept = request.header("accept");
    let Ok(format) = accept::choose(&request.params, accept, &accept::API) else {
        return Reply::html(406, html::error_page(406, "Not acceptable")).last();
    };
    let Some(user_agent) = request.user_agent() else {
        return Reply::error_text(400, format, "User-Agent header is required");
    };
    let remote = Remote::of(request);
    let caller = match auth::authenticate(world, request, &remote) {
        Ok(Ok(caller)) => caller,
        Ok(Err(denied)) => return denied.reply(format),
        Err(fault) => return fault.reply(format),
    };
    if caller.user.is_some_and(|id| world.user(id).deactivated) || has_nul(request) {
        return Reply::error(400, format);
    }
    let mut extra = HeaderMap::new();
    if let Err(reply) = limit(world, request, &remote, &caller, format, &mut extra) {
        return reply.headers(&extra);
    }
    if request.headers.contains_key("origin") {
        let any = hyper::header::HeaderValue::from_static("*");
        extra.insert("access-control-allow-origin", any);
    }
    let context = Context { request, format, caller, user_agent };
    run(world, &context, route).unwrap_or_else(|fault| fault.reply(format)).headers(&extra)
}

fn run(world: &mut World, context: &Context<'_>, route: Route<'_>) -> Result<Reply, Fault> {
    match route {
        Route::Index => Ok(Reply::term(200, context.format, &view::index(world))),
        Route::CreateUser => users::create(world, context),
        Route::Me => users::me(world, context),
        Route::MyAuditLogs => users::audit_logs(world, context),
        Route::ShowUser(name) => users::show(world, context, name),
        Route::TestUser(name) => users::test(world, context, name),
        Route::ResetPassword(name) => users::reset(world, context, name),
        Route::Keys(action, organization, name) => {
            keys::respond(world, context, action, organization, name)
        }
        Route::Access => access::show(world, context),
    }
}

fn route<'a>(world: &World, request: &'a Request) -> Option<Route<'a>> {
    let parts: Vec<&[u8]> = request.segments.iter().skip(1).map(Vec::as_slice).collect();
    let get = request.method == Method::GET;
    let post = request.method == Method::POST;
    Some(match parts.as_slice() {
        [] if get => Route::Index,
        [b"users"] if post && world.has_registration() => Route::CreateUser,
        [b"users", b"me"] if get => Route::Me,
        [b"users", b"me", b"audit-logs"] if get => Route::MyAuditLogs,
        [b"users", name] if get => Route::ShowUser(name),
        [b"users", name, b"test"] if get => Route::TestUser(name),
        [b"users", name, b"reset"] if post && world.is_legacy() => Route::ResetPassword(name),
        [b"auth"] if get => Route::Access,
        [b"orgs", organization, b"keys", rest @ ..] => {
            keys_route(&request.method, Some(organization), rest)?
        }
        [b"keys", rest @ ..] => keys_route(&request.method, None, rest)?,
        _ => return None,
    })
}

fn keys_route<'a>(
    method: &Method,
    organization: Option<&'a [u8]>,
    rest: &[&'a [u8]],
) -> Option<Route<'a>> {
    let (action, name) = match (method.as_str(), rest) {
        ("GET", []) => (keys::Action::Index, None),
        ("GET", [name]) => (keys::Action::Show, Some(*name)),
        ("POST", []) => (keys::Action::Create, None),
        ("DELETE", []) => (keys::Action::DeleteAll, None),
        ("DELETE", [name]) => (keys::Action::Delete, Some(*name)),
        _ => return None,
    };
    Some(Route::Keys(action, organization, name))
}

fn canonical_host(world: &World, request: &Request) -> Option<Reply> {
    let host = request.header("host")?;
    let name = host.split(':').next().unwrap_or(host);
    if name != "www.localhost" {
        return None;
    }
    let mut url = format!("https://localhost{}{}", world.prefix, request.path);
    if !request.query.is_empty() {
        url.push('?');
        url.push_str(&request.query);
    }
    Some(Reply::empty(301).header("location", &url))
}

fn has_nul(request: &Request) -> bool {
    request.path.contains("%00") || request.query.contains("%00")
}

/// Blocked addresses and rate limits. By default, requests from the loopback are not counted.
fn limit(
    world: &mut World,
    request: &Request,
    remote: &Remote,
    caller: &Caller,
    format: Format,
    headers: &mut HeaderMap,
) -> Result<(), Reply> {
    let settings = &world.limits.settings;
    let address = match remote {
        Remote::V4(address) if address.octets() == [127, 0, 0, 1] && !settings.loopback => {
            return Ok(());
        }
        Remote::V4(address) => *address,
        Remote::V6(_) => return Err(Fault::Crash.reply(format)),
    };
    if world.blocked.contains(&address) {
        return Err(Reply::error_text(403, format, "Blocked"));
    }
    if !request.path.starts_with("/api/") || !world.limits.settings.enabled {
        return Ok(());
    }
    let (subject, who) = match (caller.user, caller.organization) {
        (Some(id), _) if world.user(id).service => return Ok(()),
        (Some(id), _) => (Subject::User(id), format!("user {}", id.0 + 1)),
        (None, Some(id)) => (Subject::Organization(id), format!("organization {}", id.0 + 1)),
        (None, None) => (Subject::Address(address), format!("IP {address}")),
    };
    let now = world.now();
    let verdict = world.limits.count(subject, now);
    headers.insert("x-ratelimit-limit", verdict.limit.into());
    headers.insert("x-ratelimit-remaining", verdict.remaining.into());
    headers.insert("x-ratelimit-reset", verdict.reset.into());
    if verdict.pass {
        return Ok(());
    }
    let text = format!("API rate limit exceeded for {who}");
    Err(Reply::error_text(429, format, &text))
}
