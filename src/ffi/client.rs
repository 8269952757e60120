//! `aura_client` and its operations.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use super::argument::{Out, required, text, texts};
use super::audit_logs::aura_audit_logs;
use super::boundary::{boundary, quietly};
use super::error::aura_error;
use super::options::aura_options;
use super::status::aura_status;
use crate::blocking::Client;
use crate::{Options, Result, User};

/// A client: options, connections, and what is known of the server's rate limit.
///
/// Owned by the caller, who frees it with aura_client_free(). Many threads may use one client at
/// once; their calls do not wait for each other. After a fork the child may use it too. Make one
/// and keep it: connections are kept alive between calls.
pub struct aura_client(Client);

impl aura_client {
    /// The client as this call wants it.
    fn with(&self, options: Option<&aura_options>) -> Client {
        match options {
            Some(options) => self.0.with_options(options.0.clone()),
            None => self.0.clone(),
        }
    }
}

/// Makes a client. `options` may be NULL: then the environment and the defaults count. Nothing is
/// sent yet.
///
/// Returns AURA_OK and a client to be freed with aura_client_free(), or AURA_INVALID_ARGUMENT
/// for a bad option or environment variable, which the error names.
#[unsafe(no_mangle)]
pub extern "C" fn aura_client_new(
    options: Option<&aura_options>,
    client: Option<&mut MaybeUninit<*mut aura_client>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let client = Out::new("client", client)?;
        let options = options.map_or_else(Options::new, |options| options.0.clone());
        client.give(aura_client(Client::new(options)?));
        Ok(aura_status::AURA_OK)
    })
}

/// Frees a client. NULL is fine. No other thread may be using it; streams made from it live on.
#[unsafe(no_mangle)]
pub extern "C" fn aura_client_free(client: Option<Box<aura_client>>) {
    quietly((), || drop(client));
}

/// Makes an account. No credential is sent, for the server refuses a creator who is signed in.
///
/// `emails` holds `emails_len` addresses: exactly one, for the server fails on more. Until its
/// owner follows the link in the mail, the address is unverified and the account's credentials
/// get AURA_FORBIDDEN. Making an account on hex.pm means accepting its terms of service,
/// https://hex.pm/policies/termsofservice
///
/// `options` may be NULL. Returns AURA_OK with the new user's JSON in `user_json`, to be freed
/// with aura_string_free(); AURA_VALIDATION with a word for each refused field; or another error,
/// and then NULL in `user_json`. After an error with "outcome_unknown" the account may exist.
#[unsafe(no_mangle)]
pub extern "C" fn aura_create_user(
    client: Option<&aura_client>,
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
        let client = required("client", client)?;
        let username = text("username", username)?;
        let password = text("password", password)?;
        let emails = texts("emails", emails, emails_len)?;
        give(user_json, client.with(options).create_user(username, password, &emails)?)
    })
}

/// Gets the user the credential belongs to, with the organizations they are a member of.
///
/// `options` may be NULL. Returns AURA_OK with the user's JSON in `user_json`, to be freed with
/// aura_string_free(), or an error, and then NULL in `user_json`.
#[unsafe(no_mangle)]
pub extern "C" fn aura_get_current_user(
    client: Option<&aura_client>,
    options: Option<&aura_options>,
    user_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let user_json = Out::new("user_json", user_json)?;
        let client = required("client", client)?;
        give(user_json, client.with(options).get_current_user()?)
    })
}

/// Gets a user's public record, by name in any letter case, or by an address that is verified and
/// public. "", ".", ".." and "me" are refused; any other name is one path segment.
///
/// `options` may be NULL. Returns AURA_OK with the user's JSON in `user_json`, to be freed with
/// aura_string_free(); AURA_NOT_FOUND where there is no such user; or another error. On every
/// error `user_json` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn aura_get_user(
    client: Option<&aura_client>,
    username_or_email: *const c_char,
    options: Option<&aura_options>,
    user_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let user_json = Out::new("user_json", user_json)?;
        let client = required("client", client)?;
        let name = text("username_or_email", username_or_email)?;
        give(user_json, client.with(options).get_user(name)?)
    })
}

/// Asks the server to mail its user a link for a new password. Servers that offer this say yes
/// whether or not there is such a user.
///
/// `options` may be NULL. Returns AURA_OK; AURA_UNSUPPORTED where the server does not offer it,
/// as hex.pm since July 2026; or another error.
#[unsafe(no_mangle)]
pub extern "C" fn aura_reset_user_password(
    client: Option<&aura_client>,
    username_or_email: *const c_char,
    options: Option<&aura_options>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let client = required("client", client)?;
        let name = text("username_or_email", username_or_email)?;
        client.with(options).reset_user_password(name)?;
        Ok(aura_status::AURA_OK)
    })
}

/// Opens the audit log of the credential's user, newest row first, from the page of the option
/// "page". Nothing is sent before the first row is asked for.
///
/// `options` may be NULL. Returns AURA_OK with a stream in `logs`, to be freed with
/// aura_audit_logs_free(), or AURA_INVALID_ARGUMENT for a bad option.
#[unsafe(no_mangle)]
pub extern "C" fn aura_stream_audit_logs(
    client: Option<&aura_client>,
    options: Option<&aura_options>,
    logs: Option<&mut MaybeUninit<*mut aura_audit_logs>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let logs = Out::new("logs", logs)?;
        let client = required("client", client)?;
        logs.give(aura_audit_logs::new(client.with(options).stream_audit_logs()?));
        Ok(aura_status::AURA_OK)
    })
}

fn give(user_json: Out<'_, c_char>, user: User) -> Result<aura_status> {
    user_json.give_text(user.into_json())?;
    Ok(aura_status::AURA_OK)
}
