//! `User`, `Package` and `Organization`.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;
use pyo3::types::{
    PyDateTime, PyDelta, PyDict, PyMapping, PyMappingProxy, PyString, PyTuple, PyTzInfo,
};

/// A user account, as the server describes it to this caller. It cannot be changed.
///
/// `raw_json` is the server's own text; `to_dict()` is all of it decoded, and `extra` the fields
/// that have no attribute here.
#[pyclass(frozen, module = "aura_users")]
pub(crate) struct User {
    raw_json: String,
    parts: Parts,
}

/// The attributes, in the form in which they are pickled.
#[derive(Clone, FromPyObject, IntoPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Parts {
    username: String,
    full_name: Option<String>,
    handles: Vec<(String, String)>,
    url: Option<String>,
    email: Option<String>,
    inserted_at: Option<i64>,
    updated_at: Option<i64>,
    packages: Option<Vec<Package>>,
    owned_packages: Vec<(String, String)>,
    organizations: Option<Vec<Organization>>,
}

/// The fields of the server's record that are attributes.
const KNOWN: [&str; 10] = [
    "username",
    "full_name",
    "handles",
    "url",
    "email",
    "inserted_at",
    "updated_at",
    "packages",
    "owned_packages",
    "organizations",
];

impl From<aura_users::User> for User {
    fn from(user: aura_users::User) -> Self {
        let pairs = |(name, url): (&str, &str)| (name.to_owned(), url.to_owned());
        let parts = Parts {
            username: user.username().to_owned(),
            full_name: user.full_name().map(str::to_owned),
            handles: user.handles().map(pairs).collect(),
            url: user.url().map(str::to_owned),
            email: user.email().map(str::to_owned),
            inserted_at: user.inserted_at().and_then(microseconds),
            updated_at: user.updated_at().and_then(microseconds),
            packages: user.packages().map(|all| all.iter().map(Package::from).collect()),
            owned_packages: user.owned_packages().map(pairs).collect(),
            organizations: user
                .organizations()
                .map(|all| all.iter().map(Organization::from).collect()),
        };
        Self { raw_json: user.into_json(), parts }
    }
}

/// Since 1970; the core's times fit.
fn microseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).ok(),
        Err(before) => i64::try_from(before.duration().as_micros()).ok().map(|micros| -micros),
    }
}

fn datetime(py: Python<'_>, microseconds: i64) -> PyResult<Bound<'_, PyAny>> {
    const DAY: i64 = 86_400_000_000;
    let (days, rest) = (microseconds.div_euclid(DAY), microseconds.rem_euclid(DAY));
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    let distance = PyDelta::new(py, days.try_into()?, seconds as i32, micros as i32, false)?;
    let utc = PyTzInfo::utc(py)?;
    PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc))?.add(distance)
}

fn mapping<'py>(
    py: Python<'py>,
    pairs: &[(String, String)],
) -> PyResult<Bound<'py, PyMappingProxy>> {
    let dict = PyDict::new(py);
    for (key, value) in pairs {
        dict.set_item(key, value)?;
    }
    Ok(read_only(&dict))
}

fn read_only<'py>(dict: &Bound<'py, PyDict>) -> Bound<'py, PyMappingProxy> {
    let mapping: &Bound<'py, PyMapping> = dict.as_mapping();
    PyMappingProxy::new(dict.py(), mapping)
}

fn tuple<'py, T>(py: Python<'py>, items: Option<&[T]>) -> PyResult<Option<Bound<'py, PyTuple>>>
where
    T: Clone + IntoPyObject<'py>,
{
    items.map(|items| PyTuple::new(py, items.iter().cloned())).transpose()
}

/// Decodes JSON as Python does, so that integers keep all their digits.
pub(crate) fn decode<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}

/// Python's own hash, which is salted.
pub(crate) fn hash(py: Python<'_>, text: &str) -> PyResult<isize> {
    PyString::new(py, text).hash()
}

#[pymethods]
impl User {
    /// The name, unique on the server, in lower case.
    #[getter]
    fn username(&self) -> &str {
        &self.parts.username
    }

    /// The person's name, if they gave one.
    #[getter]
    fn full_name(&self) -> Option<&str> {
        self.parts.full_name.as_deref()
    }

