//! `aura_options`.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use super::argument::text;
use super::boundary::{boundary, quietly};
use super::error::aura_error;
use super::handle::{Handle, freed, live_mut, made, opaque};
use super::status::aura_status;
use crate::{CancelToken, Options};

/// Options of a client or of one call, set by name.
///
/// Owned by the caller, who frees them with aura_options_free(). They are copied where they are
/// used, so they may be changed or freed at once. For one thread at a time.
///
/// Since 0.1.0.
pub struct aura_options(Handle<Chosen>);

opaque!(aura_options, Chosen);

/// What was set.
#[derive(Clone, Default)]
pub(super) struct Chosen {
    pub(super) options: Options,
    pub(super) token: Option<CancelToken>,
}

/// New options, none of them set. What is not set falls through: from the call to the client,
/// from the client to the environment, from there to the default. Never NULL.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_new() -> Box<aura_options> {
    made(Chosen::default())
}

/// Sets the option `name` to `value`, or unsets it where `value` is NULL. Both are copied. The
/// options, their values and defaults are listed at the head of this header.
///
/// Returns AURA_OK, or AURA_INVALID_ARGUMENT for an unknown name or a bad value; the error's
/// message names the option and the values allowed.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_set(
    options: Option<&mut aura_options>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let Chosen { options, .. } = live_mut("options", options)?;
        let name = text("name", name)?;
        if value.is_null() {
            options.unset(name)?;
        } else {
            options.set(name, text(name, value)?)?;
        }
        Ok(aura_status::AURA_OK)
    })
}

/// Frees options. NULL is fine.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_free(options: *mut aura_options) {
    quietly((), || drop(freed(options)));
}
