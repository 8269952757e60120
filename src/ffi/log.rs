//! `aura_log_set`, and `aura_log_keep` with `aura_log_take`.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use super::argument::{Out, c_string};
use super::boundary::boundary;
use super::error::aura_error;
use super::quiet::quietly;
use super::status::aura_status;
use crate::log::{self, kept};
use crate::{LogLevel, LogRecord};

/// How much a log line matters.
///
/// Since 0.1.0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum aura_log_level {
    /// Every request, and every decision to repeat one.
    AURA_LOG_DEBUG = 1,
    /// Remarks of the server.
    AURA_LOG_INFO = 2,
    /// What a person should see: the server's warnings, terms of service, options not honoured.
    AURA_LOG_WARN = 3,
}

/// Takes a log line: `user_data` as it was given to aura_log_set(), and a line of UTF-8 without a
/// newline, valid until the callback returns. No secret, name or address stands in it.
///
/// The library calls it from any thread, from many at once, and from a thread of its own. It must not
/// throw. Keep it short.
///
/// It is for hosts that may be called from any thread: C, C++, Rust, Go, Java. Others (PHP, Perl, Lua,
/// Node.js, Ruby and the like) use aura_log_keep() and aura_log_take().
///
/// It may make calls; their lines are not told. On the library's own thread, which runs started
/// calls and fetches a stream's pages, it cannot wait: there a blocking call, the next row of a
/// stream and aura_call_wait() return AURA_INVALID_ARGUMENT at once.
///
/// It may fork. If it returns in the child, the call it was told of ends there as AURA_CANCELLED. If
/// it returns in a child that it forked on the library's own thread, the child ends with exit(0):
/// it has no other thread.
///
/// Since 0.1.0.
pub type aura_log_callback = Option<
    unsafe extern "C" fn(user_data: *mut c_void, level: aura_log_level, message: *const c_char),
>;

/// Sets the callback that gets every line of level `lowest` and above, in the whole process. It
/// replaces the callback before it. NULL for `callback` ends logging.
///
/// Returns once no thread is within the callback before it, so that you may free its `user_data`.
/// It waits for that a second at most: if you hold a lock that the callback waits for, it returns
/// although the callback still runs, and then `user_data` has to live on. Called from within a callback, it returns
/// without waiting. In a forked child it waits for the threads of the child alone.
///
/// Blocks for a second at most. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_log_set(
    callback: aura_log_callback,
    user_data: *mut c_void,
    lowest: any_log_level,
) {
    quietly((), || {
        let hook = callback.map(|callback| {
            let listener = Listener { callback, user_data };
            (level(lowest), Box::new(move |record: &LogRecord<'_>| listener.tell(record)) as _)
        });
        if let Some(former) = log::replace(hook) {
            former.wait();
        }
    });
}

/// Keeps the newest `most` lines of level `lowest` and above, in the whole process, until
/// aura_log_take() fetches them; 65536 lines at most. 0 for `most` ends that and drops what is kept.
/// A callback of aura_log_set() gets its lines all the same.
///
/// A forked child keeps lines as its parent does, and begins with none.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_log_keep(lowest: any_log_level, most: usize) {
    quietly((), || kept::keep(level(lowest), most));
}

/// Fetches the lines that were kept since the last time, in the order they came.
///
/// Returns AURA_OK with a JSON object in `json`, to be freed with aura_string_free():
/// {"dropped":0,"lines":[{"level":"debug","text":"GET /users/me: request (attempt 1, status 200,
/// 12 ms)","time_ms":1795434645977,"message":"request","method":"GET","route":"/users/me",
/// "attempt":1,"status":200,"kind":null,"elapsed_ms":12.3,"request_id":null}]}. "dropped" counts the
/// lines for which there was no room. "text" is the line as a callback gets it, "time_ms" is when it
/// came, in milliseconds since 1970. AURA_END if there is nothing to fetch, with NULL in `json`.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_log_take(
    json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let json = Out::new("json", json)?;
        let Some(kept) = kept::take() else { return Ok(aura_status::AURA_END) };
        json.give_text(&kept)?;
        Ok(aura_status::AURA_OK)
    })
}

/// A level as it comes from C, where it may be any number.
pub type any_log_level = i32;

fn level(number: any_log_level) -> LogLevel {
    match number {
        ..=1 => LogLevel::Debug,
        2 => LogLevel::Info,
        3.. => LogLevel::Warn,
    }
}

struct Listener {
    callback: unsafe extern "C" fn(*mut c_void, aura_log_level, *const c_char),
    user_data: *mut c_void,
}

// SAFETY: the library never looks at what `user_data` points to; it hands the pointer to the
// callback, which the header says may be called from any thread, from many at once.
unsafe impl Send for Listener {}
// SAFETY: as above.
unsafe impl Sync for Listener {}

impl Listener {
    fn tell(&self, record: &LogRecord<'_>) {
        let level = match record.level {
            LogLevel::Debug => aura_log_level::AURA_LOG_DEBUG,
            LogLevel::Info => aura_log_level::AURA_LOG_INFO,
            LogLevel::Warn => aura_log_level::AURA_LOG_WARN,
        };
        // Control characters were escaped, so there is no NUL.
        if let Ok(message) = c_string(&record.to_string()) {
            // SAFETY: the header asks for a function of this type that may be called now, and
            // the message lives until it returns.
            unsafe { (self.callback)(self.user_data, level, message.as_ptr()) };
        }
    }
}
