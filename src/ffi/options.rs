//! `aura_options`.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

use super::argument::text;
use super::boundary::boundary;
use super::error::aura_error;
use super::handle::{Handle, freed, live_mut, made, opaque};
use super::quiet::quietly;
use super::status::aura_status;
use crate::runtime::cancel::{Ask, End};
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
    pub(super) ask: Option<Ask>,
}

/// New options, none of them set. What is not set falls through: from the call to the client,
/// from the client to the environment, from there to the default. Never NULL.
///
/// Does not block. Since 0.1.0.
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
/// Does not block. Since 0.1.0.
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

/// Whether a blocking call is to end: `data` as it was given to aura_options_set_interrupt(). Returns 0
/// to go on. AURA_TIMEOUT ends the call with AURA_TIMEOUT, any other number with AURA_CANCELLED.
///
/// It is called in the thread that waits, while no lock of the library is held, so it may run the
/// host's signal handlers and make calls. It must return: no exception and no longjmp() may leave it.
///
/// Since 0.1.0.
pub type aura_interrupt = Option<unsafe extern "C" fn(data: *mut c_void) -> i32>;

/// Has `ask` called about twenty times a second while a blocking call with these options waits, so
/// that a signal or a timeout of the host can end it. Where they are a client's, that is so for all
/// of its calls and streams. NULL for `ask` takes it off again; `data` may be NULL.
///
/// It counts for what blocks until a reply comes: aura_create_user() and the like, and
/// aura_audit_logs_next() and the like. Wait for calls that were started in slices of your own.
/// `data` must live as long as the client, the streams and the calls that were made with it. In a
/// program that is itself within a tokio runtime the question comes from another thread.
///
/// Returns AURA_OK, or AURA_INVALID_ARGUMENT if `options` is NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_set_interrupt(
    options: Option<&mut aura_options>,
    ask: aura_interrupt,
    data: *mut c_void,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let chosen = live_mut("options", options)?;
        chosen.ask = ask.map(|ask| {
            let question = Question { ask, data };
            Arc::new(move || question.ask()) as Ask
        });
        Ok(aura_status::AURA_OK)
    })
}

struct Question {
    ask: unsafe extern "C" fn(*mut c_void) -> i32,
    data: *mut c_void,
}

// SAFETY: the library never looks at what `data` points to. It hands the pointer to the function, and
// the header says from which threads.
unsafe impl Send for Question {}
// SAFETY: as above.
unsafe impl Sync for Question {}

impl Question {
    fn ask(&self) -> Option<End> {
        const TIMEOUT: i32 = aura_status::AURA_TIMEOUT as i32;
        // SAFETY: the header asks for a function of this type that may be called now.
        match unsafe { (self.ask)(self.data) } {
            0 => None,
            TIMEOUT => Some(End::Expired),
            _ => Some(End::Cancelled),
        }
    }
}

/// Frees options. NULL is fine.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_free(options: *mut aura_options) {
    quietly((), || drop(freed(options)));
}
