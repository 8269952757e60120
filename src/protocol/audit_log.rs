//! The rows of an audit log.
//!
//! A page keeps the text of the server. A row is an index into it, and `params` is parsed on demand.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{self, Flaw, Piece, Text, place};
use super::response::Response;
use super::scan::{Quoted, Scan};
use super::timestamp::Timestamp;
use crate::Error;

/// The number of rows on a full page of hexpm. It ignores `per_page` and the like.
pub(crate) const PAGE_SIZE: usize = 100;

/// The maximum number of rows on a page. More would need much memory for few bytes.
pub(crate) const MOST_ROWS: usize = 10_000;

/// The record separator of RFC 7464. It is not part of any JSON, because JSON escapes it.
#[cfg(feature = "capi")]
const SEPARATOR: char = '\u{1e}';

/// A row of an audit log: an action with the caller's account.
///
/// A row has no id, and current servers send no time. Cloning a row is cheap, because it shares the
/// text of its page.
#[derive(Clone)]
pub struct AuditLog {
    page: Page,
    index: usize,
}

/// One page of rows, newest first. Cloning one is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    rows: Arc<Rows>,
    /// Whether the server fills its pages up to `PAGE_SIZE`, so that a shorter one is the last.
    is_of_fixed_size: bool,
}

#[derive(Debug, Default)]
struct Rows {
    text: String,
    rows: Vec<Row>,
    response: Option<Response>,
}

#[derive(Debug)]
struct Row {
    json: Range<usize>,
    action: Piece,
    user_agent: Option<Piece>,
    params: Option<Range<usize>>,
}

impl Page {
    pub(crate) fn read(body: Vec<u8>) -> Result<Self, Flaw> {
        let text = json::utf8(body)?;
        let rows = match rows_at_once(&text) {
            Some(rows) => rows,
            None => rows_one_by_one(&text)?,
        };
        Ok(Self { rows: Arc::new(Rows { text, rows, response: None }), is_of_fixed_size: false })
    }

    /// As [`Self::read`], if an earlier reading of this page is known. The result is that reading if
    /// the server sent the same text again.
    pub(crate) fn read_after(earlier: Option<&Self>, body: Vec<u8>) -> Result<Self, Flaw> {
        match earlier {
            Some(earlier) if earlier.text().as_bytes() == body => Ok(earlier.clone()),
            _ => Self::read(body),
        }
    }

    pub(super) fn with_response(mut self, response: Response) -> Self {
        if let Some(rows) = Arc::get_mut(&mut self.rows) {
            rows.response = Some(response);
        }
        self
    }

    /// The same page, of a server that fills its pages up to `PAGE_SIZE`.
    pub(crate) fn of_fixed_size(self) -> Self {
        Self { is_of_fixed_size: true, ..self }
    }

    /// Whether no page with rows follows.
    pub(crate) fn is_last(&self) -> bool {
        self.len() == 0 || self.is_of_fixed_size && self.len() < PAGE_SIZE
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.rows.len()
    }

    /// The server's text.
    pub(crate) fn text(&self) -> &str {
        &self.rows.text
    }

    /// The row at `index`, if there is one.
    pub(crate) fn row(&self, index: usize) -> Option<AuditLog> {
        (index < self.len()).then(|| AuditLog { page: self.clone(), index })
    }

    /// The JSON of the row at `index`, if there is one.
    pub(crate) fn row_json(&self, index: usize) -> Option<&str> {
        let Rows { text, rows, .. } = &*self.rows;
        Some(&text[rows.get(index)?.json.clone()])
    }

    /// The JSON of each row.
    pub(crate) fn rows_json(&self) -> impl Iterator<Item = &str> {
        let Rows { text, rows, .. } = &*self.rows;
        rows.iter().map(|row| &text[row.json.clone()])
    }

    /// The rows from `start` on as a JSON array. All rows are the server's own text.
    pub(crate) fn json_from(&self, start: usize) -> Cow<'_, str> {
        let Rows { text, rows, .. } = &*self.rows;
        match rows.get(start) {
            Some(first) if start > 0 => Cow::Owned(format!("[{}", &text[first.json.start..])),
            Some(_) => Cow::Borrowed(text),
            None => Cow::Borrowed("[]"),
        }
    }

    /// The rows from `start` on, as `aura_audit_logs_next_rows` documents them.
    #[cfg(feature = "capi")]
    pub(crate) fn separated_from(&self, start: usize) -> String {
        let Rows { text, rows, .. } = &*self.rows;
        let rows = rows.get(start..).unwrap_or_default();
        let first = rows.first().map_or(text.len(), |row| row.json.start);
        let mut separated = String::with_capacity(text.len() - first + rows.len() * 32);
        for Row { json, action, .. } in rows {
            match action {
                Piece::In(place) => separated.push_str(&text[place.start - 1..=place.end]),
                Piece::Own(action) => {
                    separated.push_str(&serde_json::to_string(action).unwrap_or_default());
                }
            }
            separated.push(SEPARATOR);
            separated.push_str(&text[json.clone()]);
            separated.push(SEPARATOR);
        }
        separated
    }
}

