//! Ours in Rust, blocking and asynchronous.

use std::sync::Arc;
use std::time::Instant;

use aura_users::{Client, Options, blocking};
use aura_users_compare::{Arguments, Clock, Seen, one_by_one};

/// The same number of tasks as in Python.
const TASKS: usize = 1000;

fn main() {
    let arguments = Arguments::read();
    let mut options = Options::new().repo_url(&*arguments.url).api_key("key").env(false);
    for (name, value) in &arguments.options {
        options.set(name, value).unwrap();
    }
    match arguments.job.as_str() {
        "user" => {
            let client = blocking::Client::new(options).unwrap();
            one_by_one(&arguments, |seen| {
                seen.checksum += client.get_user("orguser").unwrap().username().len();
            });
        }
        "stream" => {
            let client = blocking::Client::new(options).unwrap();
            one_by_one(&arguments, |seen| {
                for log in client.stream_audit_logs().unwrap() {
                    seen.checksum += log.unwrap().action().len();
                    seen.rows += 1;
                }
            });
        }
        "async_user" => {
            let client = Client::new(options).unwrap();
            let runtime = runtime();
            one_by_one(&arguments, |seen| {
                let user = runtime.block_on(client.get_user("orguser")).unwrap();
                seen.checksum += user.username().len();
            });
        }
        "tasks" => runtime().block_on(tasks(&arguments, Arc::new(Client::new(options).unwrap()))),
        job => panic!("no job {job}"),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn tasks(arguments: &Arguments, client: Arc<Client>) {
    let run = |calls: usize| {
        let client = Arc::clone(&client);
        tokio::spawn(async move {
            let (mut checksum, mut latencies) = (0, Vec::new());
            for _ in 0..calls {
                let start = Instant::now();
                checksum += client.get_user("orguser").await.unwrap().username().len();
                latencies.push(start.elapsed());
            }
            (checksum, latencies)
        })
    };
    for task in (0..arguments.warm_up.min(TASKS)).map(|_| run(1)).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let (mut seen, mut latencies, clock) = (Seen::default(), Vec::new(), Clock::new());
    for task in (0..TASKS).map(|_| run(arguments.count / TASKS)).collect::<Vec<_>>() {
        let (checksum, times) = task.await.unwrap();
        seen.checksum += checksum;
        latencies.extend(times);
    }
    clock.print(latencies, &seen);
}
