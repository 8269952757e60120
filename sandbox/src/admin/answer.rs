//! The requests and answers that all endpoints of the admin API share.

use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;

use crate::http::accept::Format;
use crate::http::reply::Reply;
use crate::http::request::Request;
use crate::new::parse;
use crate::term::{Map, Term};

/// The answer, or the fault of the request.
pub(super) type Answer = Result<Reply, String>;

/// Reads the body, and refuses unknown fields.
pub(super) fn form<'a, T: Deserialize<'a>>(request: &'a Request) -> Result<T, String> {
    parse(&request.body).map_err(|error| format!("the body: {error}"))
}

/// 200 with a document.
pub(super) fn json(value: &impl Serialize) -> Answer {
    let raw = to_raw_value(value).map_err(|error| error.to_string())?;
    Ok(Reply::term(200, Format::Json, &Term::Raw(raw)))
}

pub(super) fn created(map: Map) -> Reply {
    Reply::term(201, Format::Json, &map.into())
}
