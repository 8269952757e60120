//! Adds objects to a world without the checks of the API, for tests and the admin API.

use std::net::Ipv4Addr;

use jiff::SignedDuration;

use super::World;
use super::account::{Email, Member, Organization, Package, Reset, User, downcase};
use super::ids::{HEXPM, OrgId, UserId};
use super::keys::{Key, LastUse, Owner, Permission, Token};
use super::log::{AuditLog, Piece};
use super::password::PasswordHash;
use crate::new::{
    NewAuditLog, NewEmail, NewKey, NewMembership, NewOrganization, NewPackage, NewToken, NewUser,
    Role,
};

impl World {
    pub(crate) fn seed_user(&mut self, new: NewUser) -> Result<UserId, String> {
        let (username, organization) = match new.stands_for {
            Some(name) => (
                downcase(&new.username),
                Some(self.organization_without_account(&new.username, &name)?),
            ),
            None => (self.free_name(&new.username)?, None),
        };
        let password = match (new.password, new.password_hash) {
            (Some(_), Some(_)) => {
                return Err("expected either \"password\" or \"password_hash\"".to_owned());
            }
            (Some(password), None) => Some(PasswordHash::new(&password, &mut self.random)),
            (None, Some(hash)) => {
                let hash = PasswordHash::from_text(&hash);
                Some(hash.ok_or("password_hash: expected a salt and a digest in hex")?)
            }
            (None, None) => None,
        };
        let mut memberships = Vec::new();
        for (name, role) in &new.organizations {
            memberships.push((self.known_organization(name)?, *role));
        }
        let packages = self.parse_packages(&new.packages)?;
        let mut emails = Vec::new();
        for email in new.emails {
            emails.push(self.seed_email(email)?);
        }
        let now = self.now();
        let id = self.add_account(User {
            username,
            full_name: new.full_name,
            password,
            handles: (!new.no_handles).then_some(new.handles),
            emails,
            service: new.service,
            deactivated: new.deactivated,
            otp: new.otp,
            organization,
            audit: AuditLog::default(),
            resets: new
                .resets
                .into_iter()
                .map(|r| Reset { key: r.key, primary_email: r.primary_email, at: r.at })
                .collect(),
            inserted_at: new.inserted_at.unwrap_or(now),
            updated_at: new.updated_at.or(new.inserted_at).unwrap_or(now),
        });
        for (org, role) in memberships {
            self.join(org, id, role);
        }
        self.own_packages(id, packages);
        Ok(id)
    }

    pub(crate) fn seed_organization(&mut self, new: NewOrganization) -> Result<OrgId, String> {
        let name = self.free_name(&new.name)?;
        let packages = self.parse_packages(&new.account_packages)?;
        let mut members = Vec::new();
        for (name, role) in &new.members {
            members.push((self.known_user(name)?, *role));
        }
        let emails = match new.account_email {
            Some(email) => {
                vec![self.seed_email(NewEmail { primary: false, ..NewEmail::verified(email) })?]
            }
            None => Vec::new(),
        };
        let org = OrgId(self.organizations.len());
        self.organizations.push(Organization {
            name: name.clone(),
            billing_active: new.billing_active,
            members: Vec::new(),
        });
        self.dirty.organizations.insert(org.0);
        if !new.with_account {
            return match emails.is_empty() && packages.is_empty() && members.is_empty() {
                true => Ok(org),
                false => Err(format!("\"{name}\" without an account has nothing of its own")),
            };
        }
        let now = self.now();
        let id = self.add_account(User {
            username: name,
            full_name: None,
            password: None,
            handles: None,
            emails,
            service: false,
            deactivated: false,
            otp: None,
            organization: Some(org),
            audit: AuditLog::default(),
            resets: Vec::new(),
            inserted_at: now,
            updated_at: now,
        });
        self.own_packages(id, packages);
        for (id, role) in members {
            self.join(org, id, role);
        }
        Ok(org)
    }

    /// Makes an account a member of an organization.
    pub(crate) fn join(&mut self, org: OrgId, id: UserId, role: Role) {
        let now = self.now();
        self.join_at(org, Member { user: id, role, since: now, place: self.next_place });
    }

    /// Adds the member of a document.
    pub(crate) fn seed_member(&mut self, new: &NewMembership) -> Result<(), String> {
        let org = self.known_organization(&new.organization)?;
        let user = self.known_user(&new.username)?;
        let since = new.since.unwrap_or_else(|| self.now());
        let place = new.place.unwrap_or(self.next_place);
        self.join_at(org, Member { user, role: new.role, since, place });
        Ok(())
    }

