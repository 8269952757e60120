//! Terms in Erlang's external term format, as far as this API uses it.

use super::{Map, Term};
use crate::clock;

const VERSION: u8 = 131;
/// No request of this API is nested deeper. This limits the reader's stack.
const MAX_DEPTH: u32 = 64;

/// The term as bytes.
pub(crate) fn encode(term: &Term) -> Vec<u8> {
    let mut out = vec![VERSION];
    write_term(&mut out, term);
    out
}

fn write_term(out: &mut Vec<u8>, term: &Term) {
    match term {
        Term::Nil => write_atom(out, "nil"),
        Term::Bool(value) => write_atom(out, if *value { "true" } else { "false" }),
        Term::Int(value) => write_int(out, *value),
        Term::Float(value) => {
            out.push(70);
            out.extend(value.to_be_bytes());
        }
        Term::Str(text) => write_binary(out, text.as_bytes()),
        Term::Time(time) => write_binary(out, clock::seconds(*time).as_bytes()),
        Term::Raw(raw) => write_term(out, &Term::opened(raw)),
        Term::List(items) => write_list(out, items),
        Term::Map(map) => {
            out.push(116);
            out.extend((map.entries().len() as u32).to_be_bytes());
            for (key, value) in map.sorted() {
                write_binary(out, key.as_bytes());
                write_term(out, value);
            }
        }
    }
}

fn write_atom(out: &mut Vec<u8>, name: &str) {
    out.push(100);
    out.extend((name.len() as u16).to_be_bytes());
    out.extend(name.as_bytes());
}

fn write_binary(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(109);
    out.extend((bytes.len() as u32).to_be_bytes());
    out.extend(bytes);
}

fn write_int(out: &mut Vec<u8>, value: i64) {
    if let Ok(small) = u8::try_from(value) {
        out.extend([97, small]);
    } else if let Ok(value) = i32::try_from(value) {
        out.push(98);
        out.extend(value.to_be_bytes());
    } else {
        let digits = value.unsigned_abs().to_le_bytes();
        let len = digits.iter().rposition(|d| *d != 0).map_or(0, |i| i + 1);
        out.extend([110, len as u8, u8::from(value < 0)]);
        out.extend(&digits[..len]);
    }
}

fn write_list(out: &mut Vec<u8>, items: &[Term]) {
    if items.is_empty() {
        return out.push(106);
    }
    let bytes: Option<Vec<u8>> = items
        .iter()
        .map(|item| match item {
            Term::Int(value) => u8::try_from(*value).ok(),
            _ => None,
        })
        .collect();
    // Erlang writes a list of bytes as a string.
    if let Some((bytes, len)) =
        bytes.and_then(|bytes| u16::try_from(bytes.len()).ok().map(|len| (bytes, len)))
    {
        out.push(107);
        out.extend(len.to_be_bytes());
        return out.extend(bytes);
    }
    out.push(108);
    out.extend((items.len() as u32).to_be_bytes());
    for item in items {
        write_term(out, item);
    }
    out.push(106);
}

/// Reads a term. Returns `None` if it is malformed, or not allowed in a request.
pub(crate) fn decode(bytes: &[u8]) -> Option<Term> {
    let mut input = Reader(bytes);
    if input.byte()? != VERSION {
        return None;
    }
    let term = input.term(0)?;
    input.0.is_empty().then_some(term)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, len: usize) -> Option<&[u8]> {
        let (head, tail) = self.0.split_at_checked(len)?;
        self.0 = tail;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    fn u16(&mut self) -> Option<usize> {
        self.take(2).map(|b| u16::from_be_bytes([b[0], b[1]]).into())
    }

    fn u32(&mut self) -> Option<usize> {
        let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(bytes)).ok()
    }

    fn text(&mut self, len: usize) -> Option<String> {
        String::from_utf8(self.take(len)?.to_vec()).ok()
    }

    fn term(&mut self, depth: u32) -> Option<Term> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.byte()? {
            97 => self.byte().map(|value| Term::Int(value.into())),
            98 => {
                let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
                Some(Term::Int(i32::from_be_bytes(bytes).into()))
            }
            70 => {
                let bytes: [u8; 8] = self.take(8)?.try_into().ok()?;
                Some(Term::Float(f64::from_be_bytes(bytes)))
            }
            110 => self.big(),
            100 | 118 => {
                let len = self.u16()?;
                self.atom(len)
            }
            115 | 119 => {
                let len = self.byte()?;
                self.atom(len.into())
            }
            106 => Some(Term::List(Vec::new())),
            107 => {
                let len = self.u16()?;
                let bytes = self.take(len)?;
                Some(Term::List(bytes.iter().map(|b| Term::Int((*b).into())).collect()))
            }
            108 => {
                let len = self.u32()?;
                let mut items = Vec::new();
                for _ in 0..len {
                    items.push(self.term(depth + 1)?);
                }
                (self.byte()? == 106).then_some(Term::List(items))
            }
            109 => {
                let len = self.u32()?;
                self.text(len).map(Term::Str)
            }
            116 => {
                let len = self.u32()?;
                let mut map = Map::new();
                for _ in 0..len {
                    let Term::Str(key) = self.term(depth + 1)? else {
                        return None;
                    };
                    let value = self.term(depth + 1)?;
                    map.push(key, value);
                }
                Some(Term::Map(map))
            }
            _ => None,
        }
    }

    fn big(&mut self) -> Option<Term> {
        let len = self.byte()?;
        let negative = self.byte()? != 0;
        let digits = self.take(len.into())?;
        let value = digits.iter().rev().fold(0f64, |sum, digit| sum * 256.0 + f64::from(*digit));
        Some(Term::Float(if negative { -value } else { value }))
    }

    /// Only the atoms that JSON has too. The real server knows more, but no request needs them.
    fn atom(&mut self, len: usize) -> Option<Term> {
        match self.take(len)? {
            b"nil" => Some(Term::Nil),
            b"true" => Some(Term::Bool(true)),
            b"false" => Some(Term::Bool(false)),
            _ => None,
        }
    }
}