    /// Links to the person's other accounts by display name, in the server's order; read-only.
    #[getter]
    fn handles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        mapping(py, &self.parts.handles)
    }

    /// Where the API has this record.
    #[getter]
    fn url(&self) -> Option<&str> {
        self.parts.url.as_deref()
    }

    /// The public e-mail address; None when there is no public one.
    #[getter]
    fn email(&self) -> Option<&str> {
        self.parts.email.as_deref()
    }

    /// When the account was made: UTC, to the microsecond.
    #[getter]
    fn inserted_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.parts.inserted_at.map(|at| datetime(py, at)).transpose()
    }

    /// When the account was last changed: UTC, to the microsecond.
    #[getter]
    fn updated_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.parts.updated_at.map(|at| datetime(py, at)).transpose()
    }

    /// The packages the user owns and the caller may see. None where the server does not say, as
    /// in the reply to create_user.
    #[getter]
    fn packages<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        tuple(py, self.parts.packages.as_deref())
    }

    /// The packages' URLs by name; read-only. The server calls this field deprecated: two packages
    /// of one name in two repositories are one entry here. Use `packages`.
    #[getter]
    fn owned_packages<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        mapping(py, &self.parts.owned_packages)
    }

    /// The organizations the user is a member of. Only the current user's record has them.
    #[getter]
    fn organizations<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        tuple(py, self.parts.organizations.as_deref())
    }

    /// The server's own JSON, byte for byte.
    #[getter]
    fn raw_json(&self) -> &str {
        &self.raw_json
    }

    /// The fields that have no attribute of their own; read-only.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        let fields = self.to_dict(py)?;
        for name in KNOWN {
            if fields.contains(name)? {
                fields.del_item(name)?;
            }
        }
        Ok(read_only(&fields))
    }

    /// All of the server's record as a new dict, fields unknown to this library too.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(decode(py, &self.raw_json)?.cast_into()?)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> Option<bool> {
        other.cast::<Self>().ok().map(|other| self.raw_json == other.get().raw_json)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        hash(py, &self.raw_json)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, (&str, Parts)>> {
        reduced(py, "_restore_user", (&self.raw_json, self.parts.clone()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<User {}>", PyString::new(py, &self.parts.username).repr()?))
    }
}

/// What `__reduce__` gives: a function of this module, and what to call it with.
pub(crate) type Reduced<'py, Args> = (Bound<'py, PyAny>, Args);

pub(crate) fn reduced<'py, Args>(
    py: Python<'py>,
    function: &str,
    args: Args,
) -> PyResult<Reduced<'py, Args>> {
    Ok((py.import("aura_users._native")?.getattr(function)?, args))
}

/// For pickle.
#[pyfunction]
#[pyo3(name = "_restore_user")]
pub(crate) fn restore_user(raw_json: String, parts: Parts) -> User {
    User { raw_json, parts }
}

/// A package the user owns.
#[pyclass(frozen, eq, hash, get_all, from_py_object, module = "aura_users")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Package {
    /// Its name, unique in its repository.
    name: String,
    /// `hexpm` for the public registry, else the organization's repository.
    repository: Option<String>,
    /// Where the API has it.
    url: Option<String>,
    /// Where a person reads about it.
    html_url: Option<String>,
}

impl From<&aura_users::Package> for Package {
    fn from(package: &aura_users::Package) -> Self {
        let aura_users::Package { name, repository, url, html_url, .. } = package.clone();
        Self { name, repository, url, html_url }
    }
}

#[pymethods]
impl Package {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str) {
        ("name", "repository", "url", "html_url")
    }

    #[new]
    #[pyo3(signature = (name, repository = None, url = None, html_url = None))]
    fn new(
        name: String,
        repository: Option<String>,
        url: Option<String>,
        html_url: Option<String>,
    ) -> Self {
        Self { name, repository, url, html_url }
    }

    fn __getnewargs__(&self) -> (&str, Option<&str>, Option<&str>, Option<&str>) {
        (&self.name, self.repository.as_deref(), self.url.as_deref(), self.html_url.as_deref())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let quoted = |text: &str| PyString::new(py, text).repr();
        Ok(match &self.repository {
            Some(repository) => {
                format!("<Package {} in {}>", quoted(&self.name)?, quoted(repository)?)
            }
            None => format!("<Package {}>", quoted(&self.name)?),
        })
    }
}

/// An organization the user is a member of.
#[pyclass(frozen, eq, hash, get_all, from_py_object, module = "aura_users")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Organization {
    /// Its name.
    name: String,
    /// `admin`, `write` or `read` on hex.pm.
    role: Option<String>,
}

impl From<&aura_users::Organization> for Organization {
    fn from(organization: &aura_users::Organization) -> Self {
        let aura_users::Organization { name, role, .. } = organization.clone();
        Self { name, role }
    }
}

#[pymethods]
impl Organization {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("name", "role")
    }

    #[new]
    #[pyo3(signature = (name, role = None))]
    fn new(name: String, role: Option<String>) -> Self {
        Self { name, role }
    }

    fn __getnewargs__(&self) -> (&str, Option<&str>) {
        (&self.name, self.role.as_deref())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let quoted = |text: &str| PyString::new(py, text).repr();
        Ok(match &self.role {
            Some(role) => format!("<Organization {} as {}>", quoted(&self.name)?, quoted(role)?),
            None => format!("<Organization {}>", quoted(&self.name)?),
        })
    }
}
