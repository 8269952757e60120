//! `aura_call`.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;

use super::argument::OutPointer;
use super::error::aura_error;
use super::guard::{return_status, return_value};
use super::handle::{Handle, clone_value, impl_opaque, take_handle};
use super::status::aura_status;
use crate::runtime::process::PerProcess;
use crate::{AuditLog, AuditLogPage, Call, Completions, Error, Result, User, runtime};

/// A call that runs on a thread of the library. The functions that end in _start return it.
///
/// You own it. Free it with aura_call_free() at any time. It stays valid after its client or its
/// stream is freed. Several threads may use one call at once. It invokes no callback: wait for it,
/// poll it, or watch aura_call_fd(). In a forked child the calls of the parent have ended with
/// AURA_CANCELLED.
///
/// Over HTTP/1.1 each running call has its own connection, and so a descriptor; at most
/// `max_connections` run at once, and the others wait. A connection without a call stays open for
/// up to a minute. If the limit of descriptors (ulimit -n) is too low for all of them, calls fail with
/// AURA_CONNECT.
///
/// Since 0.1.0.
pub struct aura_call(Handle<Arc<StartedCall>>);

impl_opaque!(aura_call, Arc<StartedCall>);

pub(super) struct StartedCall {
    call: Box<dyn AnyCall>,
    /// The status of the ended call, after the first read.
    ended: OnceCell<aura_status>,
    /// Separate for each process: the child must not write to the parent's descriptor.
    signal: PerProcess<OnceCell<signal::Signal>>,
}

/// A call with any type of result.
trait AnyCall: Send + Sync {
    fn wait(&self, timeout: Option<Duration>) -> bool;
    fn status(&self) -> aura_status;
    /// The result as text, without text at the end of a stream. None if it was taken before.
    fn take(&self) -> Option<Result<Option<String>>>;
    fn is_of_another_process(&self) -> bool;
    fn cancel(&self);
    fn expire(&self);
    fn on_done(&self, notify: Box<dyn FnOnce() + Send>);
    fn complete(&self, queue: &Completions, token: u64);
}

/// A call, and how to convert its result to text.
struct Convertible<T> {
    call: Call<T>,
    into_text: fn(T) -> Option<String>,
}

/// The result of a call.
pub(super) trait CallResult {
    fn is_end(&self) -> bool {
        false
    }

    /// The result as JSON. None at the end of a stream.
    fn into_json(self) -> Option<String>;
}

impl CallResult for User {
    fn into_json(self) -> Option<String> {
        Some(User::into_raw_json(self))
    }
}

impl CallResult for () {
    fn into_json(self) -> Option<String> {
        Some("null".to_owned())
    }
}

impl CallResult for Option<AuditLog> {
    fn is_end(&self) -> bool {
        self.is_none()
    }

    fn into_json(self) -> Option<String> {
        self.map(|log| log.raw_json().to_owned())
    }
}

impl CallResult for Option<AuditLogPage> {
    fn is_end(&self) -> bool {
        self.is_none()
    }

    fn into_json(self) -> Option<String> {
        self.map(|page| page.json().into_owned())
    }
}

impl<T: CallResult + Send> AnyCall for Convertible<T> {
    fn wait(&self, timeout: Option<Duration>) -> bool {
        self.call.wait(timeout)
    }

    fn status(&self) -> aura_status {
        if !self.call.is_done() {
            return aura_status::AURA_PENDING;
        }
        let status = self.call.peek(|result| match result {
            Ok(value) if value.is_end() => aura_status::AURA_END,
            Ok(_) => aura_status::AURA_OK,
            Err(error) => error.kind().into(),
        });
        // No result: the call belongs to the parent of this process.
        status.unwrap_or(aura_status::AURA_CANCELLED)
    }

    fn take(&self) -> Option<Result<Option<String>>> {
        Some(self.call.take()?.map(self.into_text))
    }

    fn is_of_another_process(&self) -> bool {
        self.call.is_of_another_process()
    }

    fn cancel(&self) {
        self.call.cancel();
    }

    fn expire(&self) {
        self.call.expire();
    }

    fn on_done(&self, notify: Box<dyn FnOnce() + Send>) {
        self.call.on_done(notify);
    }

    fn complete(&self, queue: &Completions, token: u64) {
        self.call.complete(queue, token);
    }
}

impl StartedCall {
    pub(super) fn complete(&self, queue: &Completions, token: u64) {
        self.call.complete(queue, token);
    }

    fn status(&self) -> aura_status {
        // `ended` may be unusable, if another thread set it during the fork.
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

/// Passes a started call to the caller. Its result is JSON.
pub(super) fn set_call<T: CallResult + Send + 'static>(
    out: OutPointer<'_, aura_call>,
    call: Call<T>,
) -> Result<aura_status> {
    set_converted_call(out, call, T::into_json)
}

/// Passes a started call to the caller. Its result is the text of `into_text`.
pub(super) fn set_converted_call<T: CallResult + Send + 'static>(
    out: OutPointer<'_, aura_call>,
    call: Call<T>,
    into_text: fn(T) -> Option<String>,
) -> Result<aura_status> {
    out.set_handle(Arc::new(StartedCall {
        call: Box::new(Convertible { call, into_text }),
        ended: OnceCell::new(),
        signal: PerProcess::new(OnceCell::new),
    }));
    Ok(aura_status::AURA_OK)
}

