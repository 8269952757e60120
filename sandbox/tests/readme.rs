//! Runs the README's examples in other languages, with the README's commands.

use std::path::Path;
use std::process::{Command, Stdio};

const README: &str = include_str!("../README.md");
const PROGRAM: &str = env!("CARGO_BIN_EXE_aura-sandbox");

/// The one code block of a language.
fn block(language: &str) -> &'static str {
    let start = format!("```{language}\n");
    let mut blocks = README.split(&start).skip(1);
    let block = blocks.next().unwrap_or_else(|| panic!("no example in {language}"));
    assert!(blocks.next().is_none(), "two examples in {language}");
    block.split("```").next().expect("an end")
}

/// The README's command for the example, split at spaces.
fn command(language: &str) -> Vec<&'static str> {
    let line =
        README.lines().find_map(|line| line.strip_prefix(&format!("{language}: `aura-sandbox ")));
    let line = line.unwrap_or_else(|| panic!("no command for {language}"));
    line.trim_end_matches('`').split(' ').collect()
}

fn is_installed(program: &str, argument: &str) -> bool {
    let found = Command::new(program).arg(argument).stdout(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

fn run(language: &str, folder: &Path) {
    let output = Command::new(PROGRAM)
        .args(command(language))
        .current_dir(folder)
        .env("GOFLAGS", "-mod=mod")
        .stdin(Stdio::null())
        .output()
        .expect("run");
    assert!(
        output.status.success(),
        "{language}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn run_in(language: &str, files: &[(&str, &str)]) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("write");
    }
    run(language, folder.path());
}

#[test]
fn shell() {
    run_in("Shell", &[("test.sh", block("sh"))]);
}

#[test]
fn node() {
    if is_installed("node", "--version") {
        run_in("Node.js", &[("sandbox.test.mjs", block("js"))]);
    }
}

#[test]
fn go() {
    if is_installed("go", "version") {
        run_in("Go", &[("main_test.go", block("go")), ("go.mod", "module example\n")]);
    }
}
