//! A Hex-compatible server of the users API, for demos and tests.
//!
//! [`Sandbox::start`] starts a server on a free port of 127.0.0.1. The server stops when you drop
//! the value. It needs no runtime, and works from sync and async code.
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
//! The sandbox answers as hex.pm does: its replies were compared with replies recorded from the
//! real server. It also misbehaves on request. The
//! [README](https://github.com/aura-users/aura-users/blob/main/sandbox/README.md) describes the
//! program, the rules for misbehaviour, the admin API, and the differences from the real server.

// - `world`: the state and its rules; `host`: the worlds of one process; `store`: a world in a file
// - `http`: from the socket to an endpoint; `tls`: certificates; `term`: the wire formats
// - `api`: the endpoints of hex.pm; `web`: the pages behind links in mail; `admin`: the sandbox's
//   API
// - `rules`: misbehaviour; `journal`: the requests that arrived
// - `new`: the documents that fill a world; `demo`: a world to try a client with
// - `profile`: the servers that it can imitate

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
