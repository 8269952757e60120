//! A Hex-compatible server of the users API that runs anywhere: for demos, and for tests.
//!
//! [`Sandbox::start`] gives a running server on a free port of 127.0.0.1; it stops when the value
//! is dropped. It needs no runtime of yours and works from sync and async code alike.
//!
//! ```
//! use aura_sandbox::{Config, NewEmail, NewUser, Sandbox};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start(Config::default())?;
//! sandbox.add_user(NewUser {
//!     username: "eric".into(),
//!     emails: vec![NewEmail::verified("eric@example.com")],
//!     ..NewUser::default()
//! })?;
//! let key = sandbox.add_key("eric", &["api"])?;
//! // Point a client at sandbox.api_url() with that key.
//! # assert_eq!(key.len(), 32);
//! # Ok(())
//! # }
//! ```
//!
//! What it answers was compared with exchanges recorded from the real server; the README says
//! where the two differ.
//!
//! Inside, `world` is the state and its rules, `host` the worlds of one process, `http` the way from
//! socket to endpoint, `api` the imitated endpoints, `web` the pages behind links in mail, `admin`
//! the sandbox's own API, `rules` how it misbehaves, `journal` what arrived, `new` what is put in, `profile` the servers it behaves like,
//! `store` a world in a file, `demo` a world to try a client with, `tls` certificates, `term` the wire formats.

mod admin;
mod api;
mod clock;
mod config;
mod demo;
mod handle;
mod host;
mod http;
mod journal;
mod new;
mod profile;
mod random;
mod rules;
mod sandbox;
mod store;
mod term;
mod tls;
mod web;
mod world;

pub use config::{Config, Http2, Tls};
pub use demo::Demo;
pub use handle::{SeedError, WorldHandle};
pub use jiff::Timestamp;
pub use journal::{JournalEntry, JournalFilter};
pub use new::{
    Handles, Mail, NewAuditLog, NewAuditRow, NewAuditWriter, NewClock, NewCount, NewCounts,
    NewDraws, NewEmail, NewKey, NewLastUse, NewMembership, NewOrganization, NewPackage, NewReset,
    NewToken, NewUser, NewWorld, NewWrongCodes, RateLimits, Role,
};
pub use profile::{KeyOrder, Profile};
pub use rules::{
    Action, AuditRowInsert, CannedReply, CloseAt, FloodFrame, InsertTime, ReplyPoint, RowCount,
    Rule,
};
pub use sandbox::Sandbox;
