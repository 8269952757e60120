//! The protocol: pure values. A request for each operation, a reading of each reply.
//!
//! No I/O, no clock, no async: everything in here is tested without a server.
//!
//! - `request`: what each operation sends
//! - `reply`: what came back, and which error an unhappy reply is
//! - `error_body`: what the server says in the body of an error
//! - `user`, `audit_log`: the records
//! - `serialize`: the records in JSON that a program writes
//! - `timestamp`: the times in them
//! - `json`: the rules every body is read by
//! - `scan`: passes over JSON quickly
//! - `user_scan`: passes over a user record like that
//! - `headers`: the readers of single headers

pub(crate) mod audit_log;
mod error_body;
pub(crate) mod headers;
pub(crate) mod json;
pub(crate) mod reply;
pub(crate) mod request;
mod scan;
mod serialize;
mod timestamp;
pub(crate) mod user;
mod user_scan;

pub(crate) use reply::Reply;
pub(crate) use request::Request;
