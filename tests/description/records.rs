//! The members of the JSON objects. `type` is text, number, whole, boolean, time (RFC 3339), json (any
//! value), list of RECORD, or map (of text to text). The server may add members to its records.

use aura_users::blocking::Client;
use aura_users::{ErrorKind, Options};
use serde_json::{Map, Value, json};

/// The name, the type, whether it may be null or absent, and the documentation.
type Member = (&'static str, &'static str, bool, &'static str);

const ERROR: &[Member] = &[
    ("kind", "text", false, "The kind of the error: a name in error_kinds."),
    ("code", "whole", false, "The number of the kind."),
    ("text", "text", false, "The error as one line of text, without secrets."),
    ("status", "whole", true, "The HTTP status, if a reply arrived."),
    ("message", "text", false, "The server's own message if it sent one, otherwise the library's."),
    ("hint", "text", true, "What to do next, if the library knows more than the message."),
    ("reason", "text", true, "Why the server rejected a credential or an account: one of reasons."),
    ("errors", "json", true, "The fields that the server rejected, and why."),
    ("request_id", "text", true, "The x-request-id of the reply."),
    ("retry_after_ms", "whole", true, "How many milliseconds the server asks you to wait."),
    ("attempts", "whole", false, "How many times the request was sent."),
    ("method", "text", true, "The method of the request."),
    ("route", "text", true, "The route of the request with its parameters unfilled."),
    ("outcome_unknown", "boolean", false, "Whether the server may have completed the request."),
    (
        "retryable",
        "boolean",
        false,
        "Whether the same call may succeed later and is safe to repeat.",
    ),
];

const USER: &[Member] = &[
    ("username", "text", false, "The username, unique on the server, in lower case."),
    ("full_name", "text", true, "The person's name, if they gave one."),
    ("email", "text", true, "The public e-mail address, if there is one."),
    ("handles", "map", true, "Links to the person's other accounts, by display name."),
    ("url", "text", true, "The URL of this record in the API."),
    ("inserted_at", "time", true, "When the account was created."),
    ("updated_at", "time", true, "When the account was last changed."),
    (
        "packages",
        "list of package",
        true,
        "The packages that the user owns and the caller may see.",
    ),
    ("owned_packages", "map", true, "The URLs of the packages by name. The server deprecates it."),
    (
        "organizations",
        "list of organization",
        true,
        "The organizations of the user. Only the current user's record has them.",
    ),
];

const PACKAGE: &[Member] = &[
    ("name", "text", false, "The name, unique in the repository."),
    ("repository", "text", false, "`hexpm`, or the organization's repository."),
    ("url", "text", false, "The URL in the API."),
    ("html_url", "text", false, "The URL of the web page."),
];

const ORGANIZATION: &[Member] = &[
    ("name", "text", false, "The name."),
    ("role", "text", false, "`admin`, `write` or `read` on hex.pm."),
];

const AUDIT_LOG: &[Member] = &[
    ("action", "text", false, "What was done, such as `key.generate` or `release.publish`."),
    ("user_agent", "text", true, "The `User-Agent` of the program that did it, cut by the server."),
    ("params", "json", true, "The details. Their structure depends on the action."),
    ("inserted_at", "time", true, "When it was done, if the server sends it."),
];

const LOG: &[Member] = &[
    ("dropped", "whole", false, "How many lines were dropped because the store was full."),
    ("lines", "list of log_line", false, "The lines, the oldest first."),
];

const LOG_LINE: &[Member] = &[
    ("level", "text", false, "`debug`, `info` or `warn`."),
    ("text", "text", false, "The line that a callback gets."),
    ("time_ms", "whole", false, "The time, in milliseconds since 1970."),
    ("message", "text", false, "What happened."),
    ("method", "text", true, "The method of the request."),
    ("route", "text", true, "The route of the request with its parameters unfilled."),
    ("attempt", "whole", true, "The number of the attempt, counted from 1."),
    ("status", "whole", true, "The HTTP status of the reply."),
    ("kind", "text", true, "The kind of the error, if the request failed."),
    ("elapsed_ms", "number", true, "The duration of the request, or of the pause before a retry."),
    ("request_id", "text", true, "The x-request-id of the reply."),
];

const RATE_LIMIT: &[Member] = &[
    ("limit", "whole", false, "The requests allowed in a window."),
    ("remaining", "whole", false, "The requests left in this window."),
    ("resets_in_ms", "whole", false, "The milliseconds until the next window."),
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