/// The rows of `page`, found in one pass. None if anything is not valid.
fn rows_at_once(page: &str) -> Option<Vec<Row>> {
    let mut rows = Vec::with_capacity(PAGE_SIZE);
    let mut scan = Scan::new(page);
    scan.byte(b'[')?;
    scan.members(b']', |scan| {
        rows.push(Row::scan(page, scan)?);
        (rows.len() <= MOST_ROWS).then_some(())
    })?;
    scan.is_at_end().then_some(rows)
}

/// The rows of `page`, or the position of a fault. It reads each row twice.
fn rows_one_by_one(page: &str) -> Result<Vec<Row>, Flaw> {
    let Texts(texts) = json::read(page)?;
    let read = |(index, row): (usize, &RawValue)| {
        json::check_depth(page, place(page, row.get()), 1)?;
        Row::read(page, row).map_err(|flaw| format!("row {index} of the page: {flaw} of the row"))
    };
    texts.into_iter().enumerate().map(read).collect()
}

/// The rows of a page, no more than `MOST_ROWS`.
struct Texts<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Texts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;

        impl<'de> Visitor<'de> for Elements {
            type Value = Texts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Self::Value, A::Error> {
                let mut texts = Vec::with_capacity(PAGE_SIZE);
                while let Some(row) = rows.next_element()? {
                    if texts.len() == MOST_ROWS {
                        return Err(A::Error::custom(format!("more than {MOST_ROWS} rows")));
                    }
                    texts.push(row);
                }
                Ok(Texts(texts))
            }
        }

        deserializer.deserialize_seq(Elements)
    }
}

/// The fields of a row.
#[derive(Deserialize)]
#[serde(expecting = "an audit row")]
struct Fields<'a> {
    #[serde(borrow)]
    action: Text<'a>,
    #[serde(borrow)]
    user_agent: Option<Text<'a>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

impl Row {
    /// Reads `row`, a piece of `page`.
    fn read(page: &str, row: &RawValue) -> Result<Self, Flaw> {
        let fields = json::read(row.get())?;
        Ok(Self::new(page, place(page, row.get()), fields))
    }

    /// The next row. Its values are two levels deep: inside the page's brackets and its own braces.
    fn scan(page: &str, scan: &mut Scan<'_>) -> Option<Self> {
        const DEPTH: usize = 2;
        scan.byte(b'{')?;
        let start = scan.at() - 1;
        // The value of a field is `Some` after the field was found, even if it is null.
        let (mut action, mut user_agent, mut params) = (None, None, None);
        scan.members(b'}', |scan| {
            let name = scan.name()?;
            if name.has_escapes {
                return None;
            }
            let is_new = match &page[name.inner] {
                "action" => action.replace(piece(page, scan.string()?)?).is_none(),
                "user_agent" => {
                    let text = match scan.null() {
                        Some(()) => None,
                        None => Some(piece(page, scan.string()?)?),
                    };
                    user_agent.replace(text).is_none()
                }
                "params" => {
                    let value = scan.value(DEPTH)?;
                    params
                        .replace(Some(value).filter(|value| &page[value.clone()] != "null"))
                        .is_none()
                }
                _ => scan.value(DEPTH).is_some(),
            };
            is_new.then_some(())
        })?;
        Some(Self {
            json: start..scan.at(),
            action: action?,
            user_agent: user_agent.flatten(),
            params: params.flatten(),
        })
    }

    fn new(page: &str, json: Range<usize>, fields: Fields<'_>) -> Self {
        Self {
            json,
            action: Piece::new(page, fields.action),
            user_agent: fields.user_agent.map(|agent| Piece::new(page, agent)),
            params: fields.params.map(|params| place(page, params.get())),
        }
    }
}

/// A string of `page`.
fn piece(page: &str, Quoted { inner, has_escapes }: Quoted) -> Option<Piece> {
    if has_escapes {
        let text: String = serde_json::from_str(&page[inner.start - 1..=inner.end]).ok()?;
        return Some(Piece::Own(text.into()));
    }
    Some(Piece::In(inner))
}

