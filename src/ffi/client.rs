//! `aura_client` and its operations.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::Arc;

use super::argument::{Out, text, texts};
use super::audit_logs::{Opened, aura_audit_logs};
use super::boundary::boundary;
use super::call::{aura_call, begun};
use super::error::aura_error;
use super::handle::{Handle, freed, live, opaque, shared};
use super::options::{Chosen, aura_options};
use super::quiet::quietly;
use super::status::aura_status;
use crate::blocking::Client;
use crate::{Result, User};

/// A client: options, connections, and what is known of the server's rate limit.
///
/// Owned by the caller, who frees it with aura_client_free(). Many threads may use one client at
/// once; their calls do not wait for each other. After a fork the child may use it too. Make one
/// and keep it: connections are kept alive between calls.
///
/// Since 0.1.0.
pub struct aura_client(Handle<Client>);

opaque!(aura_client, Client);

/// The client that stands behind `client`, as a call with `options` wants it.
fn client_with(client: *const aura_client, options: Option<&aura_options>) -> Result<Client> {
    let client = shared("client", client)?;
    let Some(chosen) = chosen(options)? else { return Ok(client) };
    Ok(with_ends(client.with_options(chosen.options.clone()), chosen))
}

fn chosen(options: Option<&aura_options>) -> Result<Option<&Chosen>> {
    options.map(|options| Ok(live("options", Some(options))?.value())).transpose()
}

/// What may end the calls of `client` from outside.
fn with_ends(mut client: Client, Chosen { token, ask, .. }: &Chosen) -> Client {
    if let Some(token) = token {
        client = client.with_cancel_token(token.clone());
    }
    if let Some(ask) = ask {
        client = client.with_ask(Arc::clone(ask));
    }
    client
}

/// Makes a client. `options` may be NULL: then the environment and the defaults count. Nothing is
/// sent yet.
///
/// Returns AURA_OK and a client to be freed with aura_client_free(), or AURA_INVALID_ARGUMENT
/// for a bad option or environment variable, which the error names.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_client_new(
    options: Option<&aura_options>,
    client: Option<&mut MaybeUninit<*mut aura_client>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let client = Out::new("client", client)?;
        let chosen = chosen(options)?.cloned().unwrap_or_default();
        client.give(with_ends(Client::new(chosen.options.clone())?, &chosen));
        Ok(aura_status::AURA_OK)
    })
}

/// Frees a client. NULL is fine. Calls of other threads that have begun, and streams and calls
/// made from it, live on. If nothing else needs the library's thread, it waits for the thread's end,
/// a second at most, but not for a log callback.
///
/// Blocks for a second at most. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_client_free(client: *mut aura_client) {
    quietly((), || drop(freed(client)));
}

/// Makes an account. No credential is sent, for the server refuses a creator who is signed in.
///
/// `emails` holds `emails_len` addresses: one. Without any the server refuses; more are refused
/// here, for the server would fail on them. Until its owner follows the link in the mail, the
/// address is unverified and the account's credentials get AURA_FORBIDDEN. Making an account on
/// hex.pm means accepting its terms of service, https://hex.pm/policies/termsofservice
///
/// `options` may be NULL. Returns AURA_OK with the new user's JSON in `user_json`, to be freed
/// with aura_string_free(); AURA_VALIDATION with a word for each refused field; or another error,
/// and then NULL in `user_json`. After an error with "outcome_unknown" the account may exist.
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
    boundary(error, || {
        let user_json = Out::new("user_json", user_json)?;
        let username = text("username", username)?;
        let password = text("password", password)?;
        let emails = texts("emails", emails, emails_len)?;
        give(user_json, client_with(client, options)?.create_user(username, password, &emails)?)
    })
}

/// aura_create_user(), begun and not waited for: aura_call_wait() gives what that returns. Bad
/// arguments are told at once.
///
/// Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
/// AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
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
    boundary(error, || {
        let call = Out::new("call", call)?;
        let username = text("username", username)?;
        let password = text("password", password)?;
        let emails = texts("emails", emails, emails_len)?;
        begun(call, client_with(client, options)?.create_user_start(username, password, &emails)?)
    })
}

/// Gets the user the credential belongs to, with the organizations they are a member of.
///
/// `options` may be NULL. Returns AURA_OK with the user's JSON in `user_json`, to be freed with
/// aura_string_free(), or an error, and then NULL in `user_json`.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_get_current_user(
    client: *const aura_client,
    options: Option<&aura_options>,
    user_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let user_json = Out::new("user_json", user_json)?;
        give(user_json, client_with(client, options)?.get_current_user()?)
    })
}

