//! Chooses the answer to a request only by the URL's prefix, without state between requests.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use crate::case::{Call, Mode, Operation, Options};
use crate::causable::{Cause, cause};
use crate::differs::differences;
use crate::expect::{PAGE_SIZE, expect};
use crate::http::Request;
use crate::scripted::Scripts;
use crate::target::{Route, route};
use crate::wire::{Exchange, Wire};
use crate::{Expect, wire};

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// Close after the last byte, announced or not.
    pub(crate) close: bool,
}

/// Every exchange by its id, and the empty page of each server.
#[derive(Debug)]
pub(crate) struct Stage {
    scenes: HashMap<String, Scene>,
    empty_pages: HashMap<String, Answer>,
    scripts: Scripts,
}

#[derive(Debug)]
struct Scene {
    exchange: Exchange,
    cause: Result<Cause, String>,
    /// Exactly a full page of rows, after which a client requests the next page.
    full_page: bool,
}

impl Stage {
    pub(crate) fn new(wire: Wire) -> Self {
        let mut stage = Self {
            scenes: HashMap::new(),
            empty_pages: HashMap::new(),
            scripts: Scripts::default(),
        };
        for exchange in wire.exchanges {
            let rows = match expect(Operation::StreamAuditLogs, exchange.reply.as_ref()) {
                Expect::OkRows(rows) => Some(rows.len()),
                _ => None,
            };
            let cause = cause(&exchange);
            let streams = matches!(&cause, Ok(Cause { call: Call::StreamAuditLogs {}, .. }));
            if let (true, Some(0), Some(reply)) = (streams, rows, &exchange.reply) {
                let page = Answer { bytes: reply.to_bytes(), close: false };
                stage.empty_pages.entry(exchange.server.clone()).or_insert(page);
            }
            let scene = Scene { cause, full_page: rows == Some(PAGE_SIZE), exchange };
            stage.scenes.insert(scene.exchange.id(), scene);
        }
        stage
    }

    pub(crate) fn answer(&self, request: &Request) -> Answer {
        if let Some(answer) = self.scripts.answer(request) {
            return answer;
        }
        let Some((mode, id, rest)) = split(&request.target) else {
            let prefix = "/SERVER/FILE/NAME/api/users… or /loose/SERVER/FILE/NAME/api/users…";
            return plain(
                598,
                "Unknown Exchange",
                &format!("{}: not below {prefix}\n", request.target),
            );
        };
        let Some(scene) = self.scenes.get(&id) else {
            return plain(
                598,
                "Unknown Exchange",
                &format!("{id}: no such exchange was recorded\n"),
            );
        };
        let arrived = Request { target: rest, ..request.clone() };
        match mode {
            Mode::Strict => self.strict(scene, &arrived),
            Mode::Loose => self.loose(scene, &arrived),
        }
    }

    fn strict(&self, scene: &Scene, arrived: &Request) -> Answer {
        let id = scene.exchange.id();
        let Cause { call, options } = match &scene.cause {
            Ok(cause) => cause,
            Err(reason) => {
                return differs(&format!(
                    "{id}: no client sends what was recorded there, because of {reason}; see /loose\n"
                ));
            }
        };
        let further = match route(&arrived.method, &arrived.target) {
            Ok(Route::AuditLogs(Some(page)))
                if scene.full_page && page > options.page.unwrap_or(1) =>
            {
                Some(page)
            }
            _ => None,
        };
        let options = Options { page: further.or(options.page), ..options.clone() };
        let mut found = differences(call, &options, arrived);
        if further.is_none()
            && self.packed(scene)
            && !arrived.all("accept-encoding").any(|value| value.contains("gzip"))
        {
            found
                .push("accept-encoding: expected gzip, as the recorded reply is packed".to_owned());
        }
        match (found.is_empty(), further) {
            (false, _) => differs(&format!("{id}\n{}\n", found.join("\n"))),
            (true, Some(_)) => self.empty_page(scene),
            (true, None) => recorded(&scene.exchange),
        }
    }

    fn loose(&self, scene: &Scene, arrived: &Request) -> Answer {
        // A full page for every request would be an endless stream.
        match route(&arrived.method, &arrived.target) {
            Ok(Route::AuditLogs(Some(2..))) if scene.full_page => self.empty_page(scene),
            _ => recorded(&scene.exchange),
        }
    }

    fn packed(&self, scene: &Scene) -> bool {
        scene
            .exchange
            .reply
            .as_ref()
            .is_some_and(|reply| reply.header("content-encoding").is_some())
    }

    fn empty_page(&self, scene: &Scene) -> Answer {
        let server = &scene.exchange.server;
        let none =
            || plain(598, "Unknown Exchange", &format!("{server}: no empty page was recorded\n"));
        self.empty_pages.get(server).cloned().unwrap_or_else(none)
    }
}

/// The mode, the exchange and the target as the real server would have got it.
fn split(target: &str) -> Option<(Mode, String, String)> {
    let path = target.strip_prefix('/')?;
    let (mode, path) = match path.strip_prefix("loose/") {
        Some(path) => (Mode::Loose, path),
        None => (Mode::Strict, path),
    };
    let mut parts = path.splitn(4, '/');
    let (server, file, name, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let name = percent_decode_str(name).decode_utf8().ok()?;
    Some((mode, format!("{server}/{file}/{name}"), format!("/{rest}")))
}

fn recorded(exchange: &Exchange) -> Answer {
    let bytes = exchange.reply.as_ref().map(wire::Reply::to_bytes).unwrap_or_default();
    Answer { bytes, close: exchange.closes() }
}

/// The answer to a request that is not the expected one.
pub(crate) fn differs(text: &str) -> Answer {
    plain(599, "Request Differs", text)
}

pub(crate) fn plain(status: u16, reason: &str, text: &str) -> Answer {
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n",
        text.len()
    );
    // A test shows the status. The text is for a person who reads the output.
    eprint!("aura-replay: {status} {text}");
    Answer { bytes: [head.as_bytes(), text.as_bytes()].concat(), close: false }
}
