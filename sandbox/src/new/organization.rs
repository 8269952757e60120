//! Organizations, their members, and packages.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::{each_once, is_default, is_true};

/// An organization to put into the sandbox, with the account that stands for it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewOrganization {
    /// The name, also of the account behind it.
    #[cfg_attr(test, schemars(required))]
    pub name: String,
    /// The account's verified, public address.
    #[serde(skip_serializing_if = "is_default")]
    pub account_email: Option<String>,
    /// The account's packages.
    #[serde(skip_serializing_if = "is_default")]
    pub account_packages: Vec<String>,
    /// Without it `GET /api/auth` refuses the organization's repository.
    #[serde(skip_serializing_if = "is_true")]
    pub billing_active: bool,
    /// Members in the order they joined, and what they may do; they have to exist.
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, Role>"))]
    #[serde(skip_serializing_if = "is_default", deserialize_with = "each_once")]
    pub members: IndexMap<String, Role>,
    /// `false`: the account is among the users, with `stands_for`.
    #[serde(skip_serializing_if = "is_true")]
    pub with_account: bool,
}

impl Default for NewOrganization {
    fn default() -> Self {
        NewOrganization {
            name: String::new(),
            account_email: None,
            account_packages: Vec::new(),
            billing_active: true,
            members: IndexMap::new(),
            with_account: true,
        }
    }
}
/// What a member may do in an organization, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read packages.
    Read,
    /// Publish packages, make keys.
    Write,
    /// Everything.
    Admin,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::Write => "write",
            Role::Admin => "admin",
        }
    }
}

/// A member of an organization.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMembership {
    /// The organization.
    pub organization: String,
    /// The account.
    pub username: String,
    /// What it may do.
    pub role: Role,
    /// When it joined; now by default.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(default, skip_serializing_if = "is_default")]
    pub since: Option<Timestamp>,
    /// Orders memberships that began at the same time; the last place by default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub place: Option<u64>,
}

/// A package and its owners.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPackage {
    /// `name`, or `organization/name` for a private one.
    pub name: String,
    /// The accounts that own it.
    #[serde(default)]
    pub owners: Vec<String>,
    /// When it changed last; now by default.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(default, skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}
