//! Options: keyword arguments with Python's types, and the core's table of them.

use std::path::PathBuf;

use aura_users::Options;
use pyo3::exceptions::{PyException, PyOverflowError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString, PyTuple};

use crate::datetime;
use crate::errors::{invalid_argument, raised};
use crate::python_code;

/// Passes the names of all options of a call to a macro. Only a client has `env`.
/// (A test compares the resulting signatures with the core's table.)
macro_rules! with_call_options {
    ($then:ident) => {
        $then! {
            repo_url api_key otp timeout total_timeout connect_timeout max_retries rate_limit
            prefetch page proxy no_proxy ca_file user_agent client_name max_body
            max_connections cache allow_insecure_http
        }
    };
}
pub(crate) use with_call_options;

macro_rules! names {
    ($($option:ident)*) => { &[$(stringify!($option)),*] };
}
const CALL_OPTIONS: &[&str] = with_call_options!(names);

/// The keyword arguments of a call; `None` is not set.
pub(crate) type Keywords<'py, const N: usize> = [(&'static str, Option<Bound<'py, PyAny>>); N];

/// The options that are set.
pub(crate) fn read<const N: usize>(
    keywords: &Keywords<'_, N>,
    unknown: Option<&Bound<'_, PyDict>>,
) -> PyResult<Options> {
    if let Some((name, value)) = unknown.and_then(|unknown| unknown.iter().next()) {
        let name = name.cast::<PyString>()?.to_string_lossy().into_owned();
        return Err(refuse_name(&name, &value));
    }
    let mut options = Options::new();
    for (name, value) in keywords {
        if let Some(value) = value {
            options = set(options, name, value)?;
        }
    }
    Ok(options)
}

/// The options of a call that are set in a dict of keyword arguments.
pub(crate) fn from_dict(keywords: &Bound<'_, PyDict>) -> PyResult<Options> {
    let mut options = Options::new();
    for (name, value) in keywords {
        let name = name.cast::<PyString>()?.to_string_lossy().into_owned();
        if !CALL_OPTIONS.contains(&name.as_str()) {
            return Err(refuse_name(&name, &value));
        }
        if !value.is_none() {
            options = set(options, &name, &value)?;
        }
    }
    Ok(options)
}

/// The TypeError of a keyword that the function does not have.
///
/// The name may be a secret that was swapped with the name of its option. The core decides whether
/// a message may repeat it.
fn refuse_name(name: &str, value: &Bound<'_, PyAny>) -> PyErr {
    if Options::SPECS.iter().any(|spec| spec.name == name) {
        let message = format!("{name} is an option of a client, not of one call");
        return PyTypeError::new_err(message);
    }
    let value = value.extract::<String>().unwrap_or_default();
    let refused = Options::new().set(name, &value).err();
    let why =
        refused.map_or_else(|| "unknown option".to_owned(), |error| error.message().to_owned());
    // In the style of Python's own TypeErrors.
    let why = why.replacen("unknown option", "unexpected keyword argument", 1);
    PyTypeError::new_err(why.replace(['"', '`'], "'"))
}

enum Kind {
    Text,
    Path,
    Seconds,
    Whole,
    Flag,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "timeout" | "total_timeout" | "connect_timeout" => Self::Seconds,
            "max_retries" | "prefetch" | "page" | "max_body" | "max_connections" | "cache" => {
                Self::Whole
            }
            "allow_insecure_http" | "env" => Self::Flag,
            "ca_file" => Self::Path,
            _ => Self::Text,
        }
    }

    fn wanted(&self) -> &'static str {
        match self {
            Self::Text => "a str",
            Self::Path => "a str or an os.PathLike",
            Self::Seconds => "seconds as an int or a float, or a datetime.timedelta",
            Self::Whole => "an int",
            Self::Flag => "a bool",
        }
    }
}

/// Sets one option. The core gets the value as text, checks it and names it in its errors.
fn set(mut options: Options, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Options> {
    let py = value.py();
    let kind = Kind::of(name);
    // A bool is an int, except for an option.
    let is_flag = value.is_instance_of::<PyBool>();
    let text = match kind {
        Kind::Text => value.cast::<PyString>().ok().map(|text| valid(name, text)).transpose()?,
        Kind::Path => match path(value)? {
            Some(path) => match path.to_str() {
                Some(path) => Some(path.to_owned()),
                None => return Ok(options.ca_file(path)),
            },
            None => None,
        },
        Kind::Flag => is_flag.then(|| value.is_truthy()).transpose()?.map(|flag| flag.to_string()),
        _ if is_flag => None,
        Kind::Seconds => seconds(value)?.map(|seconds| seconds.to_string()),
        Kind::Whole => whole(value)?,
    };
    let Some(text) = text else { return Err(wrong_type(name, kind.wanted(), value)) };
    options.set(name, &text).map_err(|error| raised(py, &error))?;
    Ok(options)
}

fn path(value: &Bound<'_, PyAny>) -> PyResult<Option<PathBuf>> {
    match python_code::fspath(value) {
        Ok(path) => Ok(path.extract().ok()),
        Err(error) => unless_fatal(value.py(), error).map(|()| None),
    }
}

fn seconds(value: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    let py = value.py();
    if datetime::is_delta(value)? {
        return value.call_method0("total_seconds")?.extract().map(Some);
    }
    // Text is no number, although `float` accepts it.
    let class = value.get_type();
    if !class.hasattr(intern!(py, "__float__"))? && !class.hasattr(intern!(py, "__index__"))? {
        return Ok(None);
    }
    match python_code::float(value) {
        Ok(seconds) => seconds.extract().map(Some),
        // The int is larger than every float. The core refuses it like infinity.
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Ok(Some(f64::INFINITY)),
        Err(error) => unless_fatal(py, error).map(|()| None),
    }
}

fn whole(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let py = value.py();
    match python_code::index(value).and_then(|number| number.extract::<i128>()) {
        Ok(number) => Ok(Some(number.to_string())),
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
            Ok(Some("an int beyond 128 bits".to_owned()))
        }
        Err(error) => unless_fatal(py, error).map(|()| None),
    }
}

