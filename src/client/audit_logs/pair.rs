//! Compares the rows of two pages, many times.
//!
//! Rows have no id. Two rows are equal if their JSON has the same value. The server promises neither
//! an order of keys nor how it writes a number, a text or a space.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use serde_json::value::RawValue;

use crate::protocol::audit_log::Page;

/// Two pages of rows.
///
/// Usually the texts of few rows are compared. If that takes long, because many rows are alike, equal
/// rows get equal numbers, which are compared quickly. A server can send thousands of equal rows.
pub(super) struct Pair<'a> {
    one: &'a Page,
    other: &'a Page,
    /// How much work is left for comparing texts, in bytes.
    left: Cell<usize>,
    numbers: OnceCell<[Vec<u32>; 2]>,
}

/// The work for texts, in times their length.
const MAX_WORK: usize = 8;
/// The work to parse a row and compare it, in times its length.
const WORK_OF_JSON: usize = 16;

impl<'a> Pair<'a> {
    /// Compares the texts of rows, in any order of their keys.
    pub(super) fn new(one: &'a Page, other: &'a Page) -> Self {
        let left = Cell::new((one.text().len() + other.text().len()) * MAX_WORK);
        Self { one, other, left, numbers: OnceCell::new() }
    }

    /// Compares rows by their values. This reads all rows.
    pub(super) fn by_value(one: &'a Page, other: &'a Page) -> Self {
        let pair = Self::new(one, other);
        pair.numbers();
        pair
    }

    /// How many rows each page has.
    pub(super) fn lengths(&self) -> [usize; 2] {
        [self.one.len(), self.other.len()]
    }

    /// The numbers of the rows of each page. Equal rows have equal numbers.
    pub(super) fn numbers(&self) -> &[Vec<u32>; 2] {
        self.numbers.get_or_init(|| number_rows([self.one, self.other]))
    }

    /// Whether `count` rows of the first page from `from` on are the same as those of the second from
    /// `at` on.
    pub(super) fn are_same(&self, from: usize, at: usize, count: usize) -> bool {
        if self.numbers.get().is_none() {
            if let Some(are_same) = self.compare_texts(from, at, count) {
                return are_same;
            }
        }
        let [one, other] = self.numbers();
        let (one, other) = (one.get(from..from + count), other.get(at..at + count));
        count == 0 || one.is_some() && one == other
    }

    /// `None` if that takes too long.
    fn compare_texts(&self, from: usize, at: usize, count: usize) -> Option<bool> {
        for index in 0..count {
            let (Some(one), Some(other)) =
                (self.one.row_json(from + index), self.other.row_json(at + index))
            else {
                return Some(false);
            };
            self.work(one.len())?;
            if one == other {
                continue;
            }
            if one.len() != other.len() || sum_in_any_order(one) != sum_in_any_order(other) {
                return Some(false);
            }
            self.work(one.len() * WORK_OF_JSON)?;
            if by_value(one) != by_value(other) {
                return Some(false);
            }
        }
        Some(true)
    }

    fn work(&self, amount: usize) -> Option<()> {
        self.left.set(self.left.get().checked_sub(amount)?);
        Some(())
    }
}

/// A number that does not depend on the order of the bytes. It takes less time than [`fingerprint`].
fn sum_in_any_order(row: &str) -> u64 {
    // A loop instead of iterators: builds without optimization spend much time here.
    let mut sum = 0_u64;
    for byte in row.as_bytes() {
        sum = sum.wrapping_add(WEIGHTS[usize::from(*byte)]);
    }
    sum
}

/// The fourth power of each byte.
static WEIGHTS: [u64; 256] = {
    let mut weights = [0; 256];
    let mut byte = 0;
    while byte < weights.len() {
        weights[byte] = (byte as u64).pow(4);
        byte += 1;
    }
    weights
};

/// A number that depends neither on the order of the keys of a row nor on spaces: the sum of a hash of
/// each word.
pub(super) fn fingerprint(row: &str) -> u64 {
    /// The prime of FNV-1a.
    const PRIME: u64 = 0x0100_0000_01b3;
    // A loop instead of iterators: builds without optimization spend much time here.
    let (mut sum, mut word) = (0_u64, 0_u64);
    for byte in row.as_bytes() {
        match byte {
            b'{' | b'}' | b'[' | b']' | b',' | b':' | 0..=b' ' => {
                sum = sum.wrapping_add(word ^ (word >> 32));
                word = 0;
            }
            byte => word = (word ^ u64::from(*byte)).wrapping_mul(PRIME),
        }
    }
    sum.wrapping_add(word ^ (word >> 32))
}

