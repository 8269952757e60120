//! Finds accounts, organizations and packages.

use super::World;
use super::account::{Email, Package, downcase};
use super::ids::{HEXPM, OrgId, UserId};
use crate::new::Role;

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

    /// Whether an account has verified this address.
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
                    .filter(|member| member.user == user)
                    .map(move |member| (OrgId(index), member))
            })
            .collect();
        if self.is_legacy() {
            all.sort_by_key(|(_, member)| (member.since, member.place));
        } else {
            all.sort_by(|a, b| self.organization(a.0).name.cmp(&self.organization(b.0).name));
        }
        all.into_iter().map(|(org, member)| (org, member.role)).collect()
    }

    pub(crate) fn role(&self, org: OrgId, user: UserId) -> Option<Role> {
        let members = &self.organization(org).members;
        members.iter().find(|member| member.user == user).map(|member| member.role)
    }

    /// The account's packages: the public registry first, then by repository and name.
    pub(crate) fn owned_packages(&self, user: UserId) -> Vec<&Package> {
        let mut owned: Vec<_> = self.packages.iter().filter(|p| p.owners.contains(&user)).collect();
        owned.sort_by_key(|p| {
            (p.organization != HEXPM, &self.organization(p.organization).name, &p.name)
        });
        owned
    }

    /// The account's packages that a caller may see.
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
