//! What can be put into a sandbox ready-made: from Rust, through the admin API and from a world
//! file alike.
//!
//! `account` and `organization` are who is there, `credentials` keys and tokens, `audit` the rows of
//! logs, `mail` the mailbox, `settings` clock and limits, `world` all of it together, which is a
//! world file and a snapshot; `form` is what they share. What only a snapshot has to say (ids, times,
//! hashes) is optional everywhere.

mod account;
mod audit;
mod credentials;
mod form;
mod mail;
mod organization;
#[cfg(test)]
mod schema;
mod settings;
mod world;

pub use account::{Handles, NewEmail, NewReset, NewUser};
pub use audit::{NewAuditLog, NewAuditRow, NewAuditWriter};
pub use credentials::{NewKey, NewLastUse, NewToken};
#[cfg(test)]
pub(crate) use form::Anything;
pub(crate) use form::{given, is_default, parse};
pub use mail::Mail;
pub use organization::{NewMembership, NewOrganization, NewPackage, Role};
pub use settings::{NewClock, NewCount, NewCounts, NewDraws, NewWrongCodes, RateLimits};
pub use world::NewWorld;
