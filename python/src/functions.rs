//! The five operations without a client at hand: they share one that is made when first needed.

use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

use aura_users::{Options, blocking};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::audit_logs::AuditLogs;
use crate::client;
use crate::options::{self, with_call_options};
use crate::user::User;

type Environment = Vec<Option<OsString>>;

/// The client of the environment as it was last seen, and the one of no environment. A program
/// that changes its environment gets a new client with the next call.
static SHARED: Mutex<[Option<(Environment, blocking::Client)>; 2]> = Mutex::new([None, None]);

fn shared(py: Python<'_>, reads_env: bool) -> PyResult<blocking::Client> {
    let environment: Environment =
        if reads_env { Options::variables().map(std::env::var_os).collect() } else { Vec::new() };
    let slot = usize::from(reads_env);
    if let Some((seen, client)) = &lock()[slot]
        && *seen == environment
    {
        return Ok(client.clone());
    }
    // Not under the lock: what is told here may run Python's handlers.
    let client = client::connect(py, Options::new().env(reads_env))?;
    let former = lock()[slot].replace((environment, client.clone()));
    drop(former);
    Ok(client)
}

fn lock() -> std::sync::MutexGuard<'static, [Option<(Environment, blocking::Client)>; 2]> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The client and the options of one call.
fn prepare<const N: usize>(
    py: Python<'_>,
    given: &options::Given<'_, N>,
    env: Option<Bound<'_, PyAny>>,
    unknown: Option<&Bound<'_, PyDict>>,
) -> PyResult<(blocking::Client, Options)> {
    let options = options::read(py, given, unknown)?;
    let reads_env = match env {
        Some(env) => {
            options::read(py, &[("env", Some(env.clone()))], None)?;
            env.is_truthy()?
        }
        None => true,
    };
    Ok((shared(py, reads_env)?, options))
}

/// See `client_methods!`.
macro_rules! functions {
    ($($option:ident)*) => {
        /// Make an account, and give its record.
        ///
        /// Making an account on hex.pm means accepting its terms of service:
        /// https://hex.pm/policies/termsofservice
        ///
        /// >>> aura_users.create_user("newcomer", "correct horse", ["newcomer@example.com"])
        /// <User 'newcomer'>
        ///
        /// See Client.create_user.
        #[pyfunction]
        #[pyo3(signature = (username, password, emails, *, $($option = None,)* env = None, **unknown))]
        #[allow(clippy::too_many_arguments, reason = "each option is a keyword")]
        pub(crate) fn create_user(
            py: Python<'_>,
            username: &Bound<'_, PyAny>,
            password: &Bound<'_, PyAny>,
            emails: &Bound<'_, PyAny>,
            $($option: Option<Bound<'_, PyAny>>,)*
            env: Option<Bound<'_, PyAny>>,
            unknown: Option<&Bound<'_, PyDict>>,
        ) -> PyResult<User> {
            let given = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &given, env, unknown)?;
            client::create_user(py, client, (username, password, emails), options)
        }

        /// The user the credential belongs to, with the organizations they are a member of.
        ///
        /// >>> aura_users.get_current_user(api_key="...")
        /// <User 'ericmj'>
        ///
        /// See Client.get_current_user.
        #[pyfunction]
        #[pyo3(signature = (*, $($option = None,)* env = None, **unknown))]
        #[allow(clippy::too_many_arguments, reason = "each option is a keyword")]
        pub(crate) fn get_current_user(
            py: Python<'_>,
            $($option: Option<Bound<'_, PyAny>>,)*
            env: Option<Bound<'_, PyAny>>,
            unknown: Option<&Bound<'_, PyDict>>,
        ) -> PyResult<User> {
            let given = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &given, env, unknown)?;
            client::get_current_user(py, client, options)
        }

        /// A user's public record, by name in any letter case, or by an address that is
        /// verified and public.
        ///
        /// >>> aura_users.get_user("EricMJ")
        /// <User 'ericmj'>
        ///
        /// See Client.get_user.
        #[pyfunction]
        #[pyo3(signature = (username_or_email, *, $($option = None,)* env = None, **unknown))]
        #[allow(clippy::too_many_arguments, reason = "each option is a keyword")]
        pub(crate) fn get_user(
            py: Python<'_>,
            username_or_email: &Bound<'_, PyAny>,
            $($option: Option<Bound<'_, PyAny>>,)*
            env: Option<Bound<'_, PyAny>>,
            unknown: Option<&Bound<'_, PyDict>>,
        ) -> PyResult<User> {
            let given = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &given, env, unknown)?;
            client::get_user(py, client, username_or_email, options)
        }

        /// Ask the server to mail its user a link for a new password.
        ///
        /// >>> aura_users.reset_user_password("ericmj")
        ///
        /// See Client.reset_user_password.
        #[pyfunction]
        #[pyo3(signature = (username_or_email, *, $($option = None,)* env = None, **unknown))]
        #[allow(clippy::too_many_arguments, reason = "each option is a keyword")]
        pub(crate) fn reset_user_password(
            py: Python<'_>,
            username_or_email: &Bound<'_, PyAny>,
            $($option: Option<Bound<'_, PyAny>>,)*
            env: Option<Bound<'_, PyAny>>,
            unknown: Option<&Bound<'_, PyDict>>,
        ) -> PyResult<()> {
            let given = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &given, env, unknown)?;
            client::reset_user_password(py, client, username_or_email, options)
        }

        /// The audit log of the credential's user, newest row first, as an iterator.
        ///
        /// >>> for log in aura_users.stream_audit_logs():
        /// ...     print(log.action)
        /// key.generate
        /// owner.add
        ///
        /// See Client.stream_audit_logs.
        #[pyfunction]
        #[pyo3(signature = (*, $($option = None,)* env = None, **unknown))]
        #[allow(clippy::too_many_arguments, reason = "each option is a keyword")]
        pub(crate) fn stream_audit_logs(
            py: Python<'_>,
            $($option: Option<Bound<'_, PyAny>>,)*
            env: Option<Bound<'_, PyAny>>,
            unknown: Option<&Bound<'_, PyDict>>,
        ) -> PyResult<AuditLogs> {
            let given = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &given, env, unknown)?;
            client::stream_audit_logs(py, client, options)
        }
    };
}

with_call_options!(functions);
