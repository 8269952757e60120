//! The ids of accounts and organizations.

/// Index of an account in `World::users`; its id on the wire is one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct UserId(pub(crate) usize);

/// Index of an organization in `World::organizations`; its id on the wire is one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OrgId(pub(crate) usize);

/// The organization that owns everything public.
pub(crate) const HEXPM: OrgId = OrgId(0);
