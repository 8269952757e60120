//! The request and the caller, as every endpoint gets them.

use super::auth::Caller;
use crate::http::accept::Format;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::term::{Map, Term};

/// A request that passed all checks before its endpoint.
pub(crate) struct Context<'a> {
    pub(crate) request: &'a Request,
    pub(crate) format: Format,
    pub(crate) caller: Caller,
    pub(crate) user_agent: String,
}

impl Context<'_> {
    pub(crate) fn not_found(&self) -> Reply {
        Reply::error(404, self.format)
    }

    /// 200 with a record or a list.
    pub(crate) fn ok(&self, term: &Term) -> Reply {
        Reply::term(200, self.format, term)
    }

    pub(crate) fn params(&self) -> &Map {
        &self.request.params
    }
}
