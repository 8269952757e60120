//! `aura_call`.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;

use super::argument::Out;
use super::boundary::boundary;
use super::error::aura_error;
use super::handle::{Handle, freed, opaque, shared};
use super::quiet::quietly;
use super::status::aura_status;
use crate::runtime::process::PerProcess;
use crate::{AuditLog, AuditLogPage, Call, Completions, Error, Result, User, runtime};

/// A call under way on a thread of the library: what the functions that end in _start give.
///
/// Owned by the caller, who frees it with aura_call_free(), in any state. It outlives its client
/// and its stream if need be. Many threads may use one call at once. No callback ever comes from
/// it: wait for it, look at it, or have aura_call_fd() watched. In a forked child a call of the
/// parent has ended, as AURA_CANCELLED.
///
/// Over HTTP/1.1 each call under way has a connection, so a descriptor, of its own: a thousand at
/// once may need a higher limit (ulimit -n), and fail with AURA_CONNECT without it.
///
/// Since 0.1.0.
pub struct aura_call(Handle<Arc<Begun>>);

opaque!(aura_call, Arc<Begun>);

pub(super) struct Begun {
    call: Box<dyn Ending>,
    /// How it ended, once somebody looked.
    ended: OnceCell<aura_status>,
    /// Each process's own: what the parent watches is not for the child to write to.
    signal: PerProcess<OnceCell<signal::Signal>>,
}

/// A call of the core, whatever it gives.
trait Ending: Send + Sync {
    fn wait(&self, timeout: Option<Duration>) -> bool;
    fn status(&self) -> aura_status;
    /// The JSON, or none for the end of a stream; nothing at all where it was taken before.
    fn take(&self) -> Option<Result<Option<String>>>;
    fn is_of_another_process(&self) -> bool;
    fn cancel(&self);
    fn expire(&self);
    fn on_done(&self, tell: Box<dyn FnOnce() + Send>);
    fn complete(&self, queue: &Completions, token: u64);
}

/// What a call gives, as JSON; none for the end of a stream.
trait Outcome {
    fn is_end(&self) -> bool {
        false
    }
    fn into_json(self) -> Option<String>;
}

impl Outcome for User {
    fn into_json(self) -> Option<String> {
        Some(User::into_json(self))
    }
}

impl Outcome for () {
    fn into_json(self) -> Option<String> {
        Some("null".to_owned())
    }
}

impl Outcome for Option<AuditLog> {
    fn is_end(&self) -> bool {
        self.is_none()
    }

    fn into_json(self) -> Option<String> {
        self.map(|log| log.json().to_owned())
    }
}

impl Outcome for Option<AuditLogPage> {
    fn is_end(&self) -> bool {
        self.is_none()
    }

    fn into_json(self) -> Option<String> {
        self.map(|page| page.json().into_owned())
    }
}

impl<T: Outcome + Send> Ending for Call<T> {
    fn wait(&self, timeout: Option<Duration>) -> bool {
        Call::wait(self, timeout)
    }

    fn status(&self) -> aura_status {
        if !self.is_done() {
            return aura_status::AURA_PENDING;
        }
        let status = self.peek(|result| match result {
            Ok(outcome) if outcome.is_end() => aura_status::AURA_END,
            Ok(_) => aura_status::AURA_OK,
            Err(error) => error.kind().into(),
        });
        // Nothing to look at: it belongs to the parent of this process.
        status.unwrap_or(aura_status::AURA_CANCELLED)
    }

    fn take(&self) -> Option<Result<Option<String>>> {
        Some(Call::take(self)?.map(T::into_json))
    }

    fn is_of_another_process(&self) -> bool {
        Call::is_of_another_process(self)
    }

    fn cancel(&self) {
        Call::cancel(self);
    }

    fn expire(&self) {
        Call::expire(self);
    }

    fn on_done(&self, tell: Box<dyn FnOnce() + Send>) {
        Call::on_done(self, tell);
    }

    fn complete(&self, queue: &Completions, token: u64) {
        Call::complete(self, queue, token);
    }
}

impl Begun {
    pub(super) fn complete(&self, queue: &Completions, token: u64) {
        self.call.complete(queue, token);
    }

    fn status(&self) -> aura_status {
        // Whatever it was in the parent: another thread may have been looking at the fork.
        if self.call.is_of_another_process() {
            return aura_status::AURA_CANCELLED;
        }
        match self.ended.get() {
            Some(status) => *status,
            None => match self.call.status() {
                aura_status::AURA_PENDING => aura_status::AURA_PENDING,
                ended => *self.ended.get_or_init(|| ended),
            },
        }
    }
}

/// Hands over a call that was begun.
#[allow(private_bounds)] // nobody but this face has calls to hand over
pub(super) fn begun<T: Outcome + Send + 'static>(
    place: Out<'_, aura_call>,
    call: Call<T>,
) -> Result<aura_status> {
    place.give(Arc::new(Begun {
        call: Box::new(call),
        ended: OnceCell::new(),
        signal: PerProcess::new(OnceCell::new),
    }));
    Ok(aura_status::AURA_OK)
}

