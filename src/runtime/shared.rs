//! Work whose result all callers share that need it at the same time. So work that hangs is not
//! started again for each caller. It is started once more after a while, because the reason may be
//! gone: a network that was down, or a file that was a pipe.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::process::Global;

/// The work that goes on, by what it is about.
pub(crate) struct Shared<K: 'static, T: 'static> {
    running: Global<Mutex<Running<K, T>>>,
    /// How long all callers wait for the same work. After that, it is started once more.
    patience: Duration,
}

type Running<K, T> = HashMap<K, Vec<Work<T>>>;

struct Work<T> {
    started: Instant,
    receiver: Receiver<T>,
}

/// How often the same work goes on at once.
const MOST: usize = 2;

/// Gets the result. It ends without one if the duty was dropped before.
pub(crate) type Receiver<T> = watch::Receiver<Option<T>>;

/// The duty to do some work. If it is dropped, a later caller gets it.
pub(crate) struct Duty<K: Clone + Eq + Hash + 'static, T: 'static> {
    of: &'static Shared<K, T>,
    key: K,
    result: Option<T>,
    sender: watch::Sender<Option<T>>,
}

impl<K: Clone + Eq + Hash, T> Shared<K, T> {
    pub(crate) const fn new(patience: Duration) -> Self {
        Self { running: Global::new(Mutex::default), patience }
    }

    /// Waits for the work that goes on. If there is none, or it takes too long, the caller gets the
    /// duty to do it.
    pub(crate) fn join(&'static self, key: &K) -> (Receiver<T>, Option<Duty<K, T>>) {
        let mut running = self.running();
        let works = running.entry(key.clone()).or_default();
        if let Some(latest) = works.last() {
            if works.len() == MOST || latest.started.elapsed() < self.patience {
                return (latest.receiver.clone(), None);
            }
        }
        let (sender, receiver) = watch::channel(None);
        works.push(Work { started: Instant::now(), receiver: receiver.clone() });
        (receiver, Some(Duty { of: self, key: key.clone(), result: None, sender }))
    }

    fn running(&self) -> MutexGuard<'_, Running<K, T>> {
        self.running.get().lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash, T> Duty<K, T> {
    pub(crate) fn fulfil(mut self, work: impl FnOnce(&K) -> T) {
        self.result = Some(work(&self.key));
    }
}

impl<K: Clone + Eq + Hash, T> Drop for Duty<K, T> {
    /// First makes room for new work, because the result is only for those who wait for it now.
    fn drop(&mut self) {
        let (mut running, own) = (self.of.running(), self.sender.subscribe());
        if let Some(works) = running.get_mut(&self.key) {
            works.retain(|work| !work.receiver.same_channel(&own));
            if works.is_empty() {
                running.remove(&self.key);
            }
        }
        drop(running);
        self.sender.send_replace(self.result.take());
    }
}
