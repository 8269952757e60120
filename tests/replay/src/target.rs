//! Finds the function that a request line belongs to, in the forms that our client may write.

use percent_encoding::percent_decode_str;

/// A request line of one of the five functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Create,
    CurrentUser,
    User(String),
    Reset(String),
    /// `None` without a page.
    AuditLogs(Option<u64>),
}

/// Reads a request line. The error is the reason why our client does not send it.
pub(crate) fn route(method: &str, target: &str) -> Result<Route, &'static str> {
    match method {
        "GET" | "POST" => {}
        "HEAD" => return Err("method HEAD"),
        _ => return Err("a method other than GET and POST"),
    }
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    if target.contains('#') {
        return Err("a fragment");
    }
    let segments: Vec<&str> = match path.strip_prefix("/api/users") {
        Some("") => Vec::new(),
        Some(rest) if rest.starts_with('/') => rest[1..].split('/').collect(),
        _ => return Err("no route of the five functions"),
    };
    let route = match (method, &segments[..], query) {
        ("GET", ["me", "audit-logs"], query) => {
            return Ok(Route::AuditLogs(query.map(page).transpose()?));
        }
        ("POST", [], None) => Route::Create,
        ("GET", ["me"], None) => Route::CurrentUser,
        ("GET", [segment], None) => Route::User(name(segment)?),
        ("POST", [segment, "reset"], None) => Route::Reset(name(segment)?),
        (_, _, Some(_)) => return Err("a query"),
        _ => return Err("no route of the five functions"),
    };
    Ok(route)
}

/// `page=N` with N from 1, in plain digits.
fn page(query: &str) -> Result<u64, &'static str> {
    const ODD: &str = "a query that is no plain page number";
    let digits = query.strip_prefix("page=").ok_or(ODD)?;
    if digits.is_empty()
        || digits.starts_with('0')
        || !digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(ODD);
    }
    digits.parse().map_err(|_| "a page number over 64 bits")
}

/// The decoded name in a path segment.
fn name(segment: &str) -> Result<String, &'static str> {
    const RAW: &[u8] = b"-._~!$&'()*+,;=:@";
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let whole = match byte {
            b'%' => [bytes.next(), bytes.next()]
                .iter()
                .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())),
            _ => byte.is_ascii_alphanumeric() || RAW.contains(&byte),
        };
        if !whole {
            return Err("characters in the path that must be encoded");
        }
    }
    let name = percent_decode_str(segment).decode_utf8().map_err(|_| "a name that is not UTF-8")?;
    match &*name {
        "" | "." | ".." | "me" => Err("a name refused before sending"),
        name => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_five_routes() {
        for (method, target, expected) in [
            ("POST", "/api/users", Route::Create),
            ("GET", "/api/users/me", Route::CurrentUser),
            ("GET", "/api/users/ME", Route::User("ME".to_owned())),
            ("GET", "/api/users/%65ric", Route::User("eric".to_owned())),
            ("GET", "/api/users/we+ird@example.com", Route::User("we+ird@example.com".to_owned())),
            ("GET", "/api/users/eric%2F", Route::User("eric/".to_owned())),
            ("GET", "/api/users/%252F", Route::User("%2F".to_owned())),
            ("GET", "/api/users/%C3%BC%00", Route::User("ü\0".to_owned())),
            ("POST", "/api/users/a%20b/reset", Route::Reset("a b".to_owned())),
            ("GET", "/api/users/me/audit-logs", Route::AuditLogs(None)),
            (
                "GET",
                "/api/users/me/audit-logs?page=9223372036854775808",
                Route::AuditLogs(Some(1 << 63)),
            ),
        ] {
            assert_eq!(route(method, target), Ok(expected), "{method} {target}");
        }
    }

    #[test]
    fn refuses_requests_that_no_client_sends() {
        for (method, target) in [
            ("HEAD", "/api/users/eric"),
            ("DELETE", "/api/users/eric"),
            ("GET", "/api/users"),
            ("GET", "/api/users/"),
            ("GET", "/api/usersx"),
            ("GET", "/api//users/eric"),
            ("GET", "/api/keys"),
            ("GET", "/api/users/."),
            ("GET", "/api/users/%2e%2E"),
            ("GET", "/api/users/%6de"),
            ("GET", "/api/users/eric/"),
            ("GET", "/api/users/eric?"),
            ("GET", "/api/users/eric#x"),
            ("GET", "/api/users/a b"),
            ("GET", "/api/users/ü"),
            ("GET", "/api/users/a%"),
            ("GET", "/api/users/a%2"),
            ("GET", "/api/users/a%zz"),
            ("GET", "/api/users/%FF"),
            ("GET", "/api/users/me/reset"),
            ("POST", "/api/users/me"),
            ("POST", "/api/users/me/reset"),
            ("POST", "/api/users//reset"),
            ("POST", "/api/users?a=b"),
            ("POST", "/api/users/me/audit-logs"),
            ("GET", "/api/users/me/audit-logs?"),
            ("GET", "/api/users/me/audit-logs?page="),
            ("GET", "/api/users/me/audit-logs?page=0"),
            ("GET", "/api/users/me/audit-logs?page=02"),
            ("GET", "/api/users/me/audit-logs?page=+2"),
            ("GET", "/api/users/me/audit-logs?page=18446744073709551616"),
            ("GET", "/api/users/me/audit-logs?page=2&per_page=10"),
            ("GET", "http://localhost:4000/api/users/eric"),
            ("OPTIONS", "*"),
        ] {
            assert!(route(method, target).is_err(), "{method} {target}");
        }
    }
}
