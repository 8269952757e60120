//! `Client`: a blocking client, and the way every operation is called.

use std::sync::{Mutex, PoisonError};

use aura_users::{Options, Result, blocking};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::audit_logs::AuditLogs;
use crate::datetime;
use crate::errors::{invalid_argument, raised};
use crate::options::{self, Given, with_call_options};
use crate::rate_limit::RateLimitState;
use crate::user::User;
use crate::{interrupt, log};

/// A client of one server: connections that are kept open, and options for every call.
///
/// All options are keywords, all may be left out, and those of one call win over the client's.
/// What neither says comes from the environment (unless `env` is False), then from the defaults;
/// `aura_users.OPTIONS` lists them all.
///
/// A client may be used from many threads at once and after a fork. It is a context manager:
/// `close()` ends it.
///
/// >>> with aura_users.Client(api_key="...") as client:
/// ...     client.get_user("ericmj").username
/// 'ericmj'
#[pyclass(frozen, module = "aura_users")]
pub(crate) struct Client {
    open: Mutex<Option<blocking::Client>>,
    repo_url: String,
}

impl Client {
    fn open(client: blocking::Client, repo_url: String) -> Self {
        Self { open: Mutex::new(Some(client)), repo_url }
    }

    fn get(&self, py: Python<'_>) -> PyResult<blocking::Client> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clone().ok_or_else(|| invalid_argument(py, "the client is closed"))
    }

    /// The core's client for one call.
    pub(crate) fn with(&self, py: Python<'_>, options: Options) -> PyResult<blocking::Client> {
        Ok(with(self.get(py)?, options))
    }
}

/// A new client of the core that listens to Python's signals.
pub(crate) fn connect(py: Python<'_>, options: Options) -> PyResult<blocking::Client> {
    log::refresh(py)?;
    datetime::prepare(py);
    // The environment is read with the GIL held, as Python writes it.
    let client = blocking::Client::new(options).map_err(|error| raised(py, &error))?;
    log::deliver(py)?;
    Ok(client.with_interrupt(interrupt::interrupted))
}

fn with(client: blocking::Client, options: Options) -> blocking::Client {
    if options.is_empty() { client } else { client.with_options(options) }
}

/// Runs one operation without the GIL.
fn call<T: Send>(
    py: Python<'_>,
    client: blocking::Client,
    options: Options,
    operation: impl FnOnce(&blocking::Client) -> Result<T> + Send,
) -> PyResult<T> {
    // In a loop that runs none of Python's code, nobody else looks.
    interrupt::check(py)?;
    log::refresh(py)?;
    let client = with(client, options);
    let result = py.detach(|| operation(&client));
    log::deliver(py)?;
    result.map_err(|error| raised(py, &error))
}

