//! The README matches the code: options, error kinds and the C program.

use aura_users::{ErrorKind, Options};

const README: &str = include_str!("../README.md");

#[test]
fn every_option_is_in_the_table_with_default_and_variables() {
    for spec in Options::SPECS.iter().filter(|spec| spec.name != "env") {
        let row = README
            .lines()
            .find(|line| {
                line.starts_with("| ")
                    && line.split('|').nth(1).unwrap().contains(&format!("`{}`", spec.name))
            })
            .unwrap_or_else(|| panic!("{} is missing", spec.name));
        if let Some(default) = spec.default {
            let default = if spec.name == "max_body" { "16 MiB" } else { default };
            assert!(row.split('|').nth(2).unwrap().contains(default), "{row}");
        }
        if let Some(variable) = spec.env.first() {
            assert!(row.contains(variable), "{row}");
        }
    }
}

#[test]
fn every_error_kind_is_listed() {
    for kind in ErrorKind::ALL {
        assert!(README.contains(&format!("`{kind}`")), "{kind}");
    }
}

#[test]
fn the_c_program_is_the_one_of_the_header() {
    let header = include_str!("../include/aura_users.h");
    let program = README.split("```c\n").nth(1).unwrap().split("```").next().unwrap();
    for line in program.lines().filter(|line| !line.is_empty()) {
        assert!(header.contains(line), "{line}");
    }
}
