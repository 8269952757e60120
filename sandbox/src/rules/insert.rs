//! Rows that a rule writes into an audit log while it serves a request.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::new::{NewAuditLog, is_default, nullable};
use crate::random::Random;

/// Rows that a rule writes into an audit log when it applies.
///
/// Rows with [`params`](Self::params) are equal. Rows without are numbered by their position in the
/// log. So if the log is numbered from 1, no two rows have the same number.
///
/// ```
/// use aura_sandbox::{Action, AuditRowInsert, InsertTime, Rule};
/// let rule = Rule {
///     insert_audit_rows: vec![AuditRowInsert::new(InsertTime::Before, "eric")],
///     ..Rule::new(Action::Pass)
/// };
/// let same = Rule::from_json(
///     r#"{"insert_audit_rows": [{"when": "before", "username": "eric"}]}"#);
/// assert_eq!(same, Ok(rule));
/// ```
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditRowInsert {
    /// When to write them.
    pub when: InsertTime,
    /// The account whose log gets the rows. If there is no such account, nothing happens.
    pub username: String,
    /// The number of rows. The default is 1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub count: RowCount,
    /// The action of each row. The default is `key.generate`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub action: Option<String>,
    /// The params of each row, any JSON. By default, rows are numbered.
    #[cfg_attr(test, schemars(with = "crate::new::Anything"))]
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    pub params: Option<Box<RawValue>>,
    /// The user agent of each row. The default is `aura-sandbox`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub user_agent: Option<String>,
}

/// When a rule writes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InsertTime {
    /// Before the endpoint reads the log. The reply has the rows.
    Before,
    /// After the endpoint has read the log, and before the reply's delay. This reply does not have
    /// the rows. A request that arrives during the delay gets them.
    During,
    /// After the reply's delay, before the reply is sent.
    After,
}

/// A number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a number of rows or {\"at_most\": NUMBER}"
)]
#[non_exhaustive]
pub enum RowCount {
    /// This number.
    Exactly(u64),
    /// A random number each time, from the seed.
    AtMost {
        /// The largest number. The smallest is 0.
        at_most: u64,
    },
}

impl Default for RowCount {
    fn default() -> Self {
        RowCount::Exactly(1)
    }
}

impl PartialEq for AuditRowInsert {
    fn eq(&self, other: &Self) -> bool {
        let text = |insert: &Self| insert.params.as_ref().map(|params| params.get().to_owned());
        (self.when, &self.username, self.count, &self.action, &self.user_agent)
            == (other.when, &other.username, other.count, &other.action, &other.user_agent)
            && text(self) == text(other)
    }
}

impl AuditRowInsert {
    /// One numbered row.
    pub fn new(when: InsertTime, username: impl Into<String>) -> Self {
        AuditRowInsert {
            when,
            username: username.into(),
            count: RowCount::default(),
            action: None,
            params: None,
            user_agent: None,
        }
    }

    /// The rows for one request.
    pub(super) fn rows(&self, random: &mut Random) -> NewAuditLog {
        let count = match self.count {
            RowCount::Exactly(count) => count,
            RowCount::AtMost { at_most } => random.up_to(at_most),
        };
        NewAuditLog {
            username: self.username.clone(),
            count: Some(count),
            action: self.action.clone(),
            params: self.params.clone(),
            user_agent: self.user_agent.clone(),
            ..NewAuditLog::default()
        }
    }
}
