//! Decodes JSON to Python objects, as `json.loads` does and in less time: it keeps short texts,
//! most of which repeat in a log.
//!
//! One thing differs: an integer with more digits than Python reads is a `decimal.Decimal`. There
//! `json.loads` raises a ValueError.
//!
//! The core has checked the JSON and its depth.

use std::ops::Range;
use std::sync::{Mutex, TryLockError};

use pyo3::exceptions::{PyImportError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};

use crate::python_code::{call, import, without_gc};

/// `json` as Python objects.
pub(crate) fn decode<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    static TEXTS: Mutex<Option<Texts>> = Mutex::new(None);
    // Never wait: creating an object may run the garbage collector, and that may run any code.
    let mut texts = match TEXTS.try_lock() {
        Ok(texts) => Some(texts),
        Err(TryLockError::Poisoned(texts)) => Some(texts.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    };
    let texts = texts.as_mut().map(|texts| texts.get_or_insert_with(Texts::default));
    without_gc(py, || Reader { py, text: json, at: 0, texts }.value())
}

/// Short texts. Each text has one possible slot.
struct Texts(Vec<Option<(Box<str>, Py<PyString>)>>);

const SLOTS: usize = 1024;
const LONGEST: usize = 64;

impl Default for Texts {
    fn default() -> Self {
        Self((0..SLOTS).map(|_| None).collect())
    }
}

impl Texts {
    fn get<'py>(&mut self, py: Python<'py>, text: &str) -> &Bound<'py, PyString> {
        let slot = &mut self.0[slot(text)];
        if slot.as_ref().is_none_or(|(known, _)| **known != *text) {
            *slot = Some((text.into(), PyString::new(py, text).unbind()));
        }
        match slot {
            Some((_, object)) => object.bind(py),
            None => unreachable!("it was filled above"),
        }
    }
}

/// Returns the slot of a text: a hash of a few bytes, which spreads texts well enough.
fn slot(text: &str) -> usize {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().map_or(0, usize::from);
    let length = bytes.len();
    let sum = [byte(0), byte(1), byte(length / 2), byte(length.wrapping_sub(1)), length];
    sum.into_iter().fold(0, |sum, part| sum * 31 + part) % SLOTS
}

/// `scan_once` of `aura_users/_decode.py`.
fn scan_once(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static SCAN_ONCE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = SCAN_ONCE.get_or_try_init(py, || {
        import(py, "aura_users._decode")?.getattr("scan_once").map(Bound::unbind)
    })?;
    Ok(found.bind(py))
}

/// Return the fields of a record, each with its JSON as the server wrote it, in the server's order.
///
/// This is for the command line, which shows numbers as the server wrote them.
#[pyfunction]
pub(crate) fn fields_json<'py>(py: Python<'py>, raw_json: &str) -> PyResult<Bound<'py, PyDict>> {
    let mut reader = Reader { py, text: raw_json, at: 0, texts: None };
    let fields = PyDict::new(py);
    reader.members(|reader, name| {
        reader.next()?;
        let start = reader.at;
        reader.skip()?;
        fields.set_item(name, &raw_json[start..reader.at])
    })?;
    Ok(fields)
}

/// Imports everything now: Python cannot import while it exits.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    scan_once(py).map(drop)
}

struct Reader<'a, 'py> {
    py: Python<'py>,
    text: &'a str,
    at: usize,
    texts: Option<&'a mut Texts>,
}

