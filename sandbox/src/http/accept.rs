//! Chooses the format of a reply.

use crate::term::{Map, Term};

/// A format the API can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Elixir,
    Erlang,
    Html,
}

/// None of the formats on offer is acceptable: 406.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAcceptable;

/// The formats of the API's endpoints, the default first.
pub(crate) const API: [Format; 3] = [Format::Json, Format::Elixir, Format::Erlang];
/// The formats of an error outside of the endpoints.
const ERRORS: [Format; 4] = [Format::Html, Format::Json, Format::Elixir, Format::Erlang];

impl Format {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json; charset=utf-8",
            Format::Elixir => "application/vnd.hex+elixir; charset=utf-8",
            Format::Erlang => "application/vnd.hex+erlang; charset=utf-8",
            Format::Html => "text/html; charset=utf-8",
        }
    }

    fn from_name(name: &str) -> Option<Format> {
        Some(match name {
            "json" => Format::Json,
            "elixir" => Format::Elixir,
            "erlang" => Format::Erlang,
            "html" => Format::Html,
            _ => return None,
        })
    }

    fn kind(self) -> &'static str {
        match self {
            Format::Html => "text",
            _ => "application",
        }
    }
}

/// The format for an error page: anything unknown gets HTML.
pub(crate) fn for_errors(params: &Map, accept: Option<&str>) -> Format {
    choose(params, accept, &ERRORS).unwrap_or(Format::Html)
}

/// The format by the `_format` parameter, else by the Accept header.
pub(crate) fn choose(
    params: &Map,
    accept: Option<&str>,
    offered: &[Format],
) -> Result<Format, NotAcceptable> {
    if let Some(wanted) = params.get("_format") {
        return wanted
            .as_str()
            .and_then(Format::from_name)
            .filter(|f| offered.contains(f))
            .ok_or(NotAcceptable);
    }
    let accept = match accept {
        None | Some("*/*") => return Ok(offered[0]),
        Some(accept) => accept,
    };
    if accept.contains("*/*") && offered.contains(&Format::Html) {
        return Ok(Format::Html);
    }
    let mut later = Vec::new();
    for range in accept.split(',') {
        let Some((kind, subtype, quality)) = media_range(range) else {
            continue;
        };
        let found = find(&kind, &subtype, offered);
        if quality == 1.0 && found.is_some() {
            return found.ok_or(NotAcceptable);
        }
        later.push((quality, range, found));
    }
    later.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    later.into_iter().find_map(|(.., found)| found).ok_or(NotAcceptable)
}

fn find(kind: &str, subtype: &str, offered: &[Format]) -> Option<Format> {
    match (kind, subtype) {
        ("*", "*") => offered.first().copied(),
        (kind, "*") => offered.iter().copied().find(|f| f.kind() == kind),
        _ => {
            let format = by_media_type(kind, subtype)?;
            offered.contains(&format).then_some(format)
        }
    }
}

fn by_media_type(kind: &str, subtype: &str) -> Option<Format> {
    match (kind, subtype) {
        ("application", "vnd.hex+elixir") => Some(Format::Elixir),
        ("application", "vnd.hex+erlang") => Some(Format::Erlang),
        ("text", "html") => Some(Format::Html),
        // These have their own names. Every other +json is JSON.
        ("application", "ld+json" | "manifest+json" | "vnd.api+json") => None,
        (_, subtype) if kind == "application" && subtype == "json" => Some(Format::Json),
        (_, subtype) if subtype.ends_with("+json") => Some(Format::Json),
        _ => None,
    }
}

fn media_range(range: &str) -> Option<(String, String, f64)> {
    let mut parts = range.split(';');
    let (kind, subtype) = parts.next()?.trim().split_once('/')?;
    let token = |t: &str| !t.is_empty() && !t.contains(|c: char| c.is_whitespace() || c == '/');
    if !token(kind) || !token(subtype) || (kind == "*" && subtype != "*") {
        return None;
    }
    let quality = parts
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("q"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(1.0);
    Some((kind.to_ascii_lowercase(), subtype.to_ascii_lowercase(), quality))
}

/// An object with one text and one number, like every error.
pub(crate) fn error_term(status: u16, message: &str, errors: Option<Map>) -> Term {
    let mut map = Map::new().with("message", message).with("status", i64::from(status));
    if let Some(errors) = errors {
        map.set("errors", errors);
    }
    map.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(accept: &str) -> Option<Format> {
        choose(&Map::new(), Some(accept), &API).ok()
    }

    #[test]
    fn accept_headers() {
        assert_eq!(api("*/*"), Some(Format::Json));
        assert_eq!(api("application/*"), Some(Format::Json));
        assert_eq!(api("text/html,application/json;q=0.9"), Some(Format::Json));
        assert_eq!(
            api("application/json;q=0.1, application/vnd.hex+erlang;q=0.5"),
            Some(Format::Erlang)
        );
        assert_eq!(api("text/html, */*;q=0.1"), Some(Format::Json));
        assert_eq!(api("text/html"), None);
        assert_eq!(api("garbage"), None);
        assert_eq!(api(""), None);
        assert_eq!(for_errors(&Map::new(), None), Format::Html);
        assert_eq!(for_errors(&Map::new(), Some("*/*")), Format::Html);
        assert_eq!(for_errors(&Map::new(), Some("application/json")), Format::Json);
    }
}
