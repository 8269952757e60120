//! `docs/abi` matches the header, and keeps every released line. `AURA_BLESS=1` writes only the
//! lines of the version in development.
#![cfg(feature = "capi")]

use std::fs;
use std::mem::take;
use std::path::Path;

const HEADER: &str = include_str!("../include/aura_users.h");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The sentences in the header that state whether a function blocks. See `tests/description`.
const BLOCKING: [&str; 3] = ["Blocks.", "Does not block.", "Blocks for at most one second."];

/// The part of the version in the SONAME, as in library.mk.
fn abi_version() -> &'static str {
    let parts = if VERSION.starts_with("0.") { 2 } else { 1 };
    let (end, _) = VERSION.match_indices('.').nth(parts - 1).unwrap();
    &VERSION[..end]
}

/// A line for each macro, type, number and function: its first version and its declaration, without
/// comments and names of parameters.
fn declared() -> Vec<String> {
    let mut items = Vec::new();
    let mut lines =
        HEADER.lines().map(str::trim).skip_while(|line| *line != "#ifndef AURA_USERS_H");
    lines.nth(1); // and the guard's #define
    let mut doc = Vec::new();
    let mut of_enum = Vec::new();
    let mut declaration = String::new();
    while let Some(line) = lines.next() {
        match line {
            "/**" => doc = lines.by_ref().take_while(|line| *line != "*/").collect(),
            "typedef enum {" => of_enum = take(&mut doc),
            _ if line.starts_with("#define ") => {
                let name = line.split(' ').nth(1).unwrap();
                items.push(item(&take(&mut doc), &[], &format!("#define {name}")));
            }
            // Other preprocessor lines, and the braces of extern "C".
            _ if line.is_empty() || line.starts_with(['#', '/']) => {}
            "extern \"C\" {" | "}  // extern \"C\"" => {}
            _ => {
                declaration.push_str(line);
                declaration.push(' ');
                let is_number = !of_enum.is_empty() && !line.starts_with('}');
                if !line.ends_with(if is_number { ',' } else { ';' }) {
                    continue;
                }
                let text = declaration.trim_end_matches([' ', ',', ';']);
                items.push(match text.strip_prefix("} ") {
                    Some(name) => item(&take(&mut of_enum), &[], &format!("enum {name}")),
                    None => item(&take(&mut doc), &of_enum, &without_names(text)),
                });
                declaration.clear();
            }
        }
    }
    items
}

/// `whole` is the documentation of the enum that a number belongs to. A number has its enum's
/// version, unless it names its own.
fn item(doc: &[&str], whole: &[&str], text: &str) -> String {
    assert!(!doc.is_empty(), "{text}: not documented");
    let version = whole.iter().chain(doc).filter_map(|line| since(line)).next_back();
    let version = version.unwrap_or_else(|| {
        panic!("{text}: its documentation has to end with the version it came in: Since {VERSION}.")
    });
    format!("{version} {text}")
}

fn since(line: &str) -> Option<&str> {
    let line = line.strip_prefix("* ")?;
    let line = BLOCKING.iter().find_map(|words| line.strip_prefix(words)).unwrap_or(line);
    line.trim_start().strip_prefix("Since ")?.strip_suffix('.')
}

fn without_names(declaration: &str) -> String {
    let Some((head, parameters)) = declaration.trim_end_matches(')').rsplit_once('(') else {
        return declaration.to_owned();
    };
    let types = parameters.split(',').map(|parameter| {
        let parameter = parameter.trim();
        let unnamed = parameter.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
        if unnamed.is_empty() { parameter } else { unnamed.trim_end() }
    });
    format!("{head}({})", types.collect::<Vec<_>>().join(", "))
}

#[test]
fn released_declarations_stay() {
    let file = format!("docs/abi/{}.txt", abi_version());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
    let declared = declared();
    if let Ok(recorded) = fs::read_to_string(&path) {
        let released = |line: &str| line.split(' ').next() != Some(VERSION);
        let recorded = recorded.lines().filter(|line| released(line)).collect::<Vec<_>>();
        for line in &recorded {
            assert!(declared.iter().any(|d| d == line), "released, but no longer there: {line}");
        }
        for line in declared.iter().filter(|line| released(line)) {
            assert!(recorded.contains(&line.as_str()), "this is since {VERSION}: {line}");
        }
    }
    let declared = declared.join("\n") + "\n";
    if std::env::var_os("AURA_BLESS").is_some() {
        fs::write(&path, &declared).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert!(checked_in == declared, "{file} is stale: run `make header`");
}
