//! The five operations without a client. They share one, which the first call creates.

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

/// The client that ignores the environment, and the client of the last environment. If a program
/// changes its environment, the next call creates a new client.
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
    // Without the lock: log records run Python's handlers.
    let options = client::named(py, Options::new().env(reads_env));
    let client = client::connect(py, options)?;
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
    keywords: &options::Keywords<'_, N>,
    env: Option<Bound<'_, PyAny>>,
    unknown: Option<&Bound<'_, PyDict>>,
) -> PyResult<(blocking::Client, Options)> {
    let options = options::read(keywords, unknown)?;
    let reads_env = match env {
        Some(env) => {
            options::read(&[("env", Some(env.clone()))], None)?;
            env.is_truthy()?
        }
        None => true,
    };
    Ok((shared(py, reads_env)?, options))
}

/// See `client_methods!`.
macro_rules! functions {
    ($($option:ident)*) => {
        /// Create an account and return its record.
        ///
        /// If you create an account on hex.pm, you accept its terms of service:
        /// https://hex.pm/policies/termsofservice
        ///
        /// >>> aura_users.create_user("newcomer", "correct horse", ["newcomer@example.com"])
        /// <User 'newcomer' email='newcomer@example.com'>
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
            let keywords = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &keywords, env, unknown)?;
            client::create_user(py, client, (username, password, emails), options)
        }

        /// Return the owner of the credential, with the user's organizations.
        ///
        /// >>> aura_users.get_current_user(api_key="...")
        /// <User 'ericmj' full_name='Eric Meadows' email='ericmj@example.com'>
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
            let keywords = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &keywords, env, unknown)?;
            client::get_current_user(py, client, options)
        }

        /// Return a user's public record.
        ///
        /// >>> aura_users.get_user("EricMJ")
        /// <User 'ericmj' full_name='Eric Meadows' email='ericmj@example.com'>
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
            let keywords = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &keywords, env, unknown)?;
            client::get_user(py, client, username_or_email, options)
        }

        /// Request an e-mail with a link to reset the user's password.
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
            let keywords = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &keywords, env, unknown)?;
            client::reset_user_password(py, client, username_or_email, options)
        }

        /// Return an iterator over the audit log of the credential's owner, newest row first.
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
            let keywords = [$((stringify!($option), $option),)*];
            let (client, options) = prepare(py, &keywords, env, unknown)?;
            client::stream_audit_logs(py, client, options)
        }
    };
}

with_call_options!(functions);
