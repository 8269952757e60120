//! `aura_error`.

use std::borrow::Cow;
use std::ffi::{CString, c_char};
use std::ptr;

use once_cell::sync::OnceCell;

use super::argument::to_c_string;
use super::guard::return_value;
use super::handle::{Handle, check_handle, impl_opaque, take_handle};
use super::status::aura_status;
use crate::Error;

/// An error: why a call failed.
///
/// You own it. Free it with aura_error_free(). It is immutable, so several threads may read it at
/// once. Every function that reads an error accepts NULL, which means no error.
///
/// The size of an error is limited. Its text is at most 64 kB long, and its JSON at most 256 kB. Each
/// string in it, such as the server's message, is at most 8 kB long; a longer one is cut and ends in
/// "…". Control characters are escaped.
///
/// Since 0.1.0.
pub struct aura_error(Handle<Failure>);

impl_opaque!(aura_error, Failure);

/// An error with its strings, which are created on first use.
pub(super) struct Failure {
    pub(super) error: Error,
    message: OnceCell<CString>,
    json: OnceCell<CString>,
    server_message: OnceCell<CString>,
    hint: OnceCell<CString>,
    reason: OnceCell<CString>,
    request_id: OnceCell<CString>,
    method: OnceCell<CString>,
    route: OnceCell<CString>,
    field_errors_json: OnceCell<CString>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            message: OnceCell::new(),
            json: OnceCell::new(),
            server_message: OnceCell::new(),
            hint: OnceCell::new(),
            reason: OnceCell::new(),
            request_id: OnceCell::new(),
            method: OnceCell::new(),
            route: OnceCell::new(),
            field_errors_json: OnceCell::new(),
        }
    }
}

/// A string of an error as a C string. NULL if the error has none.
fn get_text<'a>(
    error: Option<&'a aura_error>,
    cell: impl FnOnce(&'a Failure) -> &'a OnceCell<CString>,
    text: impl FnOnce(&'a Error) -> Option<Cow<'a, str>>,
) -> *const c_char {
    return_value(ptr::null(), || {
        let Some(failure) = failure(error) else { return ptr::null() };
        let Some(text) = text(&failure.error) else { return ptr::null() };
        // Control characters are escaped already, so there is no NUL.
        let text = cell(failure)
            .get_or_init(|| to_c_string(&text.replace('\0', "\\0")).unwrap_or_default());
        text.as_ptr()
    })
}

/// The error of a pointer. None for NULL, and for an error that is known to be freed.
fn failure(error: Option<&aura_error>) -> Option<&Failure> {
    check_handle("error", error).ok().map(Handle::value)
}

/// Returns the kind of the error, or AURA_OK for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_kind(error: Option<&aura_error>) -> aura_status {
    return_value(aura_status::AURA_INTERNAL, || {
        failure(error).map_or(aura_status::AURA_OK, |failure| failure.error.kind().into())
    })
}

/// Returns the error as one line of text, for a user or a log: the method and route of the request,
/// the kind, the server's message, the field errors, what to do next, and the request id. It contains
/// no secret, and no username or address except those that the server's message repeats.
///
/// The error owns the string, which is valid until you free the error. Returns "" for NULL. Never
/// returns NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_message(error: Option<&aura_error>) -> *const c_char {
    return_value(c"".as_ptr(), || {
        let Some(failure) = failure(error) else { return c"".as_ptr() };
        let message = failure.message.get_or_init(|| {
            // Control characters are escaped already, so there is no NUL.
            to_c_string(&failure.error.to_string().replace('\0', "\\0")).unwrap_or_default()
        });
        message.as_ptr()
    })
}

/// Returns the HTTP status of the reply, or 0 if no reply arrived.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_http_status(error: Option<&aura_error>) -> i32 {
    return_value(0, || {
        failure(error).and_then(|failure| failure.error.status()).map_or(0, i32::from)
    })
}

/// Returns how many milliseconds the server asks you to wait before you try again, or -1 if it does
/// not say.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_retry_after_ms(error: Option<&aura_error>) -> i64 {
    return_value(-1, || {
        let wait = failure(error).and_then(|failure| failure.error.retry_after());
        wait.map_or(-1, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Returns "message" of aura_error_json(): the server's own message if it sent one, otherwise the
/// library's.
///
/// The error owns the string, which is valid until you free the error. NULL if there is none, and for
/// NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_server_message(error: Option<&aura_error>) -> *const c_char {
    get_text(error, |failure| &failure.server_message, |error| Some(error.message().into()))
}

/// Returns "hint" of aura_error_json(): what to do next, if the library knows more than the message.
///
/// The error owns the string, which is valid until you free the error. NULL if there is none, and for
/// NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_hint(error: Option<&aura_error>) -> *const c_char {
    get_text(error, |failure| &failure.hint, |error| error.hint().map(Cow::from))
}

/// Returns "reason" of aura_error_json(): why the server rejected a credential or an account, such as
/// "revoked_credential". aura_users.json lists all reasons.
///
/// The error owns the string, which is valid until you free the error. NULL if there is none, and for
/// NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_reason(error: Option<&aura_error>) -> *const c_char {
    get_text(
        error,
        |failure| &failure.reason,
        |error| error.reason().map(|reason| reason.as_str().into()),
    )
}

