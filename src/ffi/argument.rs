//! Strings, arrays and out-parameters. The header states what callers must pass, and the unsafe blocks
//! here rely on it.

use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;

use crate::{Error, ErrorKind, Result};

pub(super) fn null_error(name: &str) -> Error {
    Error::invalid_argument(format!("{name} is NULL, but a value is required"))
}

/// Reads the string argument `name`, which must not be NULL.
pub(super) fn read_text<'a>(name: &str, string: *const c_char) -> Result<&'a str> {
    if string.is_null() {
        return Err(null_error(name));
    }
    // SAFETY: not NULL, and the header requires a NUL-terminated string that does not change until
    // the function returns. No result of this outlives the call.
    let string = unsafe { CStr::from_ptr(string) };
    string.to_str().map_err(|error| {
        let position = error.valid_up_to();
        Error::invalid_argument(format!("{name} is not valid UTF-8 at byte {position}"))
            .with_source(error)
    })
}

/// Reads the argument `name`, an array of strings. It may be NULL if it is empty.
pub(super) fn read_texts<'a>(
    name: &str,
    strings: *const *const c_char,
    length: usize,
) -> Result<Vec<&'a str>> {
    if length == 0 {
        return Ok(Vec::new());
    }
    if strings.is_null() {
        return Err(null_error(name));
    }
    if length > isize::MAX as usize / size_of::<*const c_char>() {
        return Err(Error::invalid_argument(format!(
            "{name}_len is {length}, which is longer than any array"
        )));
    }
    // SAFETY: not NULL, a possible length, and the header requires as many strings.
    let strings = unsafe { std::slice::from_raw_parts(strings, length) };
    strings
        .iter()
        .enumerate()
        .map(|(index, &string)| read_text(&format!("{name}[{index}]"), string))
        .collect()
}

/// The out-parameter of a result. It is NULL until the result is set.
pub(super) struct OutPointer<'a, T>(&'a mut MaybeUninit<*mut T>);

impl<'a, T> OutPointer<'a, T> {
    pub(super) fn new(name: &str, pointer: Option<&'a mut MaybeUninit<*mut T>>) -> Result<Self> {
        let pointer = pointer.ok_or_else(|| null_error(name))?;
        pointer.write(std::ptr::null_mut());
        Ok(Self(pointer))
    }

    pub(super) fn set(self, result: *mut T) {
        self.0.write(result);
    }
}

impl OutPointer<'_, c_char> {
    /// Passes a string to the caller, who frees it with `aura_string_free`.
    pub(super) fn set_text(self, text: &str) -> Result<()> {
        self.set(to_c_string(text)?.into_raw());
        Ok(())
    }
}

pub(super) fn to_c_string(text: &str) -> Result<CString> {
    // Valid JSON contains no NUL, so this does not happen.
    if memchr::memchr(0, text.as_bytes()).is_some() {
        return Err(Error::new(ErrorKind::Internal, "a result contains a NUL character"));
    }
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.extend_from_slice(text.as_bytes());
    // SAFETY: checked above. `CString::new` checks it too, but takes longer than the copy.
    Ok(unsafe { CString::from_vec_unchecked(bytes) })
}

/// Writes `text` to `buffer` as a C string, which is valid until the buffer changes. A NUL becomes
/// U+FFFD.
pub(super) fn write_c_string(buffer: &mut Vec<u8>, text: &str) -> *const c_char {
    buffer.clear();
    match memchr::memchr(0, text.as_bytes()) {
        None => buffer.extend_from_slice(text.as_bytes()),
        Some(_) => buffer.extend_from_slice(text.replace('\0', "\u{fffd}").as_bytes()),
    }
    buffer.push(0);
    buffer.as_ptr().cast()
}

/// Copies `values` to the caller's array, which is not NULL and large enough.
pub(super) fn copy_to_array(array: *mut u64, values: &[u64]) {
    // SAFETY: the header requires an array of the capacity that the caller passes, and there are no
    // more values than that. The caller's memory and ours do not overlap.
    unsafe { array.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
}

/// Frees a string of [`OutPointer::set_text`].
pub(super) fn free_text(string: *mut c_char) {
    if !string.is_null() {
        // SAFETY: the header requires a string of this library that was not freed.
        drop(unsafe { CString::from_raw(string) });
    }
}
