//! A log that grows while it is read. Every row that existed at the start comes once and in order,
//! while rows are written, requests fail and replies are late. New rows come at most once.

use std::thread;

use aura_sandbox::{
    Config, KeyOrder, NewAuditLog, NewAuditWriter, NewEmail, NewUser, NewWorld, Rule, Sandbox,
    WorldHandle,
};
use aura_users::{AuditLog, Client, Options, blocking};
use serde_json::Value;

const PREFETCH: [u32; 4] = [0, 1, 4, 8];
const READINGS: u64 = 2;
/// A reading with more errors than this would never end.
const MOST_ERRORS: usize = 1000;

const ONE_BEFORE: &str = r#"{"insert_audit_rows": [{"when": "before", "username": "eric"}]}"#;
const ONE_DURING: &str =
    r#"{"delay_ms": 5, "insert_audit_rows": [{"when": "during", "username": "eric"}]}"#;
/// Delays pages, so that a later one is read first and rows are written at every moment.
const AT_RANDOM: [&str; 3] = [
    r#"{"probability": 0.3, "delay_before_ms": 15, "insert_audit_rows": [
        {"when": "before", "username": "eric", "count": {"at_most": 3}}]}"#,
    r#"{"probability": 0.4, "delay_ms": 10, "insert_audit_rows": [
        {"when": "during", "username": "eric", "count": {"at_most": 2}},
        {"when": "after", "username": "eric", "count": {"at_most": 1}}]}"#,
    r#"{"probability": 0.3, "delay_ms": 3}"#,
];
/// Writes rows that equal many existing rows.
const ALIKE: [&str; 2] = [
    r#"{"probability": 0.3, "delay_before_ms": 8, "insert_audit_rows": [
        {"when": "before", "username": "eric", "action": "same", "params": {}, "count": {"at_most": 4}}]}"#,
    r#"{"probability": 0.3, "insert_audit_rows": [
        {"when": "during", "username": "eric", "action": "same", "params": {}},
        {"when": "during", "username": "eric", "count": {"at_most": 1}}]}"#,
];
/// Writes so rarely that the log does not change for some requests.
const NOW_AND_THEN: [&str; 3] = [
    r#"{"probability": 0.1, "delay_before_ms": 8, "insert_audit_rows": [
        {"when": "before", "username": "eric", "action": "same", "params": {}, "count": 2}]}"#,
    r#"{"probability": 0.1, "insert_audit_rows": [{"when": "during", "username": "eric"}]}"#,
    r#"{"probability": 0.3, "delay_ms": 5}"#,
];
const FAILURES: [&str; 3] = [
    r#"{"probability": 0.2, "then": {"reply": {"status": 503}}, "insert_audit_rows": [
        {"when": "before", "username": "eric", "count": {"at_most": 3}}]}"#,
    r#"{"probability": 0.1, "delay_ms": 5, "then": {"close": {"at": "in_body"}},
        "insert_audit_rows": [{"when": "during", "username": "eric", "count": 2}]}"#,
    r#"{"probability": 0.1, "then": "bad_json", "insert_audit_rows": [
        {"when": "after", "username": "eric", "action": "same", "params": {}}]}"#,
];

/// How a log is read.
#[derive(Clone, Copy, Debug)]
enum Way {
    Rows,
    Pages,
    Async,
    AsyncPages,
}
const WAYS: [Way; 4] = [Way::Rows, Way::Pages, Way::Async, Way::AsyncPages];

/// eric's log, in a world of its own.
struct Log {
    world: WorldHandle,
    key: String,
}

/// Parts of a log, oldest first: how many rows, and whether they are equal or numbered.
type Stretches = &'static [(u64, bool)];
const NUMBERED: Stretches = &[(467, false)];
/// Equal rows cross the ends of pages.
const SOME_ALIKE: Stretches = &[(95, false), (3, true), (170, false), (40, true), (159, false)];
/// On some pages all rows are equal.
const PAGE_ALIKE: Stretches = &[(95, false), (250, true), (122, false)];

