//! Writes a world as a document. A world restored from it sends the same replies, byte for byte.

use super::World;
use super::account::{Email, Member, User};
use super::ids::HEXPM;
use super::keys::{Owner, Token};
use super::limits::{CodeSubject, Limits, Subject};
use super::log::Piece;
use crate::new::{
    NewAuditLog, NewCount, NewCounts, NewEmail, NewKey, NewLastUse, NewMembership, NewOrganization,
    NewPackage, NewReset, NewToken, NewUser, NewWorld, NewWrongCodes,
};

impl World {
    pub(crate) fn snapshot(&self) -> NewWorld {
        NewWorld {
            rate_counts: self.rate_counts(),
            wrong_codes: self.wrong_codes(),
            organizations: (1..self.organizations.len())
                .map(|i| self.organization_form(i))
                .collect(),
            users: (0..self.users.len()).map(|i| self.user_form(i)).collect(),
            memberships: (0..self.organizations.len()).flat_map(|i| self.member_forms(i)).collect(),
            packages: (0..self.packages.len()).map(|i| self.package_form(i)).collect(),
            keys: (0..self.keys.len()).map(|i| self.key_form(i)).collect(),
            tokens: self.token_forms(),
            audit_logs: self.users.iter().flat_map(log_forms).collect(),
            mails: self.mails.clone(),
            ..self.settings()
        }
    }

    /// The settings of a world.
    pub(crate) fn settings(&self) -> NewWorld {
        let mut blocked: Vec<_> = self.blocked.iter().copied().collect();
        blocked.sort_unstable();
        let limits = &self.limits.settings;
        NewWorld {
            profile: Some(self.profile),
            seed: self.random.seed,
            draws: self.random.draws.clone(),
            key_order: self.key_order,
            clock: self.clock.form(),
            rate_limits: (*limits != Default::default()).then(|| limits.clone()),
            blocked_addresses: blocked,
            rules: self.rules.list(),
            audit_writers: self.audit_writers.clone(),
            ..NewWorld::default()
        }
    }

    /// The counts of the current minute.
    pub(crate) fn rate_counts(&self) -> NewCounts {
        let Limits { minute, counts, .. } = &self.limits;
        let mut forms: Vec<NewCount> = counts
            .iter()
            .map(|(subject, count)| {
                let mut form = NewCount { count: *count, ..NewCount::default() };
                match *subject {
                    Subject::User(id) => form.username = Some(self.user(id).username.clone()),
                    Subject::Organization(id) => {
                        form.organization = Some(self.organization(id).name.clone());
                    }
                    Subject::Address(address) => form.address = Some(address),
                }
                form
            })
            .collect();
        forms.sort_by(|a, b| {
            (&a.username, &a.organization, a.address).cmp(&(
                &b.username,
                &b.organization,
                b.address,
            ))
        });
        match forms.is_empty() {
            true => NewCounts::default(),
            false => NewCounts { minute: *minute, counts: forms },
        }
    }

    fn wrong_codes(&self) -> Vec<NewWrongCodes> {
        let form = |(subject, (window, count)): (&CodeSubject, &(i64, u32))| {
            let (username, address) = match subject {
                CodeSubject::User(id) => (Some(self.user(*id).username.clone()), None),
                CodeSubject::Address(address) => (None, Some(address.clone())),
            };
            NewWrongCodes { username, address, window: *window, count: *count }
        };
        let mut forms: Vec<_> = self.limits.wrong_codes.iter().map(form).collect();
        forms.sort_by(|a, b| (&a.username, &a.address).cmp(&(&b.username, &b.address)));
        forms
    }

    pub(crate) fn organization_form(&self, index: usize) -> NewOrganization {
        let organization = &self.organizations[index];
        NewOrganization {
            name: organization.name.clone(),
            billing_active: organization.billing_active,
            with_account: false,
            ..NewOrganization::default()
        }
    }

