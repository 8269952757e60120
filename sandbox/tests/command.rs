//! The program as a tool: the demo, the banner, the log, commands, and its end.

mod common;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use common::{bound, request};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_aura-sandbox");

fn program() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_remove("AURA_SANDBOX_ADMIN_TOKEN").env_remove("HEX_API_KEY").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    program().args(args).output().expect("run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The program, which ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(command: &mut Command) -> (Running, Value) {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("start");
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    out.read_line(&mut line).expect("a line");
    (Running(child), serde_json::from_str(&line).expect("JSON"))
}

fn port(ready: &Value) -> u16 {
    ready["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port")
}

fn signal(name: &str, child: &Child) {
    let done = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(done.expect("kill").success());
}

fn wait_for(path: &Path) -> String {
    for _ in 0..bound(60).as_millis() / 5 {
        if let Ok(text) = std::fs::read_to_string(path) {
            return text;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("there never was {}", path.display());
}

#[test]
fn the_demo_is_an_account_with_a_key_and_rows() {
    let (_running, ready) = start(program().arg("--demo").stdin(Stdio::piped()));
    let key = ready["api_key"].as_str().expect("a key");
    let headers = [("User-Agent", "x"), ("Authorization", key)];
    let me = request(port(&ready), "GET", "/api/users/me", &headers, "").json();
    assert_eq!((&me["username"], &me["email"]), (&ready["username"], &"eric@example.com".into()));
    let page = |n: u8| {
        let target = format!("/api/users/me/audit-logs?page={n}");
        request(port(&ready), "GET", &target, &headers, "").json().as_array().expect("rows").len()
    };
    assert_eq!([page(1), page(2), page(3)], [100, 100, 50]);
    let (_running, ready) = start(program().stdin(Stdio::piped()));
    assert!(ready.get("api_key").is_none());
}

#[test]
fn a_world_in_a_file_has_one_demo_account() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("world").to_string_lossy().into_owned();
    for _ in 0..2 {
        let output = run(&["--demo", "--data", &file, "--", "sh", "-c", "echo $HEX_API_KEY"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(output.stdout.len(), 33);
    }
}

#[test]
fn a_command_runs_against_it_and_its_exit_status_is_returned() {
    let script = "curl -sf -o /dev/null -H \"Authorization: $HEX_API_KEY\" $HEX_API_URL/users/me &&
        curl -sf -H \"Authorization: Bearer $AURA_SANDBOX_ADMIN_TOKEN\" \\
            $AURA_SANDBOX_ADMIN_URL/health && cat && exit 7";
    let output = run(&["--demo", "--", "sh", "-c", script]);
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    let health: Value = serde_json::from_slice(&output.stdout).expect("nothing but its output");
    assert_eq!((&health["status"], &health["users"]), (&"ok".into(), &1.into()));

    let script = "echo ${HEX_API_KEY-none} ${HEX_CACERTS_PATH-none}";
    let mut with_key = program();
    let output =
        with_key.env("HEX_API_KEY", "for-hex.pm").args(["--", "sh", "-c", script]).output();
    assert_eq!(text(&output.expect("run").stdout), "none none\n", "another server's key");
    let script = "curl -sf --cacert $HEX_CACERTS_PATH $HEX_API_URL >/dev/null && test $1 = --demo";
    let output = run(&["--tls", "good", "--", "sh", "-c", script, "x", "--demo"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn the_exit_status_of_a_command_that_fails_otherwise() {
    assert_eq!(run(&["--", "sh", "-c", "kill -9 $$"]).status.code(), Some(137));
    let missing = run(&["--", "no-such-program"]);
    assert_eq!(missing.status.code(), Some(127));
    assert!(text(&missing.stderr).contains("no-such-program"));
    assert_eq!(run(&["--", "/dev/null"]).status.code(), Some(126));
    let output = run(&["--"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("expected a command after --"));
}

#[test]
fn a_signal_ends_the_command_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let started = folder.path().join("started");
    let script = format!(
        "trap 'curl -sf -o /dev/null $HEX_API_URL && kill $! && exit 3' TERM; echo >{}; sleep 60 & wait",
        started.display()
    );
    let mut running = Running(program().args(["--", "sh", "-c", &script]).spawn().expect("start"));
    wait_for(&started);
    signal("-TERM", &running.0);
    let status = running.0.wait().expect("wait");
    assert_eq!((status.code(), status.signal()), (Some(3), None), "the server was still there");
}

#[test]
fn stay_keeps_it_running_without_its_parent_and_its_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ready");
    let ready_file = file.to_string_lossy().into_owned();
    // The shell ends at once.
    let script = "\"$0\" --stay --ready-file \"$1\" >/dev/null 2>&1 </dev/null &";
    let shell = Command::new("sh").args(["-c", script, PROGRAM, &ready_file]).status();
    assert!(shell.expect("sh").success());
    let ready: Value = serde_json::from_str(&wait_for(&file)).expect("JSON");
    // The program needs less time to notice the end of its parent.
    std::thread::sleep(Duration::from_millis(500));
    let reply = request(port(&ready), "GET", "/api", &[("User-Agent", "x")], "");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&file.metadata().expect("a file").permissions());
    let pid = ready["pid"].to_string();
    let killed = Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success();
    assert_eq!((reply.status, mode & 0o777, killed), (200, 0o600, true));
    for _ in 0..bound(60).as_millis() / 5 {
        if !file.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the ready file stayed behind");
}

#[test]
fn hosts_that_others_can_reach_need_a_token() {
    let refused = run(&["--host", "0.0.0.0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("admin token"), "{}", text(&refused.stderr));
    let health = |ready: &Value, token: &str| {
        let authorization = format!("Bearer {token}");
        let headers = [("Authorization", authorization.as_str())];
        request(port(ready), "GET", "/_sandbox/health", &headers, "").status
    };
    let mut command = program();
    command.args(["--host", "0.0.0.0", "--admin-token", "t0ken"]).stdin(Stdio::piped());
    let (_running, ready) = start(&mut command);
    assert_eq!((health(&ready, "t0ken"), health(&ready, "token")), (200, 401));
    assert_eq!(ready["url"], format!("http://127.0.0.1:{}", port(&ready)));
    assert_eq!(ready["admin_token"], "t0ken");
    let mut command = program();
    command.env("AURA_SANDBOX_ADMIN_TOKEN", "fr0m-there").stdin(Stdio::piped());
    let (_running, ready) = start(&mut command);
    assert_eq!(health(&ready, "fr0m-there"), 200);
    for (args, word) in [
        (&["--host", "here"][..], "here"),
        (&["--host", "127.0.0.1", "--socket", "x"], "--socket"),
        (&["--admin-token", ""], "admin token"),
        (&["--admin-token", "two words"], "admin token"),
        (&["--ready-file", "/nowhere/ready"], "/nowhere/ready"),
    ] {
        let output = run(args);
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains(word), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn the_log_has_every_request_and_no_secret() {
    let script = "curl -s -o /dev/null -H 'Authorization: s3cret' $HEX_API_URL/users/me
        curl -s -o /dev/null \"$HEX_API_URL/users/eric?key=s3cret\"
        curl -s -o /dev/null $AURA_SANDBOX_ADMIN_URL/health";
    let output = run(&["--demo", "--verbose", "--", "sh", "-c", script]);
    let log = text(&output.stderr);
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[0], "GET /api/users/me HTTP/1.1 401");
    assert!(lines[1].starts_with("GET /api/users/eric?key=sha256"), "{log}");
    assert!(lines[1].ends_with(" HTTP/1.1 200") && lines.len() == 2, "{log}");
    assert!(!log.contains("s3cret"), "{log}");
    assert!(run(&["--", "sh", "-c", script]).stderr.is_empty());
}

/// Runs it with a terminal, and returns the output up to the last line.
fn on_a_terminal(args: &[&str]) -> (Running, String) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).expect("a terminal");
    unlockpt(&ours).expect("a terminal");
    let name = ptsname(&ours, Vec::new()).expect("a name");
    let theirs = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().expect("a name"))
        .expect("a terminal");
    let child = program().args(args).stdout(theirs).stdin(Stdio::piped()).spawn().expect("start");
    let (mut shown, mut buffer) = (String::new(), [0; 4096]);
    let mut ours = File::from(ours);
    while !shown.contains("mailbox") || !shown.ends_with("\n\n") {
        let count = ours.read(&mut buffer).expect("a banner");
        shown.push_str(&text(&buffer[..count]).replace('\r', ""));
    }
    (Running(child), shown)
}

#[test]
fn the_banner_has_lines_that_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("it's here").to_string_lossy().into_owned();
    for args in [
        &["--demo"][..],
        &["--demo", "--tls", "good"],
        &["--demo", "--socket", &socket],
        &["--profile", "hexpm"],
    ] {
        let (_running, banner) = on_a_terminal(args);
        assert!(banner.contains("  export HEX_API_URL="), "{banner}");
        let script: String = banner
            .lines()
            .filter(|l| l.starts_with("  "))
            .fold("set -e\n".to_owned(), |script, line| {
                script + line.replace("curl", "curl -sSf").trim() + "\n"
            });
        let done = Command::new("sh").args(["-c", &script]).output().expect("sh");
        assert!(done.status.success(), "{script}{}", text(&done.stderr));
        let output_text = text(&done.stdout);
        assert!(
            !args.contains(&"--demo") || output_text.contains("\"username\":\"eric\""),
            "{output_text}"
        );
    }
}
