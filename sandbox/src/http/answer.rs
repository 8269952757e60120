//! What happens to one request, from its head to the reply.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Response, Uri, Version};

use super::accept::Format;
use super::reply::{Packed, Reply};
use super::request::{BODY_LIMIT, Body, Request, is_admin};
use super::stream::LastReply;
use crate::host::{Hosted, Shared};
use crate::journal::JournalEntry;
use crate::rules::wire::{self, Fate, RawSlot};
use crate::rules::{Action, InsertTime, Strike};
use crate::{admin, api, web};

/// A longer request line or header is no request: the connection just ends.
const LONGEST_LINE: usize = 10_000;
/// Of a body that is too large, this much is still read, so that the client hears why.
const DRAIN_LIMIT: usize = 64 * 1024 * 1024;

/// What a handler tells its connection beside the reply.
#[derive(Debug, Clone, Default)]
pub(super) struct Wire {
    pub(super) last: LastReply,
    pub(super) raw: RawSlot,
}

/// Ends a connection without a reply from hyper.
#[derive(Debug)]
pub(super) struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection ends here")
    }
}

impl std::error::Error for HangUp {}

type Answer = Result<Response<Full<Bytes>>, HangUp>;

pub(super) async fn answer(
    shared: Arc<Shared>,
    wire: Wire,
    request: hyper::Request<Incoming>,
) -> Answer {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or(0, |t| t.as_str().len());
    if target > LONGEST_LINE || parts.headers.values().any(|v| v.len() > LONGEST_LINE) {
        return Err(HangUp);
    }
    if parts.version == Version::HTTP_11
        && !parts.headers.contains_key(header::HOST)
        && parts.uri.authority().is_none()
    {
        let refused = Reply::empty(400).plain().header("connection", "close");
        let stamp = shared.root.stamp(&refused);
        return Ok(wire::whole(refused.finish(&parts.headers, &stamp)));
    }
    let Some((hosted, uri)) = shared.locate(&parts.uri) else {
        let text = "there is no such world";
        let reply = Reply::error_text(404, Format::Json, text).plain();
        // Read all the same: an unread body would cost the client its connection.
        collect(body).await?;
        let stamp = shared.root.stamp(&reply);
        return Ok(wire::whole(reply.finish(&parts.headers, &stamp)));
    };
    let body = collect(body).await?;
    let visit = Visit { method: parts.method, uri, headers: parts.headers, hosted };
    let fate = match is_admin(visit.uri.path()) {
        true => {
            let reply = visit.run(&shared, body, &wire);
            let stamp = visit.hosted.stamp(&reply);
            Fate::Reply(reply.finish(&visit.headers, &stamp))
        }
        false => visit.handle(&shared, body, &wire).await,
    };
    match fate {
        Fate::Reply(mut reply) => {
            // HTTP/1.0 closes anyway; the real server says so.
            let headers = reply.response.headers_mut();
            if parts.version == Version::HTTP_10 && !visit.headers.contains_key(header::CONNECTION)
            {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(wire::whole(reply))
        }
        Fate::Raw(raw) => {
            wire.raw.put(raw);
            Err(HangUp)
        }
    }
}

/// A request in the world it is for.
struct Visit {
    method: Method,
    /// Without the world's prefix.
    uri: Uri,
    headers: HeaderMap,
    hosted: Arc<Hosted>,
}

impl Visit {
    /// The endpoint's own reply.
    fn run(&self, shared: &Shared, body: Body, wire: &Wire) -> Reply {
        let request = Request::read(self.method.clone(), &self.uri, self.headers.clone(), body);
        let reply = match request {
            Ok(request) => dispatch(shared, &self.hosted, &request),
            Err(reply) => reply,
        };
        if reply.last {
            wire.last.set();
        }
        reply
    }

    /// A reply, and what a rule makes of it; both go into the journal.
    async fn handle(&self, shared: &Shared, body: Body, wire: &Wire) -> Fate {
        let mut entry = JournalEntry::new(&self.method, &self.uri, &self.headers, body.whole());
        let strike = self.strike();
        let action = strike.as_ref().map_or(&Action::Pass, |s| &s.action);
        pause(strike.as_ref().map_or(0, |s| s.delay_before_ms)).await;
        self.insert_rows(strike.as_ref(), InsertTime::Before);
        let own = strike.as_ref().is_none_or(|s| s.run).then(|| self.run(shared, body, wire));
        let reply = match own {
            Some(reply) if !action.replaces() => reply,
            _ => wire::stand_in(action, self.hosted.world().clock.peek()),
        };
        let stamp = self.hosted.stamp(&reply);
        let reply = reply.finish(&self.headers, &stamp);
        self.insert_rows(strike.as_ref(), InsertTime::During);
        let fate = wire::mangle(action, reply, self.method == Method::HEAD);
        entry.rule = strike.as_ref().map(|s| s.name.clone());
        entry.status = status(&fate);
        self.note(entry);
        pause(strike.as_ref().map_or(0, |s| s.delay_ms)).await;
        self.insert_rows(strike.as_ref(), InsertTime::After);
        fate
    }

    fn strike(&self) -> Option<Strike> {
        let mut world = self.hosted.world();
        let world = &mut *world;
        world.rules.strike(self.method.as_str(), self.uri.path(), &mut world.random)
    }

    fn insert_rows(&self, strike: Option<&Strike>, now: InsertTime) {
        let inserts = strike.map(|s| s.inserts.as_slice()).unwrap_or_default();
        for (_, rows) in inserts.iter().filter(|(when, _)| *when == now) {
            // An account that is not there has no log; a file that cannot be written is noticed by
            // the next request that has to say so.
            let _ = self.hosted.change(|world| world.insert_audit_rows(rows.clone()));
        }
    }

    fn note(&self, mut entry: JournalEntry) {
        let mut world = self.hosted.world();
        entry.time = crate::clock::micros(world.clock.peek());
        entry.world.clone_from(&self.hosted.id);
        world.journal.add(entry);
    }
}

async fn pause(millis: u64) {
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

fn status(fate: &Fate) -> Option<u16> {
    match fate {
        Fate::Reply(Packed { response, .. }) => Some(response.status().as_u16()),
        Fate::Raw(raw) => raw.status(),
    }
}

fn dispatch(shared: &Shared, hosted: &Hosted, request: &Request) -> Reply {
    let reply = match request.segments.first().map(Vec::as_slice) {
        Some(b"_sandbox") => return admin::respond(shared, hosted, request),
        Some(b"api") => hosted.change(|world| api::respond(world, request)),
        _ => hosted.change(|world| web::respond(world, request)),
    };
    reply.unwrap_or_else(|error| admin::unkept(&error))
}

async fn collect(mut body: Incoming) -> Result<Body, HangUp> {
    let mut kept = Vec::new();
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(HangUp);
        };
        if let Some(data) = frame.data_ref() {
            total += data.len();
            if total <= BODY_LIMIT {
                kept.extend_from_slice(data);
            } else if total > DRAIN_LIMIT {
                break;
            }
        }
    }
    if total > BODY_LIMIT {
        return Ok(Body::TooLarge);
    }
    Ok(Body::Whole(kept))
}
