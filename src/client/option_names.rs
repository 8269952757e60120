//! The error of an unknown name, with the name that was probably meant.

use crate::Error;

/// The error of a name that is no option.
///
/// The name is repeated only if it looks like the name of an option, and if the value does not: a
/// program that swaps the two passes its key as the name.
pub(super) fn unknown_option(name: &str, value: &str, names: &[&'static str]) -> Error {
    let is_swapped = names.contains(&normalize(value.trim()).as_str());
    let is_name = (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'));
    let mut message = "unknown option".to_owned();
    if is_swapped {
        message +=
            ". Its value is the name of an option: check that name and value are not swapped";
    } else {
        if is_name {
            message += &format!(" {name:?}");
        }
        if let Some(similar) = similar_name(name, names) {
            message += &format!(". Did you mean `{similar}`?");
        }
    }
    if !message.ends_with('?') {
        message += ".";
    }
    Error::invalid_argument(format!("{message} The options are {}", names.join(", ")))
}

/// Longer names are no mistyped names of options.
const LONGEST_NAME: usize = 24;

fn normalize(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// The option that `name` probably means: the one with few typing errors, or the only one whose name
/// contains it.
fn similar_name(name: &str, names: &[&'static str]) -> Option<&'static str> {
    // Three in a long name, such as max_retry.
    let most = |known: &str| if known.len() < 9 { known.len().min(4) / 2 } else { 3 };
    const SHORTEST_PART: usize = 3;
    let name = normalize(name);
    if !(SHORTEST_PART..=LONGEST_NAME).contains(&name.len()) {
        return None;
    }
    let mistyped = names
        .iter()
        .map(|known| (strsim::osa_distance(known, &name), *known))
        .filter(|(errors, known)| *errors <= most(known))
        .min_by_key(|(errors, _)| *errors);
    mistyped.map(|(_, known)| known).or_else(|| {
        let mut containing = names.iter().copied().filter(|known| known.contains(&name));
        containing.next().filter(|_| containing.next().is_none())
    })
}
