//! `AuditLog`, one row.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMappingProxy, PyString, PyType};

use crate::datetime::{self, datetime};
use crate::errors::raised;
use crate::json::decode;
use crate::options::text;
use crate::stream::HandedOut;
use crate::user::{Reduced, answer, hash, reduced, without};

/// One row of an audit log: something that was done with the caller's account. It cannot be
/// changed. It has no id, and does not say which key was used; today's servers send no time either.
///
/// `raw_json` is the server's own text; `to_dict()` is all of it decoded, and `extra` the fields
/// that have no attribute here.
///
/// >>> log = next(aura_users.stream_audit_logs())
/// >>> log.action
/// 'key.generate'
/// >>> log.params["name"]
/// 'laptop'
#[pyclass(frozen, module = "aura_users")]
pub(crate) struct AuditLog {
    row: HandedOut,
    params: PyOnceLock<Py<PyAny>>,
}

/// The fields of the server's row that are attributes.
const KNOWN: [&str; 4] = ["action", "user_agent", "params", "inserted_at"];

impl From<HandedOut> for AuditLog {
    fn from(row: HandedOut) -> Self {
        Self { row, params: PyOnceLock::new() }
    }
}

#[pymethods]
impl AuditLog {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("action", "user_agent", "params")
    }

    /// A row again, from what `raw_json` gave. Raises InvalidArgumentError for other text.
    #[classmethod]
    fn from_json(cls: &Bound<'_, PyType>, raw_json: &Bound<'_, PyAny>) -> PyResult<Self> {
        datetime::prepare(cls.py());
        aura_users::AuditLog::from_json(text("raw_json", raw_json)?)
            .map(|row| HandedOut::alone(row).into())
            .map_err(|error| raised(cls.py(), &error))
    }

    /// What was done: `key.generate`, `release.publish`, ... The list grows with the server.
    #[getter]
    fn action(&self) -> &str {
        self.row.read().action()
    }

    /// The `User-Agent` of the program that did it, cut by the server to 255 code points; None
    /// where the server recorded none.
    #[getter]
    fn user_agent(&self) -> Option<&str> {
        self.row.read().user_agent()
    }

    /// The details, decoded when first asked for and then kept; None where there are none. Their
    /// shape follows the action, and old rows keep old shapes. To change them take `to_dict()`,
    /// which is yours.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let params = self
            .params
            .get_or_try_init(py, || decode(py, self.row.read().params()).map(Bound::unbind))?;
        Ok(params.bind(py).clone())
    }

    /// When it was done: UTC, to the microsecond. None if the server does not say, as today's
    /// servers do not, or says no time that `datetime` can hold.
    #[getter]
    fn inserted_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.row.read().inserted_at().map_or(Ok(None), |at| datetime(py, at))
    }

    /// The server's own JSON of the row, byte for byte.
    #[getter]
    fn raw_json(&self) -> &str {
        self.row.read().json()
    }

    /// The fields that have no attribute of their own; read-only.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        without(&KNOWN, &self.to_dict(py)?)
    }

    /// All of the row as a new dict, fields unknown to this library too.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(decode(py, self.row.read().json())?.cast_into()?)
    }

    fn __eq__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let other_is_the_same = match other.cast::<Self>() {
            Ok(other) => Some(self.row.glance() == other.get().row.glance()),
            Err(_) => None,
        };
        answer(other.py(), other_is_the_same)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        hash(py, self.row.glance().json())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    // A deep copy is a row of its own, with params of its own.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, '_>> {
        reduced::<Self>(py, self.row.read().json())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<AuditLog {}>", PyString::new(py, self.row.read().action()).repr()?))
    }
}
