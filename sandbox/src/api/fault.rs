//! Requests on which the real server's code fails.

use crate::http::accept::Format;
use crate::http::reply::Reply;

/// The server answers, and closes the connection.
pub(crate) enum Fault {
    /// 400: text the database cannot hold.
    BadText,
    /// 500
    Crash,
}

impl Fault {
    pub(crate) fn reply(self, format: Format) -> Reply {
        match self {
            Fault::BadText => Reply::error(400, format).last(),
            Fault::Crash => Reply::error(500, format).last(),
        }
    }
}

/// A part of the path as text that the database accepts.
pub(crate) fn text(part: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(part).ok().filter(|t| !t.contains('\0')).ok_or(Fault::BadText)
}
