//! The record of a user account.

use std::fmt;
use std::sync::OnceLock;
use std::time::SystemTime;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{self, Flaw, Keys, List, Piece, Text, UniqueMap};
use super::response::Response;
use super::timestamp::Timestamp;
use super::user_scan::username_at_once;
use crate::Error;

/// A user account, as the server describes it to this caller.
///
/// The record keeps all fields of the server. The known fields are methods, and all fields are in
/// [`User::raw_json`] and [`User::field`].
#[derive(Clone)]
pub struct User {
    json: String,
    username: Piece,
    /// Created on first use: most callers need few fields, or the JSON.
    fields: OnceLock<Fields>,
    response: Option<Box<Response>>,
}

/// The record for the check of a reply. It borrows from the text.
#[derive(Default)]
struct Record<'a> {
    username: Option<Text<'a>>,
    full_name: Option<Text<'a>>,
    handles: Option<UniqueMap<'a, Text<'a>>>,
    url: Option<Text<'a>>,
    email: Option<Text<'a>>,
    inserted_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    packages: Option<List<PackageRecord<'a>>>,
    owned_packages: Option<UniqueMap<'a, Text<'a>>>,
    organizations: Option<List<OrganizationRecord<'a>>>,
}

/// Reads all fields in one pass. Unknown fields must not be repeated either.
impl<'de> Deserialize<'de> for Record<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Record<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a user record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record<'de>, A::Error> {
                let mut keys = Keys::default();
                let mut record = Record::default();
                while let Some(key) = keys.next(&mut map)? {
                    match &*key {
                        // It is required and must not be null.
                        "username" => record.username = Some(map.next_value()?),
                        "full_name" => record.full_name = map.next_value()?,
                        "handles" => record.handles = map.next_value()?,
                        "url" => record.url = map.next_value()?,
                        "email" => record.email = map.next_value()?,
                        "inserted_at" => record.inserted_at = map.next_value()?,
                        "updated_at" => record.updated_at = map.next_value()?,
                        "packages" => record.packages = map.next_value()?,
                        "owned_packages" => record.owned_packages = map.next_value()?,
                        "organizations" => record.organizations = map.next_value()?,
                        _ => map.next_value::<IgnoredAny>().map(drop)?,
                    }
                }
                match record.username {
                    Some(_) => Ok(record),
                    None => Err(A::Error::missing_field("username")),
                }
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

#[derive(Deserialize)]
#[serde(expecting = "a package")]
struct PackageRecord<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    repository: Option<Text<'a>>,
    url: Option<Text<'a>>,
    html_url: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an organization")]
struct OrganizationRecord<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    role: Option<Text<'a>>,
}

/// The values that the methods return.
#[derive(Clone, Default)]
struct Fields {
    full_name: Option<String>,
    handles: Vec<(String, String)>,
    url: Option<String>,
    email: Option<String>,
    inserted_at: Option<SystemTime>,
    updated_at: Option<SystemTime>,
    packages: Option<Vec<Package>>,
    owned_packages: Vec<(String, String)>,
    organizations: Option<Vec<Organization>>,
}

impl From<Record<'_>> for Fields {
    fn from(record: Record<'_>) -> Self {
        Self {
            full_name: record.full_name.map(String::from),
            handles: to_pairs(record.handles),
            url: record.url.map(String::from),
            email: record.email.map(String::from),
            inserted_at: record.inserted_at.map(SystemTime::from),
            updated_at: record.updated_at.map(SystemTime::from),
            packages: to_list(record.packages),
            owned_packages: to_pairs(record.owned_packages),
            organizations: to_list(record.organizations),
        }
    }
}

/// The username in a record, or why the record is not valid.
fn username_by_reading(json: &str) -> Result<Piece, Flaw> {
    json::check_depth(json, 0..json.len(), 0)?;
    let record: Record<'_> = json::read(json)?;
    record.username.map(|name| Piece::new(json, name)).ok_or("missing field `username`".to_owned())
}

/// Checks that both ways of reading a record agree.
#[cfg(any(fuzzing, test))]
pub(crate) fn assert_the_same_both_ways(json: &str) {
    if let Some(place) = username_at_once(json) {
        let read = username_by_reading(json).expect("what is passed over can be read");
        assert_eq!(read.text(json), &json[place]);
    }
}

fn to_pairs(map: Option<UniqueMap<'_, Text<'_>>>) -> Vec<(String, String)> {
    let pairs = map.map(|UniqueMap(pairs)| pairs).unwrap_or_default();
    pairs.into_iter().map(|(key, value)| (key.into_owned(), value.into())).collect()
}

