//! Serves the exchanges recorded in `tests/wire` byte for byte, and derives from them the
//! conformance cases that every language runs. `tests/conformance/README.md` says how to run them.
//!
//! - `wire`: the recordings, read from disk
//! - `http`: one request off a socket, no more HTTP than the clients under test speak
//! - `target`: which of the five functions a request line belongs to
//! - `case`: what a case is; `tsv`: the same as a line for programs without a JSON library
//! - `causable`: the call that makes a client send a recorded request, if there is one
//! - `expect`: the oracle, what a client makes of a recorded reply
//! - `derive`: the list of cases, and what was left out and why
//! - `differs`: how an arriving request differs from the one a case stands for
//! - `scripted`: servers that no recording has
//! - `drive`: feeds a language's driver with all of it
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
/// When the recordings cannot be read: a test without them must not pass.
#[must_use]
pub fn cases() -> Vec<Case> {
    match Wire::open(Wire::default_dir()) {
        Ok(wire) => Derivation::of(&wire).cases,
        Err(error) => panic!("the recorded exchanges: {error}"),
    }
}
