//! What the server remembers: accounts, organizations, packages, keys, tokens and mail.
//!
//! One [`World`] holds all of it behind one lock. `account` has the plain data and the look-ups,
//! `create` the rules for a new account, `keys` and `password` credentials, `audit` the audit log's
//! rows, `mail` the mailbox and the links in it, `seed` ready-made state for tests, `limits` the
//! rate limits.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod create;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod mail;
pub(crate) mod password;
pub(crate) mod seed;

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

use jiff::Timestamp;

use self::account::{Organization, Package, User};
use self::keys::{Key, Token};
use self::limits::Limits;
use self::mail::Mail;
use crate::clock::Clock;
use crate::config::Profile;

/// Index of an account in `World::users`; its id on the wire is one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct UserId(pub(crate) usize);

/// Index of an organization in `World::organizations`; its id on the wire is one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OrgId(pub(crate) usize);

/// The organization everything public belongs to.
pub(crate) const HEXPM: OrgId = OrgId(0);

/// All state of one server.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) profile: Profile,
    /// `http://127.0.0.1:PORT`: what the records' links start with.
    pub(crate) base_url: String,
    pub(crate) clock: Clock,
    pub(crate) users: Vec<User>,
    pub(crate) by_name: HashMap<String, UserId>,
    /// Every account an address belongs to, verified or not.
    pub(crate) by_email: HashMap<String, Vec<UserId>>,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) packages: Vec<Package>,
    pub(crate) keys: Vec<Key>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) mails: Vec<Mail>,
    pub(crate) limits: Limits,
    pub(crate) blocked: HashSet<Ipv4Addr>,
    pub(crate) next_email_id: i64,
}

impl World {
    pub(crate) fn new(profile: Profile, base_url: String) -> Self {
        let mut world = World {
            profile,
            base_url,
            clock: Clock::default(),
            users: Vec::new(),
            by_name: HashMap::new(),
            by_email: HashMap::new(),
            organizations: Vec::new(),
            packages: Vec::new(),
            keys: Vec::new(),
            tokens: Vec::new(),
            mails: Vec::new(),
            limits: Limits::default(),
            blocked: HashSet::new(),
            next_email_id: 1,
        };
        world.organizations.push(Organization {
            name: "hexpm".to_owned(),
            billing_active: true,
            members: Vec::new(),
        });
        world
    }

    pub(crate) fn now(&mut self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn user(&self, id: UserId) -> &User {
        &self.users[id.0]
    }

    pub(crate) fn user_mut(&mut self, id: UserId) -> &mut User {
        &mut self.users[id.0]
    }

    pub(crate) fn organization(&self, id: OrgId) -> &Organization {
        &self.organizations[id.0]
    }

    pub(crate) fn is_legacy(&self) -> bool {
        self.profile == Profile::Legacy
    }
}
