//! `aura_log_set`, and `aura_log_keep` with `aura_log_take`.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use super::argument::{OutPointer, to_c_string};
use super::error::aura_error;
use super::guard::{return_status, return_value};
use super::status::aura_status;
use crate::log::{self, kept};
use crate::{LogLevel, LogRecord};

/// The level of a log line.
///
/// Since 0.1.0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum aura_log_level {
    /// Every request, and every retry.
    AURA_LOG_DEBUG = 1,
    /// Messages of the server.
    AURA_LOG_INFO = 2,
    /// Warnings that a user should see: of the server, terms of service, ignored options.
    AURA_LOG_WARN = 3,
}

/// A callback for log lines. `user_data` is the pointer that you passed to aura_log_set(). `message` is
/// a line of UTF-8 without a newline, which is valid until the callback returns. It contains no secret,
/// username or address.
///
/// The library calls it from any thread, from several threads at once, and from a thread of its own.
/// It must not throw an exception. Keep it short.
///
/// It is for languages whose functions can run on any thread: C, C++, Rust, Go, Java. Other languages,
/// such as Lua, Node.js, Perl, PHP and Ruby, use aura_log_keep() and aura_log_take().
///
/// It may make calls, whose lines are not logged. On the library's own thread, which runs started
/// calls and fetches pages, it must not wait: there a blocking call, the next row of a stream and
/// aura_call_wait() return AURA_INVALID_ARGUMENT at once.
///
/// It may fork. If it returns in the child, the logged call ends there with AURA_CANCELLED. If it forks
/// on the library's own thread and returns in the child, the child ends with exit(0), because it has no
/// other thread.
///
/// Since 0.1.0.
pub type aura_log_callback = Option<
    unsafe extern "C" fn(user_data: *mut c_void, level: aura_log_level, message: *const c_char),
>;

/// Sets the log callback of the process. It gets all lines of the level `lowest` and above. It
/// replaces the previous callback. `callback` may be NULL, which disables the callback.
///
/// It returns when no thread runs the previous callback, so that you may free its `user_data`. It waits
/// for at most one second. If you hold a lock that the callback needs, it returns while the callback
/// still runs, and `user_data` must stay valid. If a callback calls it, it returns without waiting. In
/// a forked child it waits only for threads of the child.
///
/// Blocks for at most one second. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_log_set(
    callback: aura_log_callback,
    user_data: *mut c_void,
    lowest: any_log_level,
) {
    return_value((), || {
        let hook = callback.map(|callback| {
            let callback = Callback { function: callback, user_data };
            (to_level(lowest), Box::new(move |record: &LogRecord<'_>| callback.call(record)) as _)
        });
        if let Some(previous) = log::replace_hook(hook) {
            previous.wait();
        }
    });
}

/// Stores the log lines of the process for aura_log_take(): the newest `most` lines of the level
/// `lowest` and above, 65536 lines at most. A `most` of 0 drops the stored lines and stops storing.
/// The callback of aura_log_set() gets its lines in any case.
///
/// A forked child stores lines too, and starts without any.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_log_keep(lowest: any_log_level, most: usize) {
    return_value((), || kept::keep(to_level(lowest), most));
}

/// Returns the stored log lines, oldest first, and removes them from the store of aura_log_keep().
///
/// Returns AURA_OK and sets `json` to a JSON object; free it with aura_string_free():
/// {"dropped":0,"lines":[{"level":"debug","text":"GET /users/me: request (attempt 1, status 200,
/// 12 ms)","time_ms":1795434645977,"message":"request","method":"GET","route":"/users/me",
/// "attempt":1,"status":200,"kind":null,"elapsed_ms":12.3,"request_id":null}]}. "dropped" is the
/// number of lines that were dropped because the store was full. "text" is the line that a callback
/// gets. "time_ms" is its time, in milliseconds since 1970. Returns AURA_END if there is no line. Then
/// `json` is NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_log_take(
    json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let json = OutPointer::new("json", json)?;
        let Some(kept) = kept::take() else { return Ok(aura_status::AURA_END) };
        json.set_text(&kept)?;
        Ok(aura_status::AURA_OK)
    })
}

/// A level from C, which may be any number.
pub type any_log_level = i32;

fn to_level(number: any_log_level) -> LogLevel {
    match number {
        ..=1 => LogLevel::Debug,
        2 => LogLevel::Info,
        3.. => LogLevel::Warn,
    }
}

struct Callback {
    function: unsafe extern "C" fn(*mut c_void, aura_log_level, *const c_char),
    user_data: *mut c_void,
}

// SAFETY: the library does not access `user_data`. It passes the pointer to the callback, which,
// by the header, may be called from any thread and from several at once.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

impl Callback {
    fn call(&self, record: &LogRecord<'_>) {
        let level = match record.level {
            LogLevel::Debug => aura_log_level::AURA_LOG_DEBUG,
            LogLevel::Info => aura_log_level::AURA_LOG_INFO,
            LogLevel::Warn => aura_log_level::AURA_LOG_WARN,
        };
        // Control characters are escaped already, so there is no NUL.
        if let Ok(message) = to_c_string(&record.to_string()) {
            // SAFETY: the header requires a function of this type that may be called now. The
            // message is valid until it returns.
            unsafe { (self.function)(self.user_data, level, message.as_ptr()) };
        }
    }
}
