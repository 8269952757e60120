//! A world to try a client with.

use crate::handle::{SeedError, WorldHandle};
use crate::new::{NewEmail, NewUser};

/// The account that [`WorldHandle::add_demo`] added.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Demo {
    /// The account's name.
    pub username: &'static str,
    /// Its password, for the profile `legacy`.
    pub password: &'static str,
    /// A key that allows everything.
    pub api_key: String,
}

const USERNAME: &str = "eric";
const PASSWORD: &str = "correct horse";
/// Three pages.
const ROWS: u32 = 250;

impl WorldHandle {
    /// Adds an account with a verified address, 250 audit rows and a key. If the account exists, it
    /// gets only the key.
    pub fn add_demo(&self) -> Result<Demo, SeedError> {
        if !self.has_user(USERNAME) {
            self.add_user(NewUser {
                username: USERNAME.to_owned(),
                password: Some(PASSWORD.to_owned()),
                full_name: Some("Eric Example".to_owned()),
                emails: vec![NewEmail::verified("eric@example.com")],
                ..NewUser::default()
            })?;
            self.generate_audit_rows(USERNAME, ROWS)?;
        }
        let api_key = self.add_key(USERNAME, &["api"])?;
        Ok(Demo { username: USERNAME, password: PASSWORD, api_key })
    }
}
