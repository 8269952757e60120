//! Accounts, addresses, organizations and packages, and how they are found.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::log::AuditLog;
use super::password::PasswordHash;
use super::{HEXPM, OrgId, UserId, World};

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) full_name: Option<String>,
    pub(crate) password: Option<PasswordHash>,
    pub(crate) handles: Option<Handles>,
    pub(crate) emails: Vec<Email>,
    pub(crate) service: bool,
    pub(crate) deactivated: bool,
    /// The one-time password this account accepts; it has two-factor authentication when there is one.
    pub(crate) otp: Option<String>,
    /// Set for the account behind an organization.
    pub(crate) organization: Option<OrgId>,
    pub(crate) audit: AuditLog,
    pub(crate) resets: Vec<Reset>,
    pub(crate) inserted_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Email {
    pub(crate) id: i64,
    pub(crate) address: String,
    pub(crate) verified: bool,
    pub(crate) primary: bool,
    pub(crate) public: bool,
    pub(crate) verification: Option<(String, Timestamp)>,
    pub(crate) updated_at: Timestamp,
}

/// A password reset that was asked for and not used yet.
#[derive(Debug, Clone)]
pub(crate) struct Reset {
    pub(crate) key: String,
    pub(crate) primary_email: Option<String>,
    pub(crate) at: Timestamp,
}

/// What an account says about itself elsewhere, as it was typed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Handles {
    /// Shown as `X.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twitter: Option<String>,
    /// Shown as `Bluesky`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bluesky: Option<String>,
    /// Shown as `GitHub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github: Option<String>,
    /// Shown as `Elixir Forum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elixirforum: Option<String>,
    /// Shown as `Libera`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freenode: Option<String>,
    /// Shown as `Slack`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack: Option<String>,
    /// Never shown in a record; part of audit rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What a member may do in an organization, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read packages.
    Read,
    /// Publish packages, make keys.
    Write,
    /// Everything.
    Admin,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::Write => "write",
            Role::Admin => "admin",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Organization {
    pub(crate) name: String,
    pub(crate) billing_active: bool,
    /// In the order they joined.
    pub(crate) members: Vec<(UserId, Role, Timestamp)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) organization: OrgId,
    pub(crate) owners: Vec<UserId>,
    pub(crate) updated_at: Timestamp,
}

impl User {
    pub(crate) fn public_email(&self) -> Option<&str> {
        self.email_where(|e| e.public)
    }

    pub(crate) fn primary_email(&self) -> Option<&str> {
        self.email_where(|e| e.primary)
    }

    fn email_where(&self, wanted: impl Fn(&Email) -> bool) -> Option<&str> {
        self.emails.iter().find(|e| wanted(e)).map(|e| e.address.as_str())
    }
}

/// Lower case as the server does it: letter by letter, without Greek's final sigma.
pub(crate) fn downcase(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

impl World {
    /// The account of that name, or with that verified address.
    pub(crate) fn find_user(&self, name: &str) -> Option<UserId> {
        self.find_user_where(name, |email| email.verified)
    }

    /// The account of that name, or with that verified and public address.
    pub(crate) fn find_public_user(&self, name: &str) -> Option<UserId> {
        self.find_user_where(name, |email| email.verified && email.public)
    }

    fn find_user_where(&self, name: &str, wanted: impl Fn(&Email) -> bool) -> Option<UserId> {
        let name = downcase(name);
        if name.contains('@') {
            self.by_email.get(&name)?.iter().copied().find(|id| {
                let emails = &self.user(*id).emails;
                emails.iter().any(|e| e.address == name && wanted(e))
            })
        } else {
            self.by_name.get(&name).copied()
        }
    }

    /// Whether somebody has proven to own this address.
    pub(crate) fn address_in_use(&self, address: &str) -> bool {
        self.by_email.get(address).is_some_and(|users| {
            users.iter().any(|id| {
                let emails = &self.user(*id).emails;
                emails.iter().any(|e| e.address == address && e.verified)
            })
        })
    }

    pub(crate) fn find_organization(&self, name: &str) -> Option<OrgId> {
        self.organizations.iter().position(|o| o.name == name).map(OrgId)
    }

    /// The account's organizations, in the order the profile shows them.
    pub(crate) fn memberships(&self, user: UserId) -> Vec<(OrgId, Role)> {
        let mut all: Vec<_> = self
            .organizations
            .iter()
            .enumerate()
            .flat_map(|(index, org)| {
                org.members
                    .iter()
                    .filter(|(id, ..)| *id == user)
                    .map(move |(_, role, since)| (OrgId(index), *role, *since))
            })
            .collect();
        if self.is_legacy() {
            all.sort_by_key(|(.., since)| *since);
        } else {
            all.sort_by(|a, b| self.organization(a.0).name.cmp(&self.organization(b.0).name));
        }
        all.into_iter().map(|(org, role, _)| (org, role)).collect()
    }

    pub(crate) fn role(&self, org: OrgId, user: UserId) -> Option<Role> {
        let members = &self.organization(org).members;
        members.iter().find(|(id, ..)| *id == user).map(|(_, role, _)| *role)
    }

    /// The account's packages: the public registry first, then by repository and name.
    pub(crate) fn owned_packages(&self, user: UserId) -> Vec<&Package> {
        let mut owned: Vec<_> = self.packages.iter().filter(|p| p.owners.contains(&user)).collect();
        owned.sort_by_key(|p| {
            (p.organization != HEXPM, &self.organization(p.organization).name, &p.name)
        });
        owned
    }

    /// Those of the account's packages that a caller may know of.
    pub(crate) fn visible_packages(&self, user: UserId, caller: Option<UserId>) -> Vec<&Package> {
        self.owned_packages(user)
            .into_iter()
            .filter(|p| {
                p.organization == HEXPM
                    || caller.is_some_and(|caller| self.role(p.organization, caller).is_some())
            })
            .collect()
    }
}
