//! `aura_error`.

use std::ffi::{CString, c_char};
use std::ptr;

use once_cell::sync::OnceCell;

use super::argument::c_string;
use super::boundary::quietly;
use super::handle::{Handle, freed, live, opaque};
use super::status::aura_status;
use crate::Error;

/// Why a call failed.
///
/// Owned by the caller, who frees it with aura_error_free(). It does not change, so many threads
/// may read it at once. Every function that reads one takes NULL, which stands for no error.
///
/// Since 0.1.0.
pub struct aura_error(Handle<Failure>);

opaque!(aura_error, Failure);

/// An error, and its texts once somebody asked for them.
pub(super) struct Failure {
    pub(super) error: Error,
    message: OnceCell<CString>,
    json: OnceCell<CString>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, message: OnceCell::new(), json: OnceCell::new() }
    }
}

/// What is behind a pointer; NULL, and what was freed as far as can be seen, is no error.
fn failure(error: Option<&aura_error>) -> Option<&Failure> {
    live("error", error).ok().map(Handle::value)
}

/// The error's kind, or AURA_OK for NULL.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_kind(error: Option<&aura_error>) -> aura_status {
    quietly(aura_status::AURA_INTERNAL, || {
        failure(error).map_or(aura_status::AURA_OK, |failure| failure.error.kind().into())
    })
}

/// The whole error in a sentence for a person or a log: the request's method and route, the kind,
/// the server's message, its field errors, what to do next, the request id. No secret stands in
/// it, and no name or address but those that the server's message repeats.
///
/// UTF-8, owned by the error and valid until it is freed; "" for NULL. Never NULL.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_message(error: Option<&aura_error>) -> *const c_char {
    quietly(c"".as_ptr(), || {
        let Some(failure) = failure(error) else { return c"".as_ptr() };
        let message = failure.message.get_or_init(|| {
            // A message may repeat what the server said, and that may hold a NUL.
            c_string(&failure.error.to_string().replace('\0', "\\0")).unwrap_or_default()
        });
        message.as_ptr()
    })
}

/// The HTTP status of the reply, or 0 where no reply came.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_http_status(error: Option<&aura_error>) -> i32 {
    quietly(0, || failure(error).and_then(|failure| failure.error.status()).map_or(0, i32::from))
}

/// How long the server asks to be left alone before the next try, in milliseconds, or -1 where it
/// does not say.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_retry_after_ms(error: Option<&aura_error>) -> i64 {
    quietly(-1, || {
        let wait = failure(error).and_then(|failure| failure.error.retry_after());
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
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_json(error: Option<&aura_error>) -> *const c_char {
    quietly(ptr::null(), || {
        let Some(failure) = failure(error) else { return ptr::null() };
        let json =
            failure.json.get_or_init(|| c_string(&failure.error.to_json()).unwrap_or_default());
        json.as_ptr()
    })
}

/// Frees an error. NULL is fine.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_free(error: *mut aura_error) {
    quietly((), || drop(freed(error)));
}
