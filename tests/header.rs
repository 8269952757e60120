//! Generates `include/aura_users.h` and compares it with the file. `AURA_BLESS=1` writes the file.
#![cfg(feature = "capi")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use aura_users::Options;

const HEADER: &str = "include/aura_users.h";
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn options() -> String {
    let mut text = String::new();
    for spec in Options::SPECS {
        let default = spec.default.map(|default| format!(", default {default}"));
        let variables = spec.env.iter().map(|name| format!(", ${name}")).collect::<String>();
        writeln!(text, "- {}{}{variables}:", spec.name, default.unwrap_or_default()).unwrap();
        for line in wrap(&format!("{} Allowed: {}.", spec.doc, spec.allowed), 92) {
            writeln!(text, "  {line}").unwrap();
        }
    }
    text.trim_end().to_owned()
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        if lines.last().is_some_and(|line| line.len() + word.len() >= width) {
            lines.push(String::new());
        }
        let line = lines.last_mut().unwrap();
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

/// The system libraries that rustc names for a static library. The Makefile and the tests use the
/// list.
fn native_libraries() -> String {
    fs::read_to_string(root().join("src/ffi/native-libraries.txt")).unwrap().trim().to_owned()
}

fn first_page() -> String {
    let text = fs::read_to_string(root().join("src/ffi/preamble.txt")).unwrap();
    let major_minor = VERSION.rsplit_once('.').unwrap().0;
    let text = text
        .replace("{options}", &options())
        .replace("{native_libraries}", &native_libraries())
        .replace("{major_minor}", major_minor);
    let lines = text.trim_end().lines().map(|line| format!(" * {line}").trim_end().to_owned());
    format!("/**\n * \\mainpage\n{}\n */", lines.collect::<Vec<_>>().join("\n"))
}

fn header() -> String {
    let mut config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    config.header = Some(first_page());
    config.after_includes = Some(format!(
        "\n/** \\file */\n\n\
         /**\n * The version of this header. aura_version() returns the version of the library.\n *\n \
         * Since 0.1.0.\n */\n\
         #define AURA_USERS_VERSION \"{VERSION}\"",
    ));
    // The order of the files is the order of the header.
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in [
        "status",
        "error",
        "string",
        "options",
        "cancel_token",
        "client",
        "audit_logs",
        "call",
        "completions",
        "json",
        "log",
    ] {
        builder = builder.with_src(root().join(format!("src/ffi/{file}.rs")));
    }
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn the_header_matches_the_code() {
    let made = header();
    let path = root().join(HEADER);
    if std::env::var_os("AURA_BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert!(made == checked_in, "{HEADER} is stale: run `make header`");
}
