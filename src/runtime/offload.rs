//! Work that takes long, on a thread of its own.
//!
//! Unpacking or parsing a large reply on the thread that waits would hold up its deadline, its
//! cancellation, and on the background thread every other call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Semaphore, oneshot};

use crate::runtime::process::Global;
use crate::runtime::{self, EXHAUSTED};
use crate::{Error, ErrorKind, Result};

/// Bytes that are unpacked or parsed by the thread that waits: that takes a millisecond or two.
pub(crate) const INLINE: usize = 256 << 10;

/// Threads at work at once in a process. Others wait for their turn, within their deadlines.
const MOST_THREADS: usize = 8;

/// Tells work that nobody waits for it any longer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether to give up. Work asks this between its pieces.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Threads that work at once, a few, each for one piece of work.
pub(crate) struct Crew {
    /// What they are for, as their name says it.
    name: &'static str,
    /// What failed if the system gives none.
    purpose: &'static str,
    seats: Global<Arc<Semaphore>>,
}

static READERS: Crew =
    Crew::new("-read", "the reply cannot be read", || Arc::new(Semaphore::new(MOST_THREADS)));

impl Crew {
    const fn new(name: &'static str, purpose: &'static str, seats: fn() -> Arc<Semaphore>) -> Self {
        Self { name, purpose, seats: Global::new(seats) }
    }

    /// Those that look names up, which may hang.
    pub(crate) const fn resolvers() -> Self {
        Self::new("-dns", "the server's name cannot be looked up", || Arc::new(Semaphore::new(4)))
    }

    /// Runs `work` on a thread that ends with it. Dropping this future stops the work.
    ///
    /// # Errors
    /// The system gives no thread, or the work panicked.
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

        // It is never closed, so this always gives a seat.
        let seat = Arc::clone(self.seats.get()).acquire_owned().await;
        let waiting = SetOnDrop(Stop::default());
        let stop = waiting.0.clone();
        let (tell, told) = oneshot::channel();
        runtime::spawn(self.name, move || {
            let result = work(&stop);
            drop(seat);
            let _ = tell.send(result);
        })
        .map_err(|error| {
            Error::new(ErrorKind::Connect, format!("{}: {error}", self.purpose))
                .with_hint(EXHAUSTED)
                .with_source(error)
        })?;
        told.await
            .map_err(|_| Error::new(ErrorKind::Internal, format!("{}: it panicked", self.purpose)))
    }
}

/// Unpacks or parses on a thread that ends with it. Dropping this future stops the work.
///
/// # Errors
/// The system gives no thread, or the work panicked.
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
    fn work_that_nobody_waits_for_is_told_to_stop() {
        let (tell, told) = mpsc::channel();
        block_on(async {
            let work = offload(move |stop| {
                while !stop.is_set() {
                    thread::sleep(Duration::from_millis(1));
                }
                tell.send(()).unwrap();
            });
            tokio::time::timeout(Duration::from_millis(10), work).await.unwrap_err();
        });
        told.recv().unwrap();
    }

    #[test]
    fn more_work_than_threads_takes_turns() {
        block_on(async {
            let all: Vec<_> = (0..4 * MOST_THREADS)
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
        static CREW: Crew = Crew::new("-hung", "it hangs", || Arc::new(Semaphore::new(2)));
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let hung = Arc::new(Barrier::new(3));
        block_on(async {
            for _ in 0..20 {
                let hung = Arc::clone(&hung);
                let work = CREW.run(move |_| {
                    STARTED.fetch_add(1, Ordering::SeqCst);
                    hung.wait();
                });
                tokio::time::timeout(Duration::from_millis(10), work).await.unwrap_err();
            }
            assert!(STARTED.load(Ordering::SeqCst) <= 2);
            // Once those that hung go on, there is room again.
            let ends = thread::spawn(move || hung.wait());
            CREW.run(|_| ()).await.unwrap();
            ends.join().unwrap();
        });
    }

    #[test]
    fn work_that_panics_is_an_error() {
        let error = block_on(offload(|_| panic!("on purpose"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
