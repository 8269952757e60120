//! Answers one request, from its head to the reply.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Uri, Version};

use super::accept::Format;
use super::reply::Reply;
use super::request::{Body, Request, is_admin};
use super::stream::LastReply;
use crate::host::{Hosted, Shared};
use crate::journal::JournalEntry;
use crate::rules::delivery::{Delivery, mangle, stand_in};
use crate::rules::{Action, InsertTime, Strike};
use crate::{admin, api, web};

/// If a request line or a header is longer, the connection ends.
const LONGEST_LINE: usize = 10_000;

/// Ends an HTTP/1 connection or an HTTP/2 stream without a reply.
#[derive(Debug)]
pub(super) struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection ends here")
    }
}

impl std::error::Error for HangUp {}

/// Answers a request. `last` is set if the connection ends with the reply, over HTTP/1.
pub(super) async fn answer(
    shared: &Shared,
    request: hyper::Request<()>,
    body: impl Future<Output = Result<Body, HangUp>>,
    last: &LastReply,
) -> Result<Delivery, HangUp> {
    let (mut parts, ()) = request.into_parts();
    // HTTP/2 names the host only in the target.
    if let (Version::HTTP_2, Some(host)) = (parts.version, parts.uri.authority()) {
        let host = HeaderValue::from_str(host.as_str());
        host.into_iter().for_each(|host| drop(parts.headers.insert(header::HOST, host)));
    }
    let target = parts.uri.path_and_query().map_or(0, |t| t.as_str().len());
    if target > LONGEST_LINE || parts.headers.values().any(|v| v.len() > LONGEST_LINE) {
        return Err(HangUp);
    }
    if parts.version == Version::HTTP_11
        && !parts.headers.contains_key(header::HOST)
        && parts.uri.authority().is_none()
    {
        let refused = Reply::empty(400).plain().header("connection", "close");
        let stamp = shared.root.stamp(refused.is_plain());
        return Ok(Delivery::whole(refused.finish(&parts.headers, &stamp)));
    }
    let Some((hosted, uri)) = shared.locate(&parts.uri) else {
        let text = "there is no such world";
        let reply = Reply::error_text(404, Format::Json, text).plain();
        // Read the body anyway, because an unread body would end the client's connection.
        body.await?;
        let stamp = shared.root.stamp(reply.is_plain());
        return Ok(Delivery::whole(reply.finish(&parts.headers, &stamp)));
    };
    let body = body.await?;
    let visit =
        Visit { version: parts.version, method: parts.method, uri, headers: parts.headers, hosted };
    let mut delivery = match is_admin(visit.uri.path()) {
        true => {
            let reply = visit.run(shared, body, last);
            let stamp = visit.hosted.stamp(reply.is_plain());
            Delivery::whole(reply.finish(&visit.headers, &stamp))
        }
        false => visit.handle(shared, body, last).await,
    };
    // HTTP/1.0 closes the connection anyway. The real server announces it.
    if parts.version == Version::HTTP_10 && !visit.headers.contains_key(header::CONNECTION) {
        let headers = delivery.reply.response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(delivery)
}

/// A request and its world.
struct Visit {
    version: Version,
    method: Method,
    /// Without the world's prefix.
    uri: Uri,
    headers: HeaderMap,
    hosted: Arc<Hosted>,
}

impl Visit {
    /// The endpoint's own reply.
    fn run(&self, shared: &Shared, body: Body, last: &LastReply) -> Reply {
        let request = Request::read(self.method.clone(), &self.uri, self.headers.clone(), body);
        let reply = match request {
            Ok(request) => dispatch(shared, &self.hosted, &request),
            Err(reply) => reply,
        };
        if reply.last {
            last.set();
        }
        reply
    }

    /// A reply, and its delivery by a rule. Both go into the journal.
    async fn handle(&self, shared: &Shared, body: Body, last: &LastReply) -> Delivery {
        let mut entry =
            JournalEntry::new(self.version, &self.method, &self.uri, &self.headers, body.whole());
        let strike = self.strike();
        let action = strike.as_ref().map_or(&Action::Pass, |s| &s.action);
        pause(strike.as_ref().map_or(0, |s| s.delay_before_ms)).await;
        self.insert_rows(strike.as_ref(), InsertTime::Before);
        let own = strike.as_ref().is_none_or(|s| s.run).then(|| self.run(shared, body, last));
        let reply = match own {
            Some(reply) if !action.replaces() => reply,
            _ => stand_in(action, self.hosted.world().clock.peek()),
        };
        let stamp = self.hosted.stamp(reply.is_plain());
        let reply = reply.finish(&self.headers, &stamp);
        self.insert_rows(strike.as_ref(), InsertTime::During);
        let delivery = mangle(action, reply);
        entry.rule = strike.as_ref().map(|s| s.name.clone());
        entry.status = delivery.status();
        if shared.verbose {
            log(&entry, &self.hosted.place.prefix);
        }
        self.note(entry);
        pause(strike.as_ref().map_or(0, |s| s.delay_ms)).await;
        self.insert_rows(strike.as_ref(), InsertTime::After);
        delivery
    }

    fn strike(&self) -> Option<Strike> {
        let mut world = self.hosted.world();
        let world = &mut *world;
        let method = self.method.as_str();
        let http2 = self.version == Version::HTTP_2;
        world.rules.strike(method, self.uri.path(), http2, &mut world.random)
    }

    fn insert_rows(&self, strike: Option<&Strike>, now: InsertTime) {
        let inserts = strike.map(|s| s.inserts.as_slice()).unwrap_or_default();
        for (_, rows) in inserts.iter().filter(|(when, _)| *when == now) {
            // An unknown account has no log. If the file cannot be written, the next request that
            // returns errors reports it.
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

/// `GET /api/users/eric?x=1 HTTP/1.1 404`, and the rule that applied.
fn log(entry: &JournalEntry, prefix: &str) {
    let status = entry.status.map_or("-".to_owned(), |status| status.to_string());
    let rule = entry.rule.as_ref().map_or(String::new(), |rule| format!(" (rule {rule:?})"));
    let JournalEntry { method, target, http, .. } = entry;
    let line = format!("{method} {prefix}{target} HTTP/{http} {status}{rule}\n");
    // Standard error may be closed.
    let _ = io::stderr().write_all(line.as_bytes());
}

async fn pause(millis: u64) {
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

fn dispatch(shared: &Shared, hosted: &Hosted, request: &Request) -> Reply {
    let reply = match request.segments.first().map(Vec::as_slice) {
        Some(b"_sandbox") => return admin::respond(shared, hosted, request),
        Some(b"api") => hosted.change(|world| api::respond(world, request)),
        _ => hosted.change(|world| web::respond(world, request)),
    };
    reply.unwrap_or_else(|error| admin::write_failed(&error))
}
