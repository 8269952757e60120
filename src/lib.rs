//! A client for the users API of [Hex.pm](https://hex.pm) and of every Hex-compatible server.
//!
//! | function | result |
//! | --- | --- |
//! | [`create_user`](Client::create_user) | the new user |
//! | [`get_current_user`](Client::get_current_user) | the user that the credential belongs to |
//! | [`get_user`](Client::get_user) | a user's public record |
//! | [`reset_user_password`](Client::reset_user_password) | nothing: the server sends an e-mail |
//! | [`stream_audit_logs`](Client::stream_audit_logs) | the caller's own audit log, newest first |
//!
//! [`Client`] is asynchronous, [`blocking::Client`] blocks. [`Options`] apply to a client or to one
//! call. Every failure is an [`Error`] with an [`ErrorKind`]. Every record keeps the server's JSON.
//!
//! # Modules
//!
//! A module uses only the modules below it.
//!
//! - `ffi` (the C ABI, with the feature `capi`), [`blocking`]
//! - `client`: options, deadlines, retries, the rate limit, the audit-log stream
//! - `protocol`: pure values: a request for each operation, the reading of each reply
//! - `transport`: the only module that uses reqwest and hyper
//! - `runtime`: the embedded tokio runtimes, cancellation, and the state of each process

mod attempts;
pub mod blocking;
mod client;
mod error;
#[cfg(feature = "capi")]
mod ffi;
mod foreign;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod log;
mod loopback;
mod operation;
mod protocol;
mod runtime;
mod transport;

pub use client::audit_logs::AuditLogPage;
pub use client::options::{OptionKind, OptionSpec, Options, RateLimit};
pub use client::rate_limit::RateLimitState;
pub use client::{AuditLogs, Client};
pub use error::{Error, ErrorKind, Reason, Result};
pub use log::{LogLevel, LogRecord, clear_log_hook, set_log_hook};
pub use protocol::audit_log::AuditLog;
pub use protocol::user::{Organization, Package, User};
pub use reqwest;
pub use runtime::background::Call;
pub use runtime::cancel::CancelToken;
pub use runtime::completions::Completions;
pub use secrecy::SecretString;
