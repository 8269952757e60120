//! Measures the CPU and wall time of a blocking `get_user`, for three designs, with one caller and
//! with eight. `cargo bench --bench runtime`
//!
//! The server is another process of this program, so its time is not counted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aura_users::{Client, Options, blocking};
use tokio::runtime::{Builder, Runtime};

const CALLS: usize = 8_000;
const ROUNDS: usize = 5;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return serve();
    }
    let (mut server, url) = start_server();
    let options = || Options::new().repo_url(url.as_str()).env(false);
    let lanes = blocking::Client::new(options()).unwrap();
    let one_worker = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let on_one_worker = Client::new(options()).unwrap();
    let spawned = Client::new(options()).unwrap();
    let designs: [(&str, &(dyn Fn() + Sync)); 3] = [
        ("lanes: the caller polls", &|| drop(lanes.get_user("eric").unwrap())),
        ("1 worker, block_on", &|| {
            drop(one_worker.block_on(on_one_worker.get_user("eric")).unwrap());
        }),
        ("1 worker, spawned and awaited", &|| {
            let client = spawned.clone();
            let call = one_worker.spawn(async move { client.get_user("eric").await });
            drop(wait(&one_worker, call));
        }),
    ];
    println!("{:<32} {:>8} {:>12} {:>12}", "design", "callers", "CPU us/call", "wall us/call");
    for callers in [1, 8] {
        let mut best = vec![(Duration::MAX, Duration::MAX); designs.len()];
        for _ in 0..ROUNDS {
            for (index, (_, call)) in designs.iter().enumerate() {
                let (cpu, wall) = measure(callers, call);
                best[index] = (best[index].0.min(cpu), best[index].1.min(wall));
            }
        }
        for ((name, _), (cpu, wall)) in designs.iter().zip(best) {
            let per_call = |time: Duration| time.as_secs_f64() * 1e6 / CALLS as f64;
            println!("{name:<32} {callers:>8} {:>12.1} {:>12.1}", per_call(cpu), per_call(wall));
        }
    }
    let _ = server.kill();
    let _ = server.wait();
}

fn wait<T>(runtime: &Runtime, call: tokio::task::JoinHandle<T>) -> T {
    runtime.block_on(call).unwrap()
}

fn measure(callers: usize, call: &(dyn Fn() + Sync)) -> (Duration, Duration) {
    let (cpu, wall) = (cpu_time(), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| (0..CALLS / callers).for_each(|_| call()));
        }
    });
    (cpu_time() - cpu, wall.elapsed())
}

/// User and system time of this process, in the kernel's ticks of 10 ms.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn start_server() -> (Child, String) {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (server, line.trim().to_owned())
}

/// Answers every request with the same record of 1.4 kB.
fn serve() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    println!("http://{}/api", listener.local_addr().unwrap());
    let body = format!(r#"{{"username":"eric","full_name":"{}"}}"#, "x".repeat(1360));
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    for stream in listener.incoming() {
        let reply = reply.clone();
        std::thread::spawn(move || answer(stream.unwrap(), reply.as_bytes()));
    }
}

fn answer(mut stream: TcpStream, reply: &[u8]) {
    let mut buffer = [0; 4096];
    let mut filled = 0;
    while let Ok(count @ 1..) = stream.read(&mut buffer[filled..]) {
        filled += count;
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            filled = 0;
            if stream.write_all(reply).is_err() {
                return;
            }
        }
    }
}
