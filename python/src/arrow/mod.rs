//! An audit log for every library that reads Arrow: one record batch for each page.

mod c_data;
mod lent_rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use serde_json::value::RawValue;

use crate::errors;
use crate::pending::raise_soon;
use crate::python_code;
use crate::stream::{ReturnedRows, Row};
use c_data::{Batch, Column, Failure, Field, Stream};
use lent_rows::{Reading, Rows};

/// The columns. JSON is text: its shape depends on the action, so it has no single type.
static FIELDS: [Field; 4] = [
    Field { name: c"action", is_nullable: false },
    Field { name: c"user_agent", is_nullable: true },
    Field { name: c"params", is_nullable: true },
    Field { name: c"extra", is_nullable: true },
];

/// The fields of a row that have a column; `extra` takes the others.
const KNOWN: [&str; 3] = ["action", "user_agent", "params"];

// Of the same value on every system we build for.
const EINTR: i32 = 4;
const EIO: i32 = 5;
const EINVAL: i32 = 22;

/// A log that is read page by page.
pub(crate) trait Source: Send + 'static {
    /// Returns the rows of the next page, and the list to which unread rows return; none after the end.
    fn next_page(&self, py: Python<'_>) -> PyResult<Option<(Vec<Row>, Arc<ReturnedRows>)>>;

    /// The page that the next row is on.
    fn page(&self) -> u64;
}

/// The capsule that `__arrow_c_stream__` returns. Reading it reads `logs`.
pub(crate) fn stream(py: Python<'_>, logs: impl Source) -> PyResult<Bound<'_, PyCapsule>> {
    let reading = Arc::new(Reading::default());
    let source = move || {
        // The reader may hold the GIL or not. While it waits, the GIL is free.
        let next = Python::try_attach(|py| {
            let next = logs.next_page(py);
            reading.has_failed(next.is_err());
            match next {
                Ok(Some((rows, returned_rows))) => {
                    batch(Rows::new(py, rows, returned_rows, &reading)).map(Some)
                }
                Ok(None) => {
                    reading.is_over(py);
                    Ok(None)
                }
                Err(error) => Err(failure(py, &error, logs.page())),
            }
        });
        let gone = || Failure { errno: EIO, message: "Python has ended".to_owned() };
        next.ok_or_else(gone)?
    };
    PyCapsule::new_with_value(py, Stream::new(&FIELDS, Box::new(source)), c"arrow_array_stream")
}

fn batch(rows: Arc<Rows>) -> Result<Batch, Failure> {
    let mut columns = FIELDS.each_ref().map(|_| Column::new());
    let is_room = rows.lock().iter().all(|row| {
        let row = &row.log;
        let params = Some(row.params()).filter(|params| *params != "null");
        let extra = extra(row.raw_json());
        let values = [Some(row.action()), row.user_agent(), params, extra.as_deref()];
        columns.iter_mut().zip(values).all(|(column, value)| column.push(value))
    });
    if !is_room {
        rows.give_back();
        let message = "a page has more than 2 GiB of text in one column".to_owned();
        return Err(Failure { errno: EIO, message });
    }
    Ok(Batch { columns: columns.into(), until_released: rows })
}

/// The fields of a row that have no column, as a JSON object; none if there are none.
fn extra(row: &str) -> Option<String> {
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_str(row).ok()?;
    fields.retain(|name, _| !KNOWN.contains(&name.as_str()));
    if fields.is_empty() { None } else { serde_json::to_string(&fields).ok() }
}

/// An exception in the form of the interface: a number and a text.
fn failure(py: Python<'_>, error: &PyErr, page: u64) -> Failure {
    let message = format!("{} [audit log, page {page}]", text(py, error));
    let errno = if !errors::is_ours(py, error) {
        // A signal handler raised it. The reader raises its own error with our text, and then
        // Python raises this one.
        raise_soon(py, error.clone_ref(py));
        EINTR
    } else if error.is_instance_of::<PyValueError>(py) {
        EINVAL
    } else {
        EIO
    };
    Failure { errno, message }
}

/// As Python's own `traceback.format_exception_only`, on one line.
fn text(py: Python<'_>, error: &PyErr) -> String {
    let class = error.get_type(py).qualname();
    let class = class.map_or_else(|_| "an error".to_owned(), |name| name.to_string());
    match python_code::str(error.value(py)) {
        Ok(text) => format!("{class}: {text}"),
        Err(_) => class,
    }
}
