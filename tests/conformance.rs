//! Every recorded exchange, through the asynchronous and the blocking client.

use aura_replay::{Call, Case, Expect, ExpectedError, Replay};
use aura_users::{AuditLog, Client, Error, Options, Result, User, blocking};
use serde_json::Value;

/// The outcome of a call, in the form of a case.
#[derive(Debug)]
enum Outcome {
    User(Box<User>),
    Nothing,
    Rows(Vec<AuditLog>),
}

fn options(case: &Case, replay: &Replay) -> Options {
    let mut options = Options::new().repo_url(replay.repo_url(case)).max_retries(0);
    options.set("rate_limit", "error").unwrap();
    if let Some(key) = &case.options.api_key {
        options = options.api_key(key.as_str());
    }
    if let Some(otp) = &case.options.otp {
        options = options.otp(otp.as_str());
    }
    if let Some(page) = case.options.page {
        options = options.page(page);
    }
    options
}

fn call_blocking(client: &blocking::Client, call: &Call) -> Result<Outcome> {
    match call {
        Call::CreateUser { username, password, emails } => {
            let emails: Vec<_> = emails.iter().map(String::as_str).collect();
            client
                .create_user(username, password.as_str(), &emails)
                .map(Box::new)
                .map(Outcome::User)
        }
        Call::GetCurrentUser {} => client.get_current_user().map(Box::new).map(Outcome::User),
        Call::GetUser { username_or_email } => {
            client.get_user(username_or_email).map(Box::new).map(Outcome::User)
        }
        Call::ResetUserPassword { username_or_email } => {
            client.reset_user_password(username_or_email).map(|()| Outcome::Nothing)
        }
        Call::StreamAuditLogs {} => {
            client.stream_audit_logs()?.collect::<Result<_>>().map(Outcome::Rows)
        }
    }
}

async fn call_async(client: &Client, call: &Call) -> Result<Outcome> {
    match call {
        Call::CreateUser { username, password, emails } => {
            let emails: Vec<_> = emails.iter().map(String::as_str).collect();
            client
                .create_user(username, password.as_str(), &emails)
                .await
                .map(Box::new)
                .map(Outcome::User)
        }
        Call::GetCurrentUser {} => client.get_current_user().await.map(Box::new).map(Outcome::User),
        Call::GetUser { username_or_email } => {
            client.get_user(username_or_email).await.map(Box::new).map(Outcome::User)
        }
        Call::ResetUserPassword { username_or_email } => {
            client.reset_user_password(username_or_email).await.map(|()| Outcome::Nothing)
        }
        Call::StreamAuditLogs {} => {
            let mut rows = Vec::new();
            let mut logs = client.stream_audit_logs()?;
            while let Some(page) = logs.next_page().await? {
                rows.extend(page.rows());
            }
            Ok(Outcome::Rows(rows))
        }
    }
}

