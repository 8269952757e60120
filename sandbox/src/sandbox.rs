//! The handle of a running server.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::admin::generated_row;
use crate::config::{Config, Profile};
use crate::http::{Shared, serve};
use crate::new::{NewAuditRow, NewKey, NewOrganization, NewToken, NewUser};
use crate::world::World;
use crate::world::account::Role;
use crate::world::keys::random_secret;
use crate::world::mail::Mail;

/// Ready-made state that does not fit: a name that is taken, an organization that is not there.
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

/// A running server; it stops when this is dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
    profile: Profile,
    port: u16,
    url: String,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a server on 127.0.0.1 with an empty world; it answers when this returns.
    pub fn start(config: Config) -> io::Result<Sandbox> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).map_err(|error| {
            let text = format!("cannot listen on 127.0.0.1:{}: {error}", config.port);
            io::Error::new(error.kind(), text)
        })?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let url = format!("http://127.0.0.1:{port}");
        let world = World::new(config.profile, url.clone());
        let shared = Arc::new(Shared::new(world, random_secret()));
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("aura-sandbox".to_owned()).spawn(move || {
                runtime.block_on(async move {
                    // Fails only without the reactor that is enabled above.
                    if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                        serve(listener, served, stopped).await;
                    }
                });
            })?;
        Ok(Sandbox {
            shared,
            profile: config.profile,
            port,
            url,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The base of the API, for a client's `repo_url`: `http://127.0.0.1:PORT/api`
    pub fn api_url(&self) -> String {
        format!("{}/api", self.url)
    }

    /// The base of the admin API: `http://127.0.0.1:PORT/_sandbox`
    pub fn admin_url(&self) -> String {
        format!("{}/_sandbox", self.url)
    }

    /// What the admin API wants as `Authorization: Bearer …`.
    pub fn admin_token(&self) -> &str {
        &self.shared.admin_token
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server it behaves like.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Puts a ready-made account into the world, without checks, rows or mail.
    pub fn add_user(&self, user: NewUser) -> Result<(), SeedError> {
        self.shared.world().seed_user(user)?;
        Ok(())
    }

    /// Puts an organization into the world, and the account behind it.
    pub fn add_organization(&self, organization: NewOrganization) -> Result<(), SeedError> {
        self.shared.world().seed_organization(organization)?;
        Ok(())
    }

    /// Makes an account a member of an organization, or changes its role.
    pub fn add_member(
        &self,
        organization: &str,
        username: &str,
        role: Role,
    ) -> Result<(), SeedError> {
        let mut world = self.shared.world();
        let org = world.known_organization(organization)?;
        let id = world.known_user(username)?;
        world.join(org, id, role);
        Ok(())
    }

    /// Makes a key for an account and gives its secret. No permissions means all, `api`; for the
    /// others see [`NewKey::permissions`].
    pub fn add_key(&self, username: &str, permissions: &[&str]) -> Result<String, SeedError> {
        self.create_key(NewKey {
            username: Some(username.to_owned()),
            permissions: permissions.iter().map(|p| (*p).to_owned()).collect(),
            ..NewKey::default()
        })
    }

    /// Makes a key of any kind and gives its secret, to be sent as `Authorization: SECRET`.
    pub fn create_key(&self, key: NewKey) -> Result<String, SeedError> {
        Ok(self.shared.world().seed_key(key)?)
    }

    /// Makes an OAuth token and gives it, to be sent as `Authorization: Bearer TOKEN`.
    pub fn create_token(&self, token: NewToken) -> Result<String, SeedError> {
        Ok(self.shared.world().seed_token(token)?)
    }

    /// Appends rows to an account's audit log; the last one is then the newest.
    pub fn add_audit_rows(
        &self,
        username: &str,
        rows: impl IntoIterator<Item = NewAuditRow>,
    ) -> Result<(), SeedError> {
        let rows = rows.into_iter().collect();
        Ok(self.shared.world().seed_audit_rows(username, rows)?)
    }

    /// Appends that many rows that are alike: `key.generate` with ids from 1 up.
    pub fn generate_audit_rows(&self, username: &str, count: u32) -> Result<(), SeedError> {
        self.add_audit_rows(username, (1..=count.into()).map(generated_row))
    }

    /// Refuses requests that come, by their `X-Forwarded-For`, from this address.
    pub fn block_address(&self, address: Ipv4Addr) {
        self.shared.world().block_address(address);
    }

    /// The mail written so far, oldest first.
    pub fn mailbox(&self) -> Vec<Mail> {
        self.shared.world().mails.clone()
    }
}

/// Neither the token nor the world: this ends up in logs.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("url", &self.url)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed there.
            let _ = thread.join();
        }
    }
}