fn to_list<From, To: std::convert::From<From>>(records: Option<List<From>>) -> Option<Vec<To>> {
    records.map(|List(records)| records.into_iter().map(To::from).collect())
}

/// A package the user owns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Package {
    /// Its name, unique in its repository.
    pub name: String,
    /// `hexpm` for the public registry, otherwise the organization's repository.
    pub repository: Option<String>,
    /// Its URL in the API.
    pub url: Option<String>,
    /// Its web page.
    pub html_url: Option<String>,
}

impl From<PackageRecord<'_>> for Package {
    fn from(record: PackageRecord<'_>) -> Self {
        Self {
            name: record.name.into(),
            repository: record.repository.map(String::from),
            url: record.url.map(String::from),
            html_url: record.html_url.map(String::from),
        }
    }
}

/// An organization the user is a member of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// `admin`, `write` or `read` on hex.pm.
    pub role: Option<String>,
}

impl From<OrganizationRecord<'_>> for Organization {
    fn from(record: OrganizationRecord<'_>) -> Self {
        Self { name: record.name.into(), role: record.role.map(String::from) }
    }
}

impl User {
    pub(crate) fn read(body: Vec<u8>) -> Result<Self, Flaw> {
        let json = json::utf8(body)?;
        let username = match username_at_once(&json) {
            Some(place) => Piece::In(place),
            None => username_by_reading(&json)?,
        };
        Ok(Self { json, username, fields: OnceLock::new(), response: None })
    }

    pub(super) fn with_response(self, response: Response) -> Self {
        Self { response: Some(Box::new(response)), ..self }
    }

    fn fields(&self) -> &Fields {
        // The JSON was read before, so this does not fail.
        let read = || serde_json::from_str::<Record<'_>>(&self.json).map(Fields::from);
        self.fields.get_or_init(|| read().unwrap_or_default())
    }

    /// Reads a record from the JSON of [`User::raw_json`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) if `json` is not a user record.
    pub fn from_json(json: impl Into<String>) -> crate::Result<Self> {
        Self::read(json.into().into_bytes())
            .map_err(|flaw| Error::invalid_argument(format!("json is not a user record: {flaw}")))
    }

    /// The username, unique on the server, in lower case.
    #[must_use]
    pub fn username(&self) -> &str {
        self.username.text(&self.json)
    }

    /// The person's name, if they gave one.
    #[must_use]
    pub fn full_name(&self) -> Option<&str> {
        self.fields().full_name.as_deref()
    }

    /// The public e-mail address, if there is one.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.fields().email.as_deref()
    }

    /// Links to the person's other accounts by display name, in the server's order:
    /// `("GitHub", "https://github.com/ericmj")`.
    pub fn handles(&self) -> impl Iterator<Item = (&str, &str)> {
        borrow_pairs(&self.fields().handles)
    }

    /// The URL of this record in the API.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.fields().url.as_deref()
    }

    /// When the account was created, to the microsecond.
    #[must_use]
    pub fn inserted_at(&self) -> Option<SystemTime> {
        self.fields().inserted_at
    }

    /// When the account was last changed, to the microsecond.
    #[must_use]
    pub fn updated_at(&self) -> Option<SystemTime> {
        self.fields().updated_at
    }

    /// The packages that the user owns and the caller may see: those of the public registry first, then
    /// by repository and name. None if the server did not send them, as in the reply to `create_user`.
    #[must_use]
    pub fn packages(&self) -> Option<&[Package]> {
        self.fields().packages.as_deref()
    }

    /// The URLs of the packages by name. The server deprecates this field, because packages with the
    /// same name in two repositories are one entry. Use [`User::packages`].
    pub fn owned_packages(&self) -> impl Iterator<Item = (&str, &str)> {
        borrow_pairs(&self.fields().owned_packages)
    }

    /// The organizations of the user. Only the current user's record has them.
    #[must_use]
    pub fn organizations(&self) -> Option<&[Organization]> {
        self.fields().organizations.as_deref()
    }

    /// The server's JSON, byte for byte.
    #[must_use]
    pub fn raw_json(&self) -> &str {
        &self.json
    }

    /// The server's JSON, without a copy.
    #[must_use]
    pub fn into_raw_json(self) -> String {
        self.json
    }

    /// The rest of the reply, such as its request id. `None` for a record that was read with
    /// [`User::from_json`]. A comparison of two records ignores it.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        self.response.as_deref()
    }

    /// A field of the record as JSON, also one that this library does not know.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&RawValue> {
        let fields: UniqueMap<'_, &RawValue> = serde_json::from_str(&self.json).ok()?;
        fields.0.into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }
}

