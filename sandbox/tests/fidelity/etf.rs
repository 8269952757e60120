//! Reads Erlang's external term format into JSON, for comparison.

use serde_json::{Map, Value};

pub(crate) fn read(bytes: &[u8]) -> Value {
    assert_eq!(bytes.first(), Some(&131), "the version byte");
    let mut input = &bytes[1..];
    let value = term(&mut input);
    assert!(input.is_empty(), "nothing after the term");
    value
}

fn take<'a>(input: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (head, tail) = input.split_at(len);
    *input = tail;
    head
}

fn number(input: &mut &[u8], len: usize) -> usize {
    let bytes = take(input, len);
    bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

fn text(input: &mut &[u8], len: usize) -> String {
    String::from_utf8(take(input, len).to_vec()).expect("UTF-8")
}

fn term(input: &mut &[u8]) -> Value {
    match number(input, 1) {
        97 => number(input, 1).into(),
        98 => (number(input, 4) as u32 as i32).into(),
        100 => {
            let len = number(input, 2);
            match text(input, len).as_str() {
                "nil" => Value::Null,
                "true" => true.into(),
                "false" => false.into(),
                other => panic!("atom {other}"),
            }
        }
        106 => Value::Array(Vec::new()),
        107 => {
            let len = number(input, 2);
            take(input, len).iter().map(|b| Value::from(*b)).collect()
        }
        108 => {
            let len = number(input, 4);
            let items = (0..len).map(|_| term(input)).collect();
            assert_eq!(number(input, 1), 106, "a proper list");
            items
        }
        109 => {
            let len = number(input, 4);
            text(input, len).into()
        }
        116 => {
            let len = number(input, 4);
            let mut map = Map::new();
            for _ in 0..len {
                let key = term(input);
                let key = key.as_str().expect("a binary as key").to_owned();
                map.insert(key, term(input));
            }
            map.into()
        }
        tag => panic!("tag {tag}"),
    }
}