impl AuditLog {
    /// Reads a row from the JSON of [`AuditLog::raw_json`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) if `json` is not an audit row.
    pub fn from_json(json: impl Into<String>) -> crate::Result<Self> {
        let read = |text: String| {
            let row = json::read(&text).and_then(|row| Row::read(&text, row))?;
            let rows = Arc::new(Rows { text, rows: vec![row], response: None });
            Ok(Self { page: Page { rows, is_of_fixed_size: false }, index: 0 })
        };
        json::text(json.into().into_bytes())
            .and_then(read)
            .map_err(|flaw| Error::invalid_argument(format!("json is not an audit row: {flaw}")))
    }

    /// The action, such as `key.generate` or `release.publish`. Servers may add actions, so it is text.
    #[must_use]
    pub fn action(&self) -> &str {
        self.row().action.text(self.text())
    }

    /// The `User-Agent` of the program, cut by the server to 255 code points. None if the server
    /// recorded none.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.row().user_agent.as_ref().map(|agent| agent.text(self.text()))
    }

    /// The details as JSON, `null` if there are none. Their structure depends on the action and on the
    /// age of the row.
    #[must_use]
    pub fn params(&self) -> &str {
        self.row().params.clone().map_or("null", |place| &self.text()[place])
    }

    /// The time of the action. None if the server does not send it in RFC 3339. Current servers do
    /// not send it.
    #[must_use]
    pub fn inserted_at(&self) -> Option<SystemTime> {
        #[derive(Deserialize)]
        struct Time<'a> {
            #[serde(borrow)]
            inserted_at: Text<'a>,
        }

        let Time { inserted_at: Text(text) } = serde_json::from_str(self.raw_json()).ok()?;
        Timestamp::read(&text).map(SystemTime::from)
    }

    /// The server's JSON of the row, byte for byte.
    #[must_use]
    pub fn raw_json(&self) -> &str {
        &self.text()[self.row().json.clone()]
    }

    /// The request id and the rate limit of the reply with the row's page. None for a row from
    /// [`AuditLog::from_json`]. It does not count when two rows are compared.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        self.page.rows.response.as_ref()
    }

    fn row(&self) -> &Row {
        &self.page.rows.rows[self.index]
    }

    fn text(&self) -> &str {
        self.page.text()
    }
}

impl PartialEq for AuditLog {
    fn eq(&self, other: &Self) -> bool {
        self.raw_json() == other.raw_json()
    }
}

impl Eq for AuditLog {}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog")
            .field("action", &self.action())
            .field("user_agent", &self.user_agent())
            .field("params", &self.params())
            .finish()
    }
}

