//! `User`, `Package` and `Organization`.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyMappingProxy, PyString, PyTuple, PyType};

use crate::datetime::{self, datetime};
use crate::errors::raised;
use crate::json::decode;
use crate::options::{shortened, text};
use crate::python_code::without_gc;
use crate::rate_limit::Response;

/// A user account, as the server describes it to this caller. It is immutable.
///
/// `raw_json` is the server's own text. `to_dict()` returns all of it decoded. `extra` has the
/// fields that have no attribute.
///
/// >>> user = aura_users.get_user("ericmj")
/// >>> user.full_name
/// 'Eric Meadows'
/// >>> user.inserted_at.tzinfo
/// datetime.timezone.utc
/// >>> [package.name for package in user.packages]
/// ['decimal', 'ecto']
#[pyclass(frozen, weakref, module = "aura_users")]
pub(crate) struct User(aura_users::User);

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

impl User {
    pub(crate) fn new(py: Python<'_>, user: aura_users::User) -> Self {
        datetime::prepare(py);
        Self(user)
    }
}

fn mapping<'py, 'a>(
    py: Python<'py>,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> PyResult<Bound<'py, PyMappingProxy>> {
    without_gc(py, || {
        let dict = PyDict::new(py);
        for (key, value) in pairs {
            dict.set_item(key, value)?;
        }
        Ok(read_only(&dict))
    })
}

fn read_only<'py>(dict: &Bound<'py, PyDict>) -> Bound<'py, PyMappingProxy> {
    PyMappingProxy::new(dict.py(), dict.as_mapping())
}

/// The fields of a record that are not `known`, read-only.
pub(crate) fn other_fields<'py>(
    known: &[&str],
    fields: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyMappingProxy>> {
    for name in known {
        if fields.contains(name)? {
            fields.del_item(name)?;
        }
    }
    Ok(read_only(fields))
}

/// Python's own hash, which is salted.
pub(crate) fn hash(py: Python<'_>, text: &str) -> PyResult<isize> {
    PyString::new(py, text).hash()
}

/// The result of a comparison; NotImplemented for None.
pub(crate) fn comparison(py: Python<'_>, result: Option<bool>) -> PyResult<Bound<'_, PyAny>> {
    match result {
        Some(result) => Ok(PyBool::new(py, result).to_owned().into_any()),
        None => Ok(py.NotImplemented().into_bound(py)),
    }
}

/// What `__reduce__` returns: `from_json`, and the text to call it with.
pub(crate) type Reduced<'py, 'a> = (Bound<'py, PyAny>, (&'a str,));

pub(crate) fn reduced<'py, 'a, T: pyo3::PyTypeInfo>(
    py: Python<'py>,
    json: &'a str,
) -> PyResult<Reduced<'py, 'a>> {
    Ok((T::type_object(py).getattr("from_json")?, (json,)))
}

