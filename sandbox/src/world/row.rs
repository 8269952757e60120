//! One row of an audit log.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::new::NewAuditRow;
use crate::profile::KeyOrder;
use crate::term::{Map, Term};

/// One row, as stored and returned.
#[derive(Debug, Clone)]
pub(crate) struct AuditRow {
    pub(crate) action: String,
    pub(crate) params: Box<RawValue>,
    pub(crate) user_agent: Option<String>,
    /// Fields that the real server's rows do not have.
    fields: BTreeMap<String, Box<RawValue>>,
}

/// The column's width, in code points.
const USER_AGENT_WIDTH: usize = 255;

impl AuditRow {
    pub(crate) fn new(action: &str, params: Box<RawValue>, user_agent: Option<&str>) -> Self {
        AuditRow {
            action: action.to_owned(),
            params,
            user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_WIDTH).collect()),
            fields: BTreeMap::new(),
        }
    }

    pub(crate) fn from_form(form: NewAuditRow) -> Self {
        let row = AuditRow::new(&form.action, form.params, form.user_agent.as_deref());
        AuditRow { fields: form.fields, ..row }
    }

    pub(crate) fn form(&self) -> NewAuditRow {
        NewAuditRow {
            action: self.action.clone(),
            params: self.params.clone(),
            user_agent: self.user_agent.clone(),
            fields: self.fields.clone(),
        }
    }

    pub(crate) fn term(&self, keys: KeyOrder) -> Term {
        if keys != KeyOrder::Recorded {
            // A map of texts always serializes.
            return to_raw_value(&ParamsFirst(self)).map_or(Term::Nil, Term::Raw);
        }
        let mut map = Map::new()
            .with("action", self.action.as_str())
            .with("params", Term::Raw(self.params.clone()))
            .with("user_agent", self.user_agent.clone());
        for (name, value) in &self.fields {
            map.set(name.as_str(), Term::Raw(value.clone()));
        }
        map.into()
    }
}

/// A row as today's servers write it.
struct ParamsFirst<'a>(&'a AuditRow);

impl Serialize for ParamsFirst<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let AuditRow { action, params, user_agent, fields } = self.0;
        let mut map = out.serialize_map(Some(3 + fields.len()))?;
        map.serialize_entry("params", params)?;
        map.serialize_entry("action", action)?;
        map.serialize_entry("user_agent", user_agent)?;
        for (name, value) in fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