/// Numbers the rows, so that equal rows have equal numbers.
fn number_rows(pages: [&Page; 2]) -> [Vec<u32>; 2] {
    let (mut indexes, mut texts) = (HashMap::new(), Vec::new());
    let mut index = |row| {
        *indexes.entry(row).or_insert_with(|| {
            texts.push(row);
            texts.len() - 1
        })
    };
    let pages = pages.map(|page| page.rows_json().map(&mut index).collect::<Vec<_>>());

    // Only texts with equal fingerprints can have equal values. Most texts have one of their own.
    let are_plain = texts.iter().all(|text| is_plain(text));
    let mark = |text| (if are_plain { fingerprint(text) } else { 0 }, text);
    let texts: Vec<_> = texts.into_iter().map(mark).collect();
    let mut occurrences = HashMap::new();
    for (fingerprint, _) in &texts {
        *occurrences.entry(*fingerprint).or_insert(0) += 1;
    }
    let mut known = HashMap::new();
    let number = |(fingerprint, text)| {
        let next = known.len() as u32;
        let value = (occurrences[&fingerprint] > 1).then(|| by_value(text));
        *known.entry((fingerprint, value)).or_insert(next)
    };
    let numbers: Vec<_> = texts.into_iter().map(number).collect();
    pages.map(|rows| rows.into_iter().map(|index| numbers[index]).collect())
}

/// Whether the row has no escapes, fractions, exponents and negative zeros. Such rows have different
/// values if their fingerprints differ, unless a row has a key twice.
fn is_plain(row: &str) -> bool {
    let (mut is_in_text, mut before) = (false, 0_u8);
    for byte in row.as_bytes() {
        match byte {
            b'\\' => return false,
            b'"' => is_in_text = !is_in_text,
            _ if is_in_text => {}
            b'.' | b'E' => return false,
            b'e' if before.is_ascii_digit() => return false,
            b'0' if before == b'-' => return false,
            _ => {}
        }
        before = *byte;
    }
    true
}

/// Longer rows, and values in deeper levels, are compared byte for byte: each level is parsed again.
const LONGEST_PARSED: usize = 64 << 10;
const MOST_LEVELS: usize = 6;

/// A text that is equal for rows of equal values.
fn by_value(row: &str) -> Cow<'_, str> {
    if row.len() > LONGEST_PARSED {
        return row.into();
    }
    let mut text = String::with_capacity(row.len());
    add_value(&mut text, row, MOST_LEVELS);
    text.into()
}

fn add_value(text: &mut String, json: &str, levels: usize) {
    let added = match json.as_bytes().first() {
        _ if levels == 0 => None,
        Some(b'{') => add_object(text, json, levels - 1),
        Some(b'[') => add_list(text, json, levels - 1),
        Some(b'"') => serde_json::from_str::<Cow<'_, str>>(json)
            .ok()
            .and_then(|value| write!(text, "{value:?}").ok()),
        Some(b'-' | b'0'..=b'9') => add_number(text, json),
        _ => None,
    };
    if added.is_none() {
        text.push_str(json);
    }
}

fn add_object(text: &mut String, json: &str, levels: usize) -> Option<()> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json).ok()?;
    text.push('{');
    for (key, value) in members {
        write!(text, "{key:?}:").ok()?;
        add_value(text, value.get(), levels);
        text.push(',');
    }
    text.push('}');
    Some(())
}

fn add_list(text: &mut String, json: &str, levels: usize) -> Option<()> {
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    text.push('[');
    for item in items {
        add_value(text, item.get(), levels);
        text.push(',');
    }
    text.push(']');
    Some(())
}

