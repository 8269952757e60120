//! Query strings and form bodies with nested keys: `emails[][email]=a`, `user[name]=b`.
//!
//! If a key has two values, the last one counts. This code reads from the end, so the first value
//! that it reads counts.

use std::collections::HashMap;

use super::encode::decode_form;
use crate::term::{Map, Term};

/// No request of this API is nested deeper. This limits the reader's stack.
const MAX_DEPTH: usize = 64;

/// Not UTF-8, or nested too deep.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadQuery;

enum Node {
    Leaf(String),
    /// Last item first.
    List(Vec<Node>),
    Map(HashMap<String, Node>),
}

/// The parameters of a query string or a form.
pub(crate) fn decode(text: &[u8]) -> Result<Map, BadQuery> {
    let mut root = HashMap::new();
    let pairs: Vec<&[u8]> = text.split(|b| *b == b'&').collect();
    for pair in pairs.into_iter().rev().filter(|pair| !pair.is_empty()) {
        let (key, value) = match pair.iter().position(|b| *b == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        let key = decode_form(key).ok_or(BadQuery)?;
        let value = decode_form(value).ok_or(BadQuery)?;
        insert(&mut root, &key, value)?;
    }
    Ok(map_term(root))
}

fn insert(root: &mut HashMap<String, Node>, key: &str, value: String) -> Result<(), BadQuery> {
    let Some((head, rest)) = key.strip_suffix(']').and_then(|k| k.split_once('[')) else {
        root.entry(key.to_owned()).or_insert(Node::Leaf(value));
        return Ok(());
    };
    let path: Vec<&str> = rest.split("][").collect();
    if path.len() > MAX_DEPTH {
        return Err(BadQuery);
    }
    match root.get_mut(head) {
        Some(node) => node.insert(&path, value),
        None => {
            root.insert(head.to_owned(), Node::new(&path, value));
        }
    }
    Ok(())
}

impl Node {
    fn new(path: &[&str], value: String) -> Node {
        match path.split_first() {
            None => Node::Leaf(value),
            Some((&"", rest)) => Node::List(vec![Node::new(rest, value)]),
            Some((key, rest)) => {
                Node::Map(HashMap::from([((*key).to_owned(), Node::new(rest, value))]))
            }
        }
    }

    /// Adds an earlier value to the later values of this key.
    fn insert(&mut self, path: &[&str], value: String) {
        match (self, path.split_first()) {
            (Node::List(items), Some((&"", rest))) => items.push(Node::new(rest, value)),
            (Node::Map(map), Some((key, rest))) if !key.is_empty() => match map.get_mut(*key) {
                Some(node) => node.insert(rest, value),
                None => {
                    map.insert((*key).to_owned(), Node::new(rest, value));
                }
            },
            (node @ (Node::Leaf(_) | Node::List(_)), Some((key, _))) if !key.is_empty() => {
                *node = Node::new(path, value);
            }
            _ => {}
        }
    }

    fn term(self) -> Term {
        match self {
            Node::Leaf(text) => Term::Str(text),
            Node::List(items) => Term::List(items.into_iter().rev().map(Node::term).collect()),
            Node::Map(map) => Term::Map(map_term(map)),
        }
    }
}

fn map_term(map: HashMap<String, Node>) -> Map {
    let mut out = Map::new();
    for (key, node) in map {
        out.push(key, node.term());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(query: &str) -> String {
        serde_json::to_string(&Term::Map(decode(query.as_bytes()).unwrap())).unwrap()
    }

    #[test]
    fn nesting() {
        assert_eq!(json("a=1&b=&c&=d"), r#"{"":"d","a":"1","b":"","c":""}"#);
        assert_eq!(json("a=1&a=2"), r#"{"a":"2"}"#);
        assert_eq!(json("e[][m]=x&e[][m]=y"), r#"{"e":[{"m":"x"},{"m":"y"}]}"#);
        assert_eq!(json("u[a]=1&u[b][c]=2"), r#"{"u":{"a":"1","b":{"c":"2"}}}"#);
        assert_eq!(json("p=2&p[]=3"), r#"{"p":["3"]}"#);
        assert_eq!(json("a=+b%2Bc%"), r#"{"a":" b+c%"}"#);
        assert_eq!(decode(b"a=%ff").unwrap_err(), BadQuery);
        let deep = format!("a{}=1", "[b]".repeat(100_000));
        assert_eq!(decode(deep.as_bytes()).unwrap_err(), BadQuery);
    }
}
