//! `aura_cancel_token`.

use std::mem::MaybeUninit;

use super::boundary::boundary;
use super::error::aura_error;
use super::handle::{Handle, freed, live_mut, made, opaque, shared};
use super::options::aura_options;
use super::quiet::quietly;
use super::status::aura_status;
use crate::CancelToken;

/// Ends blocking calls, and all that waits for a stream, from another thread.
///
/// Owned by the caller, who frees it with aura_cancel_token_free(); options, calls and streams
/// that were given it keep a hold of their own. Many threads may use one token at once.
///
/// Since 0.1.0.
pub struct aura_cancel_token(Handle<CancelToken>);

opaque!(aura_cancel_token, CancelToken);

/// A token that has not been cancelled. Never NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_cancel_token_new() -> Box<aura_cancel_token> {
    made(CancelToken::new())
}

/// Ends what waits with this token, within moments, and whatever begins with it later: they
/// return AURA_CANCELLED, and a stream keeps its place. For good. NULL is fine.
///
/// Any thread; not a signal handler.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_cancel_token_cancel(token: *mut aura_cancel_token) {
    quietly((), || {
        if let Ok(token) = shared("token", token) {
            token.cancel();
        }
    });
}

/// As aura_cancel_token_cancel(), because a deadline of yours has passed: what the token ends returns
/// AURA_TIMEOUT. The first of the two counts. NULL is fine.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_cancel_token_expire(token: *mut aura_cancel_token) {
    quietly((), || {
        if let Ok(token) = shared("token", token) {
            token.expire();
        }
    });
}

/// Frees a token. It is not cancelled by that. NULL is fine.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_cancel_token_free(token: *mut aura_cancel_token) {
    quietly((), || drop(freed(token)));
}

/// Has `token` end what is called with these options: one call or stream, or, where they are a
/// client's, all of its calls and streams that have no token of their own. NULL for `token` takes
/// it off again.
///
/// Returns AURA_OK, or AURA_INVALID_ARGUMENT where `options` is NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_set_cancel_token(
    options: Option<&mut aura_options>,
    token: *const aura_cancel_token,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let chosen = live_mut("options", options)?;
        chosen.token = match token.is_null() {
            true => None,
            false => Some(shared("token", token)?),
        };
        Ok(aura_status::AURA_OK)
    })
}