/// Returns "request_id" of aura_error_json(): the x-request-id of the reply, for the server's
/// operators.
///
/// The error owns the string, which is valid until you free the error. NULL if there is none, and for
/// NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_request_id(error: Option<&aura_error>) -> *const c_char {
    get_text(error, |failure| &failure.request_id, |error| error.request_id().map(Cow::from))
}

/// Returns "method" of aura_error_json(): the method of the request, such as "GET".
///
/// The error owns the string, which is valid until you free the error. NULL if there is none, and for
/// NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_method(error: Option<&aura_error>) -> *const c_char {
    get_text(error, |failure| &failure.method, |error| error.method().map(Cow::from))
}

/// Returns "route" of aura_error_json(): the route of the request with its parameters unfilled, such
/// as "/users/{username_or_email}".
///
/// The error owns the string, which is valid until you free the error. NULL if there is none, and for
/// NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_route(error: Option<&aura_error>) -> *const c_char {
    get_text(error, |failure| &failure.route, |error| error.route().map(Cow::from))
}

/// Returns "errors" of aura_error_json(): a JSON object with the fields that the server rejected, and
/// why.
///
/// The error owns the string, which is valid until you free the error. NULL if there is none, and for
/// NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_field_errors_json(error: Option<&aura_error>) -> *const c_char {
    get_text(
        error,
        |failure| &failure.field_errors_json,
        |error| {
            error
                .field_errors()
                .and_then(|errors| serde_json::to_string(errors).ok())
                .map(Cow::from)
        },
    )
}

/// Returns how many times the request was sent. It is 0 if nothing was sent, and for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_attempts(error: Option<&aura_error>) -> i32 {
    return_value(0, || {
        failure(error)
            .map_or(0, |failure| i32::try_from(failure.error.attempts()).unwrap_or(i32::MAX))
    })
}

/// Returns 1 if the server may have completed an aura_create_user() or an aura_reset_user_password()
/// that failed, otherwise 0. See "outcome_unknown" in aura_error_json().
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_outcome_unknown(error: Option<&aura_error>) -> i32 {
    return_value(0, || failure(error).map_or(0, |failure| failure.error.outcome_unknown().into()))
}

/// Returns 1 if the same call may succeed later and is safe to repeat, otherwise 0.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_retryable(error: Option<&aura_error>) -> i32 {
    return_value(0, || failure(error).map_or(0, |failure| failure.error.is_retryable().into()))
}

/// Returns the error as a JSON object with these members: "kind" (the name of the kind, see
/// aura_status_name()), "code" (its number, see aura_error_kind()), "text" (see aura_error_message()),
/// "status" (the HTTP status), "message" (the server's own message if it sent one), "hint", "reason",
/// "errors" (by field), "request_id", "retry_after_ms", "attempts", "method", "route",
/// "outcome_unknown", "retryable". A member without a value is null. Other functions, such as
/// aura_error_http_status(), return single members.
///
/// "errors" contains at most 200 errors and 32 kB, and names of at most 256 bytes. If errors are
/// omitted, the last member is named "…" and contains their number. "request_id" is at most 256 bytes
/// long.
///
/// "attempts" is how many times the request was sent, without redirects. It is 0 if nothing was sent,
/// for example because the connection failed.
///
/// "outcome_unknown" is true if the server may have completed an aura_create_user() or an
/// aura_reset_user_password() that failed: no reply arrived, its status is 303 or at least 500, or it
/// is a success that cannot be read. Then "retryable" is false. Check before you repeat the call.
///
/// The error owns the string, which is valid until you free the error. NULL for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_json(error: Option<&aura_error>) -> *const c_char {
    return_value(ptr::null(), || {
        let Some(failure) = failure(error) else { return ptr::null() };
        let json =
            failure.json.get_or_init(|| to_c_string(&failure.error.to_json()).unwrap_or_default());
        json.as_ptr()
    })
}

/// Frees an error. `error` may be NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_free(error: *mut aura_error) {
    return_value((), || drop(take_handle(error)));
}
