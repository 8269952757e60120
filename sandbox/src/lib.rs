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
//! Inside, `world` is the state and its rules, `http` the way from socket to endpoint, `api` the
//! imitated endpoints, `web` the pages behind links in mail, `admin` the sandbox's own API, `term`
//! the wire formats.

mod admin;
mod api;
mod clock;
mod config;
mod http;
mod new;
mod sandbox;
mod term;
mod web;
mod world;

pub use config::{Config, Profile};
pub use new::{NewAuditRow, NewEmail, NewKey, NewOrganization, NewToken, NewUser};
pub use sandbox::{Sandbox, SeedError};
pub use world::account::{Handles, Role};
pub use world::mail::Mail;
