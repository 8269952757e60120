//! Strings that a caller owns, and the version.

use std::ffi::{CStr, c_char};

use super::argument::free_text;
use super::quiet::quick_quietly;

/// Frees a string that this library gave through an out-parameter. NULL is fine. Any thread.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_string_free(string: *mut c_char) {
    quick_quietly((), || free_text(string));
}

/// The version of the library that is running, such as "0.1.0". Static, not to be freed. Any
/// thread. The header's own is AURA_USERS_VERSION.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version holds no NUL"),
        };
    VERSION.as_ptr()
}
