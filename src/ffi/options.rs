//! `aura_options`.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use super::argument::text;
use super::boundary::boundary;
use super::error::aura_error;
use super::handle::{Handle, freed, live_mut, made, opaque};
use super::quiet::quietly;
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

/// Sets the option `name` to `value`, or unsets it if `value` is NULL. Both are copied. The head of
/// this header lists the options with their values and defaults.
///
/// Returns AURA_OK, or AURA_INVALID_ARGUMENT if the name is unknown or the option does not accept
/// the value. The error's message names the option and the values allowed. It does not repeat a
/// name or a value that may be a secret.
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
            let value = text(name, value).or_else(|error| {
                // An unknown name may be a secret, so that error must not repeat it.
                Options::new().unset(name)?;
                Err(error)
            })?;
            options.set(name, value)?;
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
