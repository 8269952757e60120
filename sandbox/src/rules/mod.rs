//! Rules make the sandbox misbehave. A rule selects requests, and changes their replies.
//!
//! - `action`: the possible changes
//! - `insert`: rows that a rule writes meanwhile
//! - `delivery`: the reply, and the way to send it
//! - `bomb`: a small body that unpacks into a large one

mod action;
mod bomb;
pub(crate) mod delivery;
mod insert;

pub use action::{Action, CannedReply, CloseAt, FloodFrame, ReplyPoint};
pub(crate) use bomb::Bomb;
pub use insert::{AuditRowInsert, InsertTime, RowCount};

use serde::{Deserialize, Serialize};

use crate::new::{NewAuditLog, is_default};
use crate::random::Random;

/// A rule: it selects requests, and applies an action to them.
///
/// If several rules match a request, the first one whose conditions hold applies. All of them count
/// the request. Rules do not apply to the admin API.
///
/// ```
/// use aura_sandbox::{Action, CloseAt, Rule};
/// let second_page_breaks = Rule {
///     path: Some("/api/users/me/audit-logs".into()),
///     nth: Some(2),
///     ..Rule::new(Action::Close { at: CloseAt::InBody })
/// };
/// let same = Rule::from_json(r#"{"path": "/api/users/me/audit-logs", "nth": 2,
///                                "then": {"close": {"at": "in_body"}}}"#);
/// assert_eq!(same, Ok(second_page_breaks));
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A name for the journal.
    #[serde(default, skip_serializing_if = "is_default")]
    pub name: Option<String>,
    /// Matches only this method.
    #[serde(default, skip_serializing_if = "is_default")]
    pub method: Option<String>,
    /// Matches only these paths. `*` stands for one segment, and `**` at the end for any number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub path: Option<String>,
    /// Applies only to the nth matching request, counted from 1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nth: Option<u64>,
    /// Applies only to every nth matching request.
    #[serde(default, skip_serializing_if = "is_default")]
    pub every: Option<u64>,
    /// Applies only with this probability, from 0 to 1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub probability: Option<f64>,
    /// The maximum number of times that it applies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub times: Option<u64>,
    /// How many milliseconds the request waits before the endpoint runs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub delay_before_ms: u64,
    /// How many milliseconds the finished reply waits.
    #[serde(default, skip_serializing_if = "is_default")]
    pub delay_ms: u64,
    /// Whether the endpoint runs. If so, an account is created although the reply is lost. By
    /// default, the endpoint runs if its own reply is sent, at least in part.
    #[serde(default, skip_serializing_if = "is_default")]
    pub run: Option<bool>,
    /// The action. By default, there is only the delay. A rule with an action of HTTP/2 matches
    /// only requests over HTTP/2.
    #[serde(default, skip_serializing_if = "is_default")]
    pub then: Action,
    /// Rows to write into audit logs, in addition to the action.
    #[serde(default, skip_serializing_if = "is_default")]
    pub insert_audit_rows: Vec<AuditRowInsert>,
    /// The number of matching requests.
    #[serde(default, skip_serializing_if = "is_default")]
    pub seen: u64,
    /// How often it has applied.
    #[serde(default, skip_serializing_if = "is_default")]
    pub struck: u64,
}

impl Rule {
    /// A rule that applies to every request.
    pub fn new(then: Action) -> Rule {
        Rule {
            name: None,
            method: None,
            path: None,
            nth: None,
            every: None,
            probability: None,
            times: None,
            delay_before_ms: 0,
            delay_ms: 0,
            run: None,
            then,
            insert_audit_rows: Vec::new(),
            seen: 0,
            struck: 0,
        }
    }

    /// Reads a rule. An error names the position of a mistake.
    pub fn from_json(text: &str) -> Result<Rule, String> {
        crate::new::parse(text.as_bytes())
    }

