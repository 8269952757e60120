//! `Call`: an operation under way on the core's thread. It is begun here, and waited for in
//! `aura_users/_loops.py`.

use std::sync::Arc;

use aura_users::{Completions as Queue, Result, blocking};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use crate::audit_logs::AuditLogs;
use crate::client::Client;
use crate::completions::Completions;
use crate::errors::raised;
use crate::stream::{Coming, NextPage};
use crate::user::User;
use crate::{log, options};

/// A call under way. Dropping it cancels it.
#[pyclass(frozen, module = "aura_users._native")]
pub(crate) struct Call {
    under_way: Box<dyn UnderWay>,
    process: u32,
}

/// A call of the core, whatever its result is.
trait UnderWay: Send + Sync {
    fn complete(&self, queue: &Queue, token: u64);
    fn cancel(&self);
    fn take(&self, py: Python<'_>) -> Option<PyResult<Py<PyAny>>>;
}

impl<T: Outcome> UnderWay for aura_users::Call<T> {
    fn complete(&self, queue: &Queue, token: u64) {
        self.complete(queue, token);
    }

    fn cancel(&self) {
        self.cancel();
    }

    fn take(&self, py: Python<'_>) -> Option<PyResult<Py<PyAny>>> {
        let result = self.take()?;
        Some(result.map_err(|error| raised(py, &error)).and_then(|outcome| outcome.to_python(py)))
    }
}

/// What an operation gives, and what becomes of it in Python.
trait Outcome: Send + 'static {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>>;
}

impl Outcome for aura_users::User {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, User::new(py, self))?.into_any())
    }
}

impl Outcome for () {
    fn to_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(py.None())
    }
}

/// The next page of a stream, which gets it when it is taken.
struct ForStream {
    logs: Py<AuditLogs>,
    call: Arc<NextPage>,
}

impl UnderWay for ForStream {
    fn complete(&self, queue: &Queue, token: u64) {
        self.call.complete(queue, token);
    }

    fn cancel(&self) {
        self.call.cancel();
    }

    fn take(&self, py: Python<'_>) -> Option<PyResult<Py<PyAny>>> {
        let is_there = self.logs.get().put(&self.call).map_err(|error| raised(py, &error));
        Some(is_there.map(|is_there| PyBool::new(py, is_there).to_owned().into_any().unbind()))
    }
}

impl Call {
    fn new<T: Outcome>(py: Python<'_>, begun: Result<aura_users::Call<T>>) -> PyResult<Self> {
        let call = begun.map_err(|error| raised(py, &error))?;
        Ok(Self { under_way: Box::new(call), process: std::process::id() })
    }
}

#[pymethods]
impl Call {
    /// Whether it was begun by the parent of this process, and will never give its result here.
    #[getter]
    fn is_lost(&self) -> bool {
        self.process != std::process::id()
    }

    /// Has `completions` give `token` when the call is done.
    fn on_done(&self, completions: &Completions, token: u64) {
        self.under_way.complete(&completions.queue, token);
    }

    /// Ask it to end.
    fn cancel(&self) {
        self.under_way.cancel();
    }

    /// The result, or its error raised; once, when the call is done.
    fn take(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.under_way
            .take(py)
            .unwrap_or_else(|| Err(PyRuntimeError::new_err("the call has no result to take")))
    }
}

/// Begins one operation.
fn start<T: Outcome>(
    py: Python<'_>,
    client: &Client,
    options: &Bound<'_, PyDict>,
    begin: impl FnOnce(&blocking::Client) -> Result<aura_users::Call<T>>,
) -> PyResult<Call> {
    let options = options::from_dict(options)?;
    log::refresh(py)?;
    Call::new(py, begin(&client.with(py, options)?))
}

#[pyfunction]
pub(crate) fn start_create_user(
    py: Python<'_>,
    client: &Client,
    username: &Bound<'_, PyAny>,
    password: &Bound<'_, PyAny>,
    emails: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Call> {
    let username = options::text("username", username)?;
    let password = options::text("password", password)?;
    let emails = options::emails(emails)?;
    start(py, client, options, |client| {
        let emails: Vec<_> = emails.iter().map(String::as_str).collect();
        client.create_user_start(username, password, &emails)
    })
}

#[pyfunction]
pub(crate) fn start_get_current_user(
    py: Python<'_>,
    client: &Client,
    options: &Bound<'_, PyDict>,
) -> PyResult<Call> {
    start(py, client, options, blocking::Client::get_current_user_start)
}

#[pyfunction]
pub(crate) fn start_get_user(
    py: Python<'_>,
    client: &Client,
    username_or_email: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Call> {
    let name = options::text("username_or_email", username_or_email)?;
    start(py, client, options, |client| client.get_user_start(name))
}

#[pyfunction]
pub(crate) fn start_reset_user_password(
    py: Python<'_>,
    client: &Client,
    username_or_email: &Bound<'_, PyAny>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Call> {
    let name = options::text("username_or_email", username_or_email)?;
    start(py, client, options, |client| client.reset_user_password_start(name))
}

#[pyfunction]
pub(crate) fn start_next_page(py: Python<'_>, logs: &Bound<'_, AuditLogs>) -> PyResult<Call> {
    log::refresh(py)?;
    let Coming { call, process, .. } =
        logs.get().start_next_page(py)?.map_err(|error| raised(py, &error))?;
    let under_way = Box::new(ForStream { logs: logs.clone().unbind(), call });
    Ok(Call { under_way, process })
}
