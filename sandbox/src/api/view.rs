//! The records in replies.

use super::handles::render;
use crate::http::encode::segment;
use crate::term::{Map, Term};
use crate::world::World;
use crate::world::account::Package;
use crate::world::audit::permission;
use crate::world::ids::{HEXPM, UserId};

/// An account; a new one is shown without its packages.
pub(crate) fn user(world: &World, id: UserId, packages: Option<&[&Package]>) -> Term {
    user_map(world, id, packages).into()
}

/// An account, shown to itself.
pub(crate) fn me(world: &World, id: UserId, packages: &[&Package]) -> Term {
    let organizations: Vec<Term> = world
        .memberships(id)
        .into_iter()
        .map(|(org, role)| {
            Map::new()
                .with("name", world.organization(org).name.as_str())
                .with("role", role.as_str())
                .into()
        })
        .collect();
    user_map(world, id, Some(packages)).with("organizations", organizations).into()
}

fn user_map(world: &World, id: UserId, packages: Option<&[&Package]>) -> Map {
    let user = world.user(id);
    let mut map = Map::new()
        .with("username", user.username.as_str())
        .with("full_name", user.full_name.clone())
        .with("handles", render(user.handles.as_ref()))
        .with("url", format!("{}{}", world.base_url, world.user_path(id)))
        .with("inserted_at", user.inserted_at)
        .with("updated_at", user.updated_at);
    if let Some(email) = user.public_email() {
        map.set("email", email);
    }
    if let Some(packages) = packages {
        let mut owned = Map::new();
        for package in packages {
            owned.set(package.name.as_str(), package_url(world, package));
        }
        let list: Vec<Term> = packages.iter().map(|p| package_term(world, p)).collect();
        map.set("owned_packages", owned);
        map.set("packages", list);
    }
    map
}

fn package_url(world: &World, package: &Package) -> String {
    let (base, name) = (&world.base_url, segment(&package.name));
    if package.organization == HEXPM {
        format!("{base}/api/packages/{name}")
    } else {
        let repository = segment(&world.organization(package.organization).name);
        format!("{base}/api/repos/{repository}/packages/{name}")
    }
}

fn package_term(world: &World, package: &Package) -> Term {
    let repository = &world.organization(package.organization).name;
    let (base, name) = (&world.base_url, segment(&package.name));
    let html_url = if package.organization == HEXPM {
        format!("{base}/packages/{name}")
    } else {
        format!("{base}/packages/{}/{name}", segment(repository))
    };
    Map::new()
        .with("name", package.name.as_str())
        .with("repository", repository.as_str())
        .with("url", package_url(world, package))
        .with("html_url", html_url)
        .into()
}

/// A key. Only the reply to its creation shows the secret.
pub(crate) fn key(
    world: &World,
    index: usize,
    authing_key: Option<usize>,
    secret: Option<&str>,
) -> Term {
    let key = &world.keys[index];
    let permissions: Vec<Term> = key.permissions.iter().map(permission).collect();
    let mut map = Map::new()
        .with("name", key.name.as_str())
        .with("authing_key", authing_key == Some(index))
        .with("secret", secret)
        .with("permissions", permissions)
        .with("revoke_at", key.revoke_at)
        .with("inserted_at", key.inserted_at)
        .with("updated_at", key.updated_at)
        .with("url", format!("{}/api/keys/{}", world.base_url, segment(&key.name)));
    if let Some(last) = &key.last_use {
        let last = Map::new()
            .with("used_at", last.at)
            .with("ip", last.ip.as_str())
            .with("user_agent", last.user_agent.clone());
        map.set("last_use", last);
    }
    map.into()
}

/// `GET /api`.
pub(crate) fn index(world: &World) -> Term {
    let url = |path: &str| format!("{}/api/{path}", world.base_url);
    Map::new()
        .with("packages_url", url("packages"))
        .with("package_url", url("packages/{name}"))
        .with("package_retirement_url", url("packages/{name}/retire"))
        .with("package_release_url", url("packages/{name}/releases/{version}"))
        .with("package_owners_url", url("packages/{name}/owners"))
        .with("keys_url", url("keys"))
        .with("key_url", url("keys/{name}"))
        .with("documentation_url", "http://docs.hexpm.apiary.io")
        .into()
}
