//! `aura_client` and its operations.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use super::argument::{OutPointer, read_text, read_texts};
use super::audit_logs::{Stream, aura_audit_logs};
use super::call::{aura_call, set_call};
use super::error::aura_error;
use super::guard::{return_status, return_value};
use super::handle::{Handle, check_handle, clone_value, impl_opaque, take_handle};
use super::options::{CallOptions, aura_options};
use super::status::aura_status;
use crate::blocking::Client;
use crate::{Result, User};

/// A client: options, connections, and the state of the server's rate limit.
///
/// You own it. Free it with aura_client_free(). Create one and keep it, because it keeps connections
/// open between calls. Several threads may use one client at once, and their calls run in parallel.
/// A forked child may use it too.
///
/// Since 0.1.0.
pub struct aura_client(Handle<Client>);

impl_opaque!(aura_client, Client);

/// The client for one call with `options`.
fn client_for_call(client: *const aura_client, options: Option<&aura_options>) -> Result<Client> {
    let client = clone_value("client", client)?;
    let Some(call) = read_options(options)? else { return Ok(client) };
    Ok(set_cancellation(client.with_options(call.options.clone()), call))
}

fn read_options(options: Option<&aura_options>) -> Result<Option<&CallOptions>> {
    options.map(|options| Ok(check_handle("options", Some(options))?.value())).transpose()
}

/// A client whose calls end by the token and the interrupt callback of `options`.
fn set_cancellation(mut client: Client, options: &CallOptions) -> Client {
    let CallOptions { token, interrupt, .. } = options;
    if let Some(token) = token {
        client = client.with_cancel_token(token.clone());
    }
    if let Some(interrupt) = interrupt {
        client = client.with_interrupt_result(Arc::clone(interrupt));
    }
    client
}

/// Creates a client. `options` may be NULL: then the client uses the environment and the defaults. It
/// sends nothing.
///
/// Returns AURA_OK and sets `client`; free it with aura_client_free(). Returns AURA_INVALID_ARGUMENT
/// if an option or an environment variable is invalid. The error names it.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_client_new(
    options: Option<&aura_options>,
    client: Option<&mut MaybeUninit<*mut aura_client>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let client = OutPointer::new("client", client)?;
        let options = read_options(options)?.cloned().unwrap_or_default();
        client.set_handle(set_cancellation(Client::new(options.options.clone())?, &options));
        Ok(aura_status::AURA_OK)
    })
}

/// Frees a client. `client` may be NULL. Running calls of other threads, streams and started calls
/// continue. If nothing else needs the library's thread, it waits up to one second for the end of the
/// thread, except while that runs a log callback.
///
/// Blocks for at most one second. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_client_free(client: *mut aura_client) {
    return_value((), || drop(take_handle(client)));
}

/// Creates a user account. It sends no credential, because the server rejects authenticated requests.
///
/// `emails` is an array of `emails_len` e-mail addresses. Pass exactly one: the server rejects an
/// account without an address, and this function rejects several. The address is unverified until the
/// user follows the link in the e-mail. Until then calls with the account's credentials return
/// AURA_FORBIDDEN. By creating an account on hex.pm you accept its terms of service,
/// https://hex.pm/policies/termsofservice
///
/// `options` may be NULL. Returns AURA_OK and sets `user_json` to the new user as JSON; free it with
/// aura_string_free(). Returns AURA_VALIDATION if the server rejects a field:
/// aura_error_field_errors_json() has the reasons. Returns AURA_UNSUPPORTED if the server does not
/// support it, such as hex.pm since September 2026. On every error `user_json` is NULL. If
/// aura_error_outcome_unknown() is 1, the account may exist.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_create_user(
    client: *const aura_client,
    username: *const c_char,
    password: *const c_char,
    emails: *const *const c_char,
    emails_len: usize,
    options: Option<&aura_options>,
    user_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let user_json = OutPointer::new("user_json", user_json)?;
        let username = read_text("username", username)?;
        let password = read_text("password", password)?;
        let emails = read_texts("emails", emails, emails_len)?;
        set_user(
            user_json,
            client_for_call(client, options)?.create_user(username, password, &emails)?,
        )
    })
}

/// Starts aura_create_user() without waiting for its result: aura_call_wait() returns it. An invalid
/// argument is reported at once.
///
/// Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
/// AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
/// `call` is NULL. `options` may be NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_create_user_start(
    client: *const aura_client,
    username: *const c_char,
    password: *const c_char,
    emails: *const *const c_char,
    emails_len: usize,
    options: Option<&aura_options>,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let call = OutPointer::new("call", call)?;
        let username = read_text("username", username)?;
        let password = read_text("password", password)?;
        let emails = read_texts("emails", emails, emails_len)?;
        set_call(
            call,
            client_for_call(client, options)?.create_user_start(username, password, &emails)?,
        )
    })
}

/// Gets the user that the credential belongs to, with the user's organizations.
///
/// `options` may be NULL. Returns AURA_OK and sets `user_json` to the user as JSON; free it with
/// aura_string_free(). On an error `user_json` is NULL.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_get_current_user(
    client: *const aura_client,
    options: Option<&aura_options>,
    user_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let user_json = OutPointer::new("user_json", user_json)?;
        set_user(user_json, client_for_call(client, options)?.get_current_user()?)
    })
}

