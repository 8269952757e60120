//! Credentials: API keys and OAuth tokens, with their permissions.

use jiff::Timestamp;

use super::ids::{OrgId, UserId};

/// The owner of a credential or of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    User(UserId),
    Organization(OrgId),
}

/// One permission of a key. Old keys may lack the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permission {
    pub(crate) domain: Option<String>,
    pub(crate) resource: Option<String>,
}

impl Permission {
    /// `api:read`, `repository:acme`, `repositories` as a permission.
    pub(crate) fn parse(scope: &str) -> Self {
        let (domain, resource) = match scope.split_once(':') {
            Some((domain, resource)) => (domain, Some(resource.to_owned())),
            None => (scope, None),
        };
        Permission { domain: (!domain.is_empty()).then(|| domain.to_owned()), resource }
    }

    /// The permission in the form that `parse` reads.
    pub(crate) fn text(&self) -> String {
        let domain = self.domain.as_deref().unwrap_or("");
        match &self.resource {
            Some(resource) => format!("{domain}:{resource}"),
            None => domain.to_owned(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// In plain text, unlike on a real server, because these keys protect nothing.
    pub(crate) secret: String,
    pub(crate) owner: Owner,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) revoke_at: Option<Timestamp>,
    pub(crate) last_use: Option<LastUse>,
    pub(crate) inserted_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct LastUse {
    pub(crate) at: Timestamp,
    pub(crate) ip: String,
    pub(crate) user_agent: Option<String>,
}

impl Key {
    pub(crate) fn revoked(&self, now: Timestamp) -> bool {
        self.revoke_at.is_some_and(|at| at < now)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) secret: String,
    pub(crate) owner: Owner,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: Timestamp,
}

/// Whether permissions allow an action of a domain, or only for `resource`.
pub(crate) fn allows(permissions: &[Permission], domain: &str, resource: Option<&str>) -> bool {
    permissions.iter().any(|p| {
        let granted = p.domain.as_deref();
        let limit = p.resource.as_deref();
        match domain {
            "api" => match (granted, limit) {
                (Some("api"), None) => true,
                (Some("api"), Some("read")) => matches!(resource, None | Some("read")),
                (Some("api"), Some("write")) => {
                    matches!(resource, None | Some("read") | Some("write"))
                }
                (Some("package"), _) => matches!(resource, None | Some("read")),
                _ => false,
            },
            "package" => granted == Some("package") && limit.is_none(),
            "repositories" => resource.is_none() && granted == Some("repositories"),
            "repository" => {
                resource.is_some()
                    && (granted == Some("repositories")
                        || (granted == Some("repository") && limit == resource))
            }
            "docs" => resource.is_some() && granted == Some("docs") && limit == resource,
            _ => false,
        }
    })
}

/// Like [`allows`], for the scopes of an OAuth token.
pub(crate) fn scopes_allow(scopes: &[String], domain: &str, resource: Option<&str>) -> bool {
    let has = |wanted: &str| scopes.iter().any(|s| s == wanted);
    match domain {
        "api" => {
            let read = matches!(resource, None | Some("read"));
            has("api")
                || (has("api:read") && read)
                || (has("api:write") && (read || resource == Some("write")))
                || (has("package") && read)
        }
        "package" => has("api") || has("api:write"),
        "repositories" => resource.is_none() && has("repositories"),
        "repository" => {
            resource.is_some_and(|r| has("repositories") || has(&format!("repository:{r}")))
        }
        "docs" => resource.is_some_and(|r| has(&format!("docs:{r}"))),
        _ => false,
    }
}
