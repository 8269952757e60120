//! Work whose result all callers share that need it at the same time. So work that hangs is not
//! started again for each caller.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::process::Global;

/// The work that goes on, by what it is about.
pub(crate) struct Shared<K: 'static, T: 'static>(Global<Mutex<Running<K, T>>>);

type Running<K, T> = HashMap<K, Receiver<T>>;

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
    pub(crate) const fn new() -> Self {
        Self(Global::new(Mutex::default))
    }

    /// Waits for the work that goes on. If there is none, the caller gets the duty to do it.
    pub(crate) fn join(&'static self, key: &K) -> (Receiver<T>, Option<Duty<K, T>>) {
        let mut running = self.running();
        if let Some(receiver) = running.get(key) {
            return (receiver.clone(), None);
        }
        let (sender, receiver) = watch::channel(None);
        running.insert(key.clone(), receiver.clone());
        (receiver, Some(Duty { of: self, key: key.clone(), result: None, sender }))
    }

    fn running(&self) -> MutexGuard<'_, Running<K, T>> {
        self.0.get().lock().unwrap_or_else(PoisonError::into_inner)
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
        self.of.running().remove(&self.key);
        self.sender.send_replace(self.result.take());
    }
}
