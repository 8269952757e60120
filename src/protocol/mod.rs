//! The protocol as pure values: a request for each operation, and the reading of each reply.
//!
//! No I/O, no clock, no async: all of it is tested without a server.
//!
//! - `request`: what each operation sends
//! - `reply`: a reply: a record or an error
//! - `response`: what a reply contains besides its record
//! - `error_body`: the body of an error
//! - `diagnosis`: the kind of an error, its reason and its hint
//! - `hints`: what to do next about an error
//! - `token`: the expiry time in an access token
//! - `user`, `audit_log`: the records
//! - `serialize`: the records in JSON that a program writes
//! - `timestamp`: times as text
//! - `json`: the rules for reading bodies
//! - `scan`: a fast check of JSON
//! - `user_scan`: the same for a user record
//! - `headers`: the parsers of single headers

pub(crate) mod audit_log;
mod diagnosis;
mod error_body;
pub(crate) mod headers;
mod hints;
pub(crate) mod json;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod response;
mod scan;
mod serialize;
mod timestamp;
mod token;
pub(crate) mod user;
mod user_scan;

pub(crate) use reply::{MALFORMED_LOCATION, Reply};
pub(crate) use request::Request;
