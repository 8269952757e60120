//! `aura_error`.

use std::borrow::Cow;
use std::ffi::{CString, c_char};
use std::ptr;

use once_cell::sync::OnceCell;

use super::argument::c_string;
use super::handle::{Handle, freed, live, opaque};
use super::quiet::quietly;
use super::status::aura_status;
use crate::Error;

/// Why a call failed.
///
/// You own it; free it with aura_error_free(). It does not change, so several threads may read it
/// at once. Every function that reads one accepts NULL, which means no error.
///
/// An error is bounded, whatever the server sends: its text is at most 64 kB long, and its JSON at
/// most 256 kB. Each text in it, such as the server's message, is at most 8 kB, and a text that is
/// cut ends in "…". Control characters are escaped.
///
/// Since 0.1.0.
pub struct aura_error(Handle<Failure>);

opaque!(aura_error, Failure);

/// An error, with its texts once somebody asks for them.
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

/// A text of an error as C reads it; NULL if the error has none.
fn text_of<'a>(
    error: Option<&'a aura_error>,
    place: impl FnOnce(&'a Failure) -> &'a OnceCell<CString>,
    text: impl FnOnce(&'a Error) -> Option<Cow<'a, str>>,
) -> *const c_char {
    quietly(ptr::null(), || {
        let Some(failure) = failure(error) else { return ptr::null() };
        let Some(text) = text(&failure.error) else { return ptr::null() };
        // A NUL is escaped like every control character. This makes sure of it.
        let text =
            place(failure).get_or_init(|| c_string(&text.replace('\0', "\\0")).unwrap_or_default());
        text.as_ptr()
    })
}

/// The error behind a pointer. NULL is none, and neither is one that was visibly freed.
fn failure(error: Option<&aura_error>) -> Option<&Failure> {
    live("error", error).ok().map(Handle::value)
}

/// The error's kind, or AURA_OK for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_kind(error: Option<&aura_error>) -> aura_status {
    quietly(aura_status::AURA_INTERNAL, || {
        failure(error).map_or(aura_status::AURA_OK, |failure| failure.error.kind().into())
    })
}

/// The whole error in a sentence for a person or a log: the request's method and route, the kind,
/// the server's message, its field errors, what to do next, the request id. It contains no secret,
/// and no name or address except those that the server's message repeats.
///
/// UTF-8, owned by the error and valid until it is freed; "" for NULL. Never NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_message(error: Option<&aura_error>) -> *const c_char {
    quietly(c"".as_ptr(), || {
        let Some(failure) = failure(error) else { return c"".as_ptr() };
        let message = failure.message.get_or_init(|| {
            // A NUL is escaped like every control character. This makes sure of it.
            c_string(&failure.error.to_string().replace('\0', "\\0")).unwrap_or_default()
        });
        message.as_ptr()
    })
}

/// The HTTP status of the reply, or 0 if no reply came.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_http_status(error: Option<&aura_error>) -> i32 {
    quietly(0, || failure(error).and_then(|failure| failure.error.status()).map_or(0, i32::from))
}

/// How long the server asks you to wait before you try again, in milliseconds, or -1 if it does
/// not say.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_retry_after_ms(error: Option<&aura_error>) -> i64 {
    quietly(-1, || {
        let wait = failure(error).and_then(|failure| failure.error.retry_after());
        wait.map_or(-1, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    })
}

/// The member "message" of aura_error_json(): the server's own message if it sent
/// one, else the library's words for what went wrong.
///
/// UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_server_message(error: Option<&aura_error>) -> *const c_char {
    text_of(error, |failure| &failure.server_message, |error| Some(error.message().into()))
}

/// The member "hint" of aura_error_json(): what to do next, if the library knows more
/// than the message says.
///
/// UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_hint(error: Option<&aura_error>) -> *const c_char {
    text_of(error, |failure| &failure.hint, |error| error.hint().map(Cow::from))
}

/// The member "reason" of aura_error_json(): why the server refused a credential or an
/// account, one of the words in aura_users.json, such as "revoked_credential".
///
/// UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_reason(error: Option<&aura_error>) -> *const c_char {
    text_of(
        error,
        |failure| &failure.reason,
        |error| error.reason().map(|reason| reason.as_str().into()),
    )
}

/// The member "request_id" of aura_error_json(): the reply's x-request-id, by which the
/// server's operators find the call.
///
/// UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_request_id(error: Option<&aura_error>) -> *const c_char {
    text_of(error, |failure| &failure.request_id, |error| error.request_id().map(Cow::from))
}

/// The member "method" of aura_error_json(): the request's method, such as "GET".
///
/// UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_method(error: Option<&aura_error>) -> *const c_char {
    text_of(error, |failure| &failure.method, |error| error.method().map(Cow::from))
}

/// The member "route" of aura_error_json(): the request's route without its parameters,
/// such as "/users/{username_or_email}".
///
/// UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_route(error: Option<&aura_error>) -> *const c_char {
    text_of(error, |failure| &failure.route, |error| error.route().map(Cow::from))
}

/// The member "errors" of aura_error_json(): a JSON object of what the server refused,
/// by field.
///
/// UTF-8, owned by the error and valid until it is freed; NULL if it is not known, and for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_field_errors_json(error: Option<&aura_error>) -> *const c_char {
    text_of(
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

/// How many times the request was sent; 0 if nothing was sent, and for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_attempts(error: Option<&aura_error>) -> i32 {
    quietly(0, || {
        failure(error)
            .map_or(0, |failure| i32::try_from(failure.error.attempts()).unwrap_or(i32::MAX))
    })
}

/// 1 if the server may have carried out an aura_create_user() or an aura_reset_user_password() that
/// failed, else 0. aura_error_json() says more.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_outcome_unknown(error: Option<&aura_error>) -> i32 {
    quietly(0, || failure(error).map_or(0, |failure| failure.error.outcome_unknown().into()))
}

/// 1 if the same call may succeed later and repeating it is safe, else 0.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_retryable(error: Option<&aura_error>) -> i32 {
    quietly(0, || failure(error).map_or(0, |failure| failure.error.is_retryable().into()))
}

/// The whole error as one JSON object: "kind" (as aura_status_name() returns it), "code" (as
/// aura_error_kind() returns it), "text" (as aura_error_message() returns it), "status" (of HTTP),
/// "message" (the server's own if it sent one), "hint", "reason", "errors" (by field),
/// "request_id", "retry_after_ms", "attempts", "method", "route", "outcome_unknown", "retryable".
/// A field that is not known is null. aura_error_http_status() and the like give one field each.
///
/// "errors" has at most 200 errors and 32 kB of them, names of at most 256 bytes included. If some
/// are left out, the last field is called "…" and says how many. "request_id" is at most 256 bytes.
///
/// "attempts" is how many times the request was sent. Redirects that were followed do not count. It is
/// 0 if nothing was sent, for example because no connection was established.
///
/// "outcome_unknown" is true if the server may have carried out an aura_create_user() or an
/// aura_reset_user_password() that failed: no reply came, or a 5xx, or a success that cannot be
/// read. Then check before you repeat the call, and "retryable" is false.
///
/// Owned by the error and valid until it is freed; NULL for NULL.
///
/// Does not block. Since 0.1.0.
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
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_error_free(error: *mut aura_error) {
    quietly((), || drop(freed(error)));
}
