//! `AuditLog`, one row.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

use crate::user::{Reduced, decode, hash, reduced};

/// One row of an audit log: something that was done with the caller's account. It cannot be
/// changed. The server gives rows neither an id nor a time.
#[pyclass(frozen, module = "aura_users")]
pub(crate) struct AuditLog {
    row: Row,
    params: PyOnceLock<Py<PyAny>>,
}

enum Row {
    /// Shares the text of its page.
    OfPage(aura_users::AuditLog),
    Unpickled(Parts),
}

/// The form in which a row is pickled.
#[derive(FromPyObject, IntoPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Parts {
    action: String,
    user_agent: Option<String>,
    params: String,
    raw_json: String,
}

impl Row {
    fn action(&self) -> &str {
        match self {
            Self::OfPage(row) => row.action(),
            Self::Unpickled(parts) => &parts.action,
        }
    }

    fn user_agent(&self) -> Option<&str> {
        match self {
            Self::OfPage(row) => row.user_agent(),
            Self::Unpickled(parts) => parts.user_agent.as_deref(),
        }
    }

    fn params(&self) -> &str {
        match self {
            Self::OfPage(row) => row.params(),
            Self::Unpickled(parts) => &parts.params,
        }
    }

    fn json(&self) -> &str {
        match self {
            Self::OfPage(row) => row.json(),
            Self::Unpickled(parts) => &parts.raw_json,
        }
    }
}

impl From<aura_users::AuditLog> for AuditLog {
    fn from(row: aura_users::AuditLog) -> Self {
        Self { row: Row::OfPage(row), params: PyOnceLock::new() }
    }
}

#[pymethods]
impl AuditLog {
    /// What was done: `key.generate`, `release.publish`, ... The list grows with the server.
    #[getter]
    fn action(&self) -> &str {
        self.row.action()
    }

    /// The `User-Agent` of the program that did it, cut by the server to 255 code points; None
    /// where the server recorded none.
    #[getter]
    fn user_agent(&self) -> Option<&str> {
        self.row.user_agent()
    }

    /// The details, decoded when first asked for; None where there are none. Their shape follows
    /// the action, and old rows keep old shapes.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let params =
            self.params.get_or_try_init(py, || decode(py, self.row.params()).map(Bound::unbind))?;
        Ok(params.bind(py).clone())
    }

    /// The server's own JSON of the row, byte for byte.
    #[getter]
    fn raw_json(&self) -> &str {
        self.row.json()
    }

    /// All of the row as a new dict, fields unknown to this library too.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(decode(py, self.row.json())?.cast_into()?)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> Option<bool> {
        other.cast::<Self>().ok().map(|other| self.row.json() == other.get().row.json())
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        hash(py, self.row.json())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, (Parts,)>> {
        let parts = Parts {
            action: self.row.action().to_owned(),
            user_agent: self.row.user_agent().map(str::to_owned),
            params: self.row.params().to_owned(),
            raw_json: self.row.json().to_owned(),
        };
        reduced(py, "_restore_audit_log", (parts,))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<AuditLog {}>", PyString::new(py, self.row.action()).repr()?))
    }
}

/// For pickle.
#[pyfunction]
#[pyo3(name = "_restore_audit_log")]
pub(crate) fn restore_audit_log(parts: Parts) -> AuditLog {
    AuditLog { row: Row::Unpickled(parts), params: PyOnceLock::new() }
}
