//! `aura_audit_logs`.

use std::borrow::Cow;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use super::argument::{OutPointer, to_c_string, write_c_string};
use super::call::{aura_call, set_call, set_converted_call};
use super::error::aura_error;
use super::guard::{defer_cancellation, return_status, return_status_undeferred, return_value};
use super::handle::{Handle, clone_value, impl_opaque, take_handle};
use super::status::aura_status;
use crate::blocking::AuditLogs;
use crate::{AuditLog, AuditLogPage, Result};

/// A stream of the rows of an audit log, newest first.
///
/// You own it. Free it with aura_audit_logs_free(), before its end or after it: that cancels its
/// requests. It stays valid after its client is freed. Several threads may use one stream at once.
/// Their calls are served one after another.
///
/// The stream returns every row that existed at its start exactly once and in order, even if the
/// server writes rows meanwhile. It may return rows that are written later, but none twice. The
/// server pages by offset, and rows have no id, so this has limits: for example, if the server deletes
/// rows meanwhile, the stream can skip rows. All of them, and how many requests a stream makes:
/// https://github.com/aura-users/aura-users/blob/main/docs/audit-log.md
///
/// Since 0.1.0.
pub struct aura_audit_logs(Handle<Arc<Stream>>);

impl_opaque!(aura_audit_logs, Arc<Stream>);

pub(super) struct Stream {
    logs: AuditLogs,
    /// The strings of the latest aura_audit_logs_next_fields().
    fields: Mutex<Fields>,
}

#[derive(Default)]
struct Fields {
    action: Vec<u8>,
    user_agent: Vec<u8>,
    params_json: Vec<u8>,
    audit_log_json: Vec<u8>,
}

impl Stream {
    pub(super) fn new(logs: AuditLogs) -> Arc<Self> {
        Arc::new(Self { logs, fields: Mutex::default() })
    }

    /// Returns the next row: `arrived`, or else the row that it waits for.
    fn next_row<T>(
        &self,
        arrived: Option<T>,
        convert: impl FnOnce(AuditLog) -> Result<T>,
    ) -> Result<Option<T>> {
        if arrived.is_some() {
            return Ok(arrived);
        }
        defer_cancellation(|| self.logs.next_log())?.map(convert).transpose()
    }
}

impl Deref for Stream {
    type Target = AuditLogs;

    fn deref(&self) -> &AuditLogs {
        &self.logs
    }
}

/// Returns the next row of the stream, and waits for its page if necessary.
///
/// Returns AURA_OK and sets `audit_log_json` to the row as JSON; free it with aura_string_free().
/// Returns AURA_END after the last row, also if you call it again. After AURA_END and after an error
/// `audit_log_json` is NULL. After an error the stream keeps its position: the next call requests the
/// same page again. The stream skips nothing, and it never reports a failure as the end.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next(
    logs: *mut aura_audit_logs,
    audit_log_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status_undeferred(error, || {
        let audit_log_json = OutPointer::new("audit_log_json", audit_log_json)?;
        let logs = clone_value("logs", logs)?;
        let arrived = logs.with_next_json(to_c_string)?.transpose()?;
        let Some(json) = logs.next_row(arrived, |row| to_c_string(row.raw_json()))? else {
            return Ok(aura_status::AURA_END);
        };
        audit_log_json.set(json.into_raw());
        Ok(aura_status::AURA_OK)
    })
}

/// Returns the next row of the stream if its page has arrived. It does not wait. An event loop calls
/// it first, and aura_audit_logs_next_start() if it returns AURA_PENDING.
///
/// Returns AURA_OK and sets `audit_log_json` as aura_audit_logs_next() does. Returns AURA_PENDING if
/// the row has not arrived, if the stream is at its end, and while another thread uses the stream.
/// Otherwise it returns an error. `audit_log_json` is NULL unless it returns AURA_OK.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_at_hand(
    logs: *mut aura_audit_logs,
    audit_log_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status_undeferred(error, || {
        let audit_log_json = OutPointer::new("audit_log_json", audit_log_json)?;
        let Some(json) = clone_value("logs", logs)?.with_next_json(to_c_string)? else {
            return Ok(aura_status::AURA_PENDING);
        };
        audit_log_json.set(json?.into_raw());
        Ok(aura_status::AURA_OK)
    })
}

