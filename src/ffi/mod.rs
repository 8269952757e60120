//! The C ABI. Each exported function runs in a guard, reads its arguments, and calls the Rust API.
//!
//! The doc comments are for the readers of `include/aura_users.h`, which is generated from them.
//!
//! - `guard`: no panic leaves a function, and errors are returned through the last argument
//! - `argument`, `handle`: strings, arrays, out-parameters and opaque handles. They contain all unsafe
//!   code except the callbacks
//! - `status`: the numbers that functions return
//! - `error`, `options`, `cancel_token`, `client`, `audit_logs`, `call`, `completions`: one file for
//!   each handle
//! - `log`: log lines
//! - `json`: reads one value of a JSON text
//! - `string`: frees strings, and the version
//!
//! Handles for one thread are `Option<&T>` and `Option<&mut T>`, which are nullable pointers. Handles
//! that several threads use are raw pointers, and their value is cloned first. So one thread may free
//! a handle while a call of another thread uses it.

#![allow(non_camel_case_types)]
#![allow(unreachable_pub)] // the header contains what is `pub`
#![allow(clippy::too_many_arguments)] // C has no builders
#![allow(unsafe_code)] // `no_mangle`, `argument`, `handle`, `guard`, and the callbacks in `log` and `options`

mod argument;
mod audit_logs;
mod call;
mod cancel_token;
mod client;
mod completions;
mod error;
mod guard;
mod handle;
mod json;
mod log;
mod options;
mod status;
mod string;
#[cfg(test)]
mod tests;