/// Ignores the error of a conversion, as the value has the wrong type. Returns the exception of a
/// signal handler.
fn unless_fatal(py: Python<'_>, error: PyErr) -> PyResult<()> {
    if error.is_instance_of::<PyException>(py) { Ok(()) } else { Err(error) }
}

/// The options that are set, for `repr()`: no secret, and no long value.
pub(crate) fn shown<const N: usize>(
    keywords: &Keywords<'_, N>,
) -> PyResult<Vec<(&'static str, String)>> {
    let mut shown = Vec::new();
    for (name, value) in keywords {
        let Some(value) = value else { continue };
        let is_secret = Options::SPECS.iter().any(|spec| spec.name == *name && spec.is_secret);
        let text = if is_secret { "***".to_owned() } else { shortened(&python_code::repr(value)?) };
        shown.push((*name, text));
    }
    Ok(shown)
}

/// The start of a long text.
pub(crate) fn shortened(text: &Bound<'_, PyString>) -> String {
    const LONGEST: usize = 80;
    let text = text.to_string_lossy();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// A text argument. The error names `name`.
pub(crate) fn text<'a>(name: &str, value: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(name, "a str", value))?;
    utf8(name, text)
}

/// The addresses of `create_user`.
pub(crate) fn emails(value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    const WANTED: &str = "a sequence of str, such as [\"eric@example.com\"]";
    if value.is_instance_of::<PyString>() {
        return Err(wrong_type("emails", WANTED, value));
    }
    let items = python_code::iter(value).or_else(|error| {
        unless_fatal(value.py(), error)?;
        Err(wrong_type("emails", WANTED, value))
    })?;
    let items = python_code::tuple(&items)?;
    items.iter().map(|item| text("every item of emails", &item).map(str::to_owned)).collect()
}

fn valid(name: &str, text: &Bound<'_, PyString>) -> PyResult<String> {
    utf8(name, text).map(str::to_owned)
}

/// Fails for lone surrogates, which no request can carry.
fn utf8<'a>(name: &str, text: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    text.to_str().map_err(|_| {
        invalid_argument(
            text.py(),
            &format!("{name} is not valid Unicode: it has a lone surrogate"),
        )
    })
}

/// Names the type and not the value, which may be a secret.
fn wrong_type(name: &str, wanted: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let found = value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    invalid_argument(value.py(), &format!("{name} must be {wanted}, not {found}"))
}

/// The description of one option. It is the same in every language of this library.
///
/// >>> option = aura_users.OPTIONS[0]
/// >>> print(option.name, option.default, option.env)
/// repo_url https://hex.pm/api ('HEX_API_URL', 'HEX_API')
#[pyclass(frozen, get_all, weakref, module = "aura_users")]
pub(crate) struct OptionSpec {
    /// Its name.
    name: &'static str,
    /// Its default as text. None if the option is off by default.
    default: Option<&'static str>,
    /// The environment variables that it is read from. The first one that is set counts.
    env: Py<PyTuple>,
    /// The values that it accepts, in the words of an error message.
    allowed: &'static str,
    /// What it does.
    doc: &'static str,
}

#[pymethods]
impl OptionSpec {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let Self { name, default, env, allowed, .. } = self;
        let default = match default {
            Some(text) => PyString::new(py, text).repr()?.to_string(),
            None => "None".to_owned(),
        };
        let env = env.bind(py).repr()?;
        Ok(format!("<OptionSpec '{name}' default={default} env={env} allowed='{allowed}'>"))
    }
}

pub(crate) fn specs(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
    let specs = Options::SPECS.iter().map(|spec| {
        let env = PyTuple::new(py, spec.env)?.unbind();
        let aura_users::OptionSpec { name, default, allowed, doc, .. } = *spec;
        Bound::new(py, OptionSpec { name, default, env, allowed, doc })
    });
    PyTuple::new(py, specs.collect::<PyResult<Vec<_>>>()?)
}