fn borrow_pairs(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
}

/// Two records are equal if their JSON is.
impl PartialEq for User {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("json", &self.json).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const RICH: &str = r#"{"email":"r@example.com","full_name":"Rich \"The\" Üser","future":{"a":[12345678901234567890]},
        "handles":{"GitHub":"https://github.com/richgh","Bluesky":"https://bsky.app/profile/rich"},
        "inserted_at":"2026-11-23T11:50:45.977004Z","organizations":[{"name":"zeta_org","role":"admin"}],
        "owned_packages":{"a":"http://localhost/api/packages/a"},
        "packages":[{"html_url":"h","name":"a","repository":"hexpm","url":"u"}],
        "updated_at":"2026-11-23T11:50:46","url":"http://localhost/api/users/rich","username":"rich"}"#;

    #[test]
    fn every_field_is_kept() {
        let user = User::read(RICH.into()).unwrap();
        assert_eq!(user.username(), "rich");
        assert_eq!(user.full_name(), Some("Rich \"The\" Üser"));
        assert_eq!(user.email(), Some("r@example.com"));
        assert_eq!(user.handles().count(), 2);
        assert_eq!(user.handles().next(), Some(("GitHub", "https://github.com/richgh")));
        assert_eq!(user.packages().unwrap()[0].repository.as_deref(), Some("hexpm"));
        assert_eq!(user.owned_packages().next(), Some(("a", "http://localhost/api/packages/a")));
        assert_eq!(user.organizations().unwrap()[0].role.as_deref(), Some("admin"));
        let at = |micros| SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
        assert_eq!(user.inserted_at(), Some(at(1_795_434_645_977_004)));
        assert_eq!(user.updated_at(), Some(at(1_795_434_646_000_000)));
        assert_eq!(user.field("future").unwrap().get(), r#"{"a":[12345678901234567890]}"#);
        assert_eq!(user.field("no such field").map(RawValue::get), None);
        assert_eq!(user.raw_json(), RICH);
        assert_eq!(User::from_json(user.raw_json()).unwrap(), user);
        let error = User::from_json("{}").unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::InvalidArgument);
        assert!(error.message().starts_with("json is not a user record: missing field `username`"));
    }

    #[test]
    fn a_record_is_the_same_both_ways() {
        let plain = RICH.replace("\\\"", "'");
        assert!(username_at_once(&plain).is_some());
        assert!(username_at_once(RICH).is_none(), "escapes are read");
        for json in [RICH, &plain, r#"{"username":"a","handles":null,"packages":[],"email":null}"#]
        {
            assert_the_same_both_ways(json);
            // Remove or repeat each part.
            for at in json.char_indices().map(|(at, _)| at) {
                let (before, after) = json.split_at(at);
                let mut rest = after.chars();
                let first = rest.next().unwrap();
                assert_the_same_both_ways(&format!("{before}{}", rest.as_str()));
                assert_the_same_both_ways(&format!("{before}{first}{after}"));
                assert_the_same_both_ways(before);
            }
        }
    }

    #[test]
    fn only_the_name_is_required() {
        let user = User::read(r#"{"username":"rich","full_name":null}"#.into()).unwrap();
        assert_eq!(user.full_name(), None);
        assert_eq!(user.packages(), None);
        assert_eq!(user.handles().next(), None);
    }

    #[test]
    fn a_malformed_record_is_an_error() {
        for (json, flaw) in [
            ("{}", "missing field `username` at line 1 column 2"),
            ("[]", "expected a user record at line 1 column 0"),
            (r#"{"username":5}"#, "expected a string at line 1 column 13 (username)"),
            (r#"{"username":"a","username":"b"}"#, "the same key twice at line 1 column 26"),
            (
                r#"{"username":"a","packages":[{"name":1}]}"#,
                "expected a string at line 1 column 37 (packages[0].name)",
            ),
            (
                r#"{"username":"a","inserted_at":"eric@example.com"}"#,
                "expected RFC 3339 at line 1 column 49 (inserted_at)",
            ),
            (r#"{"username":"a"} x"#, "trailing characters at line 1 column 18"),
        ] {
            let error = User::read(json.into()).unwrap_err();
            assert!(error.starts_with(flaw), "{json}: {error}");
        }
    }
}