pub(crate) fn create_user(
    py: Python<'_>,
    client: blocking::Client,
    (username, password, emails): (&Bound<'_, PyAny>, &Bound<'_, PyAny>, &Bound<'_, PyAny>),
    options: Options,
) -> PyResult<User> {
    let username = options::text("username", username)?;
    let password = options::text("password", password)?;
    let emails = options::emails(emails)?;
    call(py, client, options, |client| {
        let emails: Vec<_> = emails.iter().map(String::as_str).collect();
        client.create_user(username, password, &emails)
    })
    .map(|user| User::new(py, user))
}

pub(crate) fn get_current_user(
    py: Python<'_>,
    client: blocking::Client,
    options: Options,
) -> PyResult<User> {
    call(py, client, options, blocking::Client::get_current_user).map(|user| User::new(py, user))
}

pub(crate) fn get_user(
    py: Python<'_>,
    client: blocking::Client,
    username_or_email: &Bound<'_, PyAny>,
    options: Options,
) -> PyResult<User> {
    let name = options::text("username_or_email", username_or_email)?;
    call(py, client, options, |client| client.get_user(name)).map(|user| User::new(py, user))
}

pub(crate) fn reset_user_password(
    py: Python<'_>,
    client: blocking::Client,
    username_or_email: &Bound<'_, PyAny>,
    options: Options,
) -> PyResult<()> {
    let name = options::text("username_or_email", username_or_email)?;
    call(py, client, options, |client| client.reset_user_password(name))
}

pub(crate) fn stream_audit_logs(
    py: Python<'_>,
    client: blocking::Client,
    options: Options,
) -> PyResult<AuditLogs> {
    call(py, client, options, blocking::Client::stream_audit_logs).map(AuditLogs::from)
}

/// The value given for one option.
fn given_for<'a, 'py, const N: usize>(
    given: &'a Given<'py, N>,
    name: &str,
) -> Option<&'a Bound<'py, PyAny>> {
    given.iter().find(|(option, _)| *option == name)?.1.as_ref()
}

/// The base URL for `repr`: the core keeps the resolved one to itself.
fn shown_url<const N: usize>(given: &Given<'_, N>) -> PyResult<String> {
    if let Some(url) = given_for(given, "repo_url") {
        return options::text("repo_url", url).map(str::to_owned);
    }
    let Some(spec) = Options::SPECS.iter().find(|spec| spec.name == "repo_url") else {
        return Ok(String::new());
    };
    let reads_env = given_for(given, "env").map_or(Ok(true), |env| env.is_truthy())?;
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let from_env = spec.env.iter().filter(|_| reads_env).find_map(set);
    Ok(from_env.unwrap_or_else(|| spec.default.unwrap_or_default().to_owned()))
}

/// Written as a macro so that every operation shows all options by name in `help()`.
macro_rules! client_methods {
    ($($option:ident)*) => {
        #[pymethods]
        #[allow(clippy::too_many_arguments, reason = "each option is a keyword")]
        impl Client {
            #[new]
            #[pyo3(signature = (*, $($option = None,)* env = None, **unknown))]
            fn new(
                py: Python<'_>,
                $($option: Option<Bound<'_, PyAny>>,)*
                env: Option<Bound<'_, PyAny>>,
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<Self> {
                let given = [$((stringify!($option), $option),)* ("env", env)];
                let options = options::read(py, &given, unknown)?;
                Ok(Self::open(connect(py, options)?, shown_url(&given)?))
            }

            /// The same client, connections and all, with other options. Each of the two is
            /// closed for itself; the connections end with the last.
            ///
            /// >>> client = aura_users.Client()
            /// >>> client.with_options(timeout=2).get_user("ericmj")
            /// <User 'ericmj'>
            #[pyo3(signature = (*, $($option = None,)* **unknown))]
            fn with_options(
                &self,
                py: Python<'_>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<Self> {
                let given = [$((stringify!($option), $option),)*];
                let client = self.get(py)?.with_options(options::read(py, &given, unknown)?);
                let url = match given_for(&given, "repo_url") {
                    Some(url) => options::text("repo_url", url)?.to_owned(),
                    None => self.repo_url.clone(),
                };
                Ok(Self::open(client, url))
            }

            /// Make an account, and give its record.
            ///
            /// No credential is sent. The account's e-mail address is unverified until its owner
            /// follows the link in the mail; until then its credentials get
            /// PermissionDeniedError. `emails` takes exactly one address: with more, the server
            /// fails.
            ///
            /// Making an account on hex.pm means accepting its terms of service:
            /// https://hex.pm/policies/termsofservice
            ///
            /// Raises ValidationError with the server's word for each field in `errors`. After
            /// an error whose `outcome_unknown` is true the account may exist.
            #[pyo3(signature = (username, password, emails, *, $($option = None,)* **unknown))]
            fn create_user(
                &self,
                py: Python<'_>,
                username: &Bound<'_, PyAny>,
                password: &Bound<'_, PyAny>,
                emails: &Bound<'_, PyAny>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<User> {
                let options = options::read(py, &[$((stringify!($option), $option),)*], unknown)?;
                create_user(py, self.get(py)?, (username, password, emails), options)
            }

            /// The user the credential belongs to, with the organizations they are a member of.
            ///
            /// Raises AuthenticationError, whose `reason` tells one refused credential from
            /// another.
            #[pyo3(signature = (*, $($option = None,)* **unknown))]
            fn get_current_user(
                &self,
                py: Python<'_>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<User> {
                let options = options::read(py, &[$((stringify!($option), $option),)*], unknown)?;
                get_current_user(py, self.get(py)?, options)
            }

            /// A user's public record, by name in any letter case, or by an address that is
            /// verified and public.
            ///
            /// Raises NotFoundError where there is no such user.
            #[pyo3(signature = (username_or_email, *, $($option = None,)* **unknown))]
            fn get_user(
                &self,
                py: Python<'_>,
                username_or_email: &Bound<'_, PyAny>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<User> {
                let options = options::read(py, &[$((stringify!($option), $option),)*], unknown)?;
                get_user(py, self.get(py)?, username_or_email, options)
            }

            /// Ask the server to mail its user a link for a new password.
            ///
            /// Servers that offer this say yes whether or not there is such a user. Raises
            /// UnsupportedError where the server does not offer it, as hex.pm since July 2026.
            #[pyo3(signature = (username_or_email, *, $($option = None,)* **unknown))]
            fn reset_user_password(
                &self,
                py: Python<'_>,
                username_or_email: &Bound<'_, PyAny>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<()> {
                let options = options::read(py, &[$((stringify!($option), $option),)*], unknown)?;
                reset_user_password(py, self.get(py)?, username_or_email, options)
            }

            /// The audit log of the credential's user, newest row first, from the page of the
            /// option `page`, as an iterator.
            ///
            /// Nothing is sent before the first row is asked for.
            #[pyo3(signature = (*, $($option = None,)* **unknown))]
            fn stream_audit_logs(
                &self,
                py: Python<'_>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<AuditLogs> {
                let options = options::read(py, &[$((stringify!($option), $option),)*], unknown)?;
                stream_audit_logs(py, self.get(py)?, options)
            }

            /// What the server last said of its rate limit for this server and credential.
            ///
            /// None before the first reply that says something, after the window's end, and on
            /// the loopback, which servers exempt.
            fn rate_limit(&self, py: Python<'_>) -> PyResult<Option<RateLimitState>> {
                let client = self.get(py)?;
                let state = py.detach(|| client.rate_limit()).map_err(|error| raised(py, &error))?;
                Ok(state.map(RateLimitState::from))
            }

            /// Drop the connections; any later call raises InvalidArgumentError. Calls in other
            /// threads and streams that were begun go on.
            fn close(&self) {
                self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
            }

            fn __enter__(slf: Py<Self>, py: Python<'_>) -> PyResult<Py<Self>> {
                slf.get().get(py)?;
                Ok(slf)
            }

            #[pyo3(signature = (*_exception))]
            fn __exit__(&self, _exception: &Bound<'_, pyo3::types::PyTuple>) {
                self.close();
            }

            fn __repr__(&self) -> String {
                let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                let closed = if open.is_some() { "" } else { " (closed)" };
                format!("<aura_users.Client {}{closed}>", self.repo_url)
            }
        }
    };
}

with_call_options!(client_methods);