/// Starts aura_get_current_user() without waiting for its result: aura_call_wait() returns it. An invalid
/// argument is reported at once.
///
/// Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
/// AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
/// `call` is NULL. `options` may be NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_get_current_user_start(
    client: *const aura_client,
    options: Option<&aura_options>,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let call = OutPointer::new("call", call)?;
        set_call(call, client_for_call(client, options)?.get_current_user_start()?)
    })
}

/// Gets the public record of a user, by username in any letter case, or by an e-mail address that is
/// verified and public. The names "", ".", ".." and "me" are rejected. Any other name is sent as one
/// path segment.
///
/// `options` may be NULL. Returns AURA_OK and sets `user_json` to the user as JSON; free it with
/// aura_string_free(). Returns AURA_NOT_FOUND if the user does not exist. On every error `user_json`
/// is NULL.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_get_user(
    client: *const aura_client,
    username_or_email: *const c_char,
    options: Option<&aura_options>,
    user_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let user_json = OutPointer::new("user_json", user_json)?;
        let name = read_text("username_or_email", username_or_email)?;
        set_user(user_json, client_for_call(client, options)?.get_user(name)?)
    })
}

/// Starts aura_get_user() without waiting for its result: aura_call_wait() returns it. An invalid
/// argument is reported at once.
///
/// Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
/// AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
/// `call` is NULL. `options` may be NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_get_user_start(
    client: *const aura_client,
    username_or_email: *const c_char,
    options: Option<&aura_options>,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let call = OutPointer::new("call", call)?;
        let name = read_text("username_or_email", username_or_email)?;
        set_call(call, client_for_call(client, options)?.get_user_start(name)?)
    })
}

/// Asks the server to send the user an e-mail with a link to reset the password. Servers that support
/// this return success even if the user does not exist.
///
/// `options` may be NULL. Returns AURA_OK if the server answers 204, or 200 or 202 with JSON or without a
/// body. Returns AURA_UNSUPPORTED if the server does not support it, such as hex.pm since July 2026.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_reset_user_password(
    client: *const aura_client,
    username_or_email: *const c_char,
    options: Option<&aura_options>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let name = read_text("username_or_email", username_or_email)?;
        client_for_call(client, options)?.reset_user_password(name)?;
        Ok(aura_status::AURA_OK)
    })
}

/// Starts aura_reset_user_password() without waiting for its result: aura_call_wait() returns it. An invalid
/// argument is reported at once.
///
/// Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
/// AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
/// `call` is NULL. `options` may be NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_reset_user_password_start(
    client: *const aura_client,
    username_or_email: *const c_char,
    options: Option<&aura_options>,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let call = OutPointer::new("call", call)?;
        let name = read_text("username_or_email", username_or_email)?;
        set_call(call, client_for_call(client, options)?.reset_user_password_start(name)?)
    })
}

/// Opens the audit log of the credential's user as a stream, newest row first. It starts at the page
/// in the option "page". The first request is sent when you ask for the first row.
///
/// `options` may be NULL. Returns AURA_OK and sets `logs`; free it with aura_audit_logs_free(). Returns
/// AURA_INVALID_ARGUMENT for an invalid option.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_stream_audit_logs(
    client: *const aura_client,
    options: Option<&aura_options>,
    logs: Option<&mut MaybeUninit<*mut aura_audit_logs>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let logs = OutPointer::new("logs", logs)?;
        logs.set_handle(Stream::new(client_for_call(client, options)?.stream_audit_logs()?));
        Ok(aura_status::AURA_OK)
    })
}

/// Returns the latest state of the server's rate limit, for the client's credential or the one in
/// `options`. It sends nothing.
///
/// `options` may be NULL. Returns AURA_OK and sets `rate_limit_json`; free it with aura_string_free().
/// It is {"limit":500,"remaining":499,"resets_in_ms":42000}: the requests allowed in a window, the
/// requests left in this window, and the time until the next window. It is "null" if the state is not
/// known: before the first reply, after the end of the window, and for a server that has no limit, as
/// hexpm has none for clients on its own machine. Returns AURA_INVALID_ARGUMENT for an invalid option.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_client_rate_limit(
    client: *const aura_client,
    options: Option<&aura_options>,
    rate_limit_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let rate_limit_json = OutPointer::new("rate_limit_json", rate_limit_json)?;
        let state = client_for_call(client, options)?.rate_limit()?;
        let json = state.map(|state| {
            serde_json::json!({
                "limit": state.limit,
                "remaining": state.remaining,
                "resets_in_ms": u64::try_from(state.resets_in.as_millis()).unwrap_or(u64::MAX),
            })
        });
        rate_limit_json.set_text(&serde_json::Value::from(json).to_string())?;
        Ok(aura_status::AURA_OK)
    })
}

fn set_user(user_json: OutPointer<'_, c_char>, user: User) -> Result<aura_status> {
    user_json.set_text(user.raw_json())?;
    Ok(aura_status::AURA_OK)
}
