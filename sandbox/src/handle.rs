//! The handle of one world, for Rust tests.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::host::{Hosted, Shared};
use crate::journal::{JournalEntry, JournalFilter};
use crate::new::Mail;
use crate::new::RateLimits;
use crate::new::Role;
use crate::new::{
    NewAuditLog, NewAuditRow, NewAuditWriter, NewKey, NewOrganization, NewToken, NewUser, NewWorld,
};
use crate::profile::{KeyOrder, Profile};
use crate::rules::Rule;
use crate::world::World;

/// State that does not fit: a name that is taken, an organization that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedError(String);

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SeedError {}

impl From<String> for SeedError {
    fn from(text: String) -> Self {
        SeedError(text)
    }
}

impl From<io::Error> for SeedError {
    fn from(error: io::Error) -> Self {
        SeedError(format!("the data file: {error}"))
    }
}

/// One world of a running server. A [`Sandbox`](crate::Sandbox) is the handle of its first world;
/// [`WorldHandle::new_world`] makes others, which are independent.
///
/// A world exists until it is deleted or the server stops.
#[derive(Clone)]
pub struct WorldHandle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) hosted: Arc<Hosted>,
}

impl WorldHandle {
    /// `http://127.0.0.1:PORT`, with the world's prefix.
    pub fn url(&self) -> &str {
        &self.hosted.place.url
    }

    /// The base of the API, for a client's `repo_url`: `http://127.0.0.1:PORT/api`
    pub fn api_url(&self) -> String {
        format!("{}/api", self.url())
    }

    /// The base of the admin API: `http://127.0.0.1:PORT/_sandbox`
    pub fn admin_url(&self) -> String {
        format!("{}/_sandbox", self.url())
    }

    /// The admin API's token, for `Authorization: Bearer …`.
    pub fn admin_token(&self) -> &str {
        &self.hosted.admin_token
    }

    /// The server it behaves like.
    pub fn profile(&self) -> Profile {
        self.hosted.profile
    }

    /// The world's id; empty for the first one.
    pub fn world_id(&self) -> &str {
        &self.hosted.id
    }

    /// Makes another world in the same process, under its own address.
    pub fn new_world(&self, start: NewWorld) -> Result<WorldHandle, SeedError> {
        let hosted = self.shared.add(start)?;
        Ok(WorldHandle { shared: Arc::clone(&self.shared), hosted })
    }

    /// Deletes this world: its address returns 404 from now on. Returns false for the first world,
    /// which stays.
    pub fn delete_world(&self) -> bool {
        self.shared.remove(&self.hosted.id)
    }

    fn seed<T>(&self, act: impl FnOnce(&mut World) -> Result<T, String>) -> Result<T, SeedError> {
        Ok(self.hosted.change(act)??)
    }

    pub(crate) fn has_user(&self, username: &str) -> bool {
        self.hosted.world().known_user(username).is_ok()
    }

    /// Adds an account to the world, without checks, rows or mail.
    pub fn add_user(&self, user: NewUser) -> Result<(), SeedError> {
        self.seed(|world| world.seed_user(user).map(drop))
    }

    /// Adds an organization to the world, and the account behind it.
    pub fn add_organization(&self, organization: NewOrganization) -> Result<(), SeedError> {
        self.seed(|world| world.seed_organization(organization).map(drop))
    }

    /// Makes an account a member of an organization, or changes its role.
    pub fn add_member(
        &self,
        organization: &str,
        username: &str,
        role: Role,
    ) -> Result<(), SeedError> {
        self.seed(|world| {
            let org = world.known_organization(organization)?;
            let id = world.known_user(username)?;
            world.join(org, id, role);
            Ok(())
        })
    }

    /// Makes a key for an account and returns its secret. An empty list means `api`, which allows
    /// all. For other permissions see [`NewKey::permissions`].
    pub fn add_key(&self, username: &str, permissions: &[&str]) -> Result<String, SeedError> {
        self.create_key(NewKey {
            username: Some(username.to_owned()),
            permissions: permissions.iter().map(|p| (*p).to_owned()).collect(),
            ..NewKey::default()
        })
    }

    /// Makes a key of any kind and returns its secret. Send it as `Authorization: SECRET`.
    pub fn create_key(&self, key: NewKey) -> Result<String, SeedError> {
        self.seed(|world| world.seed_key(key))
    }

    /// Makes an OAuth token and returns it. Send it as `Authorization: Bearer TOKEN`.
    pub fn create_token(&self, token: NewToken) -> Result<String, SeedError> {
        self.seed(|world| world.seed_token(token))
    }

    /// Appends rows to an account's audit log; the last one is then the newest.
    pub fn add_audit_rows(
        &self,
        username: &str,
        rows: impl IntoIterator<Item = NewAuditRow>,
    ) -> Result<(), SeedError> {
        self.add_audit_log(NewAuditLog {
            username: username.to_owned(),
            rows: Some(rows.into_iter().collect()),
            ..NewAuditLog::default()
        })
    }

