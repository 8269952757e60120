//! `aura_completions`.

use std::mem::MaybeUninit;
use std::time::Duration;

use super::argument::fill;
use super::boundary::boundary;
use super::call::aura_call;
use super::error::aura_error;
use super::handle::{Handle, freed, made, opaque, shared};
use super::quiet::quietly;
use super::status::aura_status;
use crate::Completions;

/// A queue in which calls leave a token when they end: one place to wait for any number of calls.
///
/// Owned by the caller, who frees it with aura_completions_free(). Many threads may use one queue at
/// once. A program waits in one thread with aura_completions_wait(), or has an event loop watch
/// aura_completions_fd() and then takes with a `timeout_ms` of 0.
///
/// In a forked child the queue is empty and works: attach the child's calls to it. A call of the
/// parent does not come there by itself; attached again, it comes at once, as AURA_CANCELLED.
///
/// Since 0.1.0.
pub struct aura_completions(Handle<Completions>);

opaque!(aura_completions, Completions);

/// An empty queue. It takes no descriptor before aura_completions_fd() is called. Never NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_new() -> Box<aura_completions> {
    made(Completions::new())
}

/// Has `token` come into `queue` when `call` ends; at once if it has ended. The token comes once for
/// each time that the call is attached, also if the call is cancelled or freed before its end. Any
/// number may be a token, also one that another call has.
///
/// Returns AURA_OK, or AURA_INVALID_ARGUMENT if `call` or `queue` is NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_call_complete(
    call: *mut aura_call,
    queue: *mut aura_completions,
    token: u64,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let call = shared("call", call)?;
        let queue = shared("queue", queue)?;
        call.complete(&queue, token);
        Ok(aura_status::AURA_OK)
    })
}

/// Waits until a call has ended, `timeout_ms` milliseconds at most, and writes the tokens of up to
/// `capacity` calls to `tokens`, in the order in which they ended. A negative `timeout_ms` waits for
/// as long as it takes, 0 does not wait. Take the result of such a call with aura_call_wait().
///
/// Returns how many tokens it wrote: 0 if the time is over first, after aura_completions_wake(), and
/// in the child of a thread that forked within it. Returns -1 if the queue is freed meanwhile, and
/// at once for NULL and a `capacity` of 0.
///
/// A log callback on the library's own thread does not wait here.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_wait(
    queue: *mut aura_completions,
    timeout_ms: i64,
    tokens: *mut u64,
    capacity: usize,
) -> i32 {
    quietly(-1, || {
        let Ok(queue) = shared("queue", queue) else { return -1 };
        if tokens.is_null() || capacity == 0 {
            return -1;
        }
        let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        let Some(taken) = queue.wait(timeout, capacity.min(i32::MAX as usize)) else { return -1 };
        fill(tokens, &taken);
        i32::try_from(taken.len()).unwrap_or(i32::MAX)
    })
}

/// Ends one aura_completions_wait(): the one under way, or else the next one. Several wakes that
/// nobody waited for are one. The descriptor is readable until then. NULL is fine. Any thread.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_wake(queue: *mut aura_completions) {
    quietly((), || {
        if let Ok(queue) = shared("queue", queue) {
            queue.wake();
        }
    });
}

/// A descriptor that is readable while aura_completions_wait() would not wait, for poll(), epoll,
/// kqueue, libuv and the like. It is made when it is first asked for, and is the same one from then
/// on. It belongs to the queue, which closes it when it is freed.
///
/// It is a socket. You may duplicate it, and close the duplicate. You may read from it, as event
/// loops do that watch streams: its bytes mean nothing. Call aura_completions_wait() with a
/// `timeout_ms` of 0 whenever it was readable, until it writes fewer tokens than `capacity`.
///
/// In a forked child the queue has another descriptor.
///
/// -1 if none can be had: for NULL, on Windows, and while the process has no descriptor left.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_fd(queue: *mut aura_completions) -> i32 {
    quietly(-1, || shared("queue", queue).ok().and_then(|queue| queue.descriptor()).unwrap_or(-1))
}

/// Frees a queue. NULL is fine. Calls that are attached go on, and their tokens come to nobody.
///
/// A thread that waits in aura_completions_wait() comes back with -1, and must not use the queue
/// again. Before you free it, end such threads: tell them to stop, call aura_completions_wake(), and
/// join them.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_free(queue: *mut aura_completions) {
    quietly((), || {
        if let Some(aura_completions(queue)) = freed(queue).map(|queue| *queue) {
            queue.into_value().close();
        }
    });
}
