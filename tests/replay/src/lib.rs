//! Serves the exchanges recorded in `tests/wire` byte for byte, and derives from them the
//! conformance cases that every language runs. `tests/conformance/README.md` describes how to run
//! them.
//!
//! - `wire`: the recordings, read from disk
//! - `http`: reads one request from a socket
//! - `target`: the function that a request line belongs to
//! - `case`: a case; `tsv`: a case as a line, for programs without a JSON library
//! - `causable`: the call that makes a client send a recorded request, if there is one
//! - `expect`: the outcome to expect from a recorded reply
//! - `derive`: the list of cases, and the exchanges that were left out
//! - `differs`: compares an arriving request with the request of its case
//! - `scripted`: servers that no recording has
//! - `drive`: sends everything to a language's driver
//! - `stage`: the answer to a request; `server`: the sockets

mod case;
mod causable;
mod derive;
mod differs;
mod drive;
mod expect;
mod http;
mod scripted;
mod server;
mod stage;
mod target;
mod tsv;
mod wire;

pub use case::{Call, Case, Expect, ExpectedError, Kind, Mode, Operation, Options};
pub use derive::{Derivation, Skipped};
pub use drive::{Score, drive};
pub use server::Replay;
pub use wire::Wire;

/// Every case that can be derived from the recordings beside this crate.
///
/// # Panics
///
/// If the recordings cannot be read, because a test without them must not pass.
#[must_use]
pub fn cases() -> Vec<Case> {
    match Wire::open(Wire::default_dir()) {
        Ok(wire) => Derivation::of(&wire).cases,
        Err(error) => panic!("the recorded exchanges: {error}"),
    }
}
