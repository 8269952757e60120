//! `aura_audit_logs`.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use super::argument::{Out, required};
use super::boundary::{boundary, quietly};
use super::error::aura_error;
use super::status::aura_status;
use crate::blocking::AuditLogs;

/// A stream of audit-log rows, newest first.
///
/// Owned by the caller, who frees it with aura_audit_logs_free(), also half-way: that cancels the
/// pages asked for ahead. It outlives its client if need be. For one thread at a time.
///
/// The server pages by offset: a row written meanwhile shifts the pages, so that a row may come
/// twice, once at the end of a page and once at the start of the next.
pub struct aura_audit_logs(AuditLogs);

impl aura_audit_logs {
    pub(super) fn new(logs: AuditLogs) -> Self {
        Self(logs)
    }
}

/// Takes the next row, waiting for its page where necessary.
///
/// Returns AURA_OK with the row's JSON in `audit_log_json`, to be freed with aura_string_free();
/// AURA_END after the last row, as often as it is asked; or an error. After AURA_END and after an
/// error `audit_log_json` is NULL. An error keeps the place: the next call tries the same page
/// again. Nothing is skipped, and a failure is never taken for the end.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next(
    logs: Option<&mut aura_audit_logs>,
    audit_log_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let audit_log_json = Out::new("audit_log_json", audit_log_json)?;
        let logs = required("logs", logs)?;
        let Some(log) = logs.0.next_log()? else { return Ok(aura_status::AURA_END) };
        audit_log_json.give_text(log.json())?;
        Ok(aura_status::AURA_OK)
    })
}

/// Takes the next page at once: the rest of the one at hand, or the one after it.
///
/// Returns AURA_OK with a JSON array of at least one row in `audit_logs_json`, to be freed with
/// aura_string_free(); AURA_END after the last page; or an error, as aura_audit_logs_next().
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_page(
    logs: Option<&mut aura_audit_logs>,
    audit_logs_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let audit_logs_json = Out::new("audit_logs_json", audit_logs_json)?;
        let logs = required("logs", logs)?;
        let Some(page) = logs.0.next_page()? else { return Ok(aura_status::AURA_END) };
        audit_logs_json.give_text(page.json().into_owned())?;
        Ok(aura_status::AURA_OK)
    })
}

/// The page the next row is on, counted from 1; after the end the last page that had rows, or the
/// first one asked for where none had. To go on another day, give it as the option "page". 0 for
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_page(logs: Option<&aura_audit_logs>) -> u64 {
    quietly(0, || logs.map_or(0, |logs| logs.0.page()))
}

/// Frees a stream, wherever it stands. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_free(logs: Option<Box<aura_audit_logs>>) {
    quietly((), || drop(logs));
}
