//! The record of a user account.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{self, Flaw, Keys, UniqueMap};
use crate::Error;

/// A user account, as the server describes it to this caller.
///
/// Every field of the server's record is kept: the ones this library knows as methods, all of
/// them in [`User::json`] and [`User::field`].
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    json: String,
    fields: Fields,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Fields {
    username: String,
    full_name: Option<String>,
    handles: Option<UniqueMap<String>>,
    url: Option<String>,
    email: Option<String>,
    inserted_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    packages: Option<Vec<Package>>,
    owned_packages: Option<UniqueMap<String>>,
    organizations: Option<Vec<Organization>>,
}

/// In one pass, with the fields we do not know: they are not to be doubled either.
impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Record;

        impl<'de> Visitor<'de> for Record {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a user record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut keys = Keys::default();
                let mut username = None;
                let mut fields = Fields::default();
                while let Some(key) = keys.next(&mut map)? {
                    match &*key {
                        "username" => username = Some(map.next_value()?),
                        "full_name" => fields.full_name = map.next_value()?,
                        "handles" => fields.handles = map.next_value()?,
                        "url" => fields.url = map.next_value()?,
                        "email" => fields.email = map.next_value()?,
                        "inserted_at" => fields.inserted_at = map.next_value()?,
                        "updated_at" => fields.updated_at = map.next_value()?,
                        "packages" => fields.packages = map.next_value()?,
                        "owned_packages" => fields.owned_packages = map.next_value()?,
                        "organizations" => fields.organizations = map.next_value()?,
                        _ => map.next_value::<IgnoredAny>().map(drop)?,
                    }
                }
                fields.username = username.ok_or_else(|| A::Error::missing_field("username"))?;
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Record)
    }
}

/// A package the user owns.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(expecting = "a package")]
#[non_exhaustive]
pub struct Package {
    /// Its name, unique in its repository.
    pub name: String,
    /// `hexpm` for the public registry, else the organization's repository.
    pub repository: Option<String>,
    /// Where the API has it.
    pub url: Option<String>,
    /// Where a person reads about it.
    pub html_url: Option<String>,
}

/// An organization the user is a member of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(expecting = "an organization")]
#[non_exhaustive]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// `admin`, `write` or `read` on hex.pm.
    pub role: Option<String>,
}

impl User {
    pub(crate) fn read(body: Vec<u8>) -> Result<Self, Flaw> {
        let json = json::text(body)?;
        let fields = json::read(&json)?;
        Ok(Self { json, fields })
    }

    /// Reads a record again from what [`User::json`] gave.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind) where `json` is no such record.
    pub fn from_json(json: impl Into<String>) -> crate::Result<Self> {
        Self::read(json.into().into_bytes())
            .map_err(|flaw| Error::invalid_argument(format!("json is no user record: {flaw}")))
    }

    /// The name, unique on the server, in lower case.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.fields.username
    }

    /// The person's name, if they gave one.
    #[must_use]
    pub fn full_name(&self) -> Option<&str> {
        self.fields.full_name.as_deref()
    }

    /// The public e-mail address; none when there is no public one.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.fields.email.as_deref()
    }

    /// Links to the person's other accounts by display name, in the server's order:
    /// `("GitHub", "https://github.com/ericmj")`.
    pub fn handles(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(self.fields.handles.as_ref())
    }

    /// Where the API has this record.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.fields.url.as_deref()
    }

    /// When the account was made, to the microsecond.
    #[must_use]
    pub fn inserted_at(&self) -> Option<SystemTime> {
        self.fields.inserted_at.map(|Timestamp(time)| time)
    }

    /// When the account was last changed, to the microsecond.
    #[must_use]
    pub fn updated_at(&self) -> Option<SystemTime> {
        self.fields.updated_at.map(|Timestamp(time)| time)
    }

    /// The packages the user owns and the caller may see: the public registry's first, then by
    /// repository and name. None where the server does not say, as in the reply to `create_user`.
    #[must_use]
    pub fn packages(&self) -> Option<&[Package]> {
        self.fields.packages.as_deref()
    }

    /// The packages' URLs by name. The server calls this field deprecated: two packages of one
    /// name in two repositories are one entry here. Use [`User::packages`].
    pub fn owned_packages(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(self.fields.owned_packages.as_ref())
    }

    /// The organizations the user is a member of. Only the current user's record has them.
    #[must_use]
    pub fn organizations(&self) -> Option<&[Organization]> {
        self.fields.organizations.as_deref()
    }

    /// The server's own JSON, byte for byte.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Takes the server's own JSON out.
    #[must_use]
    pub fn into_json(self) -> String {
        self.json
    }

    /// Any field of the record as JSON, also one this library does not know.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&RawValue> {
        let fields: UniqueMap<&RawValue> = serde_json::from_str(&self.json).ok()?;
        fields.0.into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }
}

fn pairs(map: Option<&UniqueMap<String>>) -> impl Iterator<Item = (&str, &str)> {
    map.into_iter().flat_map(|map| &map.0).map(|(key, value)| (key.as_str(), value.as_str()))
}

/// RFC 3339; a time without an offset, as old servers write it, is UTC.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Timestamp(SystemTime);

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp = text.parse::<jiff::Timestamp>().or_else(|error| {
            let civil = text.parse::<jiff::civil::DateTime>().map_err(|_| error)?;
            jiff::tz::Offset::UTC.to_timestamp(civil)
        });
        timestamp
            .ok()
            .and_then(|timestamp| system_time(timestamp.as_microsecond()))
            .map(Self)
            .ok_or_else(|| D::Error::custom("not a time, expected RFC 3339"))
    }
}

fn system_time(microseconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_micros(microseconds.unsigned_abs());
    if microseconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(user.json(), RICH);
        assert_eq!(User::from_json(user.json()).unwrap(), user);
        let error = User::from_json("{}").unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::InvalidArgument);
        assert!(error.message().starts_with("json is no user record: missing field `username`"));
    }

    #[test]
    fn only_the_name_must_be_there() {
        let user = User::read(r#"{"username":"rich","full_name":null}"#.into()).unwrap();
        assert_eq!(user.full_name(), None);
        assert_eq!(user.packages(), None);
        assert_eq!(user.handles().next(), None);
    }

    #[test]
    fn half_a_record_is_none() {
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
