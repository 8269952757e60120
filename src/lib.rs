//! A client for the users API of [Hex.pm](https://hex.pm) and of every Hex-compatible server.
//!
//! Hex.pm is the package registry of Erlang, Elixir and Gleam. This crate creates accounts, reads
//! them, requests password resets, and streams the audit log of your credentials.
//!
//! ```no_run
//! use aura_users::{Options, blocking::Client};
//!
//! fn main() -> Result<(), aura_users::Error> {
//!     let client = Client::new(Options::new().api_key("0123456789abcdef"))?;
//!     println!("{}", client.get_current_user()?.username());
//!     for log in client.stream_audit_logs()? {
//!         println!("{}", log?.action());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`blocking::Client`] blocks and needs no runtime. [`Client`] has the same methods for async code
//! in a tokio runtime:
//!
//! ```no_run
//! use aura_users::{Client, Options};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), aura_users::Error> {
//!     let client = Client::new(Options::new())?;
//!     println!("{:?}", client.get_user("ericmj").await?.full_name());
//!     Ok(())
//! }
//! ```
//!
//! # Functions
//!
//! | function | returns |
//! | --- | --- |
//! | [`create_user`](Client::create_user) | the new user |
//! | [`get_current_user`](Client::get_current_user) | the user that owns the credential |
//! | [`get_user`](Client::get_user) | a user's public record |
//! | [`reset_user_password`](Client::reset_user_password) | nothing; the server sends an e-mail |
//! | [`stream_audit_logs`](Client::stream_audit_logs) | your own audit log, newest first |
//!
//! - **Options.** Set [`Options`] on a client or on one call. An option that you do not set comes
//!   from the environment, or else from its default. [`Options::SPECS`] lists all options.
//! - **Errors.** Every failure is an [`Error`] with an [`ErrorKind`], the server's message and a
//!   hint. A POST whose outcome is unknown is never repeated.
//! - **Audit log.** The stream returns every row once and in order, also while other rows are
//!   written.
//! - **Records.** [`User`] and [`AuditLog`] keep the server's JSON, with fields that this version
//!   does not know.
//! - **Cancellation.** Drop the future, or use a [`CancelToken`] from another thread. [`Call`] runs
//!   in the background, and [`Completions`] waits for many calls.
//! - **Logs.** The crate logs with [`tracing`](https://docs.rs/tracing). No log line has a secret.
//!
//! # Features
//!
//! No feature is on by default. `capi` adds the C ABI of the C library, which
//! [`make install`](https://github.com/aura-users/aura-users/blob/main/packaging/README.md)
//! builds. A Rust program does not need it.
//!
//! The crate needs Rust 1.85 or later and a C compiler, which builds
//! [ring](https://docs.rs/ring). Certificates are always checked, against the system's roots.
//!
//! # Try it without hex.pm
//!
//! [aura-sandbox](https://github.com/aura-users/aura-users/blob/main/sandbox/README.md) is a test
//! server that answers as hex.pm does. Set the option [`repo_url`](Options::repo_url) to its
//! address.
//!
//! The [README](https://github.com/aura-users/aura-users#readme) has all options and the other
//! languages.

mod attempts;
pub mod blocking;
mod client;
mod error;
#[cfg(feature = "capi")]
mod ffi;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod log;
mod loopback;
mod operation;
mod protocol;
mod runtime;
mod server_text;
mod transport;

pub use client::audit_logs::AuditLogPage;
pub use client::options::{OptionKind, OptionSpec, Options, RateLimit};
pub use client::{AuditLogs, Client};
pub use error::{Error, ErrorKind, Reason, Result};
pub use log::{LogLevel, LogRecord, clear_log_hook, set_log_hook, without_log_hook};
pub use protocol::audit_log::AuditLog;
pub use protocol::response::{RateLimitState, Response};
pub use protocol::user::{Organization, Package, User};
pub use reqwest;
pub use runtime::background::Call;
pub use runtime::cancel::CancelToken;
pub use runtime::completions::Completions;
pub use secrecy::SecretString;
