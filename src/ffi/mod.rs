//! The C ABI: each exported function is a boundary, a line for each argument, the operation.
//!
//! The documentation here is written for the reader of `include/aura_users.h`, which is made
//! from it.
//!
//! - `boundary`: no panic crosses it, an error leaves through the last argument
//! - `quiet`: the same for what cannot fail
//! - `argument`, `handle`: what comes in and goes out through pointers, texts and opaque ones; all
//!   unsafe code but the callbacks
//! - `status`: the numbers
//! - `error`, `options`, `cancel_token`, `client`, `audit_logs`, `call`, `completions`: one file for
//!   each handle
//! - `log`: what the library tells while it works
//! - `json`: one value out of a JSON text
//! - `string`: what a caller owns, and the version
//!
//! Handles for one thread come in as `Option<&T>` and `Option<&mut T>`, which the language guarantees
//! to be nullable pointers. Handles that threads share come in as pointers, and what they stand for
//! is cloned before anything else, so that one may be freed while another thread's call goes on.

#![allow(non_camel_case_types)]
#![allow(unreachable_pub)] // the header is made from what is `pub`
#![allow(clippy::too_many_arguments)] // C has no builders
#![allow(unsafe_code)] // the attribute `no_mangle`, `argument`, `handle`, and the callbacks in `log` and `options`

mod argument;
mod audit_logs;
mod boundary;
mod call;
mod cancel_token;
mod client;
mod completions;
mod error;
mod handle;
mod json;
mod log;
mod options;
mod quiet;
mod status;
mod string;
#[cfg(test)]
mod tests;
