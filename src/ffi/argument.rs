//! What comes in and goes out through pointers. The exported functions are where trust begins:
//! what the header asks of their callers is what makes the unsafe blocks here sound.

use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;

use crate::{Error, ErrorKind, Result};

pub(super) fn null(name: &str) -> Error {
    Error::invalid_argument(format!("{name} is NULL"))
}

/// A string that must be there.
pub(super) fn text<'a>(name: &str, string: *const c_char) -> Result<&'a str> {
    if string.is_null() {
        return Err(null(name));
    }
    // SAFETY: not NULL, and the header asks for a NUL-terminated string that stays as it is
    // until the function returns. No result of this outlives the call.
    let string = unsafe { CStr::from_ptr(string) };
    string.to_str().map_err(|error| {
        let at = error.valid_up_to();
        Error::invalid_argument(format!("{name} is not valid UTF-8 at byte {at}"))
            .with_source(error)
    })
}

/// An array of strings, which may be NULL where it is empty.
pub(super) fn texts<'a>(
    name: &str,
    strings: *const *const c_char,
    length: usize,
) -> Result<Vec<&'a str>> {
    if length == 0 {
        return Ok(Vec::new());
    }
    if strings.is_null() {
        return Err(null(name));
    }
    if length > isize::MAX as usize / size_of::<*const c_char>() {
        return Err(Error::invalid_argument(format!(
            "{name}_len is {length}: no array is that long"
        )));
    }
    // SAFETY: not NULL, a possible length, and the header asks for that many strings.
    let strings = unsafe { std::slice::from_raw_parts(strings, length) };
    strings
        .iter()
        .enumerate()
        .map(|(index, &string)| text(&format!("{name}[{index}]"), string))
        .collect()
}

/// Where a result goes: holds NULL from the start.
pub(super) struct Out<'a, T>(&'a mut MaybeUninit<*mut T>);

impl<'a, T> Out<'a, T> {
    pub(super) fn new(name: &str, place: Option<&'a mut MaybeUninit<*mut T>>) -> Result<Self> {
        let place = place.ok_or_else(|| null(name))?;
        place.write(std::ptr::null_mut());
        Ok(Self(place))
    }

    pub(super) fn put(self, pointer: *mut T) {
        self.0.write(pointer);
    }
}

impl Out<'_, c_char> {
    /// Hands a string over to the caller, who frees it with `aura_string_free`.
    pub(super) fn give_text(self, text: &str) -> Result<()> {
        self.put(c_string(text)?.into_raw());
        Ok(())
    }
}

pub(super) fn c_string(text: &str) -> Result<CString> {
    // JSON cannot hold a NUL: it would have been refused when it was read.
    if memchr::memchr(0, text.as_bytes()).is_some() {
        return Err(Error::new(ErrorKind::Internal, "a result holds a NUL"));
    }
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.extend_from_slice(text.as_bytes());
    // SAFETY: it was looked for right above. `CString::new` looks too, but for a row that takes
    // longer than the copy.
    Ok(unsafe { CString::from_vec_unchecked(bytes) })
}

/// `text` as C reads it, in `buffer`: valid until that is changed. A NUL becomes U+FFFD.
pub(super) fn c_text(buffer: &mut Vec<u8>, text: &str) -> *const c_char {
    buffer.clear();
    match memchr::memchr(0, text.as_bytes()) {
        None => buffer.extend_from_slice(text.as_bytes()),
        Some(_) => buffer.extend_from_slice(text.replace('\0', "\u{fffd}").as_bytes()),
    }
    buffer.push(0);
    buffer.as_ptr().cast()
}

/// Copies `values` to the caller's array, which is not NULL and has room for them.
pub(super) fn fill(array: *mut u64, values: &[u64]) {
    // SAFETY: the header asks for an array of the size that the caller names, and no more values
    // than that were asked for. The caller's memory and ours do not overlap.
    unsafe { array.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
}

/// Takes back what [`Out::give_text`] gave.
pub(super) fn free_text(string: *mut c_char) {
    if !string.is_null() {
        // SAFETY: the header asks for a string that this library gave, and that was not freed.
        drop(unsafe { CString::from_raw(string) });
    }
}