#[pymethods]
impl User {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("username",)
    }

    /// Create a record from a saved `raw_json`.
    ///
    /// Raises InvalidArgumentError for other text. `response` of the new record is None.
    #[classmethod]
    fn from_json(cls: &Bound<'_, PyType>, raw_json: &Bound<'_, PyAny>) -> PyResult<Self> {
        aura_users::User::from_json(text("raw_json", raw_json)?)
            .map(|user| Self::new(cls.py(), user))
            .map_err(|error| raised(cls.py(), &error))
    }

    /// The name. It is unique on the server and in lower case.
    #[getter]
    fn username(&self) -> &str {
        self.0.username()
    }

    /// The person's name. None if it is not set.
    #[getter]
    fn full_name(&self) -> Option<&str> {
        self.0.full_name()
    }

    /// Links to the person's other accounts by display name, in the server's order; read-only.
    #[getter]
    fn handles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        mapping(py, self.0.handles())
    }

    /// The record's URL in the API.
    #[getter]
    fn url(&self) -> Option<&str> {
        self.0.url()
    }

    /// The public e-mail address. None if there is no public one.
    #[getter]
    fn email(&self) -> Option<&str> {
        self.0.email()
    }

    /// When the account was created: UTC, to the microsecond. None if the server sends no time, or
    /// one that `datetime` cannot hold.
    #[getter]
    fn inserted_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.inserted_at().map_or(Ok(None), |at| datetime(py, at))
    }

    /// When the account was last changed: UTC, to the microsecond. None as for `inserted_at`.
    #[getter]
    fn updated_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.updated_at().map_or(Ok(None), |at| datetime(py, at))
    }

    /// The packages that the user owns and the caller may see. None if the server does not send
    /// them, as after create_user.
    #[getter]
    fn packages<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let tuple = |all: &[_]| PyTuple::new(py, all.iter().map(Package::from));
        without_gc(py, || self.0.packages().map(tuple).transpose())
    }

    /// The packages' URLs by name; read-only. Deprecated by the server: two packages with one name
    /// in two repositories are one entry. Use `packages`.
    #[getter]
    fn owned_packages<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        mapping(py, self.0.owned_packages())
    }

    /// The organizations of which the user is a member. Only the current user's record has them.
    #[getter]
    fn organizations<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let tuple = |all: &[_]| PyTuple::new(py, all.iter().map(Organization::from));
        without_gc(py, || self.0.organizations().map(tuple).transpose())
    }

    /// The server's own JSON, byte for byte.
    #[getter]
    fn raw_json(&self) -> &str {
        self.0.raw_json()
    }

    /// The fields that have no attribute of their own; read-only.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        other_fields(&KNOWN, &self.to_dict(py)?)
    }

    /// The request id and the rate limit of the reply. None for a record from `from_json`, and after
    /// pickling. It does not count in comparisons.
    #[getter]
    fn response(&self) -> Option<Response> {
        Response::of(self.0.response())
    }

    /// Return the server's whole record as a new dict, with the fields that have no attribute.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(decode(py, self.0.raw_json())?.cast_into()?)
    }

    fn __eq__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let is_same = other.cast::<Self>().map(|other| self.0 == other.get().0);
        comparison(other.py(), is_same.ok())
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        hash(py, self.0.raw_json())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, '_>> {
        reduced::<Self>(py, self.0.raw_json())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = format!("<User {}", PyString::new(py, self.0.username()).repr()?);
        for (name, value) in [("full_name", self.0.full_name()), ("email", self.0.email())] {
            if let Some(value) = value {
                text += &format!(" {name}={}", shortened(&PyString::new(py, value).repr()?));
            }
        }
        Ok(text + ">")
    }
}

/// The attributes of a value with which its class is called, in their order.
fn arguments<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let arguments = PyDict::new(value.py());
    for name in value.get_type().getattr("__match_args__")?.try_iter()? {
        let name = name?;
        arguments.set_item(&name, value.getattr(name.cast::<PyString>()?)?)?;
    }
    Ok(arguments)
}

/// A copy of a value with other attributes.
fn replaced<'py>(
    value: &Bound<'py, PyAny>,
    changes: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let arguments = arguments(value)?;
    if let Some(changes) = changes {
        arguments.update(changes.as_mapping())?;
    }
    value.get_type().call((), Some(&arguments))
}

/// The call that creates a value, without the arguments that are None.
fn as_call(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let mut parts = Vec::new();
    for (name, argument) in arguments(value)? {
        if !argument.is_none() {
            parts.push(format!("{name}={}", argument.repr()?));
        }
    }
    Ok(format!("{}({})", value.get_type().name()?, parts.join(", ")))
}

type PackageArguments = (String, Option<String>, Option<String>, Option<String>);

/// A package that the user owns.
///
/// >>> aura_users.Package("decimal", "hexpm")
/// Package(name='decimal', repository='hexpm')
#[pyclass(frozen, eq, hash, get_all, weakref, from_py_object, module = "aura_users")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Package {
    /// Its name, unique in its repository.
    name: String,
    /// `hexpm` for the public registry, else the organization's repository.
    repository: Option<String>,
    /// Its URL in the API.
    url: Option<String>,
    /// Its page for people.
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

    /// Return the attributes as a new dict.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        arguments(slf)
    }

    /// For copy.replace.
    #[pyo3(signature = (**changes))]
    fn __replace__<'py>(
        slf: &Bound<'py, Self>,
        changes: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        replaced(slf, changes)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, PackageArguments) {
        let Self { name, repository, url, html_url } = slf.get().clone();
        (slf.get_type(), (name, repository, url, html_url))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        as_call(slf)
    }
}

/// An organization of which the user is a member.
///
/// >>> me = aura_users.get_current_user()
/// >>> me.organizations
/// (Organization(name='zeta', role='admin'),)
#[pyclass(frozen, eq, hash, get_all, weakref, from_py_object, module = "aura_users")]
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

    /// Return the attributes as a new dict.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        arguments(slf)
    }

    /// For copy.replace.
    #[pyo3(signature = (**changes))]
    fn __replace__<'py>(
        slf: &Bound<'py, Self>,
        changes: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        replaced(slf, changes)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, (String, Option<String>)) {
        let Self { name, role } = slf.get().clone();
        (slf.get_type(), (name, role))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        as_call(slf)
    }
}
