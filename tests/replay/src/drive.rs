//! `aura-replay drive COMMAND` sends the recorded cases and the scenarios to a language's driver,
//! and judges its answers. tests/conformance/README.md describes a driver.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::case::{Case, Expect, ExpectedError};
use crate::derive::Derivation;
use crate::scripted::row;
use crate::server::Replay;
use crate::wire::Wire;

const SCENARIOS: &str = include_str!("../../conformance/scenarios.json");

/// The time for one answer: minutes if the work takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// In how many rounds, at most, the growth of a driver is measured. A runtime may enlarge its heap in
/// any round. Memory that calls leave behind grows in every round.
const GROWTH_ROUNDS: u32 = 5;

/// The members of an answer that are the outcome of a call.
const OUTCOMES: [&str; 5] = ["ok", "ok_empty", "ok_rows", "error", "outcomes"];

/// A scenario, and its expected outcome.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    /// The `repo_url` is the server's URL, this name, and a new number each time.
    script: String,
    command: Map<String, Value>,
    expect: Wanted,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `ok`, or the kind of the error.
    outcome: Option<String>,
    /// A part of the error's message.
    message: Option<String>,
    /// The number of the first row. The rows down to 1 must come in order, each once.
    rows_from: Option<u64>,
    /// The kinds of the errors that the stream returned before its end.
    errors: Option<Vec<String>>,
    /// How often each outcome came.
    outcomes: Option<BTreeMap<String, u64>>,
    /// The start of one of the log lines.
    log: Option<String>,
    /// The kilobytes by which the driver may grow in the best of some rounds.
    growth_kb: Option<u64>,
}

/// How many cases and scenarios passed, failed, and could not be run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// As expected.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// The driver reports that its language cannot.
    pub skipped: usize,
}

/// Runs all cases and scenarios with the text `only` in their names through the driver that
/// `command` starts. Writes those that fail or are skipped to `out`, a line each.
///
/// # Errors
///
/// If no name contains `only`, if the driver cannot be started, ends too early or does not answer,
/// or if an answer is not JSON.
pub fn drive(
    wire: Wire,
    command: &[String],
    only: &str,
    out: &mut impl io::Write,
) -> io::Result<Score> {
    let mut cases = Derivation::of(&wire).cases;
    cases.retain(|case| case.id.contains(only));
    let mut scenarios: Vec<Scenario> = serde_json::from_str(SCENARIOS).map_err(io::Error::other)?;
    scenarios.retain(|scenario| scenario.name.contains(only));
    if cases.is_empty() && scenarios.is_empty() {
        return Err(io::Error::other(format!("no case and no scenario contains {only:?}")));
    }
    let replay = Replay::serve(wire, 0)?;
    let mut driver = Driver::start(command)?;
    let mut score = Score::default();
    let mut tell = |name: &str, judged: Result<(), Judged>| -> io::Result<()> {
        match judged {
            Ok(()) => score.passed += 1,
            Err(Judged::Cannot(why)) => {
                score.skipped += 1;
                writeln!(out, "skipped: {name}: {why}")?;
            }
            Err(Judged::Wrong(why)) => {
                score.failed += 1;
                writeln!(out, "failed: {name}: {why}")?;
            }
        }
        Ok(())
    };
    for case in &cases {
        let answer = driver.ask(&of_case(case, &replay))?;
        tell(&case.id, judge(case, &answer))?;
    }
    for (run, scenario) in scenarios.iter().enumerate() {
        let judged = play(scenario, run, &replay, &mut driver)?;
        tell(&scenario.name, judged)?;
    }
    driver.end()?;
    Ok(score)
}

/// Why a case did not pass.
enum Judged {
    Cannot(String),
    Wrong(String),
}

fn wrong<T>(what: impl Into<String>) -> Result<T, Judged> {
    Err(Judged::Wrong(what.into()))
}

fn of_case(case: &Case, replay: &Replay) -> Value {
    let Ok(Value::Object(mut command)) = serde_json::to_value(case) else { unreachable!("a case") };
    command.retain(|key, _| ["id", "operation", "args", "options"].contains(&key.as_str()));
    with_defaults(&mut command, replay.repo_url(case));
    command.into()
}

