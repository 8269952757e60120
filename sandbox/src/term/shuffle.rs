//! JSON with the keys of its objects in another order.

use crate::random::scatter;

/// An array or object during reading.
struct Open {
    is_object: bool,
    /// The text between two commas, with white space.
    entries: Vec<Vec<u8>>,
    entry: Vec<u8>,
}

impl Open {
    fn new(is_object: bool) -> Open {
        Open { is_object, entries: Vec::new(), entry: Vec::new() }
    }

    fn close(mut self, salt: u64) -> Vec<u8> {
        self.entries.push(self.entry);
        if self.is_object {
            // Repeated keys keep their order, because many readers use the last one.
            self.entries.sort_by_cached_key(|entry| scatter(hash(key(entry)) ^ scatter(salt)));
        }
        self.entries.join(&b',')
    }
}

/// Orders the entries of each object by the nonce. Values stay unchanged.
pub(crate) fn shuffle(json: &[u8], nonce: u64) -> Vec<u8> {
    let mut objects = 0;
    let mut open = vec![Open::new(false)];
    let mut at = 0;
    while let (Some(byte), Some(top)) = (json.get(at), open.last_mut()) {
        let end = if *byte == b'"' { at + string_len(&json[at..]) } else { at + 1 };
        match byte {
            b',' => {
                let entry = std::mem::take(&mut top.entry);
                top.entries.push(entry);
            }
            b'{' | b'[' => {
                top.entry.push(*byte);
                open.push(Open::new(*byte == b'{'));
            }
            b'}' | b']' => {
                objects += 1;
                let closed = open.pop().map(|top| top.close(nonce.wrapping_add(objects)));
                if let (Some(closed), Some(top)) = (closed, open.last_mut()) {
                    top.entry.extend(closed);
                    top.entry.push(*byte);
                }
            }
            _ => top.entry.extend(&json[at..end]),
        }
        at = end;
    }
    open.pop().map(|top| top.close(nonce)).unwrap_or_default()
}

/// The length of the string at the start, with quotes.
fn string_len(json: &[u8]) -> usize {
    let mut escaped = false;
    let end = json.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

/// An entry's key as JSON.
fn key(entry: &[u8]) -> &[u8] {
    let start = entry.iter().position(|byte| *byte == b'"').unwrap_or(entry.len());
    &entry[start..][..string_len(&entry[start..])]
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn values_stay_unchanged() {
        for text in [
            "",
            "[]",
            "{}",
            "null",
            r#"[ {"a" : [1, {"b":2.0e400,"c":"}],{\"\\"}] , "d":{ }}, "x,y" ,{"a":1,"b":-0}]"#,
        ] {
            let shuffled: BTreeSet<String> = (0..50)
                .map(|nonce| String::from_utf8(shuffle(text.as_bytes(), nonce)).expect("text"))
                .collect();
            for other in &shuffled {
                let sorted = |text: &str| {
                    let mut bytes: Vec<u8> = text.bytes().collect();
                    bytes.sort_unstable();
                    bytes
                };
                assert_eq!(sorted(other), sorted(text));
                let value = |text: &str| crate::term::json::parse(text.as_bytes()).ok();
                match (value(other), value(text)) {
                    (Some(other), Some(value)) => assert!(other.same(&value), "{text}"),
                    (other, value) => assert!(other.is_none() && value.is_none(), "{text}"),
                }
            }
            assert_eq!(shuffled.len() > 1, text.contains("\"b\""), "{text}");
        }
    }

    #[test]
    fn every_order_is_possible_and_objects_differ() {
        let text = br#"[{"a":1,"b":2,"c":3},{"a":1,"b":2,"c":3}]"#;
        let all: BTreeSet<_> = (0..2000).map(|nonce| shuffle(text, nonce)).collect();
        assert_eq!(all.len(), 36);
    }

    #[test]
    fn a_repeated_key_keeps_its_order() {
        for nonce in 0..100 {
            let text = String::from_utf8(shuffle(br#"{"a":1,"b":2,"a":3}"#, nonce)).expect("text");
            assert!(text.find("\"a\":1") < text.find("\"a\":3"), "{text}");
        }
    }

    #[test]
    fn deep_nesting_needs_no_stack() {
        let text = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(shuffle(text.as_bytes(), 1), text.as_bytes());
    }
}
