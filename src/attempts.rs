//! Counts how often a call was sent.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The attempts of a call. Code that ends the call from outside reads them too.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    started: AtomicU32,
    /// How many earlier attempts sent the request.
    sent: AtomicU32,
    /// Whether the current attempt has sent the request.
    is_sent: AtomicBool,
    /// Whether it waits for one of `max_connections`.
    is_queued: AtomicBool,
}

impl Attempts {
    /// How often the request was sent.
    pub(crate) fn get(&self) -> u32 {
        self.sent.load(Ordering::Relaxed) + u32::from(self.is_sent.load(Ordering::Relaxed))
    }

    pub(crate) fn start(&self) {
        let sent = u32::from(self.is_sent.swap(false, Ordering::Relaxed));
        self.sent.fetch_add(sent, Ordering::Relaxed);
        self.is_queued.store(false, Ordering::Relaxed);
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of the current attempt, counted from 1, also if it has sent nothing.
    pub(crate) fn number(&self) -> u32 {
        self.started.load(Ordering::Relaxed)
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.is_sent.load(Ordering::Relaxed)
    }

    pub(crate) fn is_queued(&self) -> bool {
        self.is_queued.load(Ordering::Relaxed)
    }

    /// The transport sets it when it sends the request.
    pub(crate) fn sent_flag(&self) -> &AtomicBool {
        &self.is_sent
    }

    /// The transport sets it while the request waits for its turn.
    pub(crate) fn queued_flag(&self) -> &AtomicBool {
        &self.is_queued
    }
}
