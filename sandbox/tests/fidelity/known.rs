//! The known differences.

use aura_sandbox::Profile;

const TRIMMED: &str = "hyper takes the spaces off the end of a header's value before we see it";
const PACKAGES: &str = "publishing and owning packages is not part of the users API";
const PUBLISHED: &str = "the package that changed the record was published through another API";
const LATER: &str = "the account gets its later name at once, see World::prepare";

/// File, exchange, reason.
const KNOWN: [(&str, &str, &str); 11] = [
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
    // "Basic " without a value arrives here as "Basic", so it is a bad key.
    ("me", "basic_empty", TRIMMED),
];

/// The reason why this exchange may differ, if it may.
pub(crate) fn reason(profile: Profile, file: &str, name: &str) -> Option<&'static str> {
    let own = format!("{profile}-{file}");
    KNOWN
        .iter()
        .find(|(f, n, _)| (*f == file || *f == own) && *n == name)
        .map(|(.., reason)| *reason)
}
