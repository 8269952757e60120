//! Rows for audit logs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::form::{given, is_default};
use crate::term::Map;

/// A row to append to an account's audit log.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAuditRow {
    /// Any action, known or not.
    pub action: String,
    /// Any JSON; passes through as it is.
    #[cfg_attr(test, schemars(with = "super::form::Anything"))]
    #[serde(default = "empty_object")]
    pub params: Box<RawValue>,
    /// Cut to 255 code points.
    #[serde(default)]
    pub user_agent: Option<String>,
    /// Further fields of the row, such as a later server may have.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, super::form::Anything>"))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Box<RawValue>>,
}

fn empty_object() -> Box<RawValue> {
    to_raw_value(&Map::new()).unwrap_or_default()
}

/// A program that writes a row at a time into an audit log, on and on.
///
/// Its time is the world's clock: it stands still while that is frozen, and an hour's rows are there
/// at once when that is advanced by an hour.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewAuditWriter {
    /// The account.
    #[cfg_attr(test, schemars(required))]
    pub username: String,
    /// Milliseconds between two rows, at least 1. The first row comes after that time.
    #[cfg_attr(test, schemars(required))]
    pub every_ms: u64,
    /// The action of each row, `key.generate` by default.
    #[serde(skip_serializing_if = "is_default")]
    pub action: Option<String>,
    /// The params of each row, any JSON. By default rows are numbered by their place in the log.
    #[cfg_attr(test, schemars(with = "super::form::Anything"))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub params: Option<Box<RawValue>>,
    /// The user agent of each row, `aura-sandbox` by default.
    #[serde(skip_serializing_if = "is_default")]
    pub user_agent: Option<String>,
    /// How many rows it writes before it ends. Without this it never ends.
    #[serde(skip_serializing_if = "is_default")]
    pub count: Option<u64>,
    /// When the next row comes; a snapshot says so.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub next_at: Option<Timestamp>,
}

/// Rows to append to an account's audit log: a list of them, or a number of rows that are alike.
///
/// Those that are alike are made when they are asked for: a hundred million take no memory.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewAuditLog {
    /// The account.
    #[cfg_attr(test, schemars(required))]
    pub username: String,
    /// The rows, oldest first; either these or a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<NewAuditRow>>,
    /// That many rows that are alike.
    #[serde(skip_serializing_if = "is_default")]
    pub count: Option<u64>,
    /// With a count: the number in the first row's params; 1 by default.
    #[serde(skip_serializing_if = "is_default")]
    pub first: Option<i64>,
    /// With a count: the action; `key.generate` by default.
    #[serde(skip_serializing_if = "is_default")]
    pub action: Option<String>,
    /// With a count: the rows' user agent; `aura-sandbox` by default.
    #[serde(skip_serializing_if = "is_default")]
    pub user_agent: Option<String>,
    /// With a count: the params of every row, which makes the rows alike in every byte. By default
    /// each has its number.
    #[cfg_attr(test, schemars(with = "super::form::Anything"))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub params: Option<Box<RawValue>>,
    /// So many rows in a row share one time, up to 1000: each request finds them in another order,
    /// as a database does that is not told how to order them. 0 and 1: none do.
    #[serde(skip_serializing_if = "is_default")]
    pub tied: u32,
}
