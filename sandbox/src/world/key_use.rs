//! Finds the key of a request, and records its use.

use jiff::{SignedDuration, Timestamp};

use super::World;
use super::keys::{LastUse, Owner};

/// How often a key's last use is recorded.
const LAST_USE_EVERY: SignedDuration = SignedDuration::from_secs(300);

impl World {
    pub(crate) fn find_key(&self, secret: &[u8]) -> Option<usize> {
        self.keys.iter().position(|k| k.secret.as_bytes() == secret)
    }

    /// A valid key, by its owner and name.
    pub(crate) fn named_key(&self, owner: Owner, name: &str, now: Timestamp) -> Option<usize> {
        self.keys.iter().position(|k| k.owner == owner && k.name == name && !k.revoked(now))
    }

    /// Records a key's use, at most once in five minutes. That changes its `updated_at`.
    pub(crate) fn touch_key(&mut self, index: usize, ip: String, user_agent: Option<String>) {
        let now = self.now();
        let last = self.keys[index].last_use.as_ref();
        let recent = last.is_some_and(|last| now.duration_since(last.at) < LAST_USE_EVERY);
        if !recent {
            let key = self.key_mut(index);
            key.last_use = Some(LastUse { at: now, ip, user_agent });
            key.updated_at = now;
        }
    }

    /// The name, with the next free number if it is taken.
    pub(crate) fn unique_key_name(&self, owner: Owner, name: &str, now: Timestamp) -> String {
        let prefix = format!("{name}-");
        let names: Vec<&str> = self
            .keys
            .iter()
            .filter(|k| k.owner == owner && !k.revoked(now))
            .map(|k| k.name.as_str())
            .collect();
        if !names.contains(&name) {
            return name.to_owned();
        }
        let highest = names
            .iter()
            .filter_map(|n| n.strip_prefix(&prefix)?.parse::<i64>().ok())
            .max()
            .unwrap_or(1);
        format!("{name}-{}", highest.saturating_add(1))
    }
}
