//! `Client`: a blocking client, and how it calls every operation.

use std::sync::{Mutex, PoisonError};

use aura_users::{Options, Result, blocking};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::audit_logs::AuditLogs;
use crate::datetime;
use crate::errors::{invalid_argument, raised};
use crate::options::{self, Keywords, with_call_options};
use crate::rate_limit::RateLimitState;
use crate::user::User;
use crate::{interrupt, log};

/// A client of one server. It keeps connections open and has options for every call.
///
/// All options are keywords, and all are optional. Precedence: the call, the client, the
/// environment (unless `env` is False), the default. `aura_users.OPTIONS` lists them all.
///
/// You can use a client from many threads at once and after a fork. It is a context manager, which
/// calls `close()`.
///
/// >>> with aura_users.Client(api_key="...") as client:
/// ...     client.get_user("ericmj").username
/// 'ericmj'
#[pyclass(frozen, weakref, module = "aura_users")]
pub(crate) struct Client {
    open: Mutex<Option<blocking::Client>>,
    shown: Shown,
}

/// The parts of a client that `repr()` shows.
#[derive(Clone)]
struct Shown {
    repo_url: String,
    options: Vec<(&'static str, String)>,
}

impl Client {
    fn open(client: blocking::Client, shown: Shown) -> Self {
        Self { open: Mutex::new(Some(client)), shown }
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

/// A new client of the core, whose calls end if a signal handler raises.
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
    // A loop that runs no Python code runs no signal handler either.
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

/// The name of this package's language for `User-Agent`, as the option `client_name`.
pub(crate) fn named(py: Python<'_>, options: Options) -> Options {
    let version = py.version_info();
    options.client_name(format!("Python/{}.{}.{}", version.major, version.minor, version.patch))
}

/// The value of one option.
fn value_of<'a, 'py, const N: usize>(
    keywords: &'a Keywords<'py, N>,
    name: &str,
) -> Option<&'a Bound<'py, PyAny>> {
    keywords.iter().find(|(option, _)| *option == name)?.1.as_ref()
}

/// The base URL of a new client. The core does not publish the one that it uses.
fn repo_url<const N: usize>(keywords: &Keywords<'_, N>) -> PyResult<String> {
    if let Some(url) = value_of(keywords, "repo_url") {
        return options::text("repo_url", url).map(str::to_owned);
    }
    let Some(spec) = Options::SPECS.iter().find(|spec| spec.name == "repo_url") else {
        return Ok(String::new());
    };
    let reads_env = value_of(keywords, "env").map_or(Ok(true), |env| env.is_truthy())?;
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let from_env = spec.env.iter().filter(|_| reads_env).find_map(set);
    Ok(from_env.unwrap_or_else(|| spec.default.unwrap_or_default().to_owned()))
}

impl Shown {
    fn new<const N: usize>(keywords: &Keywords<'_, N>) -> PyResult<Self> {
        let shown = Self { repo_url: repo_url(keywords)?, options: Vec::new() };
        shown.with(keywords)
    }

    fn with<const N: usize>(mut self, keywords: &Keywords<'_, N>) -> PyResult<Self> {
        for (name, text) in options::shown(keywords)? {
            if name == "repo_url" {
                self.repo_url = match value_of(keywords, name) {
                    Some(url) => options::text(name, url)?.to_owned(),
                    None => continue,
                };
                continue;
            }
            self.options.retain(|(known, _)| *known != name);
            self.options.push((name, text));
        }
        Ok(self)
    }
}

/// A macro, so that every operation shows all options by name in `help()`.
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
                let keywords = [$((stringify!($option), $option),)* ("env", env)];
                let mut options = options::read(&keywords, unknown)?;
                if value_of(&keywords, "client_name").is_none() {
                    options = named(py, options);
                }
                Ok(Self::open(connect(py, options)?, Shown::new(&keywords)?))
            }

