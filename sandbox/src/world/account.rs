//! Accounts, addresses, organizations and packages.

use jiff::Timestamp;

use super::ids::{OrgId, UserId};
use super::log::AuditLog;
use super::password::PasswordHash;
use crate::new::{Handles, Role};

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) full_name: Option<String>,
    pub(crate) password: Option<PasswordHash>,
    pub(crate) handles: Option<Handles>,
    pub(crate) emails: Vec<Email>,
    pub(crate) service: bool,
    pub(crate) deactivated: bool,
    /// The one-time password of this account. If it is set, the account has two-factor
    /// authentication.
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

/// A requested password reset that was not used yet.
#[derive(Debug, Clone)]
pub(crate) struct Reset {
    pub(crate) key: String,
    pub(crate) primary_email: Option<String>,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct Organization {
    pub(crate) name: String,
    pub(crate) billing_active: bool,
    /// In the order they joined.
    pub(crate) members: Vec<Member>,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) since: Timestamp,
    /// The position among all memberships. It orders those that began at the same time.
    pub(crate) place: u64,
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
