//! The message of an HTTP/2 error.

use h2::{Error, Reason};

/// The words for an error code, the server's or our own. `None` if the connection only broke. Debug
/// data of the server is left out: anything may be in it.
pub(super) fn explain(error: &Error) -> Option<String> {
    let reason = error.reason()?;
    let code = name(reason);
    if error.is_remote() {
        let what = if error.is_go_away() { "connection" } else { "request" };
        let meaning = meaning(reason);
        return Some(format!("the server ended the {what} with the HTTP/2 code {code}{meaning}"));
    }
    // h2 reports headers that are too large with the codes for other faults.
    let words = match reason {
        Reason::COMPRESSION_ERROR => HEADERS,
        Reason::PROTOCOL_ERROR if error.is_reset() => HEADERS,
        Reason::ENHANCE_YOUR_CALM => {
            "the server sends too many HTTP/2 frames, or headers of more than 16 kB"
        }
        _ => "the server breaks the rules of HTTP/2",
    };
    Some(format!("{words} ({code})"))
}

const HEADERS: &str = "the server breaks the rules of HTTP/2, or sends headers of more than 16 kB";

/// The name of a code in RFC 9113, or its number.
fn name(reason: Reason) -> String {
    let name = format!("{reason:?}");
    let is_known = name.bytes().all(|byte| !byte.is_ascii_lowercase());
    if is_known { name } else { format!("{:#x}", u32::from(reason)) }
}

/// What a server means by a code, if the name does not say it.
fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::REFUSED_STREAM => ": it did not look at the request",
        Reason::ENHANCE_YOUR_CALM => ": it gets too many requests",
        Reason::HTTP_1_1_REQUIRED => ": it wants HTTP/1.1",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_names_or_numbers() {
        assert_eq!(name(Reason::NO_ERROR), "NO_ERROR");
        assert_eq!(name(Reason::HTTP_1_1_REQUIRED), "HTTP_1_1_REQUIRED");
        assert_eq!(name(Reason::from(0x99)), "0x99");
    }
}
