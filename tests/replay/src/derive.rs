//! Derives the list of cases, and lists the exchanges that were left out, with the reasons.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::case::{Call, Case, Mode, Operation, Options};
use crate::causable::{Cause, cause};
use crate::expect::expect;
use crate::wire::{Exchange, Wire};

/// The characters that a path segment may hold unencoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The cases of a folder of recordings, and the exchanges that yield none.
#[derive(Debug)]
pub struct Derivation {
    /// The cases, in the order of the recordings.
    pub cases: Vec<Case>,
    /// Exchanges without a strict case, because no client can cause them.
    pub not_causable: Vec<Skipped>,
    /// Those without a loose case too, because the reply means nothing to a client.
    pub left_out: Vec<Skipped>,
}

/// An exchange that was left out.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// `current/misc/www_host`
    pub id: String,
    /// The reason.
    pub reason: String,
}

impl Derivation {
    /// Derives the cases of a folder of recordings.
    #[must_use]
    pub fn of(wire: &Wire) -> Self {
        let mut derivation =
            Self { cases: Vec::new(), not_causable: Vec::new(), left_out: Vec::new() };
        for exchange in &wire.exchanges {
            let reason = match cause(exchange) {
                Ok(Cause { call, options }) => {
                    derivation.cases.push(case(exchange, Mode::Strict, call, options));
                    continue;
                }
                Err(reason) => reason,
            };
            derivation.not_causable.push(Skipped { id: exchange.id(), reason });
            match reason_without_case(exchange) {
                Some(reason) => derivation
                    .left_out
                    .push(Skipped { id: exchange.id(), reason: reason.to_owned() }),
                None => derivation.cases.push(case(
                    exchange,
                    Mode::Loose,
                    loose_call(exchange),
                    Options::default(),
                )),
            }
        }
        derivation
    }
}

fn case(exchange: &Exchange, mode: Mode, call: Call, options: Options) -> Case {
    let Exchange { server, file, name, .. } = exchange;
    let (id, first) = match mode {
        Mode::Strict => (exchange.id(), ""),
        Mode::Loose => (format!("loose/{}", exchange.id()), "/loose"),
    };
    Case {
        id,
        mode,
        server: server.clone(),
        file: file.clone(),
        name: name.clone(),
        prefix: format!("{first}/{server}/{file}/{}/api", utf8_percent_encode(name, SEGMENT)),
        expect: expect(call.operation(), exchange.reply.as_ref()),
        call,
        options,
    }
}

/// The reason why no call of ours can get a reply, if none can.
fn reason_without_case(exchange: &Exchange) -> Option<&'static str> {
    if exchange.request.method == "HEAD" {
        return Some("a reply to HEAD");
    }
    let reply = exchange.reply.as_ref()?;
    if reply.header("content-encoding").is_some_and(|coding| coding != "gzip") {
        return Some("a content-encoding no client of ours asks for");
    }
    if reply.header("content-length").is_some() && !reply.length_is_plain() {
        return Some("a content-length without that body");
    }
    None
}

/// The call of an exchange's route, if it has one.
fn loose_call(exchange: &Exchange) -> Call {
    let request = &exchange.request;
    let path = request.target.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let someone = "someone".to_owned();
    match (&*request.method, path) {
        ("POST", "/api/users") => Call::CreateUser {
            username: someone,
            password: "correct horse".to_owned(),
            emails: vec!["someone@example.com".to_owned()],
        },
        ("GET", "/api/users/me") => Call::GetCurrentUser {},
        ("GET", path) if path.ends_with("/audit-logs") => Call::StreamAuditLogs {},
        ("POST", path) if path.starts_with("/api/users/") && path.ends_with("/reset") => {
            Call::ResetUserPassword { username_or_email: someone }
        }
        _ => Call::GetUser { username_or_email: someone },
    }
}

impl fmt::Display for Derivation {
    /// How many cases each recording yields, and why the others yield none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut files: BTreeMap<String, [usize; 3]> = BTreeMap::new();
        for case in &self.cases {
            let column = if case.mode == Mode::Strict { 0 } else { 1 };
            files.entry(format!("{}/{}", case.server, case.file)).or_default()[column] += 1;
        }
        for Skipped { id, .. } in &self.left_out {
            let file = id.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
            files.entry(file).or_default()[2] += 1;
        }
        writeln!(f, "{:<20} {:>7} {:>7} {:>9}", "", "strict", "loose", "left out")?;
        let mut total = [0; 3];
        for (file, counts) in &files {
            writeln!(f, "{file:<20} {:>7} {:>7} {:>9}", counts[0], counts[1], counts[2])?;
            total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        writeln!(f, "{:<20} {:>7} {:>7} {:>9}", "all", total[0], total[1], total[2])?;
        let mut operations: BTreeMap<&str, usize> = BTreeMap::new();
        for case in &self.cases {
            *operations.entry(Operation::name(case.call.operation())).or_default() += 1;
        }
        writeln!(f, "\ncases by function:")?;
        for (name, count) in operations {
            writeln!(f, "{count:>6}  {name}")?;
        }
        for (title, skipped) in [("not causable", &self.not_causable), ("left out", &self.left_out)]
        {
            let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
            for Skipped { reason, .. } in skipped {
                *reasons.entry(reason).or_default() += 1;
            }
            writeln!(f, "\n{title}, because of:")?;
            for (reason, count) in reasons {
                writeln!(f, "{count:>6}  {reason}")?;
            }
        }
        Ok(())
    }
}
