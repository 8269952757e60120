//! The Python face: the module `aura_users._native`, on the Rust API's blocking client.
//!
//! - `client`: `Client` and its five operations
//! - `functions`: the same five without a client
//! - `options`: keyword arguments to options, and the table of options
//! - `user`, `audit_log`, `audit_logs`, `rate_limit`: what comes back
//! - `errors`: a Rust error to its exception in `aura_users/_errors.py`
//! - `interrupt`: Ctrl-C and other signals while a call waits
//! - `log`: what the core tells, to Python's `logging`
//!
//! The GIL is released around every wait. No lock of ours is held while it is: so a fork, which
//! Python does with the GIL in hand, never copies a lock that is taken.

mod audit_log;
mod audit_logs;
mod client;
mod errors;
mod functions;
mod interrupt;
mod log;
mod options;
mod rate_limit;
mod user;

/// The native half of `aura_users`.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use super::audit_log::{AuditLog, restore_audit_log};
    #[pymodule_export]
    use super::audit_logs::{AuditLogPages, AuditLogs};
    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::functions::{
        create_user, get_current_user, get_user, reset_user_password, stream_audit_logs,
    };
    #[pymodule_export]
    use super::options::OptionSpec;
    #[pymodule_export]
    use super::rate_limit::RateLimitState;
    #[pymodule_export]
    use super::user::{Organization, Package, User, restore_user};

    use aura_users::ErrorKind;
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("OPTIONS", super::options::specs(py)?)?;
        module.add("ERROR_KINDS", PyTuple::new(py, ErrorKind::ALL.map(ErrorKind::as_str))?)?;
        super::log::install();
        Ok(())
    }
}
