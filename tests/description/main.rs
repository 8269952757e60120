//! `include/aura_users.json` and `include/aura_users.cdef` match the header. The first is for
//! generators of bindings, the second for parsers of C without a preprocessor. `AURA_BLESS=1`
//! writes both.
//!
//! - `header`: reads the declarations in the header
//! - `roles`: the role of a parameter, its owner, and the function that frees it
//! - `records`: the members of errors, users, rows and log lines
#![cfg(feature = "capi")]

mod header;
mod records;
mod roles;

use std::fs;
use std::path::Path;

use aura_users::{ErrorKind, OptionKind, Options, Reason};
use header::{Declaration, Declarations};
use serde_json::{Value, json};

const HEADER: &str = include_str!("../../include/aura_users.h");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The part of the version in the SONAME, as in library.mk.
fn abi_version() -> &'static str {
    let parts = if VERSION.starts_with("0.") { 2 } else { 1 };
    let (end, _) = VERSION.match_indices('.').nth(parts - 1).unwrap();
    &VERSION[..end]
}

fn options() -> Vec<Value> {
    let option = |spec: &aura_users::OptionSpec| {
        let (kind, values, minimum, maximum) = match spec.kind {
            OptionKind::Text => ("text", vec![], Value::Null, Value::Null),
            OptionKind::Url => ("url", vec![], Value::Null, Value::Null),
            OptionKind::Path => ("path", vec![], Value::Null, Value::Null),
            OptionKind::Boolean => ("boolean", vec!["true", "false"], Value::Null, Value::Null),
            OptionKind::Choice(values) => ("choice", values.to_vec(), Value::Null, Value::Null),
            OptionKind::Seconds(range) => ("seconds", vec![], range.0.into(), range.1.into()),
            OptionKind::Whole(range) => ("whole", vec![], range.0.into(), range.1.into()),
            _ => panic!("{}: a kind of option that is new", spec.name),
        };
        json!({
            "name": spec.name,
            "type": kind,
            "default": spec.default,
            "allowed": spec.allowed,
            "values": values,
            "minimum": minimum,
            "maximum": maximum,
            "environment": spec.env,
            "is_secret": spec.is_secret,
            "scope": if spec.name == "env" { "client" } else { "call" },
            "doc": spec.doc,
        })
    };
    Options::SPECS.iter().map(option).collect()
}

fn error_kinds(declarations: &Declarations) -> Vec<Value> {
    let kind = |kind: &ErrorKind| {
        let value = declarations.value(kind.number());
        json!({
            "name": kind.as_str(),
            "number": kind.number(),
            "constant": value.name,
            "doc": value.doc,
            "hint": kind.hint(),
        })
    };
    ErrorKind::ALL.iter().map(kind).collect()
}

fn description(declarations: &Declarations) -> Value {
    json!({
        "about": "Made from src by `make header`. tools/README.md says how to make a binding of it.",
        "library": {
            "name": "aura_users",
            "version": VERSION,
            "abi": abi_version(),
            "soname": {
                "linux": format!("libaura_users.so.{}", abi_version()),
                "macos": format!("libaura_users.{}.dylib", abi_version()),
            },
        },
        "constants": declarations.constants(),
        "enums": declarations.enums(),
        "handles": declarations.handles(),
        "callbacks": declarations.callbacks(),
        "functions": declarations.functions(),
        "options": options(),
        "error_kinds": error_kinds(declarations),
        "reasons": Reason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>(),
        "records": records::all(),
    })
}

/// Only the declarations, in the form that LuaJIT and PHP can parse.
fn cdef(declarations: &Declarations) -> String {
    let mut text = format!(
        "/* The declarations of aura_users.h {VERSION}, without comments and preprocessor: for the FFIs \
         of LuaJIT and PHP.\n   Made by `make header`. */\n"
    );
    for declaration in &declarations.0 {
        match declaration {
            Declaration::Constant { .. } => {}
            Declaration::Enum { name, values, .. } => {
                let values: Vec<_> =
                    values.iter().map(|v| format!("    {} = {}", v.name, v.number)).collect();
                text += &format!("typedef enum {{\n{}\n}} {name};\n", values.join(",\n"));
            }
            Declaration::Other { text: declared, .. } => text += &format!("{declared};\n"),
        }
    }
    text
}

fn holds(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("AURA_BLESS").is_some() {
        fs::write(&path, made).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert!(made == checked_in, "{file} is stale: run `make header`");
}

#[test]
fn the_description_matches_the_header() {
    let declarations = Declarations::read(HEADER);
    let json = serde_json::to_string_pretty(&description(&declarations)).unwrap() + "\n";
    holds("include/aura_users.json", &json);
    holds("include/aura_users.cdef", &cdef(&declarations));
}

#[test]
fn every_parameter_has_a_role_and_every_owned_value_can_be_freed() {
    let declarations = Declarations::read(HEADER);
    let functions = declarations.functions();
    let names: Vec<_> = functions.iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert!(names.len() > 60, "{names:?}");
    for function in &functions {
        let what = function["name"].as_str().unwrap();
        assert!(
            function["blocks"].is_string(),
            "{what}: its documentation has to say if it blocks"
        );
        for part in function["parameters"].as_array().unwrap().iter().chain([&function["result"]]) {
            assert!(part["role"].is_string(), "{what}: {part}");
            if part["is_owned"] == true {
                let free = part["free"].as_str().unwrap_or_else(|| panic!("{what}: {part}"));
                assert!(names.contains(&free), "{what}: {free}");
            }
        }
    }
}

#[test]
fn the_generated_parts_are_not_stale() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = root.join("tools/generate.py");
    if std::env::var_os("AURA_BLESS").is_some() {
        return;
    }
    match std::process::Command::new("python3").arg(script).arg("--check").output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(_) => println!("skipped: the_generated_parts_are_not_stale: python3 is not installed"),
    }
}