/// Waits until the call has ended, `timeout_ms` milliseconds at most, and takes its result, once.
/// A negative `timeout_ms` waits for as long as it takes, 0 does not wait.
///
/// Returns AURA_PENDING where the time is over first: then `json` and `error` hold NULL, and the
/// call goes on. Else what the blocking form returns: AURA_OK with the JSON in `json`, to be freed
/// with aura_string_free() (the JSON is "null" for a call that gives nothing); AURA_END where a
/// stream is over; or the call's error. AURA_INVALID_ARGUMENT where the result was taken before.
/// `json` must not be NULL, whatever the call gives: no result is lost for want of a place.
///
/// In a forked child a call of the parent is AURA_CANCELLED. A log callback on the library's own
/// thread cannot wait: AURA_INVALID_ARGUMENT, unless `timeout_ms` is 0 or the call has ended.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_wait(
    call: *mut aura_call,
    timeout_ms: i64,
    json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let json = Out::new("json", json)?;
        let call = shared("call", call)?;
        let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        if !call.call.wait(timeout) {
            if timeout_ms != 0 {
                runtime::may_wait()?;
            }
            return Ok(aura_status::AURA_PENDING);
        }
        let status = call.status();
        let result = call.call.take().ok_or_else(|| {
            Error::invalid_argument("call has ended, and its result was taken before")
        })?;
        if let Some(text) = result? {
            json.give_text(&text)?;
        }
        Ok(status)
    })
}

/// AURA_PENDING while the call is under way, then for good the status it ended with. Takes
/// nothing and does not wait. AURA_INVALID_ARGUMENT for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_poll(call: *const aura_call) -> aura_status {
    quietly(aura_status::AURA_INTERNAL, || match shared("call", call) {
        Ok(call) => call.status(),
        Err(_) => aura_status::AURA_INVALID_ARGUMENT,
    })
}

/// A descriptor that is readable from the call's end on, for poll(), epoll, kqueue and the like. It is
/// made when it is first asked for, and is the same one from then on. It belongs to the call, which
/// closes it when it is freed. For many calls at once, an aura_completions takes one descriptor for
/// all of them.
///
/// It is an eventfd on Linux and a socket elsewhere. You may duplicate it, for hosts that close what
/// they watch: the duplicate is readable from the call's end on too, also after the call is freed.
/// Do not read from it, or it is no longer readable.
///
/// In a forked child a call of the parent gets another descriptor, which is readable at once.
///
/// -1 if none can be had: for NULL, on Windows, and while the process has no descriptor left.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_fd(call: *mut aura_call) -> i32 {
    quietly(-1, || {
        let Ok(call) = shared("call", call) else { return -1 };
        let signal = call.signal.get().get_or_try_init(|| {
            let (signal, tell) = signal::Signal::new().ok_or(())?;
            call.call.on_done(tell);
            Ok::<_, ()>(signal)
        });
        signal.map_or(-1, signal::Signal::descriptor)
    })
}

/// Asks the call to end, and does not wait for that: aura_call_wait() then gives AURA_CANCELLED,
/// or the result where that came first. A stream keeps its place. "outcome_unknown" in the error's
/// JSON says whether the server may have carried a request out all the same.
///
/// NULL and a call that has ended are fine.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_cancel(call: *mut aura_call) {
    quietly((), || {
        if let Ok(call) = shared("call", call) {
            call.call.cancel();
        }
    });
}

/// As aura_call_cancel(), because a deadline of yours has passed: aura_call_wait() then gives
/// AURA_TIMEOUT, or the result where that came first. NULL and a call that has ended are fine.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_expire(call: *mut aura_call) {
    quietly((), || {
        if let Ok(call) = shared("call", call) {
            call.call.expire();
        }
    });
}

/// Frees a call in any state: one under way is cancelled, also for a thread that waits for it; a
/// result that was not taken is dropped, and a row or page with it. NULL is fine.
///
/// Blocks for a second at most. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_free(call: *mut aura_call) {
    quietly((), || {
        if let Some(aura_call(call)) = freed(call).map(|call| *call) {
            call.into_value().call.cancel();
        }
    });
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod signal {
    use std::os::fd::{AsFd, AsRawFd};
    use std::sync::Arc;

    use nix::sys::eventfd::{EfdFlags, EventFd};

    /// A counter of the kernel, which is written to once.
    pub(super) struct Signal(Arc<EventFd>);

    impl Signal {
        pub(super) fn new() -> Option<(Self, Box<dyn FnOnce() + Send>)> {
            let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
            let told = Arc::new(EventFd::from_value_and_flags(0, flags).ok()?);
            let watched = Self(Arc::clone(&told));
            let tell = move || {
                let _ = told.write(1);
            };
            Some((watched, Box::new(tell)))
        }

        pub(super) fn descriptor(&self) -> i32 {
            self.0.as_fd().as_raw_fd()
        }
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod signal {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    /// A pair of sockets: one end is watched, the other written to once.
    pub(super) struct Signal {
        watched: UnixStream,
        /// Kept, so that the other end sees data and no hang-up.
        _told: Arc<UnixStream>,
    }

    impl Signal {
        pub(super) fn new() -> Option<(Self, Box<dyn FnOnce() + Send>)> {
            let (watched, told) = UnixStream::pair().ok()?;
            let told = Arc::new(told);
            let writer = Arc::clone(&told);
            let tell = move || {
                // It fails only where the call was freed: then nobody watches.
                let _ = (&*writer).write(&[1]);
            };
            Some((Self { watched, _told: told }, Box::new(tell)))
        }

        pub(super) fn descriptor(&self) -> i32 {
            self.watched.as_raw_fd()
        }
    }
}

#[cfg(not(unix))]
mod signal {
    pub(super) enum Signal {}

    impl Signal {
        pub(super) fn new() -> Option<(Self, Box<dyn FnOnce() + Send>)> {
            None
        }

        pub(super) fn descriptor(&self) -> i32 {
            match *self {}
        }
    }
}
