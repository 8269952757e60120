//! The embedded runtimes: when they start, at fork, at exit.
//!
//! A synchronous call drives its own I/O: it takes a *lane*, a small runtime with connections of
//! its own, runs on it in the caller's thread, and puts it back. No call pays for a hand-off to
//! another thread, and none waits for another's. What must move while nobody waits (pages of a
//! stream asked for ahead) runs on one background thread.
//!
//! Everything here belongs to one process. A forked child finds its own, new and empty: sockets
//! and threads of the parent are neither used nor closed there.

use std::future::Future;
use std::mem;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use once_cell::sync::{Lazy, OnceCell};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::transport::Transports;
use crate::{Error, ErrorKind, Result};

/// A value that each process has for itself.
pub(crate) struct PerProcess<T> {
    slot: ArcSwap<Slot<T>>,
    make: fn() -> T,
}

struct Slot<T> {
    process: u32,
    value: Option<T>,
}

impl<T> Slot<T> {
    fn new(make: fn() -> T) -> Arc<Self> {
        Arc::new(Self { process: std::process::id(), value: Some(make()) })
    }
}

impl<T> Drop for Slot<T> {
    /// A parent's value is left alone in the child: closing a socket there would take it out of
    /// the poll set that both share.
    fn drop(&mut self) {
        if self.process != std::process::id() {
            mem::forget(self.value.take());
        }
    }
}

impl<T> PerProcess<T> {
    pub(crate) fn new(make: fn() -> T) -> Self {
        Self { slot: ArcSwap::new(Slot::new(make)), make }
    }

    pub(crate) fn get(&self) -> InProcess<T> {
        let process = std::process::id();
        loop {
            let slot = self.slot.load_full();
            if slot.process == process {
                return InProcess(slot);
            }
            self.slot.compare_and_swap(&slot, Slot::new(self.make));
        }
    }
}

/// This process's value.
pub(crate) struct InProcess<T>(Arc<Slot<T>>);

impl<T> Deref for InProcess<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let Some(value) = &self.0.value else { unreachable!("taken only when dropped") };
        value
    }
}

/// A runtime that only its caller drives, and the connections that live on it.
pub(crate) struct Lane {
    runtime: Option<Runtime>,
    pub(crate) transports: Transports,
    last_used: Instant,
}

impl Lane {
    fn new() -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .thread_name("aura-users-dns")
            .build()
            .map_err(no_runtime)?;
        Ok(Self {
            runtime: Some(runtime),
            transports: Transports::default(),
            last_used: Instant::now(),
        })
    }

    /// Runs `future` to its end in this thread.
    pub(crate) fn run<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(runtime) = &self.runtime else { unreachable!("taken only when dropped") };
        runtime.block_on(async {
            // Nobody drove the connections since the last call: let them notice what the server
            // closed meanwhile. One turn polls the sockets, the next runs the connections.
            if self.last_used.elapsed() > JUST_USED {
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
            }
            future.await
        })
    }
}

impl Drop for Lane {
    /// A name look-up that hangs in the system must not hold up whoever drops the client.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The lanes nobody is using.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<Vec<Lane>>);

/// A connection that was good a moment ago is not looked at again: three turns of the runtime cost
/// a tenth of a call on the same machine, and a GET that meets a dead one is sent again anyway.
const JUST_USED: Duration = Duration::from_millis(50);

/// As long as the server keeps an idle connection: a lane that is older has nothing to offer.
const LANE_IDLE: Duration = Duration::from_secs(60);

impl Lanes {
    /// Runs `work` with a lane of its own.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Lane) -> Result<T>) -> Result<T> {
        let idle = self.lock().pop();
        let mut lane = match idle {
            Some(lane) => lane,
            None => Lane::new()?,
        };
        let result = work(&lane);
        lane.last_used = Instant::now();
        let expired = {
            let mut lanes = self.lock();
            lanes.push(lane);
            // The last used is the first taken, so the oldest are at the front.
            let expired =
                lanes.iter().take_while(|lane| lane.last_used.elapsed() > LANE_IDLE).count();
            lanes.drain(..expired).collect::<Vec<_>>()
        };
        drop(expired);
        result
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work`, which blocks, also where this thread is already inside a tokio runtime: there it
/// gets a thread of its own.
pub(crate) fn blocking<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    if Handle::try_current().is_err() {
        return work();
    }
    std::thread::scope(|scope| scope.spawn(work).join())
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "a blocking call panicked")))
}

static BACKGROUND: Lazy<PerProcess<OnceCell<Runtime>>> =
    Lazy::new(|| PerProcess::new(OnceCell::new));

/// The background thread's runtime, started when it is first needed. It is never shut down: at
/// the process's end its thread just stops.
pub(crate) fn background() -> Result<Handle> {
    let runtime = BACKGROUND.get();
    let runtime = runtime.get_or_try_init(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .enable_io()
            .enable_time()
            .thread_name("aura-users")
            .build()
            .map_err(no_runtime)
    })?;
    Ok(runtime.handle().clone())
}

/// Runs `future` in this thread while the background thread moves its I/O.
pub(crate) fn run_on_background<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    background()?.block_on(future)
}

fn no_runtime(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("the embedded runtime could not be started: {error}"))
        .with_source(error)
}