    fn join_at(&mut self, org: OrgId, new: Member) {
        self.dirty.organizations.insert(org.0);
        self.next_place = self.next_place.max(new.place.saturating_add(1));
        let members = &mut self.organizations[org.0].members;
        match members.iter_mut().find(|member| member.user == new.user) {
            Some(member) => member.role = new.role,
            None => members.push(new),
        }
    }

    pub(crate) fn seed_key(&mut self, new: NewKey) -> Result<String, String> {
        let owner = self.owner(new.username.as_deref(), new.organization.as_deref())?;
        let secret = new.secret.unwrap_or_else(|| self.random.secret());
        if self.find_key(secret.as_bytes()).is_some() {
            return Err("secret: a key with this secret is already there".to_owned());
        }
        let now = self.now();
        let revoke_in = new.revoke_in.or(new.revoked.then_some(-3600));
        let revoke_at = revoke_in
            .map(|secs| now.checked_add(SignedDuration::from_secs(secs)))
            .transpose()
            .map_err(|_| "revoke_in: too far away".to_owned())?
            .or(new.revoke_at);
        let permissions = if new.permissions.is_empty() {
            vec![Permission::parse("api")]
        } else {
            let scopes = new.permissions.iter();
            scopes.map(|scope| Permission::parse(scope)).collect()
        };
        self.add_key(Key {
            name: new.name.unwrap_or_else(|| "sandbox".to_owned()),
            secret: secret.clone(),
            owner,
            permissions,
            revoke_at,
            last_use: new.last_use.map(|last| LastUse {
                at: last.at,
                ip: last.ip,
                user_agent: last.user_agent,
            }),
            inserted_at: new.inserted_at.unwrap_or(now),
            updated_at: new.updated_at.or(new.inserted_at).unwrap_or(now),
        });
        Ok(secret)
    }

    pub(crate) fn seed_token(&mut self, new: NewToken) -> Result<String, String> {
        let owner = self.owner(new.username.as_deref(), new.organization.as_deref())?;
        let secret = new.token.unwrap_or_else(|| self.random.secret());
        let now = self.now();
        let expires_at = match new.expires_at {
            Some(at) => at,
            None => now
                .checked_add(SignedDuration::from_secs(new.expires_in))
                .map_err(|_| "expires_in: too far away".to_owned())?,
        };
        self.dirty.tokens = true;
        let scopes = self.expand(owner, new.scopes);
        self.tokens.push(Token { secret: secret.clone(), owner, scopes, expires_at });
        Ok(secret)
    }

    /// Replaces the scope `repositories` by the repositories that the owner can access.
    fn expand(&self, owner: Owner, mut scopes: Vec<String>) -> Vec<String> {
        const ALL: &str = "repositories";
        if !scopes.iter().any(|scope| scope == ALL) {
            return scopes;
        }
        let mut organizations: Vec<&str> = match owner {
            Owner::User(id) => {
                let memberships = self.memberships(id).into_iter();
                memberships.map(|(org, _)| self.organization(org).name.as_str()).collect()
            }
            Owner::Organization(id) => vec![&self.organization(id).name],
        };
        organizations.sort_unstable();
        if matches!(owner, Owner::User(_)) {
            organizations.insert(0, &self.organization(HEXPM).name);
        }
        scopes.retain(|scope| scope != ALL);
        scopes.extend(organizations.iter().map(|name| format!("repository:{name}")));
        scopes
    }

    /// Appends rows, and returns their number.
    pub(crate) fn seed_audit_log(&mut self, new: NewAuditLog) -> Result<usize, String> {
        let id = self.known_user(&new.username)?;
        let pieces = Piece::read(new)?;
        let log = &mut self.user_mut(id).audit;
        let before = log.len();
        pieces.into_iter().for_each(|piece| log.push(piece));
        Ok(log.len() - before)
    }

    /// Appends rows that are numbered by their position in the log.
    pub(crate) fn insert_audit_rows(&mut self, new: NewAuditLog) -> Result<(), String> {
        let id = self.known_user(&new.username)?;
        if new.count == Some(0) {
            return Ok(());
        }
        let place = i64::try_from(self.user(id).audit.len()).unwrap_or(i64::MAX);
        self.seed_audit_log(NewAuditLog { first: Some(place.saturating_add(1)), ..new }).map(drop)
    }

