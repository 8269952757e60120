//! Ready-made state: what tests and the admin API put into a world without the API's own checks.

use std::net::Ipv4Addr;

use jiff::SignedDuration;

use super::account::{Email, Organization, Package, Role, User, downcase};
use super::audit::AuditRow;
use super::keys::{Key, Owner, Permission, Token, random_secret};
use super::password::PasswordHash;
use super::{HEXPM, OrgId, UserId, World};
use crate::new::{NewAuditRow, NewEmail, NewKey, NewOrganization, NewToken, NewUser};

impl World {
    pub(crate) fn seed_user(&mut self, new: NewUser) -> Result<UserId, String> {
        let username = self.free_name(&new.username)?;
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
            password: new.password.as_deref().map(PasswordHash::new),
            handles: Some(new.handles),
            emails,
            service: new.service,
            deactivated: new.deactivated,
            otp: new.otp,
            organization: None,
            audit: Vec::new(),
            resets: Vec::new(),
            inserted_at: now,
            updated_at: now,
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
            audit: Vec::new(),
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
        let members = &mut self.organizations[org.0].members;
        match members.iter_mut().find(|(member, ..)| *member == id) {
            Some(member) => member.1 = role,
            None => members.push((id, role, now)),
        }
    }

    pub(crate) fn seed_key(&mut self, new: NewKey) -> Result<String, String> {
        let owner = self.owner(new.username.as_deref(), new.organization.as_deref())?;
        let secret = new.secret.unwrap_or_else(random_secret);
        if self.find_key(secret.as_bytes()).is_some() {
            return Err("secret: a key with this secret is already there".to_owned());
        }
        let now = self.now();
        let revoke_in = new.revoke_in.or(new.revoked.then_some(-3600));
        let revoke_at = revoke_in
            .map(|secs| now.checked_add(SignedDuration::from_secs(secs)))
            .transpose()
            .map_err(|_| "revoke_in: too far away".to_owned())?;
        let permissions = if new.permissions.is_empty() {
            vec![Permission::parse("api")]
        } else {
            let scopes = new.permissions.iter();
            scopes.map(|scope| Permission::parse(scope)).collect()
        };
        self.keys.push(Key {
            name: new.name.unwrap_or_else(|| "sandbox".to_owned()),
            secret: secret.clone(),
            owner,
            permissions,
            revoke_at,
            last_use: None,
            inserted_at: now,
            updated_at: now,
        });
        Ok(secret)
    }

    pub(crate) fn seed_token(&mut self, new: NewToken) -> Result<String, String> {
        let owner = self.owner(new.username.as_deref(), new.organization.as_deref())?;
        let secret = new.token.unwrap_or_else(random_secret);
        let now = self.now();
        self.tokens.push(Token {
            secret: secret.clone(),
            owner,
            scopes: new.scopes,
            expires_at: now
                .checked_add(SignedDuration::from_secs(new.expires_in))
                .map_err(|_| "expires_in: too far away".to_owned())?,
        });
        Ok(secret)
    }

    pub(crate) fn seed_audit_rows(
        &mut self,
        username: &str,
        rows: Vec<NewAuditRow>,
    ) -> Result<(), String> {
        let id = self.known_user(username)?;
        let rows =
            rows.into_iter().map(|r| AuditRow::new(&r.action, r.params, r.user_agent.as_deref()));
        self.user_mut(id).audit.extend(rows);
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
        Ok(Email {
            id: self.next_email_id(),
            address,
            verified: new.verified,
            primary: new.primary,
            public: new.public,
            verification: (!new.verified).then(|| (random_secret(), now)),
            updated_at: now,
        })
    }

    fn parse_packages(&self, names: &[String]) -> Result<Vec<(OrgId, String)>, String> {
        names
            .iter()
            .map(|name| match name.split_once('/') {
                Some((org, name)) => Ok((self.known_organization(org)?, name.to_owned())),
                None => Ok((HEXPM, name.clone())),
            })
            .collect()
    }

    fn own_packages(&mut self, id: UserId, packages: Vec<(OrgId, String)>) {
        let now = self.now();
        for (organization, name) in packages {
            let known =
                self.packages.iter_mut().find(|p| p.organization == organization && p.name == name);
            match known {
                Some(package) => package.owners.push(id),
                None => self.packages.push(Package {
                    name,
                    organization,
                    owners: vec![id],
                    updated_at: now,
                }),
            }
        }
    }
}
