//! The C ABI: each exported function is a boundary, a line for each argument, the operation.
//!
//! The documentation here is written for the reader of `include/aura_users.h`, which is made
//! from it.
//!
//! - `boundary`: no panic crosses it, an error leaves through the last argument
//! - `argument`: what comes in and goes out through pointers; all unsafe code but a callback
//! - `status`: the numbers
//! - `error`, `options`, `client`, `audit_logs`: one file for each handle
//! - `log`: what the library tells while it works
//! - `string`: what a caller owns, and the version
//!
//! Handles come in as `Option<&T>`, `Option<&mut T>` and `Option<Box<T>>`, which the language
//! guarantees to be nullable pointers: borrowed, borrowed alone, and handed back. So the wrong
//! free does not compile.

#![allow(non_camel_case_types)]
#![allow(unreachable_pub)] // the header is made from what is `pub`
#![allow(clippy::too_many_arguments)] // C has no builders
#![allow(unsafe_code)] // the attribute `no_mangle`, `argument`, and the callback in `log`

mod argument;
mod audit_logs;
mod boundary;
mod client;
mod error;
mod log;
mod options;
mod status;
mod string;
