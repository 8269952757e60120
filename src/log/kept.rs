//! The log lines that are stored until the host takes them, for hosts that need no callback.
//!
//! Each process has its own: a forked child starts without lines, and stores new ones.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::{LogLevel, LogRecord};
use crate::ErrorKind;
use crate::runtime::process::Global;

/// The largest capacity.
pub(crate) const MOST: usize = 65_536;

/// The lowest level that is stored. Above all levels if nothing is stored.
static LOWEST: AtomicU8 = AtomicU8::new(u8::MAX);
static ROOM: AtomicUsize = AtomicUsize::new(0);
static KEPT: Global<Mutex<Kept>> = Global::new(Mutex::default);

#[derive(Default)]
struct Kept {
    /// Each line is a JSON object. The oldest is the first.
    lines: VecDeque<String>,
    /// How many lines were dropped since the last `take`.
    dropped: u64,
}

fn lock() -> MutexGuard<'static, Kept> {
    KEPT.get().lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn is_kept(level: LogLevel) -> bool {
    level as u8 >= LOWEST.load(Ordering::Relaxed)
}

/// Stores the newest `most` lines of level `lowest` and above from now on. 0 drops all lines and stores
/// none.
pub(crate) fn keep(lowest: LogLevel, most: usize) {
    let mut kept = lock();
    let most = most.min(MOST);
    ROOM.store(most, Ordering::Relaxed);
    LOWEST.store(if most == 0 { u8::MAX } else { lowest as u8 }, Ordering::Relaxed);
    match most {
        0 => *kept = Kept::default(),
        _ => kept.shorten(most),
    }
}

/// The stored lines as one JSON object. None if there are none.
pub(crate) fn take() -> Option<String> {
    let mut kept = lock();
    if kept.lines.is_empty() && kept.dropped == 0 {
        return None;
    }
    let Kept { lines, dropped } = mem::take(&mut *kept);
    drop(kept);
    let lines = Vec::from(lines).join(",");
    Some(format!("{{\"dropped\":{dropped},\"lines\":[{lines}]}}"))
}

pub(super) fn push(record: &LogRecord<'_>) {
    let line = json(record);
    let mut kept = lock();
    let most = ROOM.load(Ordering::Relaxed);
    if most > 0 {
        kept.lines.push_back(line);
        kept.shorten(most);
    }
}

impl Kept {
    fn shorten(&mut self, most: usize) {
        while self.lines.len() > most {
            self.lines.pop_front();
            self.dropped += 1;
        }
    }
}

fn json(record: &LogRecord<'_>) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    serde_json::json!({
        "level": record.level.as_str(),
        "text": record.to_string(),
        "time_ms": u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        "message": record.message,
        "method": record.method,
        "route": record.route,
        "attempt": record.attempt,
        "status": record.status,
        "kind": record.kind.map(ErrorKind::as_str),
        "elapsed_ms": record.elapsed.map(|time| time.as_secs_f64() * 1e3),
        "request_id": record.request_id,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_and_the_others_counted() {
        let log = |message| LogRecord::new(LogLevel::Warn, message).emit();
        keep(LogLevel::Warn, 2);
        ["first", "second", "third"].into_iter().for_each(log);
        LogRecord::new(LogLevel::Info, "too low").emit();
        let taken: serde_json::Value = serde_json::from_str(&take().unwrap()).unwrap();
        assert_eq!(taken["dropped"], 1);
        let texts: Vec<_> = taken["lines"].as_array().unwrap().iter().map(|l| &l["text"]).collect();
        assert_eq!(texts, ["second", "third"]);
        assert_eq!(taken["lines"][0]["level"], "warn");
        assert_eq!(take(), None);
        log("gone");
        keep(LogLevel::Warn, 0);
        log("unheard");
        assert_eq!(take(), None);
    }
}
