//! The audit log: what happened to an account, as rows that are only ever added.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::account::{Email, Handles};
use super::keys::{Owner, Permission};
use super::log::Piece;
use super::{UserId, World};
use crate::config::KeyOrder;
use crate::new::NewAuditRow;
use crate::random::Use;
use crate::term::{Map, Term};

/// One row as it is kept and shown.
#[derive(Debug, Clone)]
pub(crate) struct AuditRow {
    pub(crate) action: String,
    pub(crate) params: Box<RawValue>,
    pub(crate) user_agent: Option<String>,
    /// What the real server's rows do not have.
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

impl World {
    /// Adds a row to the log of who acted. Nobody's log when nobody signed in; an organization's
    /// log is not part of this API and is not kept.
    pub(crate) fn audit(
        &mut self,
        actor: Option<Owner>,
        action: &str,
        params: Map,
        user_agent: Option<&str>,
    ) {
        let Some(Owner::User(id)) = actor else {
            return;
        };
        // A map of terms always serializes.
        if let Ok(params) = to_raw_value(&params) {
            let row = AuditRow::new(action, params, user_agent);
            self.user_mut(id).audit.push(Piece::Row(row));
        }
    }

    /// A page of an account's log, newest first, counted from 0.
    pub(crate) fn audit_page(&mut self, id: UserId, page: usize) -> Vec<Term> {
        let nonce = match self.user(id).audit.has_ties() {
            true => u64::from_be_bytes(self.random.bytes(Use::Order)),
            false => 0,
        };
        self.user(id).audit.page(page, nonce, self.key_order)
    }

    /// The account as a row describes it.
    pub(crate) fn audited_user(&self, id: UserId) -> Map {
        let user = self.user(id);
        Map::new()
            .with("id", id.0 as i64 + 1)
            .with("username", user.username.as_str())
            .with("handles", user.handles.as_ref().map(audited_handles))
    }

    /// The key as a row describes it.
    pub(crate) fn audited_key(&self, index: usize) -> Map {
        let key = &self.keys[index];
        let permissions: Vec<Term> = key.permissions.iter().map(permission).collect();
        let (user, organization) = match key.owner {
            Owner::User(id) => (Some(self.audited_user(id)), None),
            Owner::Organization(id) => {
                let org = self.organization(id);
                let map = Map::new()
                    .with("id", id.0 as i64 + 1)
                    .with("name", org.name.as_str())
                    .with("public", true)
                    .with("active", true)
                    .with("billing_active", org.billing_active);
                (None, Some(map))
            }
        };
        Map::new()
            .with("id", index as i64 + 1)
            .with("name", key.name.as_str())
            .with("permissions", permissions)
            .with("user", user)
            .with("organization", organization)
    }
}

/// A permission, in a row and in a key's record.
pub(crate) fn permission(permission: &Permission) -> Term {
    Map::new()
        .with("domain", permission.domain.clone())
        .with("resource", permission.resource.clone())
        .into()
}

/// The address as a row describes it.
pub(crate) fn audited_email(email: &Email) -> Map {
    Map::new()
        .with("email", email.address.as_str())
        .with("primary", email.primary)
        .with("public", email.public)
        .with("gravatar", false)
}

fn audited_handles(handles: &Handles) -> Map {
    Map::new()
        .with("twitter", handles.twitter.clone())
        .with("bluesky", handles.bluesky.clone())
        .with("github", handles.github.clone())
        .with("elixirforum", handles.elixirforum.clone())
        .with("freenode", handles.freenode.clone())
        .with("slack", handles.slack.clone())
        .with("url", handles.url.clone())
}
