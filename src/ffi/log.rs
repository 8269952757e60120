//! `aura_log_set`.

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

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
/// not throw, and must not wait for a call that was started: on the library's thread that call
/// would wait for it. Keep it short.
///
/// Since 0.1.0.
pub type aura_log_callback = Option<
    unsafe extern "C" fn(user_data: *mut c_void, level: aura_log_level, message: *const c_char),
>;

/// Has `callback` told every line of `lowest` and above, in the whole process; it takes the place
/// of the one before. With NULL for `callback` nobody is told any more.
///
/// Waits until no line is being told to the one before, whose `user_data` may be freed then; only
/// within a callback it does not wait.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_log_set(
    callback: aura_log_callback,
    user_data: *mut c_void,
    lowest: any_log_level,
) {
    quietly((), || {
        let mut listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        let former = listening.take();
        if let Some(callback) = callback {
            let listener = Arc::new(Listener { callback, user_data });
            *listening = Some(Arc::clone(&listener));
            let lowest = match lowest {
                ..=1 => LogLevel::Debug,
                2 => LogLevel::Info,
                3.. => LogLevel::Warn,
            };
            set_log_hook(lowest, move |record| listener.tell(record));
        } else {
            clear_log_hook();
        }
        drop(listening);
        // Whoever is telling a line has a hold of it.
        while former.as_ref().is_some_and(|former| Arc::strong_count(former) > 1) && !TELLING.get()
        {
            thread::sleep(Duration::from_micros(100));
        }
    });
}

/// A level as it comes from C, where it may be any number.
pub type any_log_level = i32;

static LISTENING: Mutex<Option<Arc<Listener>>> = Mutex::new(None);

thread_local! {
    /// Whether this thread is telling a line.
    static TELLING: Cell<bool> = const { Cell::new(false) };
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
            let was_telling = TELLING.replace(true);
            // SAFETY: the header asks for a function of this type that may be called now, and
            // the message lives until it returns.
            unsafe { (self.callback)(self.user_data, level, message.as_ptr()) };
            TELLING.set(was_telling);
        }
    }
}
