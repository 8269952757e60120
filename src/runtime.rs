//! The embedded runtimes: when they start, at fork, at exit.
//!
//! A synchronous call drives its own I/O: it takes a *lane*, a small runtime with connections of
//! its own, runs on it in the caller's thread, and puts it back. No call pays for a hand-off to
//! another thread, and none waits for another's. What must move while nobody waits (pages of a
//! stream asked for ahead, calls that were begun) runs on one background thread, which ends with
//! the last client, stream or call that needed it.
//!
//! Everything here belongs to one process. A forked child finds its own, new and empty: sockets
//! and threads of the parent are neither used nor closed there.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;
use once_cell::sync::{Lazy, OnceCell};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::clock::{Clock, OFTEN, SELDOM};
use crate::transport::Transports;
use crate::{Error, ErrorKind, Result};

/// A value that each process has for itself.
pub(crate) struct PerProcess<T> {
    make: fn() -> T,
    slot: Slot<T>,
}

/// A process's value, and behind it those of its children, each in its own copy of the memory. No
/// lock is taken to get at them: a fork could copy it as it is held by another thread.
struct Slot<T> {
    process: u32,
    value: Option<T>,
    next: OnceBox<Slot<T>>,
}

impl<T> Slot<T> {
    fn new(make: fn() -> T) -> Self {
        Self { process: std::process::id(), value: Some(make()), next: OnceBox::new() }
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
        Self { make, slot: Slot::new(make) }
    }

    /// This process's value.
    pub(crate) fn get(&self) -> &T {
        let process = std::process::id();
        let mut slot = &self.slot;
        while slot.process != process {
            slot = slot.next.get_or_init(|| Box::new(Slot::new(self.make)));
        }
        let Some(value) = &slot.value else { unreachable!("taken only when dropped") };
        value
    }
}

/// A runtime that only its caller drives, and the connections that live on it.
pub(crate) struct Lane {
    runtime: Option<Runtime>,
    clock: Clock,
    pub(crate) transports: Transports,
    last_used: Instant,
}

impl Lane {
    fn new() -> Result<Self> {
        let runtime = current_thread()?;
        Ok(Self {
            clock: Clock::of(&runtime, OFTEN),
            runtime: Some(runtime),
            transports: Transports::of_lane(),
            last_used: Instant::now(),
        })
    }

    /// Runs `future` to its end in this thread.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let Some(runtime) = &self.runtime else { unreachable!("taken only when dropped") };
        self.clock.within(|| runtime.block_on(future))
    }
}

impl Drop for Lane {
    /// Whoever drops the client may be inside another runtime, where no runtime may be waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The lanes nobody is using.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<Vec<Lane>>);

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
        let now = Instant::now();
        lane.last_used = now;
        let expired = {
            let mut lanes = self.lock();
            lanes.push(lane);
            // The last used is the first taken, so the oldest are at the front.
            let is_expired =
                |lane: &&Lane| now.saturating_duration_since(lane.last_used) > LANE_IDLE;
            let expired = lanes.iter().take_while(is_expired).count();
            lanes.drain(..expired).collect::<Vec<_>>()
        };
        drop(expired);
        result
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work`, which blocks, also where this thread is already inside a tokio runtime, or so near
/// its end that tokio cannot tell: there it gets a thread of its own.
pub(crate) fn blocking<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread_local! {
        /// What the standard library allots to a thread that it did not start. It keeps but an
        /// inner pointer itself, which tools that watch memory take for half a leak.
        static THIS: Thread = thread::current();
    }
    match Handle::try_current() {
        Err(none) if none.is_missing_context() => {
            let _ = THIS.try_with(|_| ());
            work()
        }
        _ => thread::scope(|scope| {
            let thread = without_signals(|| thread::Builder::new().spawn_scoped(scope, work));
            thread.map_err(not_given)?.join().unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Internal, "a blocking call panicked"))
            })
        }),
    }
}

/// A hold of the background thread, which starts when it is first needed.
#[derive(Default)]
pub(crate) struct Background(OnceCell<Arc<BackgroundThread>>);

impl Background {
    pub(crate) fn thread(&self) -> Result<&Arc<BackgroundThread>> {
        self.0.get_or_try_init(BackgroundThread::running)
    }
}

/// The one thread that turns a runtime by itself, for as long as somebody holds this.
pub(crate) struct BackgroundThread {
    handle: Handle,
    ending: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    process: u32,
}

/// How long the thread's end is waited for.
const LONGEST_GOODBYE: Duration = Duration::from_secs(1);

thread_local! {
    static IS_BACKGROUND: Cell<bool> = const { Cell::new(false) };
}

impl BackgroundThread {
    fn running() -> Result<Arc<Self>> {
        static RUNNING: Lazy<PerProcess<Mutex<Weak<BackgroundThread>>>> =
            Lazy::new(|| PerProcess::new(Mutex::default));
        let running = RUNNING.get();
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = running.upgrade() {
            return Ok(thread);
        }
        let runtime = current_thread()?;
        let handle = runtime.handle().clone();
        let clock = Clock::of(&runtime, SELDOM);
        let (stop, stopped) = oneshot::channel();
        let thread = spawn("aura-users", move || {
            IS_BACKGROUND.set(true);
            let _ = clock.within(|| runtime.block_on(stopped));
            runtime.shutdown_background();
        })
        .map_err(not_given)?;
        let ending = Some((stop, thread));
        let started = Arc::new(Self { handle, ending, process: std::process::id() });
        *running = Arc::downgrade(&started);
        Ok(started)
    }

    /// Runs `future` on it.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.handle.spawn(future).abort_handle()
    }

    /// Runs `future` in this thread while it moves the future's I/O.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.handle.block_on(future)
    }
}

impl Drop for BackgroundThread {
    /// Its end is waited for: then nothing of the library is left once its handles are freed. Not
    /// by itself, and not for long, as a log callback on it may wait for who waits here.
    fn drop(&mut self) {
        let Some((stop, thread)) = self.ending.take() else { return };
        if self.process != std::process::id() {
            return mem::forget((stop, thread));
        }
        drop(stop);
        let until = Instant::now() + LONGEST_GOODBYE;
        while !IS_BACKGROUND.get() && Instant::now() < until {
            if thread.is_finished() {
                let _ = thread.join();
                return;
            }
            thread::sleep(Duration::from_micros(50));
        }
    }
}

/// Starts a thread of the library. Signals are the host's, who may want to take them in a thread
/// of its own or by a descriptor: none comes to ours.
pub(crate) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    without_signals(|| thread::Builder::new().name(name.to_owned()).spawn(work))
}

#[cfg(unix)]
fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    use nix::sys::signal::{SigSet, SigmaskHow};

    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK);
    let started = start();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    started
}

#[cfg(not(unix))]
fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    start()
}

/// A runtime that the thread which blocks on it drives.
fn current_thread() -> Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build().map_err(not_given)
}

/// The system gives no thread, no descriptor or no memory.
fn not_given(error: io::Error) -> Error {
    Error::new(ErrorKind::Connect, format!("no connection to the server: {error}"))
        .with_hint(EXHAUSTED)
        .with_source(error)
}

/// What to do about a limit of the process or the machine.
pub(crate) const EXHAUSTED: &str = "this process has all the descriptors or threads that it may \
     have: make fewer calls at once, or raise its limits (ulimit -n, ulimit -u)";