/// Options that ignore the environment and wait for nothing.
fn with_defaults(command: &mut Map<String, Value>, repo_url: String) {
    let options = command.entry("options").or_insert_with(|| json!({}));
    let mut all =
        json!({"repo_url": repo_url, "env": false, "max_retries": 0, "rate_limit": "error"});
    if let (Some(all), Some(given)) = (all.as_object_mut(), options.as_object_mut()) {
        all.append(given);
    }
    *options = all;
}

/// A driver either carries out a text with a NUL as recorded, or refuses it before it is sent.
fn may_be_refused(case: &Case) -> bool {
    serde_json::to_string(&case.call).is_ok_and(|call| call.contains("\\u0000"))
}

fn judge(case: &Case, answer: &Value) -> Result<(), Judged> {
    has_outcome(answer)?;
    if may_be_refused(case) && answer["error"]["kind"] == "invalid_argument" {
        return Ok(());
    }
    let is_good = match &case.expect {
        Expect::Ok(text) => answer["ok"] == *text,
        Expect::OkEmpty => answer["ok_empty"] == true,
        Expect::OkRows(rows) => answer["ok_rows"] == json!(rows),
        Expect::Error(wanted) => return judge_error(wanted, answer),
    };
    if is_good { Ok(()) } else { wrong(differs(&json!(case.expect), answer)) }
}

fn judge_error(wanted: &ExpectedError, answer: &Value) -> Result<(), Judged> {
    let error = &answer["error"];
    let message = match &wanted.message {
        Some(message) => json!(message),
        // The client may use any text of its own.
        None => error["message"].clone(),
    };
    for (member, wanted) in [
        ("kind", json!(wanted.kind.name())),
        ("status", json!(wanted.status)),
        ("message", message),
        ("errors", json!(wanted.errors)),
        ("request_id", json!(wanted.request_id)),
    ] {
        if error[member] != wanted {
            return wrong(format!("{member}: {}", differs(&wanted, answer)));
        }
    }
    Ok(())
}

fn differs(expected: &Value, got: &Value) -> String {
    format!("expected {}, got {}", short(expected), short(got))
}

/// Fails for an answer with `cannot`, or with no member for its outcome.
fn has_outcome(answer: &Value) -> Result<(), Judged> {
    if let Some(why) = answer["cannot"].as_str() {
        return Err(Judged::Cannot(why.to_owned()));
    }
    if OUTCOMES.iter().any(|name| answer.get(name).is_some()) {
        return Ok(());
    }
    wrong(format!("the answer has none of {}: {}", OUTCOMES.join(", "), short(answer)))
}

fn play(
    scenario: &Scenario,
    run: usize,
    replay: &Replay,
    driver: &mut Driver,
) -> io::Result<Result<(), Judged>> {
    let mut command = scenario.command.clone();
    command.insert("id".into(), scenario.name.clone().into());
    let url = format!("{}/script/{}/{run}/api", replay.url(), scenario.script);
    with_defaults(&mut command, url);
    let command = Value::from(command);
    let mut answer = driver.ask(&command)?;
    let mut grown = 0;
    if let Some(most) = scenario.expect.growth_kb {
        // The first run has allocated permanent memory.
        grown = u64::MAX;
        for _ in 0..GROWTH_ROUNDS {
            let before = driver.memory_kb();
            answer = driver.ask(&command)?;
            grown = grown.min(driver.memory_kb().saturating_sub(before));
            if grown <= most {
                break;
            }
        }
    }
    Ok(driver
        .judge_process(&command, &answer)
        .and_then(|()| judge_scenario(&scenario.expect, &answer, grown)))
}

