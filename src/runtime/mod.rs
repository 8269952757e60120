//! The embedded runtimes: when they start, at fork, at exit.
//!
//! - here: the background thread
//! - `lane`: a thread that waits for one reply moves the bytes itself
//! - `background`: started calls, which run on the background thread
//! - `cancel`: ends a call from outside
//! - `completions`: a queue of calls that have ended
//! - `clock`: deadlines and pauses
//! - `offload`: long work on separate threads
//! - `shared`: work whose result several callers share
//! - `process`: values that a forked child must not share
//! - `signals`: keeps the host's signals away from the library's threads
//!
//! A blocking call moves its own bytes. It takes a *lane* with a connection of its own, runs in the
//! caller's thread, and puts the lane back. No call pays for a hand-off to another thread, and none
//! waits for another call. Started calls and the pages that a stream requests early run on one
//! background thread, a runtime of tokio. That thread ends with the last client, stream or call that
//! needs it.
//!
//! Everything here belongs to one process. A forked child gets new, empty values. It neither uses nor
//! closes its parent's sockets and threads.

pub(crate) mod background;
pub(crate) mod cancel;
pub(crate) mod clock;
pub(crate) mod completions;
#[cfg(unix)]
pub(crate) mod lane;
#[cfg(not(unix))]
#[path = "no_lane.rs"]
pub(crate) mod lane;
pub(crate) mod offload;
pub(crate) mod process;
pub(crate) mod shared;
mod signals;

use std::future::Future;
use std::io;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, unconstrained};

use crate::log;
use crate::{Error, ErrorKind, Result};
use cancel::{Driven, Piece};
use clock::INTERRUPT_INTERVAL;
use process::Global;
pub(crate) use process::PerProcess;
use signals::without_signals;

/// Runs `work`, which drives a future of tokio. If this thread is ending, and tokio's thread-local
/// values are gone, another thread runs `work`.
pub(crate) fn blocking<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    match Handle::try_current() {
        Err(error) if error.is_thread_local_destroyed() => thread::scope(|scope| {
            let is_in_callback = log::is_in_callback();
            let work = move || log::with_callback_state(is_in_callback, work);
            let thread = without_signals(|| thread::Builder::new().spawn_scoped(scope, work));
            thread.map_err(exhausted)?.join().unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Internal, "a blocking call panicked"))
            })
        }),
        _ => work(),
    }
}

/// The handle of this thread. The standard library keeps only an inner pointer to that of a thread
/// which it did not start, and valgrind reports the handle as possibly lost. So it is kept here too.
pub(crate) fn this_thread() -> Thread {
    thread_local! {
        static THIS: Thread = thread::current();
    }
    THIS.try_with(Clone::clone).unwrap_or_else(|_| thread::current())
}

/// Holds the background thread, which starts when it is first needed.
#[derive(Default)]
pub(crate) struct Background(OnceCell<Arc<BackgroundThread>>);

impl Background {
    pub(crate) fn thread(&self) -> Result<&Arc<BackgroundThread>> {
        self.0.get_or_try_init(BackgroundThread::running)
    }
}

/// The thread that drives the tokio runtime. It ends when the last holder drops this.
pub(crate) struct BackgroundThread {
    handle: Handle,
    ending: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    pub(crate) process: u64,
}

/// How long the last holder waits for the thread's end.
const MAX_SHUTDOWN_WAIT: Duration = Duration::from_secs(1);

/// Returns an error on the background thread, which must not wait for its own work.
pub(crate) fn check_may_wait() -> Result<()> {
    if process::is_background_thread() {
        return Err(Error::invalid_argument(
            "a log callback on the library's own thread cannot wait for a call: that thread is \
             what the call would wait for",
        )
        .with_hint("hand the line to a thread of your own, and make the call there"));
    }
    Ok(())
}

impl BackgroundThread {
    fn running() -> Result<Arc<Self>> {
        static RUNNING: Global<Mutex<Weak<BackgroundThread>>> = Global::new(Mutex::default);
        let running = RUNNING.get();
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = running.upgrade() {
            return Ok(thread);
        }
        // tokio asks for the handle of this thread.
        this_thread();
        let process = process::id();
        // A flooding connection takes long turns. So the runtime checks timers and sockets after every
        // fourth turn. The default is 61.
        let mut builder = Builder::new_current_thread();
        builder.enable_io().enable_time().event_interval(4);
        let runtime = builder.build().map_err(exhausted)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = spawn("", move || {
            process::mark_background_thread();
            // If there is no descriptor left for it, the thread takes no signals.
            runtime.spawn(signals::take_signals_when_alone());
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        })
        .map_err(exhausted)?;
        let ending = Some((stop, thread));
        let started = Arc::new(Self { handle, ending, process });
        *running = Arc::downgrade(&started);
        Ok(started)
    }

    /// Runs `future` on it.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.handle.spawn(future).abort_handle()
    }

    /// Polls `call` in the caller's thread, while the background thread moves its I/O. Returns at the
    /// call's end, or at the next pause. A child that is forked meanwhile has no background thread, so
    /// there it returns a pause.
    pub(crate) fn run<T>(&self, call: Driven<'_, T>) -> Piece<T> {
        let _within = self.handle.enter();
        // A task of another runtime must not limit the turns of this future.
        let mut call = pin!(unconstrained(call));
        let caller = Waker::from(Arc::new(Caller(this_thread())));
        let until = Instant::now() + INTERRUPT_INTERVAL;
        loop {
            if let Poll::Ready(result) = call.as_mut().poll(&mut Context::from_waker(&caller)) {
                return Piece::Done(result);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.process != process::id() {
                return Piece::Pause;
            }
            thread::park_timeout(left);
        }
    }
}

/// A waker for a parked thread.
struct Caller(Thread);

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Drop for BackgroundThread {
    /// Waits for the thread's end, so that no thread is left once all handles are freed. It does not
    /// wait on the thread itself, nor while the thread runs a log callback: the callback may wait for
    /// the thread that drops this.
    fn drop(&mut self) {
        let Some((stop, thread)) = self.ending.take() else { return };
        if self.process != process::id() {
            return mem::forget((stop, thread));
        }
        drop(stop);
        let until = Instant::now() + MAX_SHUTDOWN_WAIT;
        while !process::is_background_thread() && Instant::now() < until {
            if thread.is_finished() {
                let _ = thread.join();
                return;
            }
            if log::is_librarys_thread_in_callback() {
                return;
            }
            thread::sleep(Duration::from_micros(50));
        }
    }
}

/// Starts a thread of the library that blocks all signals. `what` becomes a part of its name.
pub(crate) fn spawn(
    what: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    without_signals(|| thread::Builder::new().name([signals::NAME, what].concat()).spawn(work))
}

/// The error if the system refuses a thread, a descriptor or memory.
pub(crate) fn exhausted(error: io::Error) -> Error {
    Error::new(ErrorKind::Connect, format!("no connection to the server: {error}"))
        .with_hint(EXHAUSTED)
        .with_source(error)
}

/// What to do about a limit of the process or the machine.
pub(crate) const EXHAUSTED: &str = "this process has all the descriptors or threads that it may \
     have: make fewer calls at once, or raise its limits (ulimit -n, ulimit -u)";
