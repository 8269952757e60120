//! Rows for audit logs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::form::{is_default, nullable};
use crate::term::Map;

/// A row to append to an account's audit log.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAuditRow {
    /// The action. It may be unknown.
    pub action: String,
    /// Any JSON. It stays unchanged.
    #[cfg_attr(test, schemars(with = "super::form::Anything"))]
    #[serde(default = "empty_object")]
    pub params: Box<RawValue>,
    /// The user agent, cut to 255 code points.
    #[serde(default)]
    pub user_agent: Option<String>,
    /// More fields of the row, such as those of a later server.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, super::form::Anything>"))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Box<RawValue>>,
}

fn empty_object() -> Box<RawValue> {
    to_raw_value(&Map::new()).unwrap_or_default()
}

/// A program that keeps writing single rows into an audit log.
///
/// It uses the world's clock. While the clock is frozen, it writes nothing. If the clock is
/// advanced by an hour, the rows of that hour exist at once.
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
    /// The action of each row. The default is `key.generate`.
    #[serde(skip_serializing_if = "is_default")]
    pub action: Option<String>,
    /// The params of each row, any JSON. By default, rows are numbered by their position in the
    /// log.
    #[cfg_attr(test, schemars(with = "super::form::Anything"))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub params: Option<Box<RawValue>>,
    /// The user agent of each row. The default is `aura-sandbox`.
    #[serde(skip_serializing_if = "is_default")]
    pub user_agent: Option<String>,
    /// How many rows it writes before it ends. By default it never ends.
    #[serde(skip_serializing_if = "is_default")]
    pub count: Option<u64>,
    /// When the next row comes. Only snapshots have it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(skip_serializing_if = "is_default")]
    pub next_at: Option<Timestamp>,
}

/// Rows to append to an account's audit log: a list of rows, or a number of similar rows.
///
/// Similar rows are created when a request reads them, so a hundred million take no memory.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewAuditLog {
    /// The account.
    #[cfg_attr(test, schemars(required))]
    pub username: String,
    /// The rows, oldest first. Set either this or `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<NewAuditRow>>,
    /// The number of similar rows.
    #[serde(skip_serializing_if = "is_default")]
    pub count: Option<u64>,
    /// With a count: the number in the first row's params. The default is 1.
    #[serde(skip_serializing_if = "is_default")]
    pub first: Option<i64>,
    /// With a count: the action of each row. The default is `key.generate`.
    #[serde(skip_serializing_if = "is_default")]
    pub action: Option<String>,
    /// With a count: the rows' user agent. The default is `aura-sandbox`.
    #[serde(skip_serializing_if = "is_default")]
    pub user_agent: Option<String>,
    /// With a count: the params of every row. The rows are then equal. By default, each row has its
    /// number.
    #[cfg_attr(test, schemars(with = "super::form::Anything"))]
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub params: Option<Box<RawValue>>,
    /// How many consecutive rows share one time, up to 1000. Each request gets them in another
    /// order, like rows from a database query without an order. With 0 or 1, no rows share a time.
    #[serde(skip_serializing_if = "is_default")]
    pub tied: u32,
}
