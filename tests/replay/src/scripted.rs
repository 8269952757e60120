//! Servers that no recording has: one never answers, one fails a page of its log, and one has a log
//! that grows while it is read. A request below `/script/NAME/RUN` gets its answer from the script
//! NAME. Each RUN has its own state.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use crate::http::Request;
use crate::stage::{Answer, plain};
use crate::target::{Route, route};

const PREFIX: &str = "/script/";
const PAGE_SIZE: u64 = 100;
/// How many rows a log has at the start.
const ROWS: u64 = 250;
/// How many rows are written into a log that grows.
const MOST_WRITTEN: u64 = 20;

/// How many requests each run has seen.
#[derive(Debug, Default)]
pub(crate) struct Scripts(Mutex<HashMap<String, u64>>);

impl Scripts {
    /// The answer, if the request is for a script.
    pub(crate) fn answer(&self, request: &Request) -> Option<Answer> {
        let mut parts = request.target.strip_prefix(PREFIX)?.splitn(3, '/');
        let (name, run) = (parts.next()?, parts.next()?);
        let target = format!("/{}", parts.next()?);
        let route = match route(&request.method, &target) {
            Ok(route) => route,
            Err(why) => return Some(plain(598, "Unknown Exchange", &format!("{target}: {why}\n"))),
        };
        let nth = {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let nth = seen.entry(format!("{name}/{run}")).or_default();
            *nth += 1;
            *nth
        };
        Some(match (name, route) {
            // No answer and no end: the client must give up by itself.
            ("silent", _) => Answer { bytes: Vec::new(), close: false },
            // Each reply ends its connection, so many clients at once need few descriptors here.
            ("user-and-close", Route::User(name)) => Answer { close: true, ..user(&name) },
            ("user", Route::User(name)) => user(&name),
            ("log", Route::AuditLogs(page)) => page_of(ROWS, page),
            // The first request for the second page fails, and the one that repeats it does not.
            ("fails-once", Route::AuditLogs(Some(2))) if self.is_first(name, run, 2) => {
                json(503, "{\"status\":503,\"message\":\"busy\"}")
            }
            ("fails-once", Route::AuditLogs(page)) => page_of(ROWS, page),
            // A row is written before each request except the first, up to a limit.
            ("grows", Route::AuditLogs(page)) => page_of(ROWS + (nth - 1).min(MOST_WRITTEN), page),
            _ => plain(598, "Unknown Exchange", &format!("{name}: no script for {target}\n")),
        })
    }

    fn is_first(&self, name: &str, run: &str, page: u64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let nth = seen.entry(format!("{name}/{run}/{page}")).or_default();
        *nth += 1;
        *nth == 1
    }
}

fn user(name: &str) -> Answer {
    json(200, &format!("{{\"username\":\"{name}\"}}"))
}

/// A page of a log of `rows` rows, each with its number, the newest first.
fn page_of(rows: u64, page: Option<u64>) -> Answer {
    let before = (page.unwrap_or(1) - 1).saturating_mul(PAGE_SIZE);
    let newest = rows.saturating_sub(before);
    let mut body = String::from("[");
    for number in (newest.saturating_sub(PAGE_SIZE) + 1..=newest).rev() {
        let comma = if number == newest { "" } else { "," };
        let _ = write!(body, "{comma}{}", row(number));
    }
    body.push(']');
    json(200, &body)
}

/// The row of this number.
pub(crate) fn row(number: u64) -> String {
    format!("{{\"action\":\"row\",\"params\":{{\"number\":{number}}},\"user_agent\":null}}")
}

fn json(status: u16, body: &str) -> Answer {
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Answer { bytes: (head + body).into_bytes(), close: false }
}
