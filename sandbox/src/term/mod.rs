//! The values in requests and replies, independent of their format.
//!
//! - `json`: reads and writes JSON; `shuffle`: changes the order of its keys
//! - `erlang`: reads and writes the external term format
//! - `elixir`: writes Elixir text; `elixir_text`: reads it

pub(crate) mod elixir;
pub(crate) mod elixir_text;
pub(crate) mod erlang;
pub(crate) mod json;
pub(crate) mod shuffle;

use jiff::Timestamp;
use serde_json::value::RawValue;

/// One value.
#[derive(Debug, Clone)]
pub(crate) enum Term {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Term>),
    Map(Map),
    /// Microseconds in JSON, seconds elsewhere.
    Time(Timestamp),
    /// JSON that is passed on unchanged.
    Raw(Box<RawValue>),
}

/// An object. The first value of a key counts, as in the real server's JSON reader.
#[derive(Debug, Clone, Default)]
pub(crate) struct Map(Vec<(String, Term)>);

impl Map {
    pub(crate) fn new() -> Self {
        Map(Vec::new())
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Term> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// Sets a key, and replaces its value.
    pub(crate) fn set(&mut self, key: impl Into<String>, value: impl Into<Term>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(k, _)| *k == key) {
            Some(slot) => slot.1 = value,
            None => self.0.push((key, value)),
        }
    }

    /// Appends a key that is known to be new.
    pub(crate) fn push(&mut self, key: String, value: Term) {
        self.0.push((key, value));
    }

    /// `push` for literals.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Term>) -> Self {
        self.0.push((key.to_owned(), value.into()));
        self
    }

    pub(crate) fn entries(&self) -> &[(String, Term)] {
        &self.0
    }

    pub(crate) fn into_entries(self) -> Vec<(String, Term)> {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries by key, as every format writes them.
    fn sorted(&self) -> Vec<&(String, Term)> {
        let mut entries: Vec<_> = self.0.iter().collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries
    }
}

impl Term {
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Term::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match self {
            Term::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Equality as in the server's pattern matching: same type, same value.
    pub(crate) fn same(&self, other: &Term) -> bool {
        match (self, other) {
            (Term::Nil, Term::Nil) => true,
            (Term::Bool(a), Term::Bool(b)) => a == b,
            (Term::Int(a), Term::Int(b)) => a == b,
            (Term::Float(a), Term::Float(b)) => a == b,
            (Term::Str(a), Term::Str(b)) => a == b,
            (Term::List(a), Term::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Term::Map(a), Term::Map(b)) => {
                a.0.len() == b.0.len()
                    && a.0.iter().all(|(k, v)| b.get(k).is_some_and(|other| v.same(other)))
            }
            _ => false,
        }
    }

    /// Parses raw JSON, for the formats that need its parts.
    fn opened(raw: &RawValue) -> Term {
        json::parse(raw.get().as_bytes()).unwrap_or(Term::Nil)
    }
}

impl From<&str> for Term {
    fn from(text: &str) -> Self {
        Term::Str(text.to_owned())
    }
}

impl From<String> for Term {
    fn from(text: String) -> Self {
        Term::Str(text)
    }
}

impl From<bool> for Term {
    fn from(value: bool) -> Self {
        Term::Bool(value)
    }
}

impl From<i64> for Term {
    fn from(value: i64) -> Self {
        Term::Int(value)
    }
}

impl From<Timestamp> for Term {
    fn from(value: Timestamp) -> Self {
        Term::Time(value)
    }
}

impl From<Map> for Term {
    fn from(value: Map) -> Self {
        Term::Map(value)
    }
}

impl From<Vec<Term>> for Term {
    fn from(value: Vec<Term>) -> Self {
        Term::List(value)
    }
}

impl<T: Into<Term>> From<Option<T>> for Term {
    fn from(value: Option<T>) -> Self {
        value.map_or(Term::Nil, Into::into)
    }
}
