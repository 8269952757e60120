//! The differences that stay.

use aura_sandbox::Profile;

const TRIMMED: &str = "hyper takes the spaces off the end of a header's value before we see it";
const USED_UP: &str = "the requests that had used up the minute are kept back";
const PACKAGES: &str = "publishing and owning packages is not part of the users API";
const PUBLISHED: &str = "the package that changed the record was published through another API";
const LATER: &str = "the account gets its later name at once, see World::prepare";

/// File, exchange, reason.
const KNOWN: [(&str, &str, &str); 19] = [
    ("me", "key_trailing_space", TRIMMED),
    ("publish", "publish_2", PACKAGES),
    ("publish", "show_after", PUBLISHED),
    ("publish", "retire", PACKAGES),
    ("publish", "unretire", PACKAGES),
    ("publish", "owner_add", PACKAGES),
    ("publish", "owner_update", PACKAGES),
    ("publish", "owner_remove", PACKAGES),
    ("publish", "revert", PACKAGES),
    ("publish", "new_user_me", LATER),
    ("ratelimit", "ip_101", USED_UP),
    ("ratelimit", "ip_429_erlang", USED_UP),
    ("ratelimit", "ip_429_create", USED_UP),
    ("ratelimit", "ip_429_cond", USED_UP),
    ("ratelimit", "ip_429_audit", USED_UP),
    ("ratelimit", "user_429_other_ip", USED_UP),
    ("ratelimit", "org_501", USED_UP),
    // "Basic " with nothing behind it is "Basic" by the time we see it, and so a bad key.
    ("me", "basic_empty", TRIMMED),
    ("legacy-ratelimit", "ip_429_reset", USED_UP),
];

/// Why this exchange is expected to differ, if it is.
pub(crate) fn reason(profile: Profile, file: &str, name: &str) -> Option<&'static str> {
    let own = format!("{profile}-{file}");
    KNOWN
        .iter()
        .find(|(f, n, _)| (*f == file || *f == own) && *n == name)
        .map(|(.., reason)| *reason)
}
