//! Turns the names that people have on other sites into links.

use crate::new::Handles;
use crate::term::Map;

/// The links by display name.
pub(crate) fn render(handles: Option<&Handles>) -> Map {
    let mut map = Map::new();
    let Some(handles) = handles else {
        return map;
    };
    let twitter = handles.twitter.as_ref().map(|h| h.replace("twitter.com", "x.com"));
    let site = |map: &mut Map, name: &str, url: &str, handle: Option<String>| {
        if let Some(handle) = handle {
            map.set(name, format!("{url}{handle}"));
        }
    };
    let bare = |handle: &Option<String>, host: &str, path: &str| {
        handle.as_deref().and_then(|h| bare(h, host, path))
    };
    site(&mut map, "X.com", "https://x.com/", bare(&twitter, "x.com", "/"));
    let bluesky = match handles.bluesky.as_deref() {
        Some(did) if did.starts_with("did:") => Some(did.to_owned()),
        _ => bare(&handles.bluesky, "bsky.app", "/profile/"),
    };
    site(&mut map, "Bluesky", "https://bsky.app/profile/", bluesky);
    let github = bare(&handles.github, "github.com", "/");
    site(&mut map, "GitHub", "https://github.com/", github);
    let forum = bare(&handles.elixirforum, "elixirforum.com", "/u/");
    site(&mut map, "Elixir Forum", "https://elixirforum.com/u/", forum);
    if handles.freenode.is_some() {
        map.set("Libera", "irc://irc.libera.chat/elixir");
    }
    if handles.slack.is_some() {
        map.set("Slack", "https://elixir-slack.community");
    }
    map
}

/// The handle, without the URL around it.
fn bare(handle: &str, host: &str, prefix: &str) -> Option<String> {
    let (web, authority, path) = split(handle);
    match path {
        "" => None,
        path if web && authority.contains(host) && path.starts_with(prefix) => {
            Some(path[prefix.len()..].to_owned())
        }
        path => Some(path.replace(&format!("{host}{prefix}"), "")),
    }
}

/// Whether the scheme is http or https; the host; the path without query and fragment.
fn split(uri: &str) -> (bool, &str, &str) {
    let is_scheme = |s: &str| {
        s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let (scheme, rest) = match uri.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        _ => ("", uri),
    };
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let rest = rest.split(['?', '#']).next().unwrap_or("");
    match rest.strip_prefix("//") {
        Some(rest) => {
            let at = rest.find('/').unwrap_or(rest.len());
            (web, &rest[..at], &rest[at..])
        }
        None => (web, "", rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_links() {
        let handles = Handles {
            twitter: Some("https://twitter.com/me".into()),
            bluesky: Some("did:plc:abc".into()),
            github: Some("github.com/me".into()),
            elixirforum: Some("https://elixirforum.com/u/me?x=1".into()),
            ..Handles::default()
        };
        let map = render(Some(&handles));
        let get = |name: &str| map.get(name).and_then(|v| v.as_str()).unwrap();
        assert_eq!(get("X.com"), "https://x.com/me");
        assert_eq!(get("Bluesky"), "https://bsky.app/profile/did:plc:abc");
        assert_eq!(get("GitHub"), "https://github.com/me");
        assert_eq!(get("Elixir Forum"), "https://elixirforum.com/u/me");
        assert!(render(None).is_empty());
    }
}
