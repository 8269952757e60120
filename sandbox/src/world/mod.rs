//! The state of a server: accounts, organizations, packages, keys, tokens and mail. One [`World`]
//! holds all of it behind one lock.
//!
//! - `account`, `keys`, `limits`, `password`, `row`, `log`: plain data; `ids`: references
//! - `find`: looks up accounts, organizations and packages
//! - `create`: checks and makes a new account
//! - `key_use`: finds keys, and records their use
//! - `audit`: writes and reads rows; `writers`: programs that write rows continuously
//! - `mail`: writes mail, and follows its links
//! - `seed`: adds objects from documents; `restore`, `snapshot`: read and write a whole world

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod create;
mod find;
pub(crate) mod ids;
mod key_use;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod mail;
pub(crate) mod password;
mod restore;
mod row;
pub(crate) mod seed;
mod snapshot;
mod writers;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::Ipv4Addr;

use jiff::Timestamp;

use self::account::{Organization, Package, User};
use self::ids::{OrgId, UserId};
use self::keys::{Key, Token};
use self::limits::Limits;
use crate::clock::Clock;
use crate::journal::Journal;
use crate::new::{Mail, NewAuditWriter};
use crate::profile::{KeyOrder, Profile};
use crate::random::Random;
use crate::rules::Rules;

/// The address of a world.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// `http://127.0.0.1:PORT`, with the prefix. The links in records start with it.
    pub(crate) url: String,
    /// Empty, or `/w/ID`.
    pub(crate) prefix: String,
}

/// The changes since the last write, for worlds in a file. Mail and audit logs only grow, so they
/// need no mark.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    pub(crate) users: BTreeSet<usize>,
    pub(crate) organizations: BTreeSet<usize>,
    pub(crate) packages: BTreeSet<usize>,
    pub(crate) keys: BTreeSet<usize>,
    pub(crate) tokens: bool,
}

/// All state of one server.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) profile: Profile,
    pub(crate) base_url: String,
    pub(crate) prefix: String,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) key_order: KeyOrder,
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
    /// The position of the next membership.
    pub(crate) next_place: u64,
    pub(crate) rules: Rules,
    pub(crate) audit_writers: Vec<NewAuditWriter>,
    pub(crate) journal: Journal,
    pub(crate) dirty: Dirty,
}

impl World {
    fn empty(profile: Profile, place: Place) -> Self {
        let hexpm =
            Organization { name: "hexpm".to_owned(), billing_active: true, members: Vec::new() };
        World {
            profile,
            base_url: place.url,
            prefix: place.prefix,
            clock: Clock::default(),
            random: Random::default(),
            key_order: KeyOrder::default(),
            users: Vec::new(),
            by_name: HashMap::new(),
            by_email: HashMap::new(),
            organizations: vec![hexpm],
            packages: Vec::new(),
            keys: Vec::new(),
            tokens: Vec::new(),
            mails: Vec::new(),
            limits: Limits::default(),
            blocked: HashSet::new(),
            next_email_id: 1,
            next_place: 0,
            rules: Rules::default(),
            audit_writers: Vec::new(),
            journal: Journal::default(),
            dirty: Dirty::default(),
        }
    }

    pub(crate) fn now(&mut self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn user(&self, id: UserId) -> &User {
        &self.users[id.0]
    }

    pub(crate) fn user_mut(&mut self, id: UserId) -> &mut User {
        self.dirty.users.insert(id.0);
        &mut self.users[id.0]
    }

    pub(crate) fn organization(&self, id: OrgId) -> &Organization {
        &self.organizations[id.0]
    }

    pub(crate) fn key_mut(&mut self, index: usize) -> &mut Key {
        self.dirty.keys.insert(index);
        &mut self.keys[index]
    }

    /// Adds a key to the index.
    pub(crate) fn add_key(&mut self, key: Key) -> usize {
        let index = self.keys.len();
        self.keys.push(key);
        self.dirty.keys.insert(index);
        index
    }

    pub(crate) fn has_registration(&self) -> bool {
        self.profile != Profile::Hexpm
    }

    pub(crate) fn is_legacy(&self) -> bool {
        self.profile == Profile::Legacy
    }
}