impl<'py> Reader<'_, 'py> {
    fn value(&mut self) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self.next()? {
            b'"' => self.string()?.into_any(),
            b'{' => self.object()?.into_any(),
            b'[' => self.array()?.into_any(),
            b't' => self.word("true", PyBool::new(self.py, true).to_owned().into_any()),
            b'f' => self.word("false", PyBool::new(self.py, false).to_owned().into_any()),
            b'n' => self.word("null", self.py.None().into_bound(self.py)),
            _ => self.number()?,
        })
    }

    /// Returns the next byte that is not white space.
    fn next(&mut self) -> PyResult<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(PyValueError::new_err("the JSON has no end")),
            }
        }
    }

    fn word(&mut self, word: &str, value: Bound<'py, PyAny>) -> Bound<'py, PyAny> {
        self.at += word.len();
        value
    }

    fn object(&mut self) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(self.py);
        self.members(|reader, name| {
            let value = reader.value()?;
            dict.set_item(name, value)
        })?;
        Ok(dict)
    }

    /// Calls `take` with the name of each member of an object; `take` reads the value.
    fn members(
        &mut self,
        mut take: impl FnMut(&mut Self, Bound<'py, PyString>) -> PyResult<()>,
    ) -> PyResult<()> {
        self.next()?;
        self.at += 1;
        while self.next()? != b'}' {
            if self.text.as_bytes()[self.at] == b',' {
                self.at += 1;
                self.next()?;
            }
            let name = self.string()?;
            self.next()?;
            self.at += 1; // the colon
            take(self, name)?;
        }
        self.at += 1;
        Ok(())
    }

    /// Skips a value.
    fn skip(&mut self) -> PyResult<()> {
        let mut depth = 0;
        loop {
            match self.next()? {
                b'"' => drop(self.plain()),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let rest = &self.text.as_bytes()[self.at..];
                    let is_part =
                        |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                    match rest.iter().take_while(is_part).count() {
                        0 => return Err(PyValueError::new_err("this is not JSON")),
                        length => self.at += length,
                    }
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn array(&mut self) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(self.py);
        self.at += 1;
        while self.next()? != b']' {
            if self.text.as_bytes()[self.at] == b',' {
                self.at += 1;
            }
            list.append(self.value()?)?;
        }
        self.at += 1;
        Ok(list)
    }

    fn string(&mut self) -> PyResult<Bound<'py, PyString>> {
        let (start, py) = (self.at, self.py);
        match (self.plain(), &mut self.texts) {
            (Some(text), Some(texts)) if text.len() <= LONGEST => Ok(texts.get(py, text).clone()),
            (Some(text), _) => Ok(PyString::new(py, text)),
            (None, _) => self.by_python(start..self.at),
        }
    }
}

impl<'a, 'py> Reader<'a, 'py> {
    /// Skips a string. Returns its content, or none if it has escapes.
    fn plain(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut end = start;
        let mut has_escapes = false;
        loop {
            match bytes.get(end)? {
                b'"' => break,
                b'\\' => {
                    has_escapes = true;
                    end += 2;
                }
                _ => end += 1,
            }
        }
        self.at = end + 1;
        (!has_escapes).then(|| &self.text[start..end])
    }

    /// Decodes a piece with Python's decoder. It supports lone surrogates in escapes and numbers
    /// of any length.
    fn by_python<T: pyo3::PyTypeCheck>(&self, piece: Range<usize>) -> PyResult<Bound<'py, T>> {
        let (value, _end): (Bound<'py, PyAny>, usize) =
            call(scan_once(self.py)?, (&self.text[piece], 0))?.extract()?;
        Ok(value.cast_into::<T>()?)
    }

    fn number(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        self.at += rest.iter().take_while(is_part).count();
        let text = &self.text[start..self.at];
        if let Ok(number) = text.parse::<i64>() {
            return Ok(PyInt::new(self.py, number).into_any());
        }
        if text.contains(['.', 'e', 'E'])
            && let Ok(number) = text.parse::<f64>()
        {
            return Ok(PyFloat::new(self.py, number).into_any());
        }
        match self.by_python::<PyAny>(start..self.at) {
            // Python reads no more digits of an int than `sys.get_int_max_str_digits()`.
            Err(error) if error.is_instance_of::<PyValueError>(self.py) => self.decimal(text),
            number => number,
        }
    }

    /// An integer as a `decimal.Decimal`, or as its text if Python cannot import any more.
    fn decimal(&self, text: &str) -> PyResult<Bound<'py, PyAny>> {
        static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let decimal = DECIMAL.get_or_try_init(self.py, || {
            import(self.py, "decimal")?.getattr("Decimal").map(Bound::unbind)
        });
        match decimal {
            Ok(decimal) => call(decimal.bind(self.py), (text,)),
            Err(error) if error.is_instance_of::<PyImportError>(self.py) => {
                Ok(PyString::new(self.py, text).into_any())
            }
            Err(error) => Err(error),
        }
    }
}
