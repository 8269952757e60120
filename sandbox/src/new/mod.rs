//! The objects that a test can add to a world: from Rust, with the admin API, and in a world file.
//!
//! - `account`, `organization`: accounts, organizations, members, packages
//! - `credentials`: keys and tokens
//! - `audit`: the rows of audit logs
//! - `mail`: the mailbox
//! - `settings`: the clock and the limits
//! - `world`: a whole world, as a world file or a snapshot
//! - `form`: code that they share
//!
//! Values that only a snapshot needs (ids, times, hashes) are optional everywhere.

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
pub(crate) use form::{is_default, nullable, parse};
pub use mail::Mail;
pub use organization::{NewMembership, NewOrganization, NewPackage, Role};
pub use settings::{NewClock, NewCount, NewCounts, NewDraws, NewWrongCodes, RateLimits};
pub use world::NewWorld;
