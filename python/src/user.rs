//! `User`, `Package` and `Organization`.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyMappingProxy, PyString, PyTuple, PyType};

use crate::datetime::{self, datetime};
use crate::errors::raised;
use crate::json::decode;
use crate::options::text;
use crate::python_code::without_gc;

/// A user account, as the server describes it to this caller. It cannot be changed.
///
/// `raw_json` is the server's own text; `to_dict()` is all of it decoded, and `extra` the fields
/// that have no attribute here.
///
/// >>> user = aura_users.get_user("ericmj")
/// >>> user.full_name
/// 'Eric Meadows'
/// >>> user.inserted_at.tzinfo
/// datetime.timezone.utc
/// >>> [package.name for package in user.packages]
/// ['decimal', 'ecto']
#[pyclass(frozen, module = "aura_users")]
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

/// What is left of a record's fields, to be looked at only.
pub(crate) fn without<'py>(
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

/// What a comparison says, be it that the other side is to be asked.
pub(crate) fn answer(py: Python<'_>, answer: Option<bool>) -> PyResult<Bound<'_, PyAny>> {
    match answer {
        Some(answer) => Ok(PyBool::new(py, answer).to_owned().into_any()),
        None => Ok(py.NotImplemented().into_bound(py)),
    }
}

/// What `__reduce__` gives: `from_json`, and the text to call it with.
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

    /// A record again, from what `raw_json` gave. Raises InvalidArgumentError for other text.
    #[classmethod]
    fn from_json(cls: &Bound<'_, PyType>, raw_json: &Bound<'_, PyAny>) -> PyResult<Self> {
        aura_users::User::from_json(text("raw_json", raw_json)?)
            .map(|user| Self::new(cls.py(), user))
            .map_err(|error| raised(cls.py(), &error))
    }

    /// The name, unique on the server, in lower case.
    #[getter]
    fn username(&self) -> &str {
        self.0.username()
    }

    /// The person's name, if they gave one.
    #[getter]
    fn full_name(&self) -> Option<&str> {
        self.0.full_name()
    }

    /// Links to the person's other accounts by display name, in the server's order; read-only.
    #[getter]
    fn handles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        mapping(py, self.0.handles())
    }

    /// Where the API has this record.
    #[getter]
    fn url(&self) -> Option<&str> {
        self.0.url()
    }

    /// The public e-mail address; None when there is no public one.
    #[getter]
    fn email(&self) -> Option<&str> {
        self.0.email()
    }

    /// When the account was made: UTC, to the microsecond. None where the server does not say, or
    /// says a time that `datetime` cannot hold.
    #[getter]
    fn inserted_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.inserted_at().map_or(Ok(None), |at| datetime(py, at))
    }

    /// When the account was last changed: UTC, to the microsecond; None as with `inserted_at`.
    #[getter]
    fn updated_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.updated_at().map_or(Ok(None), |at| datetime(py, at))
    }

    /// The packages the user owns and the caller may see. None where the server does not say, as
    /// in the reply to create_user.
    #[getter]
    fn packages<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let tuple = |all: &[_]| PyTuple::new(py, all.iter().map(Package::from));
        without_gc(py, || self.0.packages().map(tuple).transpose())
    }

    /// The packages' URLs by name; read-only. The server calls this field deprecated: two packages
    /// of one name in two repositories are one entry here. Use `packages`.
    #[getter]
    fn owned_packages<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        mapping(py, self.0.owned_packages())
    }

    /// The organizations the user is a member of. Only the current user's record has them.
    #[getter]
    fn organizations<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let tuple = |all: &[_]| PyTuple::new(py, all.iter().map(Organization::from));
        without_gc(py, || self.0.organizations().map(tuple).transpose())
    }

    /// The server's own JSON, byte for byte.
    #[getter]
    fn raw_json(&self) -> &str {
        self.0.json()
    }

    /// The fields that have no attribute of their own; read-only.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        without(&KNOWN, &self.to_dict(py)?)
    }

    /// All of the server's record as a new dict, fields unknown to this library too.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(decode(py, self.0.json())?.cast_into()?)
    }

    fn __eq__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let other_is_the_same = other.cast::<Self>().map(|other| self.0 == other.get().0);
        answer(other.py(), other_is_the_same.ok())
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        hash(py, self.0.json())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py, '_>> {
        reduced::<Self>(py, self.0.json())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<User {}>", PyString::new(py, self.0.username()).repr()?))
    }
}

/// The same with other arguments to its class.
fn replaced<'py>(
    thing: &Bound<'py, PyAny>,
    changes: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let class = thing.get_type();
    let arguments = PyDict::new(thing.py());
    for name in class.getattr("__match_args__")?.try_iter()? {
        let name = name?;
        arguments.set_item(&name, thing.getattr(name.cast::<PyString>()?)?)?;
    }
    if let Some(changes) = changes {
        arguments.update(changes.as_mapping())?;
    }
    class.call((), Some(&arguments))
}

type PackageArguments = (String, Option<String>, Option<String>, Option<String>);

/// A package the user owns.
///
/// >>> aura_users.Package("decimal", "hexpm")
/// <Package 'decimal' in 'hexpm'>
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
///
/// >>> me = aura_users.get_current_user()
/// >>> me.organizations
/// (<Organization 'zeta' as 'admin'>,)
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

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let quoted = |text: &str| PyString::new(py, text).repr();
        Ok(match &self.role {
            Some(role) => format!("<Organization {} as {}>", quoted(&self.name)?, quoted(role)?),
            None => format!("<Organization {}>", quoted(&self.name)?),
        })
    }
}
