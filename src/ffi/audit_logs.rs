//! `aura_audit_logs`.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use super::argument::{Out, c_string, c_text};
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
/// twice. The server pages by offset and rows have no id, so there are limits that no client can
/// see. If the server deletes rows meanwhile, the stream can skip others. Rows that look alike can
/// come too often, and very rarely be missing, if they lie at the ends of pages while rows are
/// written. If more than half a page of rows is written between two requests, rows can come twice.
///
/// To be exact, the stream reads one page again now and then: on long logs once for every four
/// pages with the default "prefetch". A log of one page costs one request, a log of two pages two.
///
/// Since 0.1.0.
pub struct aura_audit_logs(Handle<Arc<Opened>>);

opaque!(aura_audit_logs, Arc<Opened>);

pub(super) struct Opened {
    logs: AuditLogs,
    /// The texts of the row that aura_audit_logs_next_fields() gave last.
    fields: Mutex<Fields>,
}

#[derive(Default)]
struct Fields {
    action: Vec<u8>,
    user_agent: Vec<u8>,
    params_json: Vec<u8>,
    audit_log_json: Vec<u8>,
}

impl Opened {
    pub(super) fn new(logs: AuditLogs) -> Arc<Self> {
        Arc::new(Self { logs, fields: Mutex::default() })
    }
}

impl Deref for Opened {
    type Target = AuditLogs;

    fn deref(&self) -> &AuditLogs {
        &self.logs
    }
}

/// Takes the next row, waiting for its page where necessary.
///
/// Returns AURA_OK with the row's JSON in `audit_log_json`, to be freed with aura_string_free();
/// AURA_END after the last row, as often as it is asked; or an error. After AURA_END and after an
/// error `audit_log_json` is NULL. An error keeps the place: the next call tries the same page
/// again. Nothing is skipped, and a failure is never taken for the end.
///
/// Blocks. Since 0.1.0.
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

/// Takes the next row if it is at hand, without waiting: for event loops, which begin
/// aura_audit_logs_next_start() only if it is not.
///
/// Returns AURA_OK with the row as aura_audit_logs_next() gives it; AURA_PENDING if the row has to be
/// waited for, if the stream is over, and while another thread has its turn; or an error. Except
/// after AURA_OK `audit_log_json` is NULL.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_next_at_hand(
    logs: *mut aura_audit_logs,
    audit_log_json: Option<&mut MaybeUninit<*mut c_char>>,
    error: Option<&mut MaybeUninit<*mut aura_error>>,
) -> aura_status {
    quick_boundary(error, || {
        let audit_log_json = Out::new("audit_log_json", audit_log_json)?;
        let Some(json) = shared("logs", logs)?.look_in_page(c_string)? else {
            return Ok(aura_status::AURA_PENDING);
        };
        audit_log_json.put(json?.into_raw());
        Ok(aura_status::AURA_OK)
    })
}

/// Takes the next row as aura_audit_logs_next() does, and gives its fields: a program that reads them
/// needs no JSON library, and no second look at the JSON.
///
/// `action` gets what was done, `user_agent` the program that did it (NULL if the server recorded
/// none), `params_json` the details as JSON ("null" if there are none), `audit_log_json` the whole row
/// as JSON. Each of the four may be NULL: what is not wanted is not copied. The texts belong to the
/// stream and are valid until the next aura_audit_logs_next_fields() on it or its end: one thread at a
/// time may use this function on a stream. A NUL in a text, which a C string cannot hold, is U+FFFD
/// there.
///
/// Returns AURA_OK, AURA_END or an error as aura_audit_logs_next(); except after AURA_OK, every place
/// holds NULL.
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
    quick_boundary(error, || {
        let mut action = Borrowed::new(action);
        let mut user_agent = Borrowed::new(user_agent);
        let mut params_json = Borrowed::new(params_json);
        let mut audit_log_json = Borrowed::new(audit_log_json);
        let logs = shared("logs", logs)?;
        let row = match logs.next_in_page() {
            Some(row) => row,
            None => match uncancelled(|| logs.next_log())? {
                Some(row) => row,
                None => return Ok(aura_status::AURA_END),
            },
        };
        let mut fields = logs.fields.lock().unwrap_or_else(PoisonError::into_inner);
        action.show(&mut fields.action, Some(row.action()));
        user_agent.show(&mut fields.user_agent, row.user_agent());
        params_json.show(&mut fields.params_json, Some(row.params()));
        audit_log_json.show(&mut fields.audit_log_json, Some(row.json()));
        Ok(aura_status::AURA_OK)
    })
}

/// Where a text goes that stays the stream's, if the caller wants it: holds NULL from the start.
struct Borrowed<'a>(Option<&'a mut MaybeUninit<*const c_char>>);

impl<'a> Borrowed<'a> {
    fn new(mut place: Option<&'a mut MaybeUninit<*const c_char>>) -> Self {
        if let Some(place) = &mut place {
            place.write(ptr::null());
        }
        Self(place)
    }

    fn show(&mut self, buffer: &mut Vec<u8>, text: Option<&str>) {
        if let (Some(place), Some(text)) = (&mut self.0, text) {
            place.write(c_text(buffer, text));
        }
    }
}

/// Takes the next page at once: the rest of the one at hand, or the one after it.
///
/// Returns AURA_OK with a JSON array of at least one row in `audit_logs_json`, to be freed with
/// aura_string_free(); AURA_END after the last page; or an error, as aura_audit_logs_next().
///
/// Blocks. Since 0.1.0.
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
/// Does not block. Since 0.1.0.
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
/// Does not block. Since 0.1.0.
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
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_page(logs: *const aura_audit_logs) -> u64 {
    quietly(0, || shared("logs", logs).map_or(0, |logs| logs.page()))
}

/// Frees a stream, wherever it stands. NULL is fine. Calls that have begun go on.
///
/// Blocks for a second at most. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_audit_logs_free(logs: *mut aura_audit_logs) {
    quietly((), || drop(freed(logs)));
}
