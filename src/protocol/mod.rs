//! The protocol as pure values: a request for each operation, and a reader for each reply.
//!
//! There is no I/O, no clock and no async code here, so all of it is tested without a server.
//!
//! - `request`: the request of each operation
//! - `reply`: reads a reply, and turns a failed one into an error
//! - `response`: what a reply says besides its record
//! - `error_body`: reads the body of an error
//! - `user`, `audit_log`: the records
//! - `serialize`: the records as JSON
//! - `timestamp`: the times in them
//! - `json`: the rules for reading every body
//! - `scan`: passes over JSON quickly
//! - `user_scan`: passes over a user record in the same way
//! - `headers`: readers of single headers

pub(crate) mod audit_log;
mod error_body;
pub(crate) mod headers;
pub(crate) mod json;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod response;
mod scan;
mod serialize;
mod timestamp;
pub(crate) mod user;
mod user_scan;

pub(crate) use reply::Reply;
pub(crate) use request::Request;
