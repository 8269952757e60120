//! The program: its one line of output, and its end.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;

use common::{bound, request};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_aura-sandbox");
struct Running {
    child: Child,
    ready: Value,
    /// Closed after the last holder of the program's standard output ends.
    rest: mpsc::Receiver<String>,
}

impl Running {
    fn start(command: &mut Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("start");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let (sender, rest) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = out.read_to_string(&mut text);
            let _ = sender.send(text);
        });
        Running { child, ready: serde_json::from_str(&line).expect("JSON"), rest }
    }

    fn port(&self) -> u16 {
        let port = self.ready["port"].as_u64().expect("a port");
        u16::try_from(port).expect("a port")
    }

    fn answers(&self) -> bool {
        request(self.port(), "GET", "/api", &[("User-Agent", "x")], "").status == 200
    }

    /// Waits for the end of the output.
    fn ended(&self) -> String {
        self.rest.recv_timeout(bound(60)).expect("the end")
    }
}

fn kill(signal: &str, pid: u32) {
    let done = Command::new("kill").args([signal, &pid.to_string()]).status();
    assert!(done.expect("kill").success());
}

fn run(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).output().expect("run")
}

#[test]
fn prints_one_line_and_ends_cleanly_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let mut command = Command::new(PROGRAM);
        command.args(["--port", "0", "--profile", "legacy"]).stdin(Stdio::null());
        let mut running = Running::start(&mut command);
        let port = running.port();
        let ready = running.ready.clone();
        assert_eq!(ready["url"], format!("http://127.0.0.1:{port}"));
        assert_eq!(ready["api_url"], format!("http://127.0.0.1:{port}/api"));
        assert_eq!(ready["admin_url"], format!("http://127.0.0.1:{port}/_sandbox"));
        assert_eq!(ready["profile"], "legacy");
        assert_eq!(ready["pid"], running.child.id());
        let token = format!("Bearer {}", ready["admin_token"].as_str().expect("a token"));
        let headers = [("Authorization", token.as_str())];
        assert_eq!(request(port, "GET", "/_sandbox/health", &headers, "").status, 200);
        assert!(running.answers());
        kill(signal, running.child.id());
        assert_eq!(running.ended(), "", "one line and no more");
        assert_eq!(running.child.wait().expect("wait").code(), Some(0));
    }
}

#[test]
fn ends_with_its_standard_input() {
    let mut running = Running::start(Command::new(PROGRAM).stdin(Stdio::piped()));
    assert_eq!(running.ready["profile"], "current");
    assert!(running.answers());
    drop(running.child.stdin.take());
    running.ended();
    assert_eq!(running.child.wait().expect("wait").code(), Some(0));
}

#[test]
fn ends_with_its_parent() {
    // The shell waits. If it is killed, it cannot end its child.
    let script = format!("'{PROGRAM}' --port 0 </dev/null & wait");
    let mut running = Running::start(Command::new("sh").args(["-c", &script]));
    assert!(running.answers());
    assert_ne!(running.ready["pid"], running.child.id());
    kill("-KILL", running.child.id());
    running.child.wait().expect("wait");
    running.ended();
}

#[test]
fn bad_arguments() {
    for (args, word) in [
        (&["--port", "x"][..], "--port"),
        (&["--port", "70000"], "70000"),
        (&["--port"], "--port"),
        (&["--profile", "ancient"], "ancient"),
        (&["--seed", "x"], "--seed"),
        (&["--key-order", "backwards"], "backwards"),
        (&["--clock", "noon"], "noon"),
        (&["--tls", "rusty"], "rusty"),
        (&["--world", "/nowhere.json"], "/nowhere.json"),
        (&["--port", "0", "--socket", "x"], "--socket"),
        (&["--colour"], "--colour"),
        (&["here"], "here"),
    ] {
        let output = run(args);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(complaint.contains(word), "{args:?}: {complaint}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn a_world_from_a_file_and_its_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("world.json");
    std::fs::write(&file, r#"{"users": [{"username": "eric"}]}"#).expect("write");
    let seen = |option: &str| {
        let mut command = Command::new(PROGRAM);
        command.args(["--seed", "7", "--clock", "2030-01-02T03:04:05Z", "--frozen"]);
        command.args(["--rate-limit-loopback", option]).arg(&file).stdin(Stdio::piped());
        let running = Running::start(&mut command);
        let reply = request(running.port(), "GET", "/api/users/eric", &[("User-Agent", "x")], "");
        assert_eq!(reply.json()["inserted_at"], "2030-01-02T03:04:05.000000Z");
        assert_eq!(reply.header("x-ratelimit-remaining"), Some("99"));
        reply.header("x-request-id").expect("an id").to_owned()
    };
    assert_eq!(seen("--world"), seen("--seed-file"));
    std::fs::write(&file, r#"{"users": [{"name": "eric"}]}"#).expect("write");
    let output = run(&["--world", &file.to_string_lossy()]);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        ["world.json", "users[0]", "name"].iter().all(|w| complaint.contains(w)),
        "{complaint}"
    );
}

#[test]
fn the_ready_line_names_the_socket_and_the_issuer() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("s");
    let mut command = Command::new(PROGRAM);
    command.args(["--tls", "good", "--socket"]).arg(&socket).stdin(Stdio::piped());
    let mut running = Running::start(&mut command);
    assert_eq!(running.ready["socket"], socket.to_string_lossy().into_owned());
    assert!(running.ready["port"].is_null());
    assert_eq!(running.ready["api_url"], "https://localhost/api");
    let ca = running.ready["ca_file"].as_str().expect("a file").to_owned();
    assert!(std::fs::read_to_string(&ca).expect("PEM").contains("BEGIN CERTIFICATE"));
    std::os::unix::net::UnixStream::connect(&socket).expect("somebody listens");
    drop(running.child.stdin.take());
    running.ended();
    running.child.wait().expect("wait");
    assert!(!socket.exists() && !std::path::Path::new(&ca).exists(), "nothing stays behind");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("bind");
    let port = taken.local_addr().expect("address").port().to_string();
    let output = run(&["--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaint.contains(&port), "{complaint}");
}

#[test]
fn help_and_version() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(["--port", "--profile", "legacy"].iter().all(|word| text.contains(word)));
    let version = run(&["--version"]);
    let text = String::from_utf8_lossy(&version.stdout).into_owned();
    assert_eq!(text.trim(), concat!("aura-sandbox ", env!("CARGO_PKG_VERSION")));
}