/// Compares the outcome, and returns the difference.
fn verdict(expect: &Expect, outcome: &Result<Outcome>) -> Result<(), String> {
    match (expect, outcome) {
        (Expect::Ok(json), Ok(Outcome::User(user))) => same_user(json, user),
        (Expect::OkEmpty, Ok(Outcome::Nothing)) => Ok(()),
        (Expect::OkRows(rows), Ok(Outcome::Rows(logs))) => same_rows(rows, logs),
        (Expect::Error(expected), Err(error)) => same_error(expected, error),
        _ => Err(format!("expected {expect:?}, got {outcome:?}")),
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(what: &str, left: T, right: T) -> Result<(), String> {
    if left == right { Ok(()) } else { Err(format!("{what}: expected {left:?}, got {right:?}")) }
}

/// Compares every field, read with the record's methods, with the recorded JSON.
fn same_user(json: &str, user: &User) -> Result<(), String> {
    differ("json", json, user.raw_json())?;
    let record: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let text = |name: &str| record[name].as_str();
    differ("username", text("username"), Some(user.username()))?;
    differ("full_name", text("full_name"), user.full_name())?;
    differ("email", text("email"), user.email())?;
    differ("url", text("url"), user.url())?;
    differ("inserted_at", text("inserted_at").is_some(), user.inserted_at().is_some())?;
    differ("updated_at", text("updated_at").is_some(), user.updated_at().is_some())?;
    let map = |name: &str| -> Vec<(String, String)> {
        let pairs = record[name].as_object().into_iter().flatten();
        let mut pairs: Vec<_> =
            pairs.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect();
        pairs.sort();
        pairs
    };
    let sorted = |pairs: &mut dyn Iterator<Item = (&str, &str)>| -> Vec<(String, String)> {
        let mut pairs: Vec<_> =
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        pairs.sort();
        pairs
    };
    differ("handles", map("handles"), sorted(&mut user.handles()))?;
    differ("owned_packages", map("owned_packages"), sorted(&mut user.owned_packages()))?;
    let list = |name: &str, fields: &[&str]| -> Option<Vec<Vec<Option<String>>>> {
        let record = record[name].as_array()?.iter();
        Some(
            record
                .map(|item| {
                    fields.iter().map(|field| item[*field].as_str().map(str::to_owned)).collect()
                })
                .collect(),
        )
    };
    let packages = user.packages().map(|packages| {
        packages
            .iter()
            .map(|p| {
                vec![Some(p.name.clone()), p.repository.clone(), p.url.clone(), p.html_url.clone()]
            })
            .collect()
    });
    differ("packages", list("packages", &["name", "repository", "url", "html_url"]), packages)?;
    let organizations = user.organizations().map(|organizations| {
        organizations.iter().map(|o| vec![Some(o.name.clone()), o.role.clone()]).collect()
    });
    differ("organizations", list("organizations", &["name", "role"]), organizations)?;
    for (name, value) in record.as_object().into_iter().flatten() {
        let field = user.field(name).map(|raw| serde_json::from_str::<Value>(raw.get()).unwrap());
        differ(name, Some(value), field.as_ref())?;
    }
    Ok(())
}

fn same_rows(rows: &[String], logs: &[AuditLog]) -> Result<(), String> {
    differ("rows", rows.len(), logs.len())?;
    for (row, log) in rows.iter().zip(logs) {
        differ("json", row.as_str(), log.raw_json())?;
        let record: Value = serde_json::from_str(row).map_err(|error| error.to_string())?;
        differ("action", record["action"].as_str(), Some(log.action()))?;
        differ("user_agent", record["user_agent"].as_str(), log.user_agent())?;
        let params: Value =
            serde_json::from_str(log.params()).map_err(|error| error.to_string())?;
        differ("params", &record["params"], &params)?;
    }
    Ok(())
}

fn same_error(expected: &ExpectedError, error: &Error) -> Result<(), String> {
    differ("kind", expected.kind.name(), error.kind().as_str())?;
    differ("status", expected.status, error.status())?;
    differ("errors", expected.errors.as_ref(), error.field_errors())?;
    differ("request_id", expected.request_id.as_deref(), error.request_id())?;
    if let Some(message) = &expected.message {
        differ("message", message.as_str(), error.message())?;
    }
    Ok(())
}

fn report(failures: Vec<String>, cases: usize) {
    assert!(failures.is_empty(), "{} of {cases} failed:\n{}", failures.len(), failures.join("\n"));
    println!("{cases} recorded exchanges passed");
}

#[test]
fn the_blocking_client_passes_every_recorded_exchange() {
    let replay = Replay::start().unwrap();
    let cases = aura_replay::cases();
    let client = blocking::Client::new(Options::new().env(false)).unwrap();
    let mut failures = Vec::new();
    for case in &cases {
        let outcome = call_blocking(&client.with_options(options(case, &replay)), &case.call);
        if let Err(why) = verdict(&case.expect, &outcome) {
            failures.push(format!("{}: {why}", case.id));
        }
    }
    report(failures, cases.len());
}

#[tokio::test]
async fn the_async_client_passes_every_recorded_exchange() {
    let replay = Replay::start().unwrap();
    let cases = aura_replay::cases();
    let client = Client::new(Options::new().env(false)).unwrap();
    let mut failures = Vec::new();
    for case in &cases {
        let outcome = call_async(&client.with_options(options(case, &replay)), &case.call).await;
        if let Err(why) = verdict(&case.expect, &outcome) {
            failures.push(format!("{}: {why}", case.id));
        }
    }
    report(failures, cases.len());
}
