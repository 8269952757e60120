//! The five functions, with the facts that do not depend on their arguments.

/// One of the five functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    CreateUser,
    GetCurrentUser,
    GetUser,
    ResetUserPassword,
    StreamAuditLogs,
}

impl Operation {
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::CreateUser | Self::ResetUserPassword => "POST",
            Self::GetCurrentUser | Self::GetUser | Self::StreamAuditLogs => "GET",
        }
    }

    /// The path with its parameters unfilled, for log lines.
    pub(crate) const fn route(self) -> &'static str {
        match self {
            Self::CreateUser => "/users",
            Self::GetCurrentUser => "/users/me",
            Self::GetUser => "/users/{username_or_email}",
            Self::ResetUserPassword => "/users/{username_or_email}/reset",
            Self::StreamAuditLogs => "/users/me/audit-logs",
        }
    }

    /// Whether sending it twice has the same effect as sending it once.
    pub(crate) const fn is_repeatable(self) -> bool {
        !matches!(self, Self::CreateUser | Self::ResetUserPassword)
    }

    /// Whether the outcome is unknown after an error reply with `status`: the server may have
    /// completed the request.
    ///
    /// After a 2xx and a 303 the server has completed it, even if the reply cannot be read. A 5xx
    /// leaves it open: a gateway may answer before the server is done, and hexpm answers 500 if its
    /// endpoint fails half-way.
    pub(crate) const fn has_unknown_outcome(self, status: u16) -> bool {
        !self.is_repeatable() && matches!(status, 200..=299 | 303 | 500..)
    }

    /// The server answers 500 to a signed-in creator, because its audit code does not support one.
    pub(crate) const fn sends_credential(self) -> bool {
        !matches!(self, Self::CreateUser)
    }
}