impl Log {
    fn new(sandbox: &Sandbox, seed: u64, stretches: Stretches) -> Log {
        let start = NewWorld { seed: Some(seed), ..NewWorld::default() };
        let world = sandbox.new_world(start).unwrap();
        let emails = vec![NewEmail::verified("eric@example.com")];
        world.add_user(NewUser { username: "eric".into(), emails, ..NewUser::default() }).unwrap();
        let key = world.add_key("eric", &["api:read"]).unwrap();
        let mut first = 1;
        for (count, alike) in stretches {
            world
                .add_audit_log(NewAuditLog {
                    username: "eric".into(),
                    count: Some(*count),
                    first: Some(first),
                    action: alike.then(|| "same".into()),
                    params: alike.then(|| serde_json::from_str("{}").unwrap()),
                    ..NewAuditLog::default()
                })
                .unwrap();
            first += i64::try_from(*count).unwrap();
        }
        Log { world, key }
    }

    fn options(&self, prefetch: u32) -> Options {
        let options = Options::new().repo_url(self.world.api_url()).api_key(self.key.as_str());
        options.env(false).prefetch(prefetch).max_retries(0)
    }

    /// The whole log now, read without the client.
    fn rows(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for page in 1.. {
            let rows = self.page(page);
            if rows.is_empty() {
                break;
            }
            all.extend(rows);
        }
        all
    }