            /// Return a client that shares the connections of this one and has other options.
            ///
            /// Close both clients. The connections end with the last one.
            ///
            /// >>> client = aura_users.Client()
            /// >>> client.with_options(timeout=2).get_user("ericmj")
            /// <User 'ericmj' full_name='Eric Meadows' email='ericmj@example.com'>
            #[pyo3(signature = (*, $($option = None,)* **unknown))]
            fn with_options(
                &self,
                py: Python<'_>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<Self> {
                let keywords = [$((stringify!($option), $option),)*];
                let client = self.get(py)?.with_options(options::read(&keywords, unknown)?);
                Ok(Self::open(client, self.shown.clone().with(&keywords)?))
            }

            /// Create an account and return its record.
            ///
            /// The request has no credential. The account's e-mail address is unverified until
            /// its owner follows the link in the mail. Until then, calls with its credentials
            /// raise PermissionDeniedError. `emails` accepts exactly one address.
            ///
            /// If you create an account on hex.pm, you accept its terms of service:
            /// https://hex.pm/policies/termsofservice
            ///
            /// Raises ValidationError if the server refuses a field; `errors` has a message for
            /// each. Raises UnsupportedError if the server does not offer it, like hex.pm since
            /// September 2026. If an error's `outcome_unknown` is true, the account may exist.
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
                let options = options::read(&[$((stringify!($option), $option),)*], unknown)?;
                create_user(py, self.get(py)?, (username, password, emails), options)
            }

            /// Return the owner of the credential, with the user's organizations.
            ///
            /// Raises AuthenticationError if the server refuses the credential; see its `reason`.
            #[pyo3(signature = (*, $($option = None,)* **unknown))]
            fn get_current_user(
                &self,
                py: Python<'_>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<User> {
                let options = options::read(&[$((stringify!($option), $option),)*], unknown)?;
                get_current_user(py, self.get(py)?, options)
            }

            /// Return a user's public record.
            ///
            /// The argument is a name in upper or lower case, or an address that is verified and
            /// public. Raises NotFoundError if there is no such user.
            #[pyo3(signature = (username_or_email, *, $($option = None,)* **unknown))]
            fn get_user(
                &self,
                py: Python<'_>,
                username_or_email: &Bound<'_, PyAny>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<User> {
                let options = options::read(&[$((stringify!($option), $option),)*], unknown)?;
                get_user(py, self.get(py)?, username_or_email, options)
            }

            /// Request an e-mail with a link to reset the user's password.
            ///
            /// A server that offers this also accepts unknown users. Raises UnsupportedError if
            /// the server does not offer it, like hex.pm since July 2026.
            #[pyo3(signature = (username_or_email, *, $($option = None,)* **unknown))]
            fn reset_user_password(
                &self,
                py: Python<'_>,
                username_or_email: &Bound<'_, PyAny>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<()> {
                let options = options::read(&[$((stringify!($option), $option),)*], unknown)?;
                reset_user_password(py, self.get(py)?, username_or_email, options)
            }

            /// Return an iterator over the audit log of the credential's owner, newest row first.
            ///
            /// The option `page` is the first page to read. The first `next()` sends the first
            /// request.
            #[pyo3(signature = (*, $($option = None,)* **unknown))]
            fn stream_audit_logs(
                &self,
                py: Python<'_>,
                $($option: Option<Bound<'_, PyAny>>,)*
                unknown: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<AuditLogs> {
                let options = options::read(&[$((stringify!($option), $option),)*], unknown)?;
                stream_audit_logs(py, self.get(py)?, options)
            }

            /// Return the rate limit of this server and credential, or None if it is not known.
            ///
            /// It is known from a reply with a rate limit until the window ends. Servers send none
            /// to the loopback. The limit that came with one reply is in
            /// `user.response.rate_limit`.
            fn rate_limit(&self, py: Python<'_>) -> PyResult<Option<RateLimitState>> {
                let client = self.get(py)?;
                let state = py.detach(|| client.rate_limit()).map_err(|error| raised(py, &error))?;
                Ok(state.map(RateLimitState::from))
            }

            /// Close the connections. Any later call raises InvalidArgumentError.
            ///
            /// Calls in other threads and open streams continue.
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
                let Shown { repo_url, options } = &self.shown;
                let options: String =
                    options.iter().map(|(name, text)| format!(" {name}={text}")).collect();
                format!("<aura_users.Client {repo_url}{options}{closed}>")
            }
        }
    };
}

with_call_options!(client_methods);
