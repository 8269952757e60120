//! The Python package's module `aura_users._native`, on the blocking client of the Rust API.
//!
//! - `client`: `Client` and its five operations
//! - `functions`: the same five without a client
//! - `call`, `completions`: the same for event loops; `AsyncClient` itself is Python,
//!   `aura_users/_async.py`
//! - `options`: converts keyword arguments to options, and has the table of options
//! - `arrow`: a stream's rows for pandas, polars, pyarrow and every other reader of Arrow
//! - `stream`: the rows of a stream, and how they return after an exception
//! - `user`, `audit_log`, `audit_logs`, `rate_limit`: the results
//! - `datetime`: the times in them
//! - `json`: decodes a record's JSON to Python objects
//! - `errors`: converts a Rust error to its exception in `aura_users/_errors.py`
//! - `pending`: work for when Python runs again, such as raising an exception
//! - `interrupt`: Ctrl-C and other signals while a call waits
//! - `python_code`: calls that may run Python code
//! - `log`: sends the core's log records to Python's `logging`
//!
//! Every wait releases the GIL and holds no lock of this crate. Python forks with the GIL held, so
//! a fork never copies a lock that is taken.

mod arrow;
mod audit_log;
mod audit_logs;
mod call;
mod client;
mod completions;
mod datetime;
mod errors;
mod functions;
mod interrupt;
mod json;
mod log;
mod options;
mod pending;
mod python_code;
mod rate_limit;
mod stream;
mod user;

/// The native half of `aura_users`.
///
/// It is safe without the GIL: its classes are frozen, and locks protect what changes in them. No
/// Python code runs while a lock is held.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::audit_log::AuditLog;
    #[pymodule_export]
    use super::audit_logs::{AuditLogPages, AuditLogs, is_loaded, loaded_page, loaded_row};
    #[pymodule_export]
    use super::call::{
        Call, start_create_user, start_get_current_user, start_get_user, start_next_page,
        start_reset_user_password,
    };
    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::completions::Completions;
    #[pymodule_export]
    use super::functions::{
        create_user, get_current_user, get_user, reset_user_password, stream_audit_logs,
    };
    #[pymodule_export]
    use super::json::fields_json;
    #[pymodule_export]
    use super::options::OptionSpec;
    #[pymodule_export]
    use super::rate_limit::{RateLimitState, Response};
    #[pymodule_export]
    use super::user::{Organization, Package, User};

    use std::sync::OnceLock;

    use aura_users::ErrorKind;
    use pyo3::exceptions::PyImportError;
    use pyo3::ffi;
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        refuse_another_interpreter(py)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("OPTIONS", super::options::specs(py)?)?;
        module.add("ERROR_KINDS", PyTuple::new(py, ErrorKind::ALL.map(ErrorKind::as_str))?)?;
        super::log::install(py)?;
        super::errors::prepare(py)?;
        super::json::prepare(py)?;
        Ok(())
    }

    /// Another interpreter would get the classes and exceptions of the first one. (CPython itself
    /// refuses interpreters that have a GIL of their own.)
    #[allow(unsafe_code, reason = "pyo3 has no other way to the interpreter's number")]
    fn refuse_another_interpreter(_attached: Python<'_>) -> PyResult<()> {
        static FIRST: OnceLock<i64> = OnceLock::new();
        // SAFETY: this thread is attached to an interpreter, as both functions require.
        let this = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
        if *FIRST.get_or_init(|| this) == this {
            return Ok(());
        }
        Err(PyImportError::new_err(
            "another interpreter of this process has imported aura_users, which works in one only",
        ))
    }
}