    fn page(&self, number: u32) -> Vec<Value> {
        use std::io::{Read, Write};
        let (host, path) =
            self.world.url().strip_prefix("http://").unwrap().split_once('/').unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        let request = format!(
            "GET /{path}/api/users/me/audit-logs?page={number} HTTP/1.1\r\nhost: {host}\r\n\
             user-agent: test\r\nauthorization: {}\r\nconnection: close\r\n\r\n",
            self.key
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn read(&self, way: Way, options: Options) -> Vec<Value> {
        match way {
            Way::Rows => {
                let logs = blocking::Client::new(options).unwrap().stream_audit_logs().unwrap();
                gather(|| logs.next_log().map(|row| row.map(|row| vec![row])))
            }
            Way::Pages => {
                let logs = blocking::Client::new(options).unwrap().stream_audit_logs().unwrap();
                gather(|| logs.next_page().map(|page| page.map(|page| page.rows().collect())))
            }
            Way::Async | Way::AsyncPages => {
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
                let runtime = runtime.unwrap();
                let mut logs = Client::new(options).unwrap().stream_audit_logs().unwrap();
                gather(|| match way {
                    Way::Async => runtime.block_on(logs.next()).map(|row| row.map(|row| vec![row])),
                    _ => {
                        let page = runtime.block_on(logs.next_page());
                        page.map(|page| page.map(|page| page.rows().collect()))
                    }
                })
            }
        }
    }
}

/// Reads all rows, and goes on after an error.
fn gather(mut next: impl FnMut() -> aura_users::Result<Option<Vec<AuditLog>>>) -> Vec<Value> {
    let (mut all, mut errors) = (Vec::new(), 0);
    loop {
        match next() {
            Ok(Some(rows)) => {
                all.extend(
                    rows.iter().map(|row| serde_json::from_str::<Value>(row.raw_json()).unwrap()),
                );
            }
            Ok(None) => return all,
            Err(error) => {
                errors += 1;
                assert!(errors < MOST_ERRORS, "there is no end of it: {error}");
            }
        }
    }
}

/// The first fault of a reading, if it has one.
fn verdict(before: &[Value], read: &[Value], after: &[Value]) -> Result<(), String> {
    assert!(after.ends_with(before), "the server's log itself is what it was, and more");
    let new = &after[..after.len() - before.len()];
    let Some(extra) = read.len().checked_sub(before.len()) else {
        return Err(format!("{} of {} rows came", read.len(), before.len()));
    };
    let (came, old) = read.split_at(extra);
    if let Some(at) = (0..old.len()).find(|at| old[*at] != before[*at]) {
        let (is, not) = (label(&old[at]), label(&before[at]));
        return Err(format!("{extra} more came, of the old ones the {at}th is {is}, not {not}"));
    }
    let mut new = new.iter();
    match came.iter().find(|row| !new.any(|written| written == *row)) {
        Some(row) => Err(format!("the new row {} is doubled or out of order", label(row))),
        None => Ok(()),
    }
}

fn label(row: &Value) -> String {
    row["params"]["id"].as_i64().map_or_else(|| row["action"].to_string(), |id| id.to_string())
}

/// Reads logs with every prefetch, each in a world of its own with these rules.
fn exact(stretches: Stretches, rules: &[&str], prepare: impl Fn(&Log) + Sync) {
    let sandbox = Sandbox::start(Config::default()).unwrap();
    let read_all = |prefetch| {
        let mut wrong = Vec::new();
        for way in WAYS {
            for seed in 0..READINGS {
                let log = Log::new(&sandbox, seed, stretches);
                let before = log.rows();
                assert_eq!(before.len(), 467);
                for rule in rules {
                    let mut rule = Rule::from_json(rule).unwrap();
                    rule.path = Some("/api/users/me/audit-logs".into());
                    log.world.add_rule(rule).unwrap();
                }
                prepare(&log);
                let read = log.read(way, log.options(prefetch));
                log.world.clear_rules();
                log.world.clear_audit_writers();
                if let Err(what) = verdict(&before, &read, &log.rows()) {
                    wrong.push(format!("{way:?}, prefetch {prefetch}, seed {seed}: {what}"));
                }
                log.world.delete_world();
            }
        }
        wrong
    };
    // Readings mostly wait, so several run at once.
    let wrong: Vec<String> = thread::scope(|scope| {
        let threads = PREFETCH.map(|prefetch| scope.spawn(move || read_all(prefetch)));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} readings are not exact:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn while_nothing_is_written() {
    exact(PAGE_ALIKE, &[], |_| ());
}

#[test]
fn while_a_row_is_written_before_each_page_is_read() {
    exact(NUMBERED, &[ONE_BEFORE], |_| ());
}

#[test]
fn while_a_row_is_written_after_each_page_is_read() {
    exact(NUMBERED, &[ONE_DURING], |_| ());
}

#[test]
fn while_rows_are_written_at_random() {
    exact(SOME_ALIKE, &AT_RANDOM, |_| ());
}

#[test]
fn while_equal_rows_are_written() {
    exact(SOME_ALIKE, &ALIKE, |_| ());
}

#[test]
fn while_all_rows_of_a_page_are_equal() {
    exact(PAGE_ALIKE, &NOW_AND_THEN, |_| ());
}

#[test]
fn while_pages_fail_at_random() {
    exact(NUMBERED, &FAILURES, |_| ());
    exact(SOME_ALIKE, &[FAILURES.as_slice(), &AT_RANDOM].concat(), |_| ());
}

#[test]
fn while_a_program_writes() {
    let writer = |alike: bool| NewAuditWriter {
        username: "eric".into(),
        every_ms: 40,
        // The reading also ends on a machine that is too slow for the writer.
        count: Some(500),
        params: alike.then(|| serde_json::from_str("{}").unwrap()),
        action: alike.then(|| "same".into()),
        ..NewAuditWriter::default()
    };
    exact(SOME_ALIKE, &[r#"{"delay_ms": 4}"#], |log| {
        log.world.add_audit_writer(writer(false)).unwrap();
        log.world.add_audit_writer(writer(true)).unwrap();
    });
}

/// Two servers behind one address may write the keys of a row in different orders.
#[test]
fn while_keys_come_in_any_order() {
    exact(SOME_ALIKE, &AT_RANDOM, |log| log.world.set_key_order(KeyOrder::Shuffled));
}

#[test]
fn retries_of_the_client_lose_nothing() {
    let sandbox = Sandbox::start(Config::default()).unwrap();
    let fails = r#"{"nth": 3, "then": {"reply": {"status": 503}},
                    "insert_audit_rows": [{"when": "before", "username": "eric", "count": 2}]}"#;
    for prefetch in PREFETCH {
        let log = Log::new(&sandbox, 1, NUMBERED);
        let before = log.rows();
        for rule in [fails, ONE_BEFORE] {
            let mut rule = Rule::from_json(rule).unwrap();
            rule.path = Some("/api/users/me/audit-logs".into());
            log.world.add_rule(rule).unwrap();
        }
        let logs = blocking::Client::new(log.options(prefetch).max_retries(3)).unwrap();
        let read: Result<Vec<_>, _> = logs.stream_audit_logs().unwrap().collect();
        let read = read.expect("the client tries again by itself");
        let read: Vec<Value> =
            read.iter().map(|row| serde_json::from_str(row.raw_json()).unwrap()).collect();
        log.world.clear_rules();
        assert_eq!(verdict(&before, &read, &log.rows()), Ok(()), "prefetch {prefetch}");
    }
}
