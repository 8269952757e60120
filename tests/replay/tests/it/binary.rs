//! The program: its output, and that it ends with its parent.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::common::{exchange, request};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_aura-replay");

#[test]
fn serves_until_its_input_ends() {
    let mut child = Command::new(PROGRAM)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["pid"], child.id());
    let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
    assert_eq!(ready["url"], format!("http://127.0.0.1:{port}"));
    let reply = exchange(port, &request("GET", "/current/show/name_ERIC/api/users/ERIC", &[], ""));
    assert!(reply.starts_with(b"HTTP/1.1 200 OK\r\n"));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn ends_with_its_parent() {
    // The shell is the parent. It ends when its input closes.
    let mut shell = Command::new("sh")
        .args(["-c", "\"$0\" serve </dev/null & read -r _", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(shell.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(line.starts_with("{\"url\":"), "{line}");
    drop(shell.stdin.take());
    shell.wait().unwrap();
    // The server holds the pipe's other end, so this returns after its end.
    assert_eq!(output.read_to_end(&mut Vec::new()).unwrap(), 0);
}

#[test]
fn prints_the_cases() {
    let run = |args: &[&str]| {
        let output = Command::new(PROGRAM).arg("cases").args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let json: Vec<Value> =
        run(&[]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let tsv = run(&["--format", "tsv"]);
    assert_eq!(json.len(), 881);
    let ids = |line: &str| line.split('\t').next().unwrap().to_owned();
    assert_eq!(
        json.iter().map(|case| case["id"].as_str().unwrap()).collect::<Vec<_>>(),
        tsv.lines().map(ids).collect::<Vec<_>>()
    );
    assert!(run(&["--summary"]).contains("current/show"));
}

#[test]
fn refuses_unknown_arguments() {
    for args in [
        &[][..],
        &["dance"],
        &["cases", "--format", "xml"],
        &["cases", "--port", "1"],
        &["serve", "--summary"],
        &["cases", "--only", "show"],
    ] {
        assert_eq!(
            Command::new(PROGRAM).args(args).output().unwrap().status.code(),
            Some(2),
            "{args:?}"
        );
    }
    // In a folder outside the repository.
    let output = Command::new(PROGRAM).arg("cases").current_dir("/").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("pass the recordings as --wire DIR"));
    let output =
        Command::new(PROGRAM).args(["cases", "--wire", "no-such-folder"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-folder"));
}
