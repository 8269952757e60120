//! `aura_error`.

use std::ffi::{CString, c_char};
use std::ptr;

use once_cell::sync::OnceCell;

use super::argument::c_string;
use super::boundary::quietly;
use super::status::aura_status;
use crate::Error;

/// Why a call failed.
///
/// Owned by the caller, who frees it with aura_error_free(). It does not change, so many threads
/// may read it at once. Every function that reads one takes NULL, which stands for no error.
pub struct aura_error {
    error: Error,
    message: OnceCell<CString>,
    json: OnceCell<CString>,
}

impl aura_error {
    pub(super) fn new(error: Error) -> Self {
        Self { error, message: OnceCell::new(), json: OnceCell::new() }
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        self.error.to_string()
    }
}

/// The error's kind, or AURA_OK for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_kind(error: Option<&aura_error>) -> aura_status {
    quietly(aura_status::AURA_INTERNAL, || {
        error.map_or(aura_status::AURA_OK, |error| error.error.kind().into())
    })
}

/// The whole error in a sentence for a person or a log: the request's method and route, the kind,
/// the server's message, its field errors, what to do next, the request id. No secret stands in
/// it, and no name or address but those that the server's message repeats.
///
/// UTF-8, owned by the error and valid until it is freed; "" for NULL. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_message(error: Option<&aura_error>) -> *const c_char {
    quietly(c"".as_ptr(), || {
        let Some(error) = error else { return c"".as_ptr() };
        let message = error.message.get_or_init(|| {
            // A message may repeat what the server said, and that may hold a NUL.
            c_string(error.error.to_string().replace('\0', "\\0")).unwrap_or_default()
        });
        message.as_ptr()
    })
}

/// The HTTP status of the reply, or 0 where no reply came.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_http_status(error: Option<&aura_error>) -> i32 {
    quietly(0, || error.and_then(|error| error.error.status()).map_or(0, i32::from))
}

/// How long the server asks to be left alone before the next try, in milliseconds, or -1 where it
/// does not say.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_retry_after_ms(error: Option<&aura_error>) -> i64 {
    quietly(-1, || {
        let wait = error.and_then(|error| error.error.retry_after());
        wait.map_or(-1, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    })
}

/// All of the error as one JSON object: "kind" (as aura_status_name() gives it), "status",
/// "message" (the server's own where it sent one), "hint", "reason", "errors" (by field),
/// "request_id", "retry_after_ms", "attempts", "method", "route", "outcome_unknown", "retryable".
/// What is not known is null.
///
/// "outcome_unknown" is true where the server may have carried the request out although no reply
/// came: look before you repeat it.
///
/// Owned by the error and valid until it is freed; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_json(error: Option<&aura_error>) -> *const c_char {
    quietly(ptr::null(), || {
        let Some(error) = error else { return ptr::null() };
        let json = error.json.get_or_init(|| c_string(error.error.to_json()).unwrap_or_default());
        json.as_ptr()
    })
}

/// Frees an error. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_free(error: Option<Box<aura_error>>) {
    quietly((), || drop(error));
}
