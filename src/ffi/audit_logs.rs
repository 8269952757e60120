//! `aura_audit_logs`.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use super::argument::{Out, c_string};
use super::boundary::{boundary, quick_boundary};
use super::call::{aura_call, begun};
use super::error::aura_error;
use super::handle::{Handle, freed, opaque, shared};
use super::quiet::{quietly, uncancelled};
use super::status::aura_status;
use crate::blocking::AuditLogs;

/// A stream of audit-log rows, newest first.
///
/// The caller owns it and frees it with aura_audit_logs_free(), also before its end: that cancels
/// its requests. It may outlive its client. Many threads may use one stream at once; their calls
/// take turns.
///
/// Every row that existed when the reading began comes exactly once, in order, also if other rows
/// are written meanwhile. Rows that are written during the reading may come or not, but never
/// twice. Two limits: if the server deletes rows meanwhile, the stream can skip others; and if rows
/// look alike at the end of a page while somebody writes without a pause, one of them can come too
/// often. None is lost.
///
/// To be exact, the stream reads one page again now and then: on long logs once for every four
/// pages with the default "prefetch". A log of one page costs one request, a log of two pages two.
///
/// Since 0.1.0.
pub struct aura_audit_logs(Handle<AuditLogs>);

opaque!(aura_audit_logs, AuditLogs);

/// Takes the next row, waiting for its page where necessary.
///
/// Returns AURA_OK with the row's JSON in `audit_log_json`, to be freed with aura_string_free();
/// AURA_END after the last row, as often as it is asked; or an error. After AURA_END and after an
/// error `audit_log_json` is NULL. An error keeps the place: the next call tries the same page
/// again. Nothing is skipped, and a failure is never taken for the end.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next(
    logs: *mut aura_audit_logs,
    audit_log_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    quick_boundary(error, || {
        let audit_log_json = Out::new("audit_log_json", audit_log_json)?;
        let logs = shared("logs", logs)?;
        // Most rows are at hand, and come quickly.
        let json = match logs.look_in_page(c_string)? {
            Some(json) => json?,
            None => match uncancelled(|| logs.next_log())? {
                Some(log) => c_string(log.json())?,
                None => return Ok(aura_status::AURA_END),
            },
        };
        audit_log_json.put(json.into_raw());
        Ok(aura_status::AURA_OK)
    })
}

/// Takes the next page at once: the rest of the one at hand, or the one after it.
///
/// Returns AURA_OK with a JSON array of at least one row in `audit_logs_json`, to be freed with
/// aura_string_free(); AURA_END after the last page; or an error, as aura_audit_logs_next().
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_page(
    logs: *mut aura_audit_logs,
    audit_logs_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let audit_logs_json = Out::new("audit_logs_json", audit_logs_json)?;
        let logs = shared("logs", logs)?;
        let Some(page) = logs.next_page()? else { return Ok(aura_status::AURA_END) };
        audit_logs_json.give_text(&page.json())?;
        Ok(aura_status::AURA_OK)
    })
}

/// aura_audit_logs_next(), begun and not waited for: aura_call_wait() gives what that returns.
/// Calls on one stream are served in the order they were begun.
///
/// Returns AURA_OK and a call to be freed with aura_call_free() in `call`, or
/// AURA_INVALID_ARGUMENT or AURA_CANCELLED, and then NULL in `call`.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_start(
    logs: *mut aura_audit_logs,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let call = Out::new("call", call)?;
        begun(call, shared("logs", logs)?.next_log_start()?)
    })
}

/// aura_audit_logs_next_page(), begun and not waited for: as aura_audit_logs_next_start().
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_page_start(
    logs: *mut aura_audit_logs,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    boundary(error, || {
        let call = Out::new("call", call)?;
        begun(call, shared("logs", logs)?.next_page_start()?)
    })
}

/// The page the next row is on, counted from 1: to go on another day, give it as the option "page".
/// After the end it is the last page that had rows, or where none had the first one asked for. While
/// another thread waits for a page, it is where the stream stood when that began. 0 for NULL.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_page(logs: *const aura_audit_logs) -> u64 {
    quietly(0, || shared("logs", logs).map_or(0, |logs| logs.page()))
}

/// Frees a stream, wherever it stands. NULL is fine. Calls that have begun go on.
///
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_free(logs: *mut aura_audit_logs) {
    quietly((), || drop(freed(logs)));
}