    fn check(&self) -> Result<(), String> {
        if self.nth == Some(0) || self.every == Some(0) {
            return Err("nth and every: requests are counted from 1".to_owned());
        }
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err("probability: expected a number from 0 to 1".to_owned());
        }
        self.then.check()
    }

    fn is_for(&self, method: &str, path: &str, http2: bool) -> bool {
        (http2 || !self.then.needs_http2())
            && self.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|pattern| matches(pattern, path))
    }

    /// Counts a request, and returns whether the rule applies to it.
    fn turn(&mut self, random: &mut Random) -> bool {
        self.seen += 1;
        let turn = self.nth.is_none_or(|n| self.seen == n)
            && self.every.is_none_or(|n| self.seen.is_multiple_of(n))
            && self.times.is_none_or(|n| self.struck < n)
            && self.probability.is_none_or(|p| random.chance() < p);
        self.struck += u64::from(turn);
        turn
    }

    /// The rows for one request.
    fn inserts(&self, random: &mut Random) -> Vec<(InsertTime, NewAuditLog)> {
        let inserts = self.insert_audit_rows.iter();
        let mut inserts: Vec<_> = inserts.map(|i| (i.when, i.rows(random))).collect();
        if let Action::InsertAuditRows { username, count } = &self.then {
            let count = RowCount::Exactly(*count);
            let insert = AuditRowInsert::new(InsertTime::During, username);
            inserts.push((InsertTime::During, AuditRowInsert { count, ..insert }.rows(random)));
        }
        inserts
    }
}

/// Compares segment by segment, and ignores empty segments, as the routes do.
fn matches(pattern: &str, path: &str) -> bool {
    let mut wanted = pattern.split('/').filter(|s| !s.is_empty());
    let mut found = path.split('/').filter(|s| !s.is_empty());
    loop {
        match (wanted.next(), found.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}

/// The rules of a world in their order, with numbers that are never used again.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<(u64, Rule)>,
    next: u64,
}

/// A rule that applies to a request.
#[derive(Debug, Clone)]
pub(crate) struct Strike {
    /// Its name, or else its number.
    pub(crate) name: String,
    pub(crate) run: bool,
    pub(crate) delay_before_ms: u64,
    pub(crate) delay_ms: u64,
    pub(crate) action: Action,
    pub(crate) inserts: Vec<(InsertTime, NewAuditLog)>,
}

impl Rules {
    /// Adds a rule and returns its number.
    pub(crate) fn add(&mut self, rule: Rule) -> Result<u64, String> {
        rule.check()?;
        let number = self.next;
        self.next += 1;
        self.rules.push((number, rule));
        Ok(number)
    }

    pub(crate) fn list(&self) -> Vec<Rule> {
        self.rules.iter().map(|(_, rule)| rule.clone()).collect()
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Rule> {
        self.rules.iter().find(|(known, _)| *known == number).map(|(_, rule)| rule)
    }

    /// Removes one. Returns `false` if it does not exist.
    pub(crate) fn remove(&mut self, number: u64) -> bool {
        let count = self.rules.len();
        self.rules.retain(|(known, _)| *known != number);
        self.rules.len() < count
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn strike(
        &mut self,
        method: &str,
        path: &str,
        http2: bool,
        random: &mut Random,
    ) -> Option<Strike> {
        let mut first = None;
        for (number, rule) in &mut self.rules {
            if !rule.is_for(method, path, http2) {
                continue;
            }
            if first.is_some() {
                rule.seen += 1;
            } else if rule.turn(random) {
                first = Some(Strike {
                    name: rule.name.clone().unwrap_or_else(|| number.to_string()),
                    run: rule.run.unwrap_or(!rule.then.replaces() && !rule.then.refuses()),
                    delay_before_ms: rule.delay_before_ms,
                    delay_ms: rule.delay_ms,
                    action: rule.then.clone(),
                    inserts: rule.inserts(random),
                });
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("/api/users/*", "/api/users/eric", true),
            ("/api/users/*", "/api/users/eric/reset", false),
            ("/api/users/**", "/api/users/eric/reset", true),
            ("/api/users/**", "/api/users", true),
            ("/api/users/me", "/api//users/me/", true),
            ("/api/users/*", "/api/users", false),
            ("/**", "/", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn turns() {
        let struck = |rule: &str| {
            let mut rules = Rules::default();
            rules.add(Rule::from_json(rule).unwrap()).unwrap();
            let mut random = Random { seed: Some(1), ..Random::default() };
            (1..=6).filter(|_| rules.strike("GET", "/", false, &mut random).is_some()).count()
        };
        assert_eq!(struck(r#"{"nth": 3}"#), 1);
        assert_eq!(struck(r#"{"every": 2}"#), 3);
        assert_eq!(struck(r#"{"times": 4}"#), 4);
        assert_eq!(struck(r#"{"probability": 0}"#), 0);
        assert_eq!(struck(r#"{"probability": 1}"#), 6);
        assert_eq!(struck(r#"{"method": "POST"}"#), 0);
        let some = struck(r#"{"probability": 0.5}"#);
        assert!((1..6).contains(&some), "{some}");
        assert!(Rules::default().add(Rule::from_json(r#"{"every": 0}"#).unwrap()).is_err());
    }
}