    /// Appends this number of similar rows: `key.generate` with ids from 1 up. Each row is created
    /// when a request reads it.
    pub fn generate_audit_rows(&self, username: &str, count: u32) -> Result<(), SeedError> {
        self.add_audit_log(NewAuditLog {
            username: username.to_owned(),
            count: Some(count.into()),
            ..NewAuditLog::default()
        })
    }

    /// Appends rows of any kind.
    pub fn add_audit_log(&self, log: NewAuditLog) -> Result<(), SeedError> {
        self.seed(|world| world.seed_audit_log(log).map(drop))
    }

    /// Starts a program that writes rows into an audit log until
    /// [`clear_audit_writers`](Self::clear_audit_writers) stops it.
    pub fn add_audit_writer(&self, writer: NewAuditWriter) -> Result<(), SeedError> {
        self.seed(|world| world.add_audit_writer(writer))
    }

    /// Stops the programs that write rows. Rows that are already due are still written.
    pub fn clear_audit_writers(&self) {
        self.set(|world| world.audit_writers.clear());
    }

    /// Refuses requests from this address, as `X-Forwarded-For` names it.
    pub fn block_address(&self, address: Ipv4Addr) {
        self.set(|world| world.block_address(address));
    }

    /// The mail written so far, oldest first.
    pub fn mailbox(&self) -> Vec<Mail> {
        self.hosted.world().mails.clone()
    }

    /// The time in this world.
    pub fn now(&self) -> Timestamp {
        self.hosted.world().clock.peek()
    }

    /// Sets the clock, which stays frozen or running. For an exact time, freeze it first.
    pub fn set_clock(&self, time: Timestamp) {
        self.set(|world| world.clock.set(time));
    }

    /// Freezes the clock.
    pub fn freeze_clock(&self) {
        self.set(|world| world.clock.freeze());
    }

    /// Lets the clock run on from its time.
    pub fn run_clock(&self) {
        self.set(|world| world.clock.run());
    }

    /// Moves the clock forward.
    pub fn advance_clock(&self, by: Duration) -> Result<(), SeedError> {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.seed(|world| world.clock.advance(by))
    }

    /// The current rate limits.
    pub fn rate_limits(&self) -> RateLimits {
        self.hosted.world().limits.settings.clone()
    }

    /// Changes the rate limits. The counts of this minute stay.
    pub fn set_rate_limits(&self, limits: RateLimits) {
        self.set(|world| world.limits.settings = limits);
    }

    /// The order in which keys are written.
    pub fn key_order(&self) -> KeyOrder {
        self.hosted.world().key_order
    }

    /// Writes keys in this order from now on.
    pub fn set_key_order(&self, order: KeyOrder) {
        self.set(|world| world.key_order = order);
    }

    /// Adds a rule after the existing ones, and returns its number.
    pub fn add_rule(&self, rule: Rule) -> Result<u64, SeedError> {
        self.seed(|world| world.rules.add(rule))
    }

    /// The rule with this number, and how often it applied.
    pub fn rule(&self, number: u64) -> Option<Rule> {
        self.hosted.world().rules.get(number).cloned()
    }

    /// Removes one rule. Returns `false` if it does not exist.
    pub fn remove_rule(&self, number: u64) -> bool {
        let mut removed = false;
        self.set(|world| removed = world.rules.remove(number));
        removed
    }

    /// The rules, and how often each applied.
    pub fn rules(&self) -> Vec<Rule> {
        self.hosted.world().rules.list()
    }

    /// Removes all rules.
    pub fn clear_rules(&self) {
        self.set(|world| world.rules.clear());
    }

    /// The requests that arrived, oldest first.
    pub fn journal(&self, filter: &JournalFilter) -> Vec<JournalEntry> {
        self.hosted.world().journal.find(filter)
    }

    /// How many requests arrived that match the filter.
    pub fn count_requests(&self, filter: &JournalFilter) -> usize {
        self.hosted.world().journal.count(filter)
    }

    /// Clears the journal.
    pub fn clear_journal(&self) {
        self.hosted.world().journal.clear();
    }

    /// The world as a document. A world restored from it sends the same replies, byte for byte.
    pub fn snapshot(&self) -> NewWorld {
        self.hosted.world().snapshot()
    }

    /// Replaces the world. The journal starts empty.
    pub fn restore(&self, world: NewWorld) -> Result<(), SeedError> {
        Ok(self.hosted.restore(world)?)
    }

    /// Resets the world to its start. The journal starts empty.
    pub fn reset(&self) -> Result<(), SeedError> {
        Ok(self.hosted.reset()?)
    }

    /// For changes that return no error. If the data file cannot be written, the next change that
    /// returns errors reports it.
    fn set(&self, act: impl FnOnce(&mut World)) {
        let _ = self.hosted.change(act);
    }
}

/// Without the token and the world, because this may appear in logs.
impl fmt::Debug for WorldHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorldHandle")
            .field("url", &self.url())
            .field("profile", &self.profile())
            .finish_non_exhaustive()
    }
}
