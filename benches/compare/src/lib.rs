//! Measures a job and prints the figures as a line of JSON, for every Rust program.
//!
//! Usage: `PROGRAM JOB URL COUNT WARM_UP [OPTION VALUE]...` A program runs the job's operation
//! WARM_UP times, then measures COUNT runs.

use std::time::{Duration, Instant};

/// Counts what was read. compare.py checks that all programs read the same rows.
#[derive(Default)]
pub struct Seen {
    pub rows: usize,
    pub checksum: usize,
}

pub struct Arguments {
    pub job: String,
    pub url: String,
    pub count: usize,
    pub warm_up: usize,
    pub options: Vec<(String, String)>,
}

impl Arguments {
    pub fn read() -> Self {
        let mut arguments = std::env::args().skip(1);
        let mut next = || arguments.next().expect("usage: PROGRAM JOB URL COUNT WARM_UP ...");
        let (job, url) = (next(), next());
        let (count, warm_up) = (next().parse().unwrap(), next().parse().unwrap());
        let rest: Vec<_> = arguments.collect();
        let options = rest.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        Self { job, url, count, warm_up, options }
    }
}

/// CPU and wall time since it was created.
pub struct Clock {
    cpu: Duration,
    start: Instant,
}

impl Clock {
    #[allow(clippy::new_without_default, reason = "it starts when it is made")]
    pub fn new() -> Self {
        Self { cpu: cpu(), start: Instant::now() }
    }

    pub fn print(self, mut latencies: Vec<Duration>, seen: &Seen) {
        let (cpu, wall) = (cpu() - self.cpu, self.start.elapsed());
        latencies.sort();
        let count = latencies.len();
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        println!(
            r#"{{"count":{count},"rows":{},"checksum":{},"cpu_us":{},"wall_us":{},"p50_us":{},"p99_us":{},"rss_kb":{},"peak_kb":{}}}"#,
            seen.rows,
            seen.checksum,
            us(cpu),
            us(wall),
            us(latencies[count / 2]),
            us(latencies[count * 99 / 100]),
            memory_kb("VmRSS:"),
            memory_kb("VmHWM:"),
        );
    }
}

/// User and system time of this process.
fn cpu() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).try_into().unwrap()
}

fn memory_kb(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    value.trim().trim_end_matches(" kB").parse().unwrap()
}

pub fn one_by_one(arguments: &Arguments, mut operation: impl FnMut(&mut Seen)) {
    (0..arguments.warm_up).for_each(|_| operation(&mut Seen::default()));
    let mut seen = Seen::default();
    let mut latencies = Vec::with_capacity(arguments.count);
    let clock = Clock::new();
    for _ in 0..arguments.count {
        let start = Instant::now();
        operation(&mut seen);
        latencies.push(start.elapsed());
    }
    clock.print(latencies, &seen);
}