/// Returns the next row of the stream as aura_audit_logs_next() does, as separate fields. You need no
/// JSON library.
///
/// `action` is what was done. `user_agent` is the program that did it, or NULL if the server recorded
/// none. `params_json` is the details as JSON, "null" if there are none. `audit_log_json` is the whole
/// row as JSON. Each of these four may be NULL: a field is copied only if its pointer is not NULL. The
/// stream owns the strings. They are valid until the next aura_audit_logs_next_fields() on the stream
/// or until you free it, so only one thread at a time may call this function on a stream. A NUL
/// character in a string is replaced by U+FFFD.
///
/// Returns AURA_OK, AURA_END or an error, as aura_audit_logs_next() does. The four pointers are set to
/// NULL unless it returns AURA_OK.
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_fields(
    logs: *mut aura_audit_logs,
    action: Option<&mut MaybeUninit<*const c_char>>,
    user_agent: Option<&mut MaybeUninit<*const c_char>>,
    params_json: Option<&mut MaybeUninit<*const c_char>>,
    audit_log_json: Option<&mut MaybeUninit<*const c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status_undeferred(error, || {
        let mut action = BorrowedText::new(action);
        let mut user_agent = BorrowedText::new(user_agent);
        let mut params_json = BorrowedText::new(params_json);
        let mut audit_log_json = BorrowedText::new(audit_log_json);
        let logs = clone_value("logs", logs)?;
        let Some(row) = logs.next_row(logs.next_at_hand(), Ok)? else {
            return Ok(aura_status::AURA_END);
        };
        let mut fields = logs.fields.lock().unwrap_or_else(PoisonError::into_inner);
        action.set(&mut fields.action, Some(row.action()));
        user_agent.set(&mut fields.user_agent, row.user_agent());
        params_json.set(&mut fields.params_json, Some(row.params()));
        audit_log_json.set(&mut fields.audit_log_json, Some(row.raw_json()));
        Ok(aura_status::AURA_OK)
    })
}

/// The optional out-parameter of a string that the stream owns. It is NULL until it is set.
struct BorrowedText<'a>(Option<&'a mut MaybeUninit<*const c_char>>);

impl<'a> BorrowedText<'a> {
    fn new(mut pointer: Option<&'a mut MaybeUninit<*const c_char>>) -> Self {
        if let Some(pointer) = &mut pointer {
            pointer.write(ptr::null());
        }
        Self(pointer)
    }

    fn set(&mut self, buffer: &mut Vec<u8>, text: Option<&str>) {
        if let (Some(pointer), Some(text)) = (&mut self.0, text) {
            pointer.write(write_c_string(buffer, text));
        }
    }
}

/// Returns the next page of the stream: the rest of the current page, or the page after it.
///
/// Returns AURA_OK and sets `audit_logs_json` to a JSON array of at least one row; free it with
/// aura_string_free(). Returns AURA_END after the last page. Errors are those of
/// aura_audit_logs_next().
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_page(
    logs: *mut aura_audit_logs,
    audit_logs_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let audit_logs_json = OutPointer::new("audit_logs_json", audit_logs_json)?;
        let page = clone_value("logs", logs)?.next_page()?;
        set_page(audit_logs_json, page.as_ref().map(AuditLogPage::json), aura_status::AURA_END)
    })
}