/// Adds a number as its digits, without zeros at both ends, and a power of ten.
fn add_number(text: &mut String, json: &str) -> Option<()> {
    let (sign, number) = json.strip_prefix('-').map_or(("", json), |number| ("-", number));
    let (number, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = [whole, fraction].concat();
    let shortened = digits.trim_end_matches('0');
    let exponent: i64 = exponent.parse().ok()?;
    let zeros = (digits.len() - shortened.len()) as i64;
    let exponent = exponent.checked_add(zeros)?.checked_sub(fraction.len() as i64)?;
    match shortened.trim_start_matches('0') {
        "" => text.push('0'),
        digits => write!(text, "{sign}{digits}e{exponent}").ok()?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: &[&str]) -> Page {
        Page::read(format!("[{}]", rows.join(",")).into()).unwrap()
    }

    fn is_same_row(one: &str, other: &str) -> bool {
        Pair::new(&page(&[one]), &page(&[other])).are_same(0, 0, 1)
    }

    fn is_same_value(one: &str, other: &str) -> bool {
        Pair::by_value(&page(&[one]), &page(&[other])).are_same(0, 0, 1)
    }

    #[test]
    fn rows_are_compared_without_the_order_of_their_keys() {
        let row = r#"{"action":"a","params":{"x":[{"a":1,"b":"ü"}],"y":null},"user_agent":""}"#;
        for (other, is_same) in [
            (row, true),
            (r#"{"user_agent":"","params":{"y":null,"x":[{"b":"ü","a":1}]},"action":"a"}"#, true),
            (r#"{"user_agent":"","params":{"y":null,"x":[{"b":"ü","a":2}]},"action":"a"}"#, false),
            (r#"{"user_agent":"","params":{"y":null,"x":[{"b":1,"a":"ü"}]},"action":"a"}"#, false),
            (r#"{"action":"a"}"#, false),
        ] {
            assert_eq!(is_same_row(row, other), is_same, "{other}");
            assert_eq!(is_same_value(row, other), is_same, "{other}");
        }
        let large = |last| format!(r#"{{"action":"a","params":1234567890123456789{last}}}"#);
        assert!(!is_same_row(&large(1), &large(2)), "beyond 64 bits");
        assert!(!is_same_value(&large(1), &large(2)), "beyond 64 bits");
    }

    #[test]
    fn values_are_compared_however_they_are_written() {
        let row = |params: &str| format!(r#"{{"action":"a","params":{params}}}"#);
        for (one, other, is_same) in [
            (r#"{"a":[1,2]}"#, "{ \"a\" : [ 1,\n2 ] }", true),
            ("1.5", "1.50", true),
            ("1.5", "15e-1", true),
            ("100", "1E+2", true),
            ("0.001", "1e-3", true),
            ("0", "-0.0e7", true),
            ("0", "-0", true),
            ("100", "1e2", true),
            ("true", "true ", true),
            ("true", "false", false),
            (r#""1.5""#, r#""1.50""#, false),
            (r#""-0""#, r#""0""#, false),
            ("-1", "1", false),
            ("10", "1", false),
            ("1e2", "1e3", false),
            ("1e99999999999999999999", "1e99999999999999999998", false),
            (r#""xé""#, r#""\u0078\u00e9""#, true),
            (r#"{"x":1}"#, r#"{"\u0078":1}"#, true),
            (r#""1""#, "1", false),
            (r#""\ud800""#, r#""\ud801""#, false),
            (r#"["a","b"]"#, r#"["a\",\"b"]"#, false),
            ("null", "{}", false),
            ("[[[[[[[1.0]]]]]]]", "[[[[[[[1]]]]]]]", false),
        ] {
            assert_eq!(is_same_value(&row(one), &row(other)), is_same, "{one} {other}");
        }
    }

    #[test]
    fn exactly_the_rows_with_equal_values_have_equal_numbers() {
        // The first eight are plain, and most of them have the same words.
        let rows = [
            r#"{"action":"","params":{"a":1,"b":2}}"#,
            r#"{"action":"","params":{"b":2,"a":1}}"#,
            r#"{"action":"","params":{"a":2,"b":1}}"#,
            r#"{ "params" : { "a" : 1, "b" : 2 }, "action" : "" }"#,
            r#"{"action":"","params":{"a":[1,2],"b":[]}}"#,
            r#"{"action":"","params":{"a":[2,1],"b":[]}}"#,
            r#"{"action":"","params":{"a":[],"b":[1,2]}}"#,
            r#"{"action":"","params":"{a:1,b:2}"}"#,
            r#"{"action":"","params":{"a":1.0,"b":2}}"#,
            r#"{"action":"","params":{"\u0061":1,"b":2}}"#,
            r#"{"action":"","params":{"a":1,"b":20e-1}}"#,
        ];
        for count in [8, rows.len()] {
            let page = page(&rows[..count]);
            assert_eq!(rows[..count].iter().all(|row| is_plain(row)), count == 8);
            let pair = Pair::by_value(&page, &page);
            let [one, other] = pair.numbers();
            for (row, number) in rows.iter().zip(one) {
                for (another, its) in rows.iter().zip(other) {
                    let are_equal = by_value(row) == by_value(another);
                    assert_eq!(number == its, are_equal, "{row} {another}");
                }
            }
        }
    }

    #[test]
    fn the_fingerprint_depends_on_the_words() {
        let one = fingerprint(r#"{"a":12,"b":["x y"]}"#);
        assert_eq!(one, fingerprint(r#"{ "b": [ "x y" ], "a": 12 }"#));
        assert_ne!(one, fingerprint(r#"{"a":21,"b":["x y"]}"#));
        assert_ne!(one, fingerprint(r#"{"a":12,"b":["xy"]}"#));
    }

    #[test]
    fn numbers_and_texts_give_the_same_answers() {
        let rows =
            ["a", "ab", "b", "a", "a", "a"].map(|action| format!(r#"{{"action":"{action}"}}"#));
        let rows: Vec<_> = rows.iter().map(String::as_str).collect();
        let (one, other) = (page(&rows), page(&rows[2..]));
        let by_number = Pair::by_value(&one, &other);
        for from in 0..8 {
            for (at, count) in (0..8).flat_map(|at| (0..8).map(move |count| (at, count))) {
                let by_text = Pair::new(&one, &other).compare_texts(from, at, count);
                assert_eq!(
                    Some(by_number.are_same(from, at, count)),
                    by_text,
                    "{from} {at} {count}"
                );
            }
        }
    }

    #[test]
    fn many_equal_rows_are_compared_by_number() {
        let page = page(&[r#"{"action":"a"}"#; 2000]);
        let pair = Pair::new(&page, &page);
        assert!((0..2000).all(|from| pair.are_same(from, 0, 2000 - from)));
        assert!(pair.numbers.get().is_some());
    }
}