/// aura_get_current_user(), begun and not waited for: aura_call_wait() gives what that returns. Bad
/// arguments are told at once.
///
/// Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
/// AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_get_current_user_start(
    client: *const aura_client,
    options: Option<&aura_options>,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let call = Out::new("call", call)?;
        begun(call, client_with(client, options)?.get_current_user_start()?)
    })
}

/// Gets a user's public record, by name in any letter case, or by an address that is verified and
/// public. "", ".", ".." and "me" are refused; any other name is one path segment.
///
/// `options` may be NULL. Returns AURA_OK with the user's JSON in `user_json`, to be freed with
/// aura_string_free(); AURA_NOT_FOUND where there is no such user; or another error. On every
/// error `user_json` is NULL.
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
    boundary(error, || {
        let user_json = Out::new("user_json", user_json)?;
        let name = text("username_or_email", username_or_email)?;
        give(user_json, client_with(client, options)?.get_user(name)?)
    })
}

/// aura_get_user(), begun and not waited for: aura_call_wait() gives what that returns. Bad
/// arguments are told at once.
///
/// Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
/// AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
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
    boundary(error, || {
        let call = Out::new("call", call)?;
        let name = text("username_or_email", username_or_email)?;
        begun(call, client_with(client, options)?.get_user_start(name)?)
    })
}

/// Asks the server to mail its user a link for a new password. Servers that offer this say yes
/// whether or not there is such a user.
///
/// `options` may be NULL. Returns AURA_OK; AURA_UNSUPPORTED where the server does not offer it,
/// as hex.pm since July 2026; or another error.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_reset_user_password(
    client: *const aura_client,
    username_or_email: *const c_char,
    options: Option<&aura_options>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let name = text("username_or_email", username_or_email)?;
        client_with(client, options)?.reset_user_password(name)?;
        Ok(aura_status::AURA_OK)
    })
}

/// aura_reset_user_password(), begun and not waited for: aura_call_wait() gives what that
/// returns. Bad arguments are told at once.
///
/// Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
/// AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
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
    boundary(error, || {
        let call = Out::new("call", call)?;
        let name = text("username_or_email", username_or_email)?;
        begun(call, client_with(client, options)?.reset_user_password_start(name)?)
    })
}

/// Opens the audit log of the credential's user, newest row first, from the page of the option
/// "page". Nothing is sent before the first row is asked for.
///
/// `options` may be NULL. Returns AURA_OK with a stream in `logs`, to be freed with
/// aura_audit_logs_free(), or AURA_INVALID_ARGUMENT for a bad option.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_stream_audit_logs(
    client: *const aura_client,
    options: Option<&aura_options>,
    logs: Option<&mut MaybeUninit<*mut aura_audit_logs>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let logs = Out::new("logs", logs)?;
        logs.give(Opened::new(client_with(client, options)?.stream_audit_logs()?));
        Ok(aura_status::AURA_OK)
    })
}

/// What the server last said of its rate limit to this client's credential, or with other options
/// to theirs. Sends nothing.
///
/// `options` may be NULL. Returns AURA_OK with JSON in `rate_limit_json`, to be freed with
/// aura_string_free(): {"limit":500,"remaining":499,"resets_in_ms":42000}, requests in a window,
/// those left in this one, and how long until the next; or "null" where nothing is known, as
/// before the first reply, after the window's end, and on the loopback, which servers exempt.
/// AURA_INVALID_ARGUMENT for a bad option.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_client_rate_limit(
    client: *const aura_client,
    options: Option<&aura_options>,
    rate_limit_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let rate_limit_json = Out::new("rate_limit_json", rate_limit_json)?;
        let state = client_with(client, options)?.rate_limit()?;
        let json = state.map(|state| {
            serde_json::json!({
                "limit": state.limit,
                "remaining": state.remaining,
                "resets_in_ms": u64::try_from(state.resets_in.as_millis()).unwrap_or(u64::MAX),
            })
        });
        rate_limit_json.give_text(&serde_json::Value::from(json).to_string())?;
        Ok(aura_status::AURA_OK)
    })
}

fn give(user_json: Out<'_, c_char>, user: User) -> Result<aura_status> {
    user_json.give_text(user.json())?;
    Ok(aura_status::AURA_OK)
}