/// Waits up to `timeout_ms` milliseconds until the call ends, and takes its result. A negative
/// `timeout_ms` waits without a limit, and 0 does not wait.
///
/// Returns AURA_PENDING if the time expires first. Then `json` and `error` are NULL, and the call
/// continues. Otherwise it returns what the blocking function returns: AURA_OK with the JSON in `json`
/// ("null" for a call without a result); free it with aura_string_free(). AURA_END at the end of a
/// stream. Or the error of the call. You can take a result only once: the next time it returns
/// AURA_INVALID_ARGUMENT. `json` must not be NULL, also for a call without a result.
///
/// In a forked child it returns AURA_CANCELLED for a call of the parent. A log callback on the
/// library's own thread must not wait: it gets AURA_INVALID_ARGUMENT, unless `timeout_ms` is 0 or the
/// call has ended.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_wait(
    call: *mut aura_call,
    timeout_ms: i64,
    json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let json = OutPointer::new("json", json)?;
        let call = clone_value("call", call)?;
        let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        if !call.call.wait(timeout) {
            if timeout_ms != 0 {
                runtime::check_may_wait()?;
            }
            return Ok(aura_status::AURA_PENDING);
        }
        let status = call.status();
        let result = call.call.take().ok_or_else(|| {
            Error::invalid_argument(
                "the result of call was taken before: take it only once, and then free the call",
            )
        })?;
        if let Some(text) = result? {
            json.set_text(&text)?;
        }
        Ok(status)
    })
}

/// Returns AURA_PENDING while the call runs, and its final status afterwards. It does not wait and
/// does not take the result. Returns AURA_INVALID_ARGUMENT for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_poll(call: *const aura_call) -> aura_status {
    return_value(aura_status::AURA_INTERNAL, || match clone_value("call", call) {
        Ok(call) => call.status(),
        Err(_) => aura_status::AURA_INVALID_ARGUMENT,
    })
}

/// Returns a descriptor that becomes readable when the call ends. Watch it with poll(), epoll or
/// kqueue. The first call opens it, and later calls return the same one. The call owns it, and closes
/// it when you free the call. For many calls at once, an aura_completions needs only one descriptor.
///
/// It is an eventfd on Linux and a socket elsewhere. You may duplicate it, for event loops that close
/// their descriptors. The duplicate becomes readable too, also after the call is freed. Do not read
/// from it, because it is not readable afterwards.
///
/// In a forked child a call of the parent gets another descriptor, which is readable at once.
///
/// Returns -1 for NULL, on Windows, and if the process has no free descriptor.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_fd(call: *mut aura_call) -> i32 {
    return_value(-1, || {
        let Ok(call) = clone_value("call", call) else { return -1 };
        let signal = call.signal.get().get_or_try_init(|| {
            let (signal, notify) = signal::Signal::new().ok_or(())?;
            call.call.on_done(notify);
            Ok::<_, ()>(signal)
        });
        signal.map_or(-1, signal::Signal::descriptor)
    })
}

/// Cancels the call without waiting for its end. aura_call_wait() then returns AURA_CANCELLED, or the
/// result if that arrived first. A stream keeps its position. aura_error_outcome_unknown() returns
/// whether the server may have completed the request.
///
/// `call` may be NULL, and it may have ended.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_cancel(call: *mut aura_call) {
    return_value((), || {
        if let Ok(call) = clone_value("call", call) {
            call.call.cancel();
        }
    });
}

/// Cancels the call because a deadline of yours has expired: aura_call_wait() then returns
/// AURA_TIMEOUT, or the result if that arrived first. `call` may be NULL, and it may have ended.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_expire(call: *mut aura_call) {
    return_value((), || {
        if let Ok(call) = clone_value("call", call) {
            call.call.expire();
        }
    });
}

/// Frees a call in any state. `call` may be NULL. A running call is cancelled, also for a thread that
/// waits for it. A result that was not taken is lost, and so is its row or page of a stream.
///
/// Blocks for at most one second. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_free(call: *mut aura_call) {
    return_value((), || {
        if let Some(aura_call(call)) = take_handle(call).map(|call| *call) {
            call.into_value().call.cancel();
        }
    });
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod signal {
    use std::os::fd::{AsFd, AsRawFd};
    use std::sync::Arc;

    use nix::sys::eventfd::{EfdFlags, EventFd};

    /// An eventfd that is written to once.
    pub(super) struct Signal(Arc<EventFd>);

    impl Signal {
        pub(super) fn new() -> Option<(Self, Box<dyn FnOnce() + Send>)> {
            let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
            let event = Arc::new(EventFd::from_value_and_flags(0, flags).ok()?);
            let watched = Self(Arc::clone(&event));
            let notify = move || {
                let _ = event.write(1);
            };
            Some((watched, Box::new(notify)))
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

    /// A pair of sockets: the host watches one, and the other is written to once.
    pub(super) struct Signal {
        watched: UnixStream,
        /// Kept open, so that the other socket has data and no hang-up.
        _writer: Arc<UnixStream>,
    }

    impl Signal {
        pub(super) fn new() -> Option<(Self, Box<dyn FnOnce() + Send>)> {
            let (watched, writer) = UnixStream::pair().ok()?;
            let writer = Arc::new(writer);
            let kept = Arc::clone(&writer);
            let notify = move || {
                // It fails only if the call was freed. Then no host watches the socket.
                let _ = (&*writer).write(&[1]);
            };
            Some((Self { watched, _writer: kept }, Box::new(notify)))
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
