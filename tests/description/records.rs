//! The members of JSON results. `type` is text, number, whole, boolean, time (RFC 3339), json (any
//! value), list of RECORD, or map (of text to text). A record of the server may have more members.

use aura_users::blocking::Client;
use aura_users::{ErrorKind, Options};
use serde_json::{Map, Value, json};

/// Name, type, whether it may be null or absent, documentation.
type Member = (&'static str, &'static str, bool, &'static str);

const ERROR: &[Member] = &[
    ("kind", "text", false, "What went wrong: the name of one of error_kinds."),
    ("code", "whole", false, "The number of that kind."),
    ("text", "text", false, "The whole error in a sentence, without secrets."),
    ("status", "whole", true, "The HTTP status, if a reply came."),
    ("message", "text", false, "The server's own message if it sent one, else the library's."),
    ("hint", "text", true, "What to do next, if the library knows more than the message says."),
    ("reason", "text", true, "Why a credential or an account was refused: one of reasons."),
    ("errors", "json", true, "What the server refused, an object by field."),
    ("request_id", "text", true, "The reply's x-request-id."),
    ("retry_after_ms", "whole", true, "How long the server asks to wait, in milliseconds."),
    ("attempts", "whole", false, "How many times the request was sent."),
    ("method", "text", true, "The request's method."),
    ("route", "text", true, "The request's route without its parameters."),
    ("outcome_unknown", "boolean", false, "Whether the server may have done it all the same."),
    ("retryable", "boolean", false, "Whether the same call may succeed later, and is safe."),
];

const USER: &[Member] = &[
    ("username", "text", false, "The name, unique on the server, in lower case."),
    ("full_name", "text", true, "The person's name, if they gave one."),
    ("email", "text", true, "The public e-mail address, if there is one."),
    ("handles", "map", true, "Links to the person's other accounts, by display name."),
    ("url", "text", true, "Where the API has this record."),
    ("inserted_at", "time", true, "When the account was made."),
    ("updated_at", "time", true, "When the account was last changed."),
    (
        "packages",
        "list of package",
        true,
        "The packages that the user owns and the caller may see.",
    ),
    ("owned_packages", "map", true, "The packages' URLs by name; deprecated by the server."),
    ("organizations", "list of organization", true, "Of the current user's record alone."),
];

const PACKAGE: &[Member] = &[
    ("name", "text", false, "Its name, unique in its repository."),
    ("repository", "text", false, "`hexpm`, or the organization's repository."),
    ("url", "text", false, "Where the API has it."),
    ("html_url", "text", false, "Where a person reads about it."),
];

const ORGANIZATION: &[Member] = &[
    ("name", "text", false, "Its name."),
    ("role", "text", false, "`admin`, `write` or `read` on hex.pm."),
];

const AUDIT_LOG: &[Member] = &[
    ("action", "text", false, "What was done: `key.generate`, `release.publish` and the like."),
    ("user_agent", "text", true, "The program that did it, cut by the server."),
    ("params", "json", true, "The details. Their shape follows the action."),
    ("inserted_at", "time", true, "When it was done, if the server sends it."),
];

const LOG: &[Member] = &[
    ("dropped", "whole", false, "For how many lines there was no room."),
    ("lines", "list of log_line", false, "The lines, the oldest first."),
];

const LOG_LINE: &[Member] = &[
    ("level", "text", false, "`debug`, `info` or `warn`."),
    ("text", "text", false, "The line as a callback gets it."),
    ("time_ms", "whole", false, "When it came, in milliseconds since 1970."),
    ("message", "text", false, "What happened, in words."),
    ("method", "text", true, "The request's method."),
    ("route", "text", true, "The request's route without its parameters."),
    ("attempt", "whole", true, "Which attempt of the call it was, counted from 1."),
    ("status", "whole", true, "The reply's HTTP status."),
    ("kind", "text", true, "The kind of the error it ended with."),
    ("elapsed_ms", "number", true, "How long it took, or how long the pause will be."),
    ("request_id", "text", true, "The reply's x-request-id."),
];

const RATE_LIMIT: &[Member] = &[
    ("limit", "whole", false, "Requests in a window."),
    ("remaining", "whole", false, "Requests left in this window."),
    ("resets_in_ms", "whole", false, "Milliseconds until the next window."),
];

pub(crate) fn all() -> Value {
    let mut records = Map::new();
    for (name, members) in [
        ("error", ERROR),
        ("user", USER),
        ("package", PACKAGE),
        ("organization", ORGANIZATION),
        ("audit_log", AUDIT_LOG),
        ("log", LOG),
        ("log_line", LOG_LINE),
        ("rate_limit", RATE_LIMIT),
    ] {
        let members = members.iter().map(|(name, kind, is_nullable, doc)| {
            json!({"name": name, "type": kind, "is_nullable": is_nullable, "doc": doc})
        });
        records.insert(name.into(), members.collect());
    }
    records.into()
}

#[test]
fn an_error_has_these_members() {
    let error = Client::new(Options::new().env(false)).unwrap().get_user("..").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let json: Map<String, Value> = serde_json::from_str(&error.to_json()).unwrap();
    let mut described: Vec<_> = ERROR.iter().map(|member| member.0).collect();
    described.sort_unstable();
    let mut has: Vec<_> = json.keys().map(String::as_str).collect();
    has.sort_unstable();
    assert_eq!(described, has);
}
