//! Organizations, their members, and packages.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::{each_once, is_default, is_true};

/// An organization to add to the sandbox, with the account that stands for it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NewOrganization {
    /// The name of the organization and of its account.
    #[cfg_attr(test, schemars(required))]
    pub name: String,
    /// The account's verified, public address.
    #[serde(skip_serializing_if = "is_default")]
    pub account_email: Option<String>,
    /// The account's packages.
    #[serde(skip_serializing_if = "is_default")]
    pub account_packages: Vec<String>,
    /// Whether billing is active. If not, `GET /api/auth` refuses the organization's repository.
    #[serde(skip_serializing_if = "is_true")]
    pub billing_active: bool,
    /// The members and their roles, in the order in which they joined. The accounts must exist.
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, Role>"))]
    #[serde(skip_serializing_if = "is_default", deserialize_with = "each_once")]
    pub members: IndexMap<String, Role>,
    /// Whether to create the account. If not, it is one of the users, with `stands_for`.
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
/// The role of a member in an organization, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May read packages.
    Read,
    /// May also publish packages and create keys.
    Write,
    /// May do everything.
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
    /// The account's role.
    pub role: Role,
    /// When it joined. The default is now.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(default, skip_serializing_if = "is_default")]
    pub since: Option<Timestamp>,
    /// The position among memberships that started at the same time. The default is the last.
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
    /// When it was last changed. The default is now.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[serde(default, skip_serializing_if = "is_default")]
    pub updated_at: Option<Timestamp>,
}
