//! `AuditLog`, one row.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMappingProxy, PyString, PyType};

use crate::datetime::{self, datetime};
use crate::errors::raised;
use crate::json::decode;
use crate::options::{shortened, text};
use crate::rate_limit::Response;
use crate::stream::LentRow;
use crate::user::{Reduced, comparison, hash, other_fields, reduced};

/// One row of an audit log: an action on the caller's account. It is immutable.
///
/// It has no id and no key that was used, and today's servers send no time.
///
/// `raw_json` is the server's own text. `to_dict()` returns all of it decoded. `extra` has the
/// fields that have no attribute.
///
/// >>> log = next(aura_users.stream_audit_logs())
/// >>> log.action
/// 'key.generate'
/// >>> log.params["name"]
/// 'laptop'
#[pyclass(frozen, weakref, module = "aura_users")]
pub(crate) struct AuditLog {
    row: LentRow,
    params: PyOnceLock<Py<PyAny>>,
}

/// The fields of the server's row that are attributes.
const KNOWN: [&str; 4] = ["action", "user_agent", "params", "inserted_at"];

impl From<LentRow> for AuditLog {
    fn from(row: LentRow) -> Self {
        Self { row, params: PyOnceLock::new() }
    }
}

#[pymethods]
impl AuditLog {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("action", "user_agent", "params")
    }

    /// Create a row from a saved `raw_json`.
    ///
    /// Raises InvalidArgumentError for other text. `response` of the new row is None.
    #[classmethod]
    fn from_json(cls: &Bound<'_, PyType>, raw_json: &Bound<'_, PyAny>) -> PyResult<Self> {
        datetime::prepare(cls.py());
        aura_users::AuditLog::from_json(text("raw_json", raw_json)?)
            .map(|row| LentRow::alone(row).into())
            .map_err(|error| raised(cls.py(), &error))
    }

    /// The name of the action: `key.generate`, `release.publish`, ... New servers have new ones.
    #[getter]
    fn action(&self) -> &str {
        self.row.read().action()
    }

    /// The `User-Agent` of the program, cut by the server to 255 code points. None if the server
    /// recorded none.
    #[getter]
    fn user_agent(&self) -> Option<&str> {
        self.row.read().user_agent()
    }

    /// The details. None if there are none. Their shape depends on the action and on its age.
    ///
    /// They are decoded at the first use and then kept: every use returns the same dict. Treat it as
    /// read-only. A change to it stays in this object. It does not change `raw_json`, `to_dict()`,
    /// comparisons, hashes and pickles. To edit the details, use `to_dict()["params"]`.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let params = self
            .params
            .get_or_try_init(py, || decode(py, self.row.read().params()).map(Bound::unbind))?;
        Ok(params.bind(py).clone())
    }

    /// The time of the action: UTC, to the microsecond. None if the server sends no time, like
    /// today's servers, or one that `datetime` cannot hold.
    #[getter]
    fn inserted_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.row.read().inserted_at().map_or(Ok(None), |at| datetime(py, at))
    }

    /// The server's own JSON of the row, byte for byte.
    #[getter]
    fn raw_json(&self) -> &str {
        self.row.read().raw_json()
    }

    /// The fields that have no attribute of their own; read-only.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        other_fields(&KNOWN, &self.to_dict(py)?)
    }

    /// The request id and the rate limit of the reply with the row's page. None for a row from
    /// `from_json`, and after pickling. It does not count in comparisons.
    #[getter]
    fn response(&self) -> Option<Response> {
        Response::of(self.row.read().response())
    }

    /// Return the whole row as a new dict, with the fields that have no attribute.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(decode(py, self.row.read().raw_json())?.cast_into()?)
    }

    fn __eq__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let is_same = match other.cast::<Self>() {
            Ok(other) => Some(self.row.peek() == other.get().row.peek()),
            Err(_) => None,
        };
        comparison(other.py(), is_same)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        hash(py, self.row.peek().raw_json())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    // A deep copy is another row, with other params.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, '_>> {
        reduced::<Self>(py, self.row.read().raw_json())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = format!("<AuditLog {}", PyString::new(py, self.action()).repr()?);
        if let Some(user_agent) = self.user_agent() {
            let user_agent = PyString::new(py, user_agent).repr()?;
            text += &format!(" user_agent={}", shortened(&user_agent));
        }
        let params = self.params(py)?;
        if !params.is_none() {
            text += &format!(" params={}", shortened(&params.repr()?));
        }
        Ok(text + ">")
    }
}
