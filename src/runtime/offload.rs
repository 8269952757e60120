//! Long work on separate threads.
//!
//! If the waiting thread unpacked or parsed a large reply, its deadline and cancellation would be late.
//! On the background thread, all other calls would be late too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Semaphore, oneshot};

use crate::runtime::process::Global;
use crate::runtime::{self, EXHAUSTED};
use crate::{Error, ErrorKind, Result};

/// The waiting thread unpacks or parses so many bytes itself: that takes a millisecond or two.
pub(crate) const INLINE: usize = 256 << 10;

/// The most threads at once in a process. More work waits, within its deadline.
const MAX_THREADS: usize = 8;

/// Set when the result of the work is no longer needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether to stop. Work checks this between two steps.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A limited number of threads. Each does one piece of work and ends.
pub(crate) struct Workers {
    /// The end of the threads' name.
    name: &'static str,
    /// What failed, for the message if the system refuses a thread.
    purpose: &'static str,
    permits: Global<Arc<Semaphore>>,
}

static READERS: Workers =
    Workers::new("-read", "the reply cannot be read", || Arc::new(Semaphore::new(MAX_THREADS)));

impl Workers {
    const fn new(
        name: &'static str,
        purpose: &'static str,
        permits: fn() -> Arc<Semaphore>,
    ) -> Self {
        Self { name, purpose, permits: Global::new(permits) }
    }

    /// The threads that look up names, which may hang.
    pub(crate) const fn resolvers() -> Self {
        Self::new("-dns", "the server's name cannot be looked up", || Arc::new(Semaphore::new(4)))
    }

    /// Runs `work` on a thread that ends with it. Dropping this future stops the work.
    ///
    /// # Errors
    /// The system refuses a thread, or the work panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Stop) -> T + Send + 'static,
    ) -> Result<T> {
        struct SetOnDrop(Stop);

        impl Drop for SetOnDrop {
            fn drop(&mut self) {
                self.0.set();
            }
        }

        // The semaphore is never closed, so this always succeeds.
        let permit = Arc::clone(self.permits.get()).acquire_owned().await;
        let waiting = SetOnDrop(Stop::default());
        let stop = waiting.0.clone();
        let (sender, receiver) = oneshot::channel();
        runtime::spawn(self.name, move || {
            let result = work(&stop);
            drop(permit);
            let _ = sender.send(result);
        })
        .map_err(|error| {
            Error::new(ErrorKind::Connect, format!("{}: {error}", self.purpose))
                .with_hint(EXHAUSTED)
                .with_source(error)
        })?;
        receiver
            .await
            .map_err(|_| Error::new(ErrorKind::Internal, format!("{}: it panicked", self.purpose)))
    }
}

/// Unpacks or parses on a thread that ends with it. Dropping this future stops the work.
///
/// # Errors
/// The system refuses a thread, or the work panicked.
pub(crate) async fn offload<T: Send + 'static>(
    work: impl FnOnce(&Stop) -> T + Send + 'static,
) -> Result<T> {
    READERS.run(work).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::{Barrier, mpsc};
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let builder = &mut tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn work_runs_on_another_thread() {
        let here = thread::current().id();
        let there = block_on(offload(move |_| thread::current().id())).unwrap();
        assert_ne!(here, there);
    }

    #[test]
    fn work_stops_if_its_future_is_dropped() {
        let (notify, ended) = mpsc::channel();
        block_on(async {
            let (start, started) = oneshot::channel();
            // Other tests may hold all threads, so the work may start late.
            let work = tokio::spawn(offload(move |stop| {
                start.send(()).unwrap();
                while !stop.is_set() {
                    thread::sleep(Duration::from_millis(1));
                }
                notify.send(()).unwrap();
            }));
            started.await.unwrap();
            work.abort();
            assert!(work.await.unwrap_err().is_cancelled());
        });
        ended.recv().unwrap();
    }

    #[test]
    fn more_work_than_threads_waits() {
        block_on(async {
            let all: Vec<_> = (0..4 * MAX_THREADS)
                .map(|nth| {
                    tokio::spawn(offload(move |_| {
                        thread::sleep(Duration::from_millis(1));
                        nth
                    }))
                })
                .collect();
            for (nth, task) in all.into_iter().enumerate() {
                assert_eq!(task.await.unwrap().unwrap(), nth);
            }
        });
    }

    #[test]
    fn work_that_hangs_takes_few_threads() {
        static WORKERS: Workers = Workers::new("-hung", "it hangs", || Arc::new(Semaphore::new(2)));
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let hung = Arc::new(Barrier::new(3));
        block_on(async {
            for _ in 0..20 {
                let hung = Arc::clone(&hung);
                let work = WORKERS.run(move |_| {
                    STARTED.fetch_add(1, Ordering::SeqCst);
                    hung.wait();
                });
                tokio::time::timeout(Duration::from_millis(10), work).await.unwrap_err();
            }
            assert!(STARTED.load(Ordering::SeqCst) <= 2);
            // After the hung work continues, new work can start.
            let ends = thread::spawn(move || hung.wait());
            WORKERS.run(|_| ()).await.unwrap();
            ends.join().unwrap();
        });
    }

    #[test]
    fn work_that_panics_is_an_error() {
        let error = block_on(offload(|_| panic!("on purpose"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
