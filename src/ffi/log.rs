//! `aura_log_set`.

use std::ffi::{c_char, c_void};

use super::argument::c_string;
use super::boundary::quietly;
use crate::{LogLevel, LogRecord, clear_log_hook, set_log_hook};

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
/// It may be called from any thread, from many at once, and from a thread of the library. It must
/// not throw, and must not call aura_log_set().
///
/// Since 0.1.0.
pub type aura_log_callback = Option<
    unsafe extern "C" fn(user_data: *mut c_void, level: aura_log_level, message: *const c_char),
>;

/// Has `callback` told every line of at least `lowest`, in the whole process; it takes the place
/// of the one before. With NULL for `callback` nobody is told any more; a line that is being told
/// at this moment may still arrive, so keep `user_data` alive a little longer.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_log_set(callback: aura_log_callback, user_data: *mut c_void, lowest: i32) {
    quietly((), || {
        let Some(callback) = callback else { return clear_log_hook() };
        let listener = Listener { callback, user_data };
        let lowest = match lowest {
            ..=1 => LogLevel::Debug,
            2 => LogLevel::Info,
            3.. => LogLevel::Warn,
        };
        set_log_hook(lowest, move |record| listener.tell(record));
    });
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
        if let Ok(message) = c_string(record.to_string()) {
            // SAFETY: the header asks for a function of this type that may be called now, and
            // the message lives until it returns.
            unsafe { (self.callback)(self.user_data, level, message.as_ptr()) };
        }
    }
}