fn judge_scenario(wanted: &Wanted, answer: &Value, grown: u64) -> Result<(), Judged> {
    has_outcome(answer)?;
    let error = &answer["error"];
    if let Some(outcome) = &wanted.outcome {
        let got = match error["kind"].as_str() {
            Some(kind) => kind,
            None if answer.get("ok").or(answer.get("ok_rows")).is_some() => "ok",
            None => "nothing",
        };
        if got != outcome {
            return wrong(format!("expected {outcome}, got {got}: {}", short(answer)));
        }
    }
    if let Some(part) = &wanted.message
        && !error["message"].as_str().is_some_and(|message| message.contains(part))
    {
        return wrong(format!("the message lacks {part:?}: {}", short(error)));
    }
    if let Some(first) = wanted.rows_from {
        let rows = answer["ok_rows"].as_array().cloned().unwrap_or_default();
        // New rows may come before them.
        let old = rows.len().saturating_sub(usize::try_from(first).unwrap_or(usize::MAX));
        let is_good = rows.len() as u64 >= first
            && rows[old..].iter().eq((1..=first)
                .rev()
                .map(row)
                .map(Value::from)
                .collect::<Vec<_>>()
                .iter());
        if !is_good {
            return wrong(format!("{} rows, and not {first} down to 1 at their end", rows.len()));
        }
    }
    if let Some(errors) = &wanted.errors {
        let kinds: Vec<_> =
            answer["errors"].as_array().into_iter().flatten().map(|error| &error["kind"]).collect();
        if kinds != errors.iter().collect::<Vec<_>>() {
            return wrong(format!("the stream's errors were {kinds:?}, not {errors:?}"));
        }
    }
    if let Some(outcomes) = &wanted.outcomes
        && answer["outcomes"] != json!(outcomes)
    {
        return wrong(differs(&json!(outcomes), &answer["outcomes"]));
    }
    if let Some(part) = &wanted.log {
        let mut lines = answer["log"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if !lines.any(|line| line.starts_with(part)) {
            return wrong(format!("no log line begins with {part:?}: {}", short(&answer["log"])));
        }
    }
    match wanted.growth_kb {
        Some(most) if grown > most => wrong(format!(
            "the driver grew by {grown} kB or more in each of {GROWTH_ROUNDS} rounds"
        )),
        _ => Ok(()),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A running driver.
struct Driver {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<io::Result<String>>,
}

impl Driver {
    fn start(command: &[String]) -> io::Result<Self> {
        let (program, arguments) =
            command.split_first().ok_or_else(|| io::Error::other("drive needs a command"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { input: child.stdin.take(), child, lines })
    }

    fn ask(&mut self, command: &Value) -> io::Result<Value> {
        let failed = |what: String| io::Error::other(format!("{}: {what}", command["id"]));
        if let Some(input) = &mut self.input {
            match writeln!(input, "{command}") {
                // The driver has ended. The missing answer explains more.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                done => done.map_err(|error| failed(error.to_string()))?,
            }
        }
        let line = match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line.map_err(|error| failed(format!("the answer: {error}")))?,
            Err(RecvTimeoutError::Timeout) => {
                return Err(failed(format!("no answer within {} s", PATIENCE.as_secs())));
            }
            Err(RecvTimeoutError::Disconnected) => return Err(failed(self.why_silent())),
        };
        let answer: Value = serde_json::from_str(&line)
            .map_err(|error| failed(format!("the answer is not JSON ({error}): {line}")))?;
        if answer["id"] != command["id"] {
            return Err(failed(format!("the answer has another id: {}", short(&answer))));
        }
        Ok(answer)
    }

    /// Why there is no answer, after the driver has closed its output.
    fn why_silent(&mut self) -> String {
        drop(self.input.take());
        // It has ended, or ends now.
        for _ in 0..100 {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    return format!("the driver ended ({status}) before it answered");
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Err(error) => return error.to_string(),
            }
        }
        "the driver closed its output before it answered".into()
    }

    /// Fails if a forked child should have answered, and did not.
    fn judge_process(&self, command: &Value, answer: &Value) -> Result<(), Judged> {
        has_outcome(answer)?;
        let is_child = answer["pid"].as_u64().is_some_and(|pid| pid != u64::from(self.child.id()));
        if command["fork"] != true || is_child {
            return Ok(());
        }
        wrong(format!("`pid` is not that of a forked child: {}", short(answer)))
    }

    /// Its memory, if the system reports it.
    fn memory_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
    }

    /// Ends the driver: it ends when its input does.
    fn end(mut self) -> io::Result<()> {
        drop(self.input.take());
        if let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            let line = short(&Value::String(line?));
            return Err(io::Error::other(format!(
                "the driver wrote more than its answers: {line}"
            )));
        }
        let status = self.child.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("the driver ended with {status}")))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
