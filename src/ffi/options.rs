//! `aura_options`.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

use super::argument::{read_text, read_texts};
use super::error::aura_error;
use super::guard::{return_status, return_value};
use super::handle::{Handle, check_handle_mut, impl_opaque, new_handle, take_handle};
use super::status::aura_status;
use crate::runtime::cancel::{Ask, End};
use crate::{CancelToken, Error, Options, Result};

/// Options of a client or of one call, set by name.
///
/// You own them. Free them with aura_options_free(). A client or a call copies them, so you may change
/// or free them right afterwards. Only one thread at a time may use them.
///
/// Since 0.1.0.
pub struct aura_options(Handle<CallOptions>);

impl_opaque!(aura_options, CallOptions);

/// The options, and what can cancel the call.
#[derive(Clone, Default)]
pub(super) struct CallOptions {
    pub(super) options: Options,
    pub(super) token: Option<CancelToken>,
    pub(super) interrupt: Option<Ask>,
}

/// Creates options, none of them set. The value of an option that is not set comes from the next in this
/// order: the call, the client, the environment, the default. Never returns NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_new() -> Box<aura_options> {
    new_handle(CallOptions::default())
}

/// Sets the option `name` to `value`. `value` may be NULL, which unsets the option. Both are copied.
/// OPTIONS at the top of this header lists the options with their values and defaults.
///
/// Returns AURA_OK. Returns AURA_INVALID_ARGUMENT if the option does not exist or does not accept the
/// value. The message names the option and the allowed values. It does not repeat a name or a value
/// that may be a secret. The option "env" is for a client only: a call with it returns
/// AURA_INVALID_ARGUMENT.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_set(
    options: Option<&mut aura_options>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let CallOptions { options, .. } = check_handle_mut("options", options)?;
        let name = read_text("name", name)?;
        if value.is_null() {
            options.unset(name)?;
        } else {
            let value = read_text(name, value).or_else(|error| {
                // The name of an unknown option may be a secret, which the error must not repeat.
                Options::new().unset(name)?;
                Err(error)
            })?;
            options.set(name, value)?;
        }
        Ok(aura_status::AURA_OK)
    })
}

/// Sets the environment variables that a client with these options reads, instead of those of the
/// process. `environment` is an array of `environment_len` texts NAME=VALUE, as in environ. It may be
/// NULL if it is empty. Then the client reads no variable. All texts are copied. Variables that the
/// library does not read are ignored. It is an option of a client only: a call with it returns
/// AURA_INVALID_ARGUMENT.
///
/// This is for hosts that have their own variables, such as worker threads of Node.js. The trusted roots
/// do not depend on it: SSL_CERT_FILE and SSL_CERT_DIR are always those of the process.
///
/// Returns AURA_OK, or AURA_INVALID_ARGUMENT if a text has no `=`. The error does not repeat it.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_set_environment(
    options: Option<&mut aura_options>,
    environment: *const *const c_char,
    environment_len: usize,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let CallOptions { options, .. } = check_handle_mut("options", options)?;
        let texts = read_texts("environment", environment, environment_len)?;
        let variables = texts.into_iter().enumerate().map(|(index, text)| {
            text.split_once('=')
                .ok_or_else(|| Error::invalid_argument(format!("environment[{index}] has no =")))
        });
        *options = options.clone().environment(variables.collect::<Result<Vec<_>>>()?);
        Ok(aura_status::AURA_OK)
    })
}

/// A callback that decides whether a blocking call ends. `data` is the pointer that you passed to
/// aura_options_set_interrupt(). Return 0 to continue. Return AURA_TIMEOUT to end the call with
/// AURA_TIMEOUT, or any other number to end it with AURA_CANCELLED.
///
/// The library calls it in the thread that waits, and holds no lock meanwhile. So it may run signal
/// handlers of the host and make calls. It must return: no exception and no longjmp() may leave it.
///
/// Since 0.1.0.
pub type aura_interrupt = Option<unsafe extern "C" fn(data: *mut c_void) -> i32>;

/// Sets a callback that can end blocking calls with these options, for example after a signal or a
/// timeout of the host. The library calls it about twenty times a second while such a call waits. The
/// options of a client apply to all its calls and streams. `ask` may be NULL, which removes the
/// callback. `data` may be NULL.
///
/// It applies to functions that wait for a reply, such as aura_get_user() and aura_audit_logs_next().
/// It does not apply to aura_call_wait(): pass a short `timeout_ms` there. `data` must stay valid as
/// long as the client, the streams and the calls that use it. In a program that runs inside a tokio
/// runtime, another thread calls it.
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
    return_status(error, || {
        let options = check_handle_mut("options", options)?;
        options.interrupt = ask.map(|function| {
            let callback = InterruptCallback { function, data };
            Arc::new(move || callback.call()) as Ask
        });
        Ok(aura_status::AURA_OK)
    })
}

struct InterruptCallback {
    function: unsafe extern "C" fn(*mut c_void) -> i32,
    data: *mut c_void,
}

// SAFETY: the library does not access `data`. It passes the pointer to the function, in the threads
// that the header names.
unsafe impl Send for InterruptCallback {}
// SAFETY: as above.
unsafe impl Sync for InterruptCallback {}

impl InterruptCallback {
    fn call(&self) -> Option<End> {
        const TIMEOUT: i32 = aura_status::AURA_TIMEOUT as i32;
        // SAFETY: the header requires a function of this type that may be called now.
        match unsafe { (self.function)(self.data) } {
            0 => None,
            TIMEOUT => Some(End::Expired),
            _ => Some(End::Cancelled),
        }
    }
}

/// Frees options. `options` may be NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_options_free(options: *mut aura_options) {
    return_value((), || drop(take_handle(options)));
}
