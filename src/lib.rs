//! A client for the users API of [Hex.pm](https://hex.pm) and of every Hex-compatible server.
//!
//! | function | gives |
//! | --- | --- |
//! | [`create_user`](Client::create_user) | the new user |
//! | [`get_current_user`](Client::get_current_user) | the user the credential belongs to |
//! | [`get_user`](Client::get_user) | a user's public record |
//! | [`reset_user_password`](Client::reset_user_password) | nothing: an e-mail goes out |
//! | [`stream_audit_logs`](Client::stream_audit_logs) | the caller's own audit log, newest first |
//!
//! [`Client`] is asynchronous, [`blocking::Client`] waits. [`Options`] are set on the client and
//! again on one call. Every failure is an [`Error`] with an [`ErrorKind`]; every record keeps the
//! server's JSON.
//!
//! # The map
//!
//! Data flows one way; nothing below knows anything above it.
//!
//! - faces: `ffi` (the C ABI, with the feature `capi`), [`blocking`]
//! - `client`: options, deadline, retry, rate limit, the audit-log stream
//! - `protocol`: pure values, a request for each operation, a reading of each reply
//! - `transport`: the only folder that names reqwest and hyper
//! - `runtime`: the embedded tokio runtimes, what ends a call, and what a fork does not share

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
