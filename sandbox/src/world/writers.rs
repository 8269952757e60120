//! Programs that write audit rows while others read.
//!
//! Before each access to the world, the rows that are due are written. A client cannot distinguish
//! that from a program that writes on time, so no task is needed.

use jiff::{SignedDuration, Timestamp};

use super::World;
use crate::new::{NewAuditLog, NewAuditWriter};

impl World {
    pub(crate) fn add_audit_writer(&mut self, mut new: NewAuditWriter) -> Result<(), String> {
        self.known_user(&new.username)?;
        if new.every_ms == 0 {
            return Err("every_ms: expected at least 1".to_owned());
        }
        if new.count == Some(0) {
            return Err("count: expected at least 1".to_owned());
        }
        let first = self.clock.peek().checked_add(interval(new.every_ms));
        let first = first.map_err(|_| "every_ms: too long".to_owned())?;
        new.next_at.get_or_insert(first);
        self.audit_writers.push(new);
        Ok(())
    }

    /// Writes the rows that are due.
    pub(crate) fn write_due_rows(&mut self) {
        let now = self.clock.peek();
        let due: Vec<_> = self.audit_writers.iter_mut().filter_map(|w| due(w, now)).collect();
        self.audit_writers.retain(|writer| writer.count != Some(0));
        for rows in due {
            // Its account existed when it was added, and accounts are never removed.
            let _ = self.insert_audit_rows(rows);
        }
    }
}

fn due(writer: &mut NewAuditWriter, now: Timestamp) -> Option<NewAuditLog> {
    let every = interval(writer.every_ms);
    let soon = now.checked_add(every).ok()?;
    let next = writer.next_at.unwrap_or(soon);
    if next > now {
        // If the clock was set back, the writer does not stop for long.
        writer.next_at = Some(next.min(soon));
        return None;
    }
    let (late, every_us) = (now.as_microsecond() - next.as_microsecond(), every.as_micros());
    let count = i128::from(late) / every_us + 1;
    let ahead = i64::try_from(count * every_us - i128::from(late)).ok()?;
    writer.next_at = now.checked_add(SignedDuration::from_micros(ahead)).ok();
    let mut count = u64::try_from(count).ok()?;
    if let Some(left) = &mut writer.count {
        count = count.min(*left);
        *left -= count;
    }
    Some(NewAuditLog {
        username: writer.username.clone(),
        count: Some(count),
        action: writer.action.clone(),
        params: writer.params.clone(),
        user_agent: writer.user_agent.clone(),
        ..NewAuditLog::default()
    })
}

fn interval(millis: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}
