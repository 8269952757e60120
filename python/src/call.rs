//! `Call`: an operation that runs on the core's thread. This module starts it, and
//! `aura_users/_loops.py` waits for it.

use std::sync::Arc;

use aura_users::{Completions as Queue, Result, blocking};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use crate::audit_logs::AuditLogs;
use crate::client::Client;
use crate::completions::Completions;
use crate::errors::raised;
use crate::stream::{Loading, NextPage};
use crate::user::User;
use crate::{log, options};

/// A running call. Dropping it cancels it.
#[pyclass(frozen, weakref, module = "aura_users._native")]
pub(crate) struct Call {
    running: Box<dyn Running>,
    process: u32,
}

/// A call of the core with any result.
trait Running: Send + Sync {
    fn complete(&self, queue: &Queue, token: u64);
    fn cancel(&self);
    fn take(&self, py: Python<'_>) -> Option<PyResult<Py<PyAny>>>;
}

impl<T: Outcome> Running for aura_users::Call<T> {
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

/// The result of an operation, and its Python object.
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

/// The next page of a stream. The stream gets it when the result is taken.
struct ForStream {
    logs: Py<AuditLogs>,
    call: Arc<NextPage>,
}

impl Running for ForStream {
    fn complete(&self, queue: &Queue, token: u64) {
        self.call.complete(queue, token);
    }

    fn cancel(&self) {
        self.call.cancel();
    }

    fn take(&self, py: Python<'_>) -> Option<PyResult<Py<PyAny>>> {
        let has_page = self.logs.get().put(&self.call).map_err(|error| raised(py, &error));
        Some(has_page.map(|has_page| PyBool::new(py, has_page).to_owned().into_any().unbind()))
    }
}

impl Call {
    fn new<T: Outcome>(py: Python<'_>, started: Result<aura_users::Call<T>>) -> PyResult<Self> {
        let call = started.map_err(|error| raised(py, &error))?;
        Ok(Self { running: Box::new(call), process: std::process::id() })
    }
}

#[pymethods]
impl Call {
    /// Whether the parent of this process started it. Then it has no result in this process.
    #[getter]
    fn is_lost(&self) -> bool {
        self.process != std::process::id()
    }

    /// Put `token` into `completions` when the call is done.
    fn on_done(&self, completions: &Completions, token: u64) {
        self.running.complete(&completions.queue, token);
    }

    /// Ask the call to end.
    fn cancel(&self) {
        self.running.cancel();
    }

    /// Return the result or raise the error: once, when the call is done.
    fn take(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.running
            .take(py)
            .unwrap_or_else(|| Err(PyRuntimeError::new_err("the call has no result to take")))
    }
}

/// Starts one operation.
fn start<T: Outcome>(
    py: Python<'_>,
    client: &Client,
    options: &Bound<'_, PyDict>,
    start: impl FnOnce(&blocking::Client) -> Result<aura_users::Call<T>>,
) -> PyResult<Call> {
    let options = options::from_dict(options)?;
    log::refresh(py)?;
    Call::new(py, start(&client.with(py, options)?))
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
    let Loading { call, process, .. } =
        logs.get().start_next_page(py)?.map_err(|error| raised(py, &error))?;
    let running = Box::new(ForStream { logs: logs.clone().unbind(), call });
    Ok(Call { running, process })
}
