//! Audit rows: the events of an account. Rows are only added to a log.

use serde_json::value::to_raw_value;

use super::World;
use super::account::Email;
use super::ids::UserId;
use super::keys::{Owner, Permission};
use super::log::Piece;
use super::row::AuditRow;
use crate::new::Handles;
use crate::random::Use;
use crate::term::{Map, Term};

impl World {
    /// Adds a row to the log of the caller, if there is one. An organization's log is not part of
    /// this API, so it is not kept.
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
            Owner::User(id) => {
                let mut user = self.audited_user(id);
                let handles = self.user(id).handles.clone().unwrap_or_default();
                // The database returns handles for every account, even if they are empty.
                user.set("handles", audited_handles(&handles));
                (Some(user), None)
            }
            Owner::Organization(id) => {
                let org = self.organization(id);
                let map = Map::new()
                    .with("id", id.0 as i64 + 1)
                    .with("name", org.name.as_str())
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
