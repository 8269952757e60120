//! `aura_cancel_token`.

use std::mem::MaybeUninit;

use super::error::aura_error;
use super::guard::{return_status, return_value};
use super::handle::{Handle, check_handle_mut, clone_value, impl_opaque, new_handle, take_handle};
use super::options::aura_options;
use super::status::aura_status;
use crate::CancelToken;

/// Cancels blocking calls and streams from another thread.
///
/// You own it. Free it with aura_cancel_token_free(). Options, calls and streams that use the token
/// keep a reference of their own. Several threads may use one token at once.
///
/// Since 0.1.0.
pub struct aura_cancel_token(Handle<CancelToken>);

impl_opaque!(aura_cancel_token, CancelToken);

/// Creates a token that is not cancelled. Never returns NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_cancel_token_new() -> Box<aura_cancel_token> {
    new_handle(CancelToken::new())
}

/// Cancels the token. Calls that wait with this token end within milliseconds, and later calls end at
/// once. They return AURA_CANCELLED. A stream keeps its position. You cannot undo it. `token` may be
/// NULL.
///
/// Any thread may call it, but a signal handler must not.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_cancel_token_cancel(token: *mut aura_cancel_token) {
    return_value((), || {
        if let Ok(token) = clone_value("token", token) {
            token.cancel();
        }
    });
}

/// Cancels the token because a deadline of yours has expired: calls return AURA_TIMEOUT instead of
/// AURA_CANCELLED. Only the first cancellation of a token counts. `token` may be NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_cancel_token_expire(token: *mut aura_cancel_token) {
    return_value((), || {
        if let Ok(token) = clone_value("token", token) {
            token.expire();
        }
    });
}

/// Frees a token without cancelling it. `token` may be NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_cancel_token_free(token: *mut aura_cancel_token) {
    return_value((), || drop(take_handle(token)));
}

/// Sets the token that cancels calls with these options. The options of a call apply to that call or
/// stream. The options of a client apply to its calls and streams that have no token of their own.
/// `token` may be NULL, which removes the token.
///
/// Returns AURA_OK, or AURA_INVALID_ARGUMENT if `options` is NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_set_cancel_token(
    options: Option<&mut aura_options>,
    token: *const aura_cancel_token,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let options = check_handle_mut("options", options)?;
        options.token = match token.is_null() {
            true => None,
            false => Some(clone_value("token", token)?),
        };
        Ok(aura_status::AURA_OK)
    })
}