    /// A new package, with its owners.
    pub(super) fn seed_package(&mut self, new: NewPackage) -> Result<(), String> {
        let (organization, name) = self.parse_package(&new.name)?;
        if self.packages.iter().any(|p| p.organization == organization && p.name == name) {
            return Err(format!("\"{}\" is already there", new.name));
        }
        let owners = new.owners.iter().map(|name| self.known_user(name));
        let owners = owners.collect::<Result<_, _>>()?;
        let updated_at = new.updated_at.unwrap_or_else(|| self.now());
        self.dirty.packages.insert(self.packages.len());
        self.packages.push(Package { name, organization, owners, updated_at });
        Ok(())
    }

    pub(crate) fn block_address(&mut self, address: Ipv4Addr) {
        self.blocked.insert(address);
    }

    pub(crate) fn known_user(&self, name: &str) -> Result<UserId, String> {
        self.by_name
            .get(&downcase(name))
            .copied()
            .ok_or_else(|| format!("username: no account \"{name}\""))
    }

    pub(crate) fn known_organization(&self, name: &str) -> Result<OrgId, String> {
        self.find_organization(name)
            .ok_or_else(|| format!("organization: no organization \"{name}\""))
    }

    fn owner(&self, username: Option<&str>, organization: Option<&str>) -> Result<Owner, String> {
        match (username, organization) {
            (Some(name), None) => self.known_user(name).map(Owner::User),
            (None, Some(name)) => self.known_organization(name).map(Owner::Organization),
            _ => Err("expected either \"username\" or \"organization\"".to_owned()),
        }
    }

    /// The organization of that name, which has no account yet.
    fn organization_without_account(&self, username: &str, name: &str) -> Result<OrgId, String> {
        let org = self.known_organization(name)?;
        if downcase(username) != name {
            return Err(format!("stands_for: the account has to be called \"{name}\", too"));
        }
        match self.by_name.contains_key(name) {
            true => Err(format!("\"{name}\" is already there")),
            false => Ok(org),
        }
    }

    fn free_name(&self, name: &str) -> Result<String, String> {
        let name = downcase(name);
        if name.is_empty() {
            return Err("the name is missing".to_owned());
        }
        if self.by_name.contains_key(&name) || self.find_organization(&name).is_some() {
            return Err(format!("\"{name}\" is already there"));
        }
        Ok(name)
    }

    fn seed_email(&mut self, new: NewEmail) -> Result<Email, String> {
        let address = downcase(&new.email);
        if new.verified && self.address_in_use(&address) {
            return Err(format!("emails: \"{address}\" is verified elsewhere"));
        }
        let now = self.now();
        let id = new.id.unwrap_or(self.next_email_id);
        self.next_email_id = self.next_email_id.max(id.saturating_add(1));
        let sent_at = new.verification_sent_at.unwrap_or(now);
        let verification = match (new.verified, new.verification_key) {
            (true, _) => None,
            (false, Some(key)) => Some((key, sent_at)),
            (false, None) => Some((self.random.secret(), sent_at)),
        };
        Ok(Email {
            id,
            address,
            verified: new.verified,
            primary: new.primary,
            public: new.public,
            verification,
            updated_at: new.updated_at.unwrap_or(now),
        })
    }

    fn parse_packages(&self, names: &[String]) -> Result<Vec<(OrgId, String)>, String> {
        names.iter().map(|name| self.parse_package(name)).collect()
    }

    fn parse_package(&self, name: &str) -> Result<(OrgId, String), String> {
        match name.split_once('/') {
            Some((org, name)) => Ok((self.known_organization(org)?, name.to_owned())),
            None => Ok((HEXPM, name.to_owned())),
        }
    }

    fn own_packages(&mut self, id: UserId, packages: Vec<(OrgId, String)>) {
        let now = self.now();
        for (organization, name) in packages {
            let known =
                self.packages.iter().position(|p| p.organization == organization && p.name == name);
            let index = known.unwrap_or(self.packages.len());
            match known {
                Some(index) => self.packages[index].owners.push(id),
                None => self.packages.push(Package {
                    name,
                    organization,
                    owners: vec![id],
                    updated_at: now,
                }),
            }
            self.dirty.packages.insert(index);
        }
    }
}
