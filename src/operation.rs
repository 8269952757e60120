//! The five functions, with the facts that hold for any arguments.

/// One of the five functions, and what is true of it whatever its arguments.
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

    /// The path with its parameters unfilled, as it may stand in a log line.
    pub(crate) const fn route(self) -> &'static str {
        match self {
            Self::CreateUser => "/users",
            Self::GetCurrentUser => "/users/me",
            Self::GetUser => "/users/{username_or_email}",
            Self::ResetUserPassword => "/users/{username_or_email}/reset",
            Self::StreamAuditLogs => "/users/me/audit-logs",
        }
    }

    /// Whether sending it twice does the same as sending it once.
    pub(crate) const fn is_repeatable(self) -> bool {
        !matches!(self, Self::CreateUser | Self::ResetUserPassword)
    }

    /// Whether nobody knows, after a reply with `status` that is an error here, if the server has
    /// carried the request out.
    ///
    /// A 2xx and a 303 say that it has, even if the reply cannot be read. A 5xx leaves it open: a
    /// gateway answers for a server that may go on, and hexpm answers 500 if its endpoint fails
    /// half-way.
    pub(crate) const fn has_unknown_outcome(self, status: u16) -> bool {
        !self.is_repeatable() && matches!(status, 200..=299 | 303 | 500..)
    }

    /// The server answers 500 to a creator who is signed in: its audit code knows none.
    pub(crate) const fn sends_credential(self) -> bool {
        !matches!(self, Self::CreateUser)
    }
}
