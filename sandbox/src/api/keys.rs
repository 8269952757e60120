//! The endpoints under `/api/keys`, for an account and for an organization.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::auth::{Credential, Denied, Needs, authorize};
use super::context::Context;
use super::fault::{Fault, text};
use super::remote::Remote;
use super::users::conditional;
use super::view;
use crate::http::encode::segment;
use crate::http::reply::Reply;
use crate::http::stale::Version;
use crate::new::Role;
use crate::term::{Map, Term};
use crate::world::World;
use crate::world::create::{BLANK, NOT_A_LIST, list_items, string_field};
use crate::world::ids::{HEXPM, OrgId};
use crate::world::keys::{Key, Owner, Permission};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Index,
    Show,
    Create,
    Delete,
    DeleteAll,
}

pub(crate) fn respond(
    world: &mut World,
    context: &Context<'_>,
    action: Action,
    organization: Option<&[u8]>,
    name: Option<&[u8]>,
) -> Result<Reply, Fault> {
    let organization = match organization_param(world, context, organization)? {
        Ok(organization) => organization,
        Err(()) => return Ok(context.not_found()),
    };
    let permitted = permitted(world, context, action, organization);
    let now = world.now();
    let owner = match (permitted, context.caller.user) {
        (Ok(owner), _) => owner,
        (Err(Denied::OtpInvalid), Some(id)) => {
            let address = Remote::of(context.request).dotted();
            let denied = match world.limits.wrong_code(id, address, now) {
                true => Denied::OtpInvalid,
                false => Denied::OtpTooMany,
            };
            return Ok(denied.reply(context.format));
        }
        (Err(denied), _) => return Ok(denied.reply(context.format)),
    };
    match (action, name.map(text).transpose()?) {
        (Action::Index, _) => Ok(index(world, context, owner, now)),
        (Action::Create, _) => create(world, context, owner, now),
        (Action::DeleteAll, _) => delete_all(world, context, owner, now),
        (Action::Show, Some(name)) => match world.named_key(owner, name, now) {
            Some(index) => show(world, context, index),
            None => Ok(context.not_found()),
        },
        (Action::Delete, Some(name)) => match world.named_key(owner, name, now) {
            Some(index) => {
                log(world, context, "key.remove", index);
                revoke(world, index, now);
                let record = view::key(world, index, authing_key(context), None);
                Ok(context.ok(&record).cached())
            }
            None => Ok(context.not_found()),
        },
        (Action::Show | Action::Delete, None) => Ok(context.not_found()),
    }
}

/// The organization in the path or, as in the real server, in any parameter with that name.
fn organization_param(
    world: &World,
    context: &Context<'_>,
    path: Option<&[u8]>,
) -> Result<Result<Option<OrgId>, ()>, Fault> {
    let name = match (path, context.params().get("organization")) {
        (Some(path), _) => text(path)?,
        (None, None | Some(Term::Nil | Term::Bool(false))) => return Ok(Ok(None)),
        (None, Some(Term::Str(name))) if name.contains('\0') => return Err(Fault::BadText),
        (None, Some(Term::Str(name))) => name,
        (None, Some(_)) => return Err(Fault::BadText),
    };
    Ok(world.find_organization(name).map(Some).ok_or(()))
}

fn permitted(
    world: &World,
    context: &Context<'_>,
    action: Action,
    organization: Option<OrgId>,
) -> Result<Owner, Denied> {
    let write = !matches!(action, Action::Index | Action::Show);
    let needs = Needs {
        domain: Some(("api", if write { "write" } else { "read" })),
        allow_unconfirmed: action == Action::Create,
    };
    let caller = &context.caller;
    authorize(world, context.request, caller, &needs)?;
    let Some(owner) = caller.owner() else {
        return Err(Denied::Missing);
    };
    let Some(organization) = organization else {
        // The keys of an organization are under its own path.
        return match owner {
            Owner::User(_) => Ok(owner),
            Owner::Organization(_) => Err(Denied::NotFound),
        };
    };
    let role = if write { Role::Write } else { Role::Read };
    let access = match owner {
        Owner::User(id) if world.user(id).service => true,
        _ if organization == HEXPM => role == Role::Read,
        Owner::User(id) => world.role(organization, id).is_some_and(|has| has >= role),
        Owner::Organization(id) => id == organization,
    };
    match access {
        true => Ok(Owner::Organization(organization)),
        false if organization == HEXPM => {
            Err(Denied::Access("account not authorized for this action"))
        }
        false => Err(Denied::NotFound),
    }
}