/// Passes the text of a page to the caller. Returns `none` if there is no page.
fn set_page(
    out: OutPointer<'_, c_char>,
    text: Option<Cow<'_, str>>,
    none: aura_status,
) -> Result<aura_status> {
    let Some(text) = text else { return Ok(none) };
    out.set_text(&text)?;
    Ok(aura_status::AURA_OK)
}

/// Returns the same rows as aura_audit_logs_next_page(), as a text that you can split without a JSON
/// parser. Most programs look at the action of a row, and decode only the rows that they need.
///
/// Each row consists of two texts: its action as a JSON string, and the whole row as JSON. The
/// character U+001E follows each text. No JSON contains this character, because JSON escapes it.
///
/// Returns AURA_OK and sets `rows` to at least one row; free it with aura_string_free(). Returns
/// AURA_END after the last page. Errors are those of aura_audit_logs_next().
///
/// Blocks. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_rows(
    logs: *mut aura_audit_logs,
    rows: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let rows = OutPointer::new("rows", rows)?;
        let page = clone_value("logs", logs)?.next_page()?;
        set_page(rows, page.map(|page| page.separated().into()), aura_status::AURA_END)
    })
}

/// Returns the next page of the stream if it has arrived. It does not wait. An event loop calls it
/// first, and aura_audit_logs_next_page_start() if it returns AURA_PENDING.
///
/// Returns AURA_OK and sets `audit_logs_json` as aura_audit_logs_next_page() does. Returns
/// AURA_PENDING if the page has not arrived, if the stream is at its end, and while another thread
/// uses the stream. Otherwise it returns an error. `audit_logs_json` is NULL unless it returns
/// AURA_OK.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_page_at_hand(
    logs: *mut aura_audit_logs,
    audit_logs_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let audit_logs_json = OutPointer::new("audit_logs_json", audit_logs_json)?;
        let page = clone_value("logs", logs)?.next_arrived_page()?;
        set_page(audit_logs_json, page.as_ref().map(AuditLogPage::json), aura_status::AURA_PENDING)
    })
}

/// Starts aura_audit_logs_next() without waiting for its result: aura_call_wait() returns it. Calls
/// on one stream are served in the order in which they were started.
///
/// Returns AURA_OK and sets `call`; free it with aura_call_free(). Returns AURA_INVALID_ARGUMENT,
/// AURA_CANCELLED if the cancel token is cancelled, or AURA_CONNECT if the system starts no thread. Then
/// `call` is NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_start(
    logs: *mut aura_audit_logs,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let call = OutPointer::new("call", call)?;
        set_call(call, clone_value("logs", logs)?.next_log_start()?)
    })
}

/// Starts aura_audit_logs_next_page() without waiting for its result, like
/// aura_audit_logs_next_start().
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_page_start(
    logs: *mut aura_audit_logs,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let call = OutPointer::new("call", call)?;
        set_call(call, clone_value("logs", logs)?.next_page_start()?)
    })
}

/// Starts aura_audit_logs_next_rows() without waiting for its result, like
/// aura_audit_logs_next_start().
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_rows_start(
    logs: *mut aura_audit_logs,
    call: Option<&mut MaybeUninit<*mut aura_call>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    return_status(error, || {
        let call = OutPointer::new("call", call)?;
        let separated = |page: Option<AuditLogPage>| page.map(|page| page.separated());
        set_converted_call(call, clone_value("logs", logs)?.next_page_start()?, separated)
    })
}

/// Returns the page of the next row, counted from 1. To continue later, pass it as the option "page".
///
/// After the end, it is the last page with rows, or the first page requested if none had rows. While
/// another thread waits for a page, it is the page at which that call started. It is 0 for NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_page(logs: *const aura_audit_logs) -> u64 {
    return_value(0, || clone_value("logs", logs).map_or(0, |logs| logs.page()))
}

/// Frees a stream at any position. `logs` may be NULL. Calls that were started continue.
///
/// Blocks for at most one second. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_free(logs: *mut aura_audit_logs) {
    return_value((), || drop(take_handle(logs)));
}
