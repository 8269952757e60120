//! - `cases`: compares the list of cases with the recordings, read without this crate
//! - `serve`: the server in this process
//! - `binary`: the program
//! - `drive`: the messages about a wrong driver
//! - `common`: the recordings as JSON, and a client of a few lines

#[cfg(unix)]
mod binary;
mod cases;
mod common;
#[cfg(unix)]
mod drive;
mod serve;