fn authing_key(context: &Context<'_>) -> Option<usize> {
    match context.caller.credential {
        Credential::Key(index) => Some(index),
        _ => None,
    }
}

fn log(world: &mut World, context: &Context<'_>, action: &str, index: usize) {
    let row = world.audited_key(index);
    world.audit(context.caller.owner(), action, row, Some(&context.user_agent));
}

fn revoke(world: &mut World, index: usize, now: Timestamp) {
    let key = world.key_mut(index);
    key.revoke_at = Some(now.checked_sub(SignedDuration::from_secs(1)).unwrap_or(now));
    key.updated_at = now;
}

fn good_keys(world: &World, owner: Owner, now: Timestamp) -> Vec<usize> {
    let mut keys: Vec<usize> = (0..world.keys.len())
        .filter(|i| world.keys[*i].owner == owner && !world.keys[*i].revoked(now))
        .collect();
    keys.sort_by(|a, b| world.keys[*a].name.cmp(&world.keys[*b].name));
    keys
}

fn index(world: &World, context: &Context<'_>, owner: Owner, now: Timestamp) -> Reply {
    let keys = good_keys(world, owner, now)
        .into_iter()
        .map(|index| view::key(world, index, authing_key(context), None))
        .collect();
    context.ok(&Term::List(keys)).cached()
}

fn show(world: &World, context: &Context<'_>, index: usize) -> Result<Reply, Fault> {
    let mut version = Version::default();
    let key = &world.keys[index];
    version.part("key", index as i64, key.updated_at);
    if let Some(last) = &key.last_use {
        version.part("last use", index as i64, last.at);
    }
    conditional(context, version, || view::key(world, index, authing_key(context), None))
}

fn delete_all(
    world: &mut World,
    context: &Context<'_>,
    owner: Owner,
    now: Timestamp,
) -> Result<Reply, Fault> {
    for index in good_keys(world, owner, now) {
        log(world, context, "key.remove", index);
        revoke(world, index, now);
    }
    // The reply shows the key that signed. Without one the server fails, because the keys are gone.
    let index = authing_key(context).ok_or(Fault::Crash)?;
    Ok(context.ok(&view::key(world, index, Some(index), None)))
}

fn create(
    world: &mut World,
    context: &Context<'_>,
    owner: Owner,
    now: Timestamp,
) -> Result<Reply, Fault> {
    let params = context.params();
    let mut errors = Map::new();
    let name = string_field(params, "name", &mut errors);
    if name.is_none() && errors.get("name").is_none() {
        errors.set("name", BLANK);
    }
    let revoke_at = revoke_at(params, now, &mut errors);
    let permissions = permissions(world, owner, params, &mut errors)?;
    let (Some(name), true) = (name, errors.is_empty()) else {
        return Ok(Reply::invalid(context.format, errors));
    };
    if name.contains('\0') {
        return Err(Fault::BadText);
    }
    let name = world.unique_key_name(owner, &name, now);
    let secret = world.random.secret();
    let location = format!("{}/api/keys/{}", world.prefix, segment(&name));
    let index = world.add_key(Key {
        name,
        secret: secret.clone(),
        owner,
        permissions,
        revoke_at,
        last_use: None,
        inserted_at: now,
        updated_at: now,
    });
    log(world, context, "key.generate", index);
    let record = view::key(world, index, authing_key(context), Some(&secret));
    Ok(Reply::term(201, context.format, &record).cached().header("location", &location))
}

