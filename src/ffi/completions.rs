//! `aura_completions`.

use std::mem::MaybeUninit;
use std::time::Duration;

use super::argument::copy_to_array;
use super::call::aura_call;
use super::error::aura_error;
use super::guard::{return_status, return_value};
use super::handle::{Handle, clone_value, impl_opaque, new_handle, take_handle};
use super::status::aura_status;
use crate::Completions;

/// A completion queue: calls put a token into it when they end, so that you can wait for many calls
/// at once.
///
/// You own it. Free it with aura_completions_free(). Several threads may use one queue at once. Wait
/// in a thread with aura_completions_wait(), or let an event loop watch aura_completions_fd() and call
/// aura_completions_wait() with a `timeout_ms` of 0.
///
/// In a forked child the queue is empty and usable: attach the child's calls to it. Calls of the
/// parent put no token into it. If you attach such a call again, its token is there at once, and the
/// call is AURA_CANCELLED.
///
/// Since 0.1.0.
pub struct aura_completions(Handle<Completions>);

impl_opaque!(aura_completions, Completions);

/// Creates an empty queue. It opens no descriptor before you call aura_completions_fd(). Never returns
/// NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_new() -> Box<aura_completions> {
    new_handle(Completions::new())
}

/// Attaches a call to a queue: when `call` ends, `token` is put into `queue`; at once if it has ended.
///
/// The queue gets one token for each time that you attach the call, also if the call is cancelled or
/// freed before its end. A token is any number. Several calls may have the same token.
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
    return_status(error, || {
        let call = clone_value("call", call)?;
        let queue = clone_value("queue", queue)?;
        call.complete(&queue, token);
        Ok(aura_status::AURA_OK)
    })
}

/// Waits up to `timeout_ms` milliseconds until a call ends, and writes the tokens of up to `capacity`
/// calls to `tokens`, in the order in which they ended. A negative `timeout_ms` waits without a limit,
/// and 0 does not wait. Get the result of each call with aura_call_wait().
///
/// Returns the number of tokens. It is 0 if the time expires, after aura_completions_wake(), and in
/// the child of a thread that forks inside this function. Returns -1 if the queue is freed meanwhile,
/// and at once if `queue` or `tokens` is NULL or `capacity` is 0.
///
/// It does not wait if a log callback calls it on the library's own thread.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_wait(
    queue: *mut aura_completions,
    timeout_ms: i64,
    tokens: *mut u64,
    capacity: usize,
) -> i32 {
    return_value(-1, || {
        let Ok(queue) = clone_value("queue", queue) else { return -1 };
        if tokens.is_null() || capacity == 0 {
            return -1;
        }
        let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        let Some(ended) = queue.wait(timeout, capacity.min(i32::MAX as usize)) else { return -1 };
        copy_to_array(tokens, &ended);
        i32::try_from(ended.len()).unwrap_or(i32::MAX)
    })
}

/// Ends one aura_completions_wait(): the current one, or else the next one. Several calls before that
/// count as one. The descriptor is readable until then. `queue` may be NULL. Any thread may call it.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_wake(queue: *mut aura_completions) {
    return_value((), || {
        if let Ok(queue) = clone_value("queue", queue) {
            queue.wake();
        }
    });
}

/// Returns a descriptor that is readable while aura_completions_wait() would return at once. Watch it
/// with poll(), epoll, kqueue or libuv. The first call opens it, and later calls return the same one.
/// The queue owns it, and closes it when you free the queue.
///
/// It is a socket. You may duplicate it, and close the duplicate. You may read from it, as event loops
/// for streams do: its bytes have no meaning. When it is readable, call aura_completions_wait() with a
/// `timeout_ms` of 0 until it returns fewer tokens than `capacity`.
///
/// In a forked child the queue has another descriptor.
///
/// Returns -1 for NULL, on Windows, and if the process has no free descriptor.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_fd(queue: *mut aura_completions) -> i32 {
    return_value(-1, || {
        clone_value("queue", queue).ok().and_then(|queue| queue.descriptor()).unwrap_or(-1)
    })
}

/// Frees a queue. `queue` may be NULL. Attached calls continue, and their tokens are dropped.
///
/// If a thread waits in aura_completions_wait(), it returns -1, and the thread must not use the queue
/// again. To end such threads first: set a flag of your own, call aura_completions_wake(), and join
/// them.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_completions_free(queue: *mut aura_completions) {
    return_value((), || {
        if let Some(aura_completions(queue)) = take_handle(queue).map(|queue| *queue) {
            queue.into_value().close();
        }
    });
}
