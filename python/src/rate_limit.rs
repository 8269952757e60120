//! `RateLimitState`, and `Response`, which has the rate limit of a single reply.

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The state of the server's rate limit.
///
/// >>> with aura_users.Client() as client:
/// ...     user = client.get_user("ericmj")
/// ...     state = client.rate_limit()
/// >>> print(state.remaining, "of", state.limit)
/// 499 of 500
#[pyclass(frozen, eq, get_all, weakref, module = "aura_users")]
#[derive(Clone, PartialEq)]
pub(crate) struct RateLimitState {
    /// Requests allowed in a window.
    limit: u64,
    /// Requests left in this window. A client also subtracts the requests that it has sent since.
    remaining: u64,
    /// Seconds until the next window, counted from the call or the reply that returned this.
    resets_in: f64,
}

impl From<aura_users::RateLimitState> for RateLimitState {
    fn from(state: aura_users::RateLimitState) -> Self {
        let aura_users::RateLimitState { limit, remaining, resets_in, .. } = state;
        Self { limit, remaining, resets_in: resets_in.as_secs_f64() }
    }
}

#[pymethods]
impl RateLimitState {
    /// Return the attributes as a new dict.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fields = PyDict::new(py);
        fields.set_item("limit", self.limit)?;
        fields.set_item("remaining", self.remaining)?;
        fields.set_item("resets_in", self.resets_in)?;
        Ok(fields)
    }

    fn __repr__(&self) -> String {
        let Self { limit, remaining, resets_in } = self;
        format!("<RateLimitState {remaining} of {limit} left, {resets_in:.1} s to go>")
    }
}

/// The request id and the rate limit of a reply: the attribute `response` of a User or AuditLog.
///
/// >>> user = aura_users.get_user("ericmj")
/// >>> user.response.rate_limit.limit
/// 500
/// >>> isinstance(user.response.request_id, str)
/// True
#[pyclass(frozen, eq, weakref, module = "aura_users")]
#[derive(PartialEq)]
pub(crate) struct Response(aura_users::Response);

impl Response {
    /// None for a record that did not come with a reply, such as one from `from_json`.
    pub(crate) fn of(response: Option<&aura_users::Response>) -> Option<Self> {
        response.cloned().map(Self)
    }
}

#[pymethods]
impl Response {
    /// The reply's `x-request-id`. The server's operators find the call by it.
    #[getter]
    fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The rate limit that the reply reported. None if it reported none.
    #[getter]
    fn rate_limit(&self) -> Option<RateLimitState> {
        self.0.rate_limit.map(RateLimitState::from)
    }

    /// Return the attributes as a new dict, with a dict for `rate_limit`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fields = PyDict::new(py);
        fields.set_item("request_id", self.request_id())?;
        let rate_limit = self.rate_limit().map(|state| state.to_dict(py)).transpose()?;
        fields.set_item("rate_limit", rate_limit)?;
        Ok(fields)
    }

    fn __repr__(&self) -> String {
        let id = self.request_id().map_or("None".to_owned(), |id| format!("'{id}'"));
        let rate_limit = self.rate_limit().map_or("None".to_owned(), |state| state.__repr__());
        format!("<Response request_id={id} rate_limit={rate_limit}>")
    }
}