    pub(crate) fn member_forms(&self, index: usize) -> Vec<NewMembership> {
        let organization = &self.organizations[index];
        let member = |member: &Member| NewMembership {
            organization: organization.name.clone(),
            username: self.user(member.user).username.clone(),
            role: member.role,
            since: Some(member.since),
            place: Some(member.place),
        };
        organization.members.iter().map(member).collect()
    }

    pub(crate) fn user_form(&self, index: usize) -> NewUser {
        let user = &self.users[index];
        NewUser {
            username: user.username.clone(),
            full_name: user.full_name.clone(),
            password_hash: user.password.as_ref().map(|hash| hash.text()),
            handles: user.handles.clone().unwrap_or_default(),
            no_handles: user.handles.is_none(),
            emails: user.emails.iter().map(email_form).collect(),
            service: user.service,
            deactivated: user.deactivated,
            otp: user.otp.clone(),
            stands_for: user.organization.map(|org| self.organization(org).name.clone()),
            resets: user
                .resets
                .iter()
                .map(|r| NewReset {
                    key: r.key.clone(),
                    primary_email: r.primary_email.clone(),
                    at: r.at,
                })
                .collect(),
            inserted_at: Some(user.inserted_at),
            updated_at: Some(user.updated_at),
            ..NewUser::default()
        }
    }

    pub(crate) fn package_form(&self, index: usize) -> NewPackage {
        let package = &self.packages[index];
        let name = match package.organization {
            HEXPM => package.name.clone(),
            org => format!("{}/{}", self.organization(org).name, package.name),
        };
        let owners = package.owners.iter().map(|id| self.user(*id).username.clone()).collect();
        NewPackage { name, owners, updated_at: Some(package.updated_at) }
    }

    fn owner_form(&self, owner: Owner) -> (Option<String>, Option<String>) {
        match owner {
            Owner::User(id) => (Some(self.user(id).username.clone()), None),
            Owner::Organization(id) => (None, Some(self.organization(id).name.clone())),
        }
    }

    pub(crate) fn key_form(&self, index: usize) -> NewKey {
        let key = &self.keys[index];
        let (username, organization) = self.owner_form(key.owner);
        NewKey {
            username,
            organization,
            name: Some(key.name.clone()),
            permissions: key.permissions.iter().map(|p| p.text()).collect(),
            secret: Some(key.secret.clone()),
            revoke_at: key.revoke_at,
            last_use: key.last_use.as_ref().map(|last| NewLastUse {
                at: last.at,
                ip: last.ip.clone(),
                user_agent: last.user_agent.clone(),
            }),
            inserted_at: Some(key.inserted_at),
            updated_at: Some(key.updated_at),
            ..NewKey::default()
        }
    }

    pub(crate) fn token_forms(&self) -> Vec<NewToken> {
        let form = |token: &Token| {
            let (username, organization) = self.owner_form(token.owner);
            NewToken {
                username,
                organization,
                scopes: token.scopes.clone(),
                token: Some(token.secret.clone()),
                expires_at: Some(token.expires_at),
                ..NewToken::default()
            }
        };
        self.tokens.iter().map(form).collect()
    }
}

fn email_form(email: &Email) -> NewEmail {
    NewEmail {
        email: email.address.clone(),
        verified: email.verified,
        primary: email.primary,
        public: email.public,
        id: Some(email.id),
        verification_key: email.verification.as_ref().map(|(key, _)| key.clone()),
        verification_sent_at: email.verification.as_ref().map(|(_, at)| *at),
        updated_at: Some(email.updated_at),
    }
}

/// The pieces of a log, with consecutive single rows together.
fn log_forms(user: &User) -> Vec<NewAuditLog> {
    let mut forms: Vec<NewAuditLog> = Vec::new();
    let mut joinable = false;
    for piece in user.audit.pieces() {
        let form = piece.form(&user.username);
        let single = matches!(piece, Piece::Row(_));
        match forms.last_mut() {
            Some(NewAuditLog { rows: Some(rows), .. }) if joinable && single => {
                rows.extend(form.rows.unwrap_or_default());
            }
            _ => forms.push(form),
        }
        joinable = single;
    }
    forms
}