fn revoke_at(params: &Map, now: Timestamp, errors: &mut Map) -> Option<Timestamp> {
    let text = match params.get("revoke_at") {
        None | Some(Term::Nil) => return None,
        Some(Term::Str(text)) if text.trim_start().is_empty() => return None,
        other => other.and_then(Term::as_str).unwrap_or(""),
    };
    let local = |text: &str| Offset::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    match text.parse::<Timestamp>().ok().or_else(|| local(text)) {
        Some(at) if at > now => Some(at),
        Some(_) => {
            errors.set("revoke_at", "must be in the future");
            None
        }
        None => {
            errors.set("revoke_at", "expected type utc_datetime_usec");
            None
        }
    }
}

fn permissions(
    world: &World,
    owner: Owner,
    params: &Map,
    errors: &mut Map,
) -> Result<Vec<Permission>, Fault> {
    let default = vec![Permission::parse("api")];
    let Some(value) = params.get("permissions") else {
        return Ok(default);
    };
    let Some(items) = list_items(value) else {
        errors.set("permissions", NOT_A_LIST);
        return Ok(default);
    };
    let mut permissions = Vec::new();
    let mut own = Map::new();
    for item in &items {
        match item {
            Term::Map(item) => permissions.push(permission(world, owner, item, &mut own)?),
            Term::List(_) => return Err(Fault::Crash),
            _ => {
                errors.set("permissions", NOT_A_LIST);
                return Ok(default);
            }
        }
    }
    if !own.is_empty() {
        errors.set("permissions", own);
    }
    Ok(if permissions.is_empty() { default } else { permissions })
}

fn permission(
    world: &World,
    owner: Owner,
    item: &Map,
    errors: &mut Map,
) -> Result<Permission, Fault> {
    const DOMAINS: [&str; 5] = ["api", "package", "repository", "repositories", "docs"];
    let mut own = Map::new();
    let domain = string_field(item, "domain", &mut own);
    let mut resource = string_field(item, "resource", &mut own);
    if domain.as_ref().is_some_and(|d| !DOMAINS.contains(&d.as_str())) {
        own.set("domain", "is invalid");
    }
    if let (Some("package"), Some(name)) = (domain.as_deref(), &resource)
        && !name.contains('/')
    {
        resource = Some(format!("hexpm/{name}"));
    }
    if let Some(name) = resource.as_deref() {
        let known = match domain.as_deref() {
            None => true,
            Some("api") => matches!(name, "read" | "write"),
            Some("repository" | "package" | "docs") => true,
            Some(_) => false,
        };
        if !known {
            own.set("resource", "invalid resource for given domain");
        }
        if let (Some(domain), true) = (domain.as_deref(), own.is_empty())
            && user_access(world, owner, domain, Some(name))?.is_none()
        {
            let text = match domain {
                "package" => "you do not have access to this package",
                _ => "you do not have access to this repository",
            };
            own.set("resource", text);
        }
    }
    for (field, error) in own.into_entries() {
        errors.set(field, error);
    }
    Ok(Permission { domain, resource })
}

/// Whether an account or organization can reach a resource, and the resource's owner.
pub(super) fn user_access(
    world: &World,
    owner: Owner,
    domain: &str,
    resource: Option<&str>,
) -> Result<Option<Option<OrgId>>, Fault> {
    let member = |org: OrgId| match owner {
        Owner::User(id) => world.role(org, id).is_some(),
        Owner::Organization(id) => id == org,
    };
    match (domain, resource) {
        ("api", _) | ("repositories", None) => Ok(Some(None)),
        ("package", Some(name)) => {
            let (org, name) = name.split_once('/').ok_or(Fault::Crash)?;
            let package = world
                .find_organization(org)
                .and_then(|org| {
                    let mut all = world.packages.iter();
                    all.find(|p| p.organization == org && p.name == name)
                })
                .filter(|package| match owner {
                    Owner::User(id) => package.owners.contains(&id) || member(package.organization),
                    Owner::Organization(_) => member(package.organization),
                });
            Ok(package.map(|_| None))
        }
        ("repository" | "docs", Some(name)) => {
            let org = world.find_organization(name).filter(|org| member(*org));
            Ok(org.map(Some))
        }
        _ => Err(Fault::Crash),
    }
}
