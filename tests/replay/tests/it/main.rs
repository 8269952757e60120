//! - `cases`: the list of cases, against the recordings read anew
//! - `serve`: the server in this process
//! - `binary`: the program
//! - `common`: the recordings as JSON, and a client of a few lines

#[cfg(unix)]
mod binary;
mod cases;
mod common;
mod serve;
