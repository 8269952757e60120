//! Strings that a caller owns, and the version.

use std::ffi::{CStr, c_char};

use super::argument::free_text;
use super::guard::return_value_undeferred;

/// Frees a string that this library returned through an out-parameter. `string` may be NULL. Any thread
/// may call it.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_string_free(string: *mut c_char) {
    return_value_undeferred((), || free_text(string));
}

/// Returns the version of the loaded library, such as "0.1.0". AURA_USERS_VERSION is the version of the
/// header. The string is static: do not free it. Any thread may call it.
///
/// Does not block. Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn aura_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version contains no NUL"),
        };
    VERSION.as_ptr()
}
