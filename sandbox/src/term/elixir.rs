//! Terms as Elixir text, the way the server's `inspect` prints them.

use std::fmt::Write;

use super::Term;
use crate::clock;

/// `%{"message" => "Page not found", "status" => 404}`
pub(crate) fn inspect(term: &Term) -> String {
    let mut out = String::new();
    write_term(&mut out, term);
    out
}

fn write_term(out: &mut String, term: &Term) {
    match term {
        Term::Nil => out.push_str("nil"),
        Term::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Term::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Term::Float(value) => write_float(out, *value),
        Term::Str(text) => write_str(out, text),
        Term::Time(time) => write_str(out, &clock::seconds(*time)),
        Term::Raw(raw) => write_term(out, &Term::opened(raw)),
        Term::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_term(out, item);
            }
            out.push(']');
        }
        Term::Map(map) => {
            out.push_str("%{");
            for (index, (key, value)) in map.sorted().into_iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_str(out, key);
                out.push_str(" => ");
                write_term(out, value);
            }
            out.push('}');
        }
    }
}

fn write_float(out: &mut String, value: f64) {
    let size = value.abs();
    let _ = if size != 0.0 && !(1e-5..1e16).contains(&size) {
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !digits.contains('.') => {
                write!(out, "{digits}.0e{exponent}")
            }
            _ => write!(out, "{text}"),
        }
    } else {
        write!(out, "{value:?}")
    };
}

fn write_str(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '#' if rest.peek() == Some(&'{') => out.push_str("\\#"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\0' => out.push_str("\\0"),
            '\u{7f}' => out.push_str("\\d"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\x{:02X}", c as u32);
            }
            c if ('\u{80}'..'\u{a0}').contains(&c) => {
                let _ = write!(out, "\\x{{{:X}}}", c as u32);
            }
            c @ ('\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\x{{{:X}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