/// Checks that both ways of reading a page agree.
#[cfg(any(fuzzing, test))]
pub(crate) fn assert_the_same_both_ways(page: &str) {
    if let Some(once) = rows_at_once(page) {
        let twice = rows_one_by_one(page).expect("what is passed over quickly can be read");
        assert_eq!(format!("{once:?}"), format!("{twice:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_row_is_the_servers_own_text() {
        let text = r#" [ {"action":"key.generate", "params":{"big":12345678901234567890,"s":"\ud83d\ude00"},"user_agent":null,"new":1},
            {"action":"a\nb","params":null,"user_agent":""},{"action":"old"}] "#;
        let page = Page::read(text.into()).unwrap();
        assert_eq!(page.len(), 3);
        let first = page.row(0).unwrap();
        assert_eq!(first.action(), "key.generate");
        assert_eq!(first.user_agent(), None);
        assert_eq!(first.params(), r#"{"big":12345678901234567890,"s":"\ud83d\ude00"}"#);
        assert!(first.raw_json().ends_with(r#""new":1}"#));
        let second = page.row(1).unwrap();
        assert_eq!(second.action(), "a\nb");
        assert_eq!(second.user_agent(), Some(""));
        assert_eq!(second.params(), "null");
        let third = page.row(2).unwrap();
        assert_eq!((third.action(), third.user_agent(), third.params()), ("old", None, "null"));
        assert!(page.row(3).is_none());
        for row in [first, second, third] {
            let again = AuditLog::from_json(row.raw_json()).unwrap();
            assert_eq!(again, row);
            assert_eq!(
                (again.action(), again.user_agent(), again.params()),
                (row.action(), row.user_agent(), row.params())
            );
        }
        for text in ["", "[]", "{}", r#"{"action":"a"},{"action":"b"}"#] {
            let error = AuditLog::from_json(text).unwrap_err();
            assert!(error.message().starts_with("json is not an audit row: "), "{text}: {error}");
        }
        assert_eq!(page.json_from(0), text);
        assert_eq!(page.json_from(2), r#"[{"action":"old"}] "#);
        assert_eq!(page.json_from(3), "[]");
    }

    #[cfg(feature = "capi")]
    #[test]
    fn rows_are_separated_by_a_character_that_json_escapes() {
        let rows = [
            r#"{"params":{"action":"x"},"action":"key.generate"}"#,
            "{ \"action\" :\n\"\\u001e\\u001f\\\"\u{e9}\" }",
            r#"{"action":"","user_agent":"\u001e"}"#,
        ];
        let page =
            Page::read(format!("[{} ,\n{}, {} ]", rows[0], rows[1], rows[2]).into()).unwrap();
        for start in 0..=4 {
            let separated = page.separated_from(start);
            let texts: Vec<_> = separated.split_terminator(SEPARATOR).collect();
            let read = texts.chunks(2).map(|texts| {
                (serde_json::from_str::<String>(texts[0]).unwrap(), texts[1].to_owned())
            });
            let expected = (start..3).map(|index| {
                let row = page.row(index).unwrap();
                (row.action().to_owned(), rows[index].to_owned())
            });
            assert_eq!(read.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{start}");
        }
    }

    #[test]
    fn a_page_is_read_again_only_if_its_text_has_changed() {
        let text = r#"[{"action":"a"}]"#;
        let page = Page::read(text.into()).unwrap();
        let again = Page::read_after(Some(&page), text.into()).unwrap();
        assert!(Arc::ptr_eq(&page.rows, &again.rows));
        let other = Page::read_after(Some(&page), r#"[{"action":"b"}]"#.into()).unwrap();
        assert_eq!(other.row(0).unwrap().action(), "b");
        Page::read_after(Some(&page), "[{}]".into()).unwrap_err();
    }

    #[test]
    fn a_row_has_a_time_if_the_server_sends_one() {
        let read = |time: &str| {
            let row = format!(r#"{{"inserted_at":{time},"action":"a"}}"#);
            AuditLog::from_json(row).unwrap().inserted_at()
        };
        let time = SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_434_645_977_004);
        assert_eq!(read(r#""2026-11-23T11:50:45.977004Z""#), Some(time));
        assert_eq!(read(r#""2026-11-23T11:50:45.977004""#), Some(time), "UTC, as old servers do");
        for none in ["null", "5", r#""yesterday""#] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(AuditLog::from_json(r#"{"action":"a"}"#).unwrap().inserted_at(), None);
    }

    #[test]
    fn the_rows_of_a_page_are_bounded() {
        let page = |rows: usize| format!("[{}]", vec![r#"{"action":""}"#; rows].join(","));
        assert_eq!(Page::read(page(MOST_ROWS).into()).unwrap().len(), MOST_ROWS);
        let flaw = Page::read(page(MOST_ROWS + 1).into()).unwrap_err();
        assert!(flaw.starts_with("more than 10000 rows at line 1"), "{flaw}");
    }

    #[test]
    fn rows_are_the_same_both_ways() {
        for page in [
            "[]",
            " [ ] ",
            r#"[{"action":"a"}]"#,
            r#"[{"params":null,"user_agent":"\"a\u00e9","action":"a","x":[]},{"user_agent":null,"action":"\\"}]"#,
            " [\n{\"action\" : \"\\u00e9\", \"params\": {\"[\": [1, 2]} , \"more\":1} \t, {\"action\":\"b\"}\r] ",
        ] {
            assert!(rows_at_once(page).is_some(), "{page}");
            assert_the_same_both_ways(page);
        }
    }

    #[test]
    fn a_page_with_a_bad_row_is_an_error() {
        for (text, flaw) in [
            ("{}", "expected a sequence"),
            ("[{}]", "row 0 of the page: missing field `action` at line 1 column 2 of the row"),
            (r#"[{"action":"a"},{"action":1}]"#, "row 1 of the page: expected a string"),
            (r#"[{"action":"a","action":"b"}]"#, "row 0 of the page: duplicate field `action`"),
            (r#"[{"action":"a","user_agent":{}}]"#, "row 0 of the page: expected a string"),
            (r#"[{"action":"a"}"#, "EOF while parsing a list"),
            ("[1]", "row 0 of the page: expected an audit row"),
            (r#"[{"action":"a"},]"#, "trailing comma"),
            (r#"[{"action":"a"} {"action":"b"}]"#, "expected `,` or `]`"),
            (r#"[{"action":"a"}] x"#, "trailing characters"),
            ("[] x", "trailing characters"),
        ] {
            let error = Page::read(text.into()).unwrap_err();
            assert!(error.starts_with(flaw), "{text}: {error}");
        }
    }
}
