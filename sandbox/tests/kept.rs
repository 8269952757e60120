//! A world in a file. The file has every acknowledged change, even if the process is killed.

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use aura_sandbox::{Config, NewEmail, NewUser, NewWorld, Profile, Sandbox};
use common::Connection;
use common::admin::Client;
use serde_json::{Value, json};

fn start(path: &Path) -> Sandbox {
    Sandbox::start(Config::default().profile(Profile::Legacy).data(path)).expect("start")
}

#[test]
fn a_restart_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("world.sqlite");
    let sandbox = start(&path);
    let client = Client::new(&sandbox, sandbox.port());
    client.done("POST", "/organizations", json!({"name": "acme"}));
    sandbox
        .add_user(NewUser {
            username: "eric".into(),
            emails: vec![NewEmail::verified("eric@example.com")],
            packages: vec!["acme/secret".into()],
            ..NewUser::default()
        })
        .expect("eric");
    client.done("POST", "/keys", json!({"username": "eric", "secret": "his"}));
    client.done("POST", "/tokens", json!({"username": "eric", "token": "token"}));
    client.done("POST", "/audit-logs", json!({"username": "eric", "count": 250}));
    client.done("POST", "/clock", json!({"time": "2030-01-02T03:04:05Z", "frozen": true}));
    client.done("POST", "/rules", json!({"path": "/never", "then": "bad_json"}));
    client.done("PUT", "/rate-limits", json!({"address": 7}));
    assert_eq!(client.create("jose").status, 201);
    assert_eq!(client.send("POST", "/api/keys", "his", r#"{"name": "ci"}"#).status, 201);
    assert_eq!(client.send("POST", "/api/users/eric/reset", "his", "").status, 204);
    let link = sandbox.mailbox()[0].link.clone();
    client.get(link.strip_prefix(sandbox.url()).expect("a link to here"), "");
    let before = sandbox.snapshot().to_json();
    drop(sandbox);

    let sandbox = start(&path);
    assert_eq!(sandbox.snapshot().to_json(), before.clone());
    let client = Client::new(&sandbox, sandbox.port());
    assert_eq!(client.get("/api/users/jose@example.com", "").status, 200);
    let rows = client.get("/api/users/me/audit-logs", "his").json();
    assert_eq!(rows[0]["action"], "password.reset.init");
    sandbox.restore(NewWorld::default()).expect("restore");
    assert_eq!(client.get("/api/users/jose", "").status, 404);
    drop(sandbox);
    assert!(start(&path).snapshot().users.is_empty());
}

#[test]
fn a_file_in_use_or_of_another_form_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("world.sqlite");
    let first = start(&path);
    let second = Sandbox::start(Config::default().data(&path)).expect_err("in use");
    assert!(second.to_string().contains("world.sqlite"), "{second}");
    drop(first);
    std::fs::write(&path, "this is no database, and long enough to be seen as none".repeat(50))
        .expect("write");
    let spoilt = Sandbox::start(Config::default().data(&path)).expect_err("no database");
    assert!(spoilt.to_string().contains("world.sqlite"), "{spoilt}");
}

/// Kills the program when dropped.
struct Program {
    child: Child,
    ready: Value,
}

impl Program {
    fn start(path: &Path) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_aura-sandbox"))
            .arg("--data")
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("a line");
        Program { child, ready: serde_json::from_str(&line).expect("JSON") }
    }

    fn port(&self) -> u16 {
        u16::try_from(self.ready["port"].as_u64().expect("a port")).expect("a port")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL: the program cannot react.
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }
}

/// Creates accounts until the server ends, and notes each acknowledged one.
fn write(port: u16, names: impl Iterator<Item = String>, acknowledged: &Mutex<Vec<String>>) {
    let mut connection = Connection::open(port);
    for name in names {
        let body = format!("{{\"username\":\"{name}\",\"email\":\"{name}@example.com\"}}");
        let request = format!(
            "POST /api/users HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        match connection.send(request.as_bytes(), false) {
            Ok(Some(reply)) => assert_eq!(reply.status, 201, "{name}"),
            _ => return,
        }
        acknowledged.lock().expect("a lock").push(name);
    }
}

#[test]
fn a_killed_server_keeps_every_acknowledged_account() {
    const ROUNDS: usize = 8;
    const WRITERS: usize = 4;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("world.sqlite");
    let acknowledged = Mutex::new(Vec::new());
    for round in 0..ROUNDS {
        let program = Program::start(&path);
        let port = program.port();
        let enough = acknowledged.lock().expect("a lock").len() + 1 + round * 3;
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let names = (0..).map(move |n| format!("user-{round}-{writer}-{n}"));
                let acknowledged = &acknowledged;
                scope.spawn(move || write(port, names, acknowledged));
            }
            // At any moment after so many replies.
            while acknowledged.lock().expect("a lock").len() < enough {
                std::thread::yield_now();
            }
            drop(program);
        });
        let program = Program::start(&path);
        let mut connection = Connection::open(program.port());
        for name in acknowledged.lock().expect("a lock").iter() {
            let request = format!(
                "GET /api/users/{name} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x\r\n\r\n"
            );
            let reply = connection.send(request.as_bytes(), false).expect("a reply");
            assert_eq!(reply.expect("a reply").status, 200, "{name} after round {round}");
        }
    }
    let accounts = acknowledged.into_inner().expect("a lock").len();
    println!("{ROUNDS} kills, {accounts} acknowledged accounts, all there");
}
